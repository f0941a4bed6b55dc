# Features of clips of every video.


rule clips:
    input:
        PIPELINE.all("clips"),
    message:
        "clips: all videos"


rule clips_batch:
    input:
        PIPELINE.before("clips"),
    output:
        PIPELINE.receipt("clips"),
    log:
        PIPELINE.log("clips"),
    benchmark:
        PIPELINE.benchmark("clips")
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(4000),
        gpu=PIPELINE.gpus,
        runtime=PIPELINE.minutes("clips"),
    params:
        kind="clips",
    message:
        "clips: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
