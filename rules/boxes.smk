# Object boxes of every frame.


rule boxes:
    input:
        PIPELINE.all("boxes"),
    message:
        "boxes: all videos"


rule boxes_batch:
    input:
        PIPELINE.before("boxes"),
    output:
        PIPELINE.receipt("boxes"),
    log:
        PIPELINE.log("boxes"),
    benchmark:
        PIPELINE.benchmark("boxes")
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(3000),
        gpu=PIPELINE.gpus,
        runtime=PIPELINE.minutes("boxes"),
    params:
        kind="boxes",
    message:
        "boxes: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
