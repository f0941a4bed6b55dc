# Frames kept in the store, where the recipe asks for it; else later stages decode the video.


rule frames:
    input:
        PIPELINE.all("frames"),
    message:
        "frames: all videos"


rule frames_batch:
    input:
        PIPELINE.before("frames"),
    output:
        PIPELINE.receipt("frames"),
    log:
        PIPELINE.log("frames"),
    benchmark:
        PIPELINE.benchmark("frames")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(2000),
        gpu=0,
        runtime=PIPELINE.minutes("frames"),
    params:
        kind="frames",
    message:
        "frames: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
