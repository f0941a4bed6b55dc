# Spatio-temporal cubes (STC): the patches of a box in the frames around it.


rule cubes:
    input:
        PIPELINE.all("cubes"),
    message:
        "cubes: all videos"


rule cubes_batch:
    input:
        PIPELINE.before("cubes"),
    output:
        PIPELINE.receipt("cubes"),
    log:
        PIPELINE.log("cubes"),
    benchmark:
        PIPELINE.benchmark("cubes")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(2000),
        gpu=0,
        runtime=PIPELINE.minutes("cubes"),
    params:
        kind="cubes",
    message:
        "cubes: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
