# Scores of a model: for every frame, and for every object where it has them.


rule score:
    input:
        PIPELINE.all("score"),
    message:
        "score: all models"


rule score_model:
    input:
        PIPELINE.after_features("score"),
        PIPELINE.all("train"),
    output:
        PIPELINE.receipt("score"),
    log:
        PIPELINE.log("score"),
    benchmark:
        PIPELINE.benchmark("score")
    conda:
        "../envs/torch.yaml"
    threads: PIPELINE.cores
    resources:
        mem_mb=PIPELINE.memory(8000),
        gpu=PIPELINE.gpus,
        runtime=60,
    message:
        "score: batch {wildcards.batch}"
    script:
        "../scripts/score.py"
