# A model, from the artifacts of the videos it is trained on.


rule train:
    input:
        PIPELINE.all("train"),
    message:
        "train: all models"


rule train_model:
    input:
        PIPELINE.after_features("train"),
    output:
        PIPELINE.receipt("train"),
    log:
        PIPELINE.log("train"),
    benchmark:
        PIPELINE.benchmark("train")
    conda:
        "../envs/torch.yaml"
    threads: PIPELINE.cores
    resources:
        mem_mb=PIPELINE.memory(8000),
        gpu=PIPELINE.gpus,
        runtime=24 * 60,
    message:
        "train: batch {wildcards.batch}"
    script:
        "../scripts/train.py"
