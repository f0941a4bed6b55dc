# Poses of every person in every frame.


rule poses:
    input:
        PIPELINE.all("poses"),
    message:
        "poses: all videos"


rule poses_batch:
    input:
        PIPELINE.before("poses"),
    output:
        PIPELINE.receipt("poses"),
    log:
        PIPELINE.log("poses"),
    benchmark:
        PIPELINE.benchmark("poses")
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(3000),
        gpu=PIPELINE.gpus,
        runtime=PIPELINE.minutes("poses"),
    params:
        kind="poses",
    message:
        "poses: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
