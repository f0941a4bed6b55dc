# Who is who: ids for the rows of poses or boxes.


rule tracks:
    input:
        PIPELINE.all("tracks"),
    message:
        "tracks: all videos"


rule tracks_batch:
    input:
        PIPELINE.before("tracks"),
    output:
        PIPELINE.receipt("tracks"),
    log:
        PIPELINE.log("tracks"),
    benchmark:
        PIPELINE.benchmark("tracks")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(1500),
        gpu=0,
        runtime=PIPELINE.minutes("tracks"),
    params:
        kind="tracks",
    message:
        "tracks: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
