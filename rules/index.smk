# What is known of each video after one read; and once all are read, whether they fit their labels and the disk.


rule prepare:
    output:
        PIPELINE.receipt("prepare"),
    log:
        PIPELINE.log("prepare"),
    benchmark:
        PIPELINE.benchmark("prepare")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(1500),
        gpu=0,
        runtime=30,
    message:
        "prepare: the data set makes its videos"
    script:
        "../scripts/prepare.py"


rule index:
    input:
        PIPELINE.all("index"),
    message:
        "index: all videos"


rule index_batch:
    input:
        PIPELINE.all("prepare"),
    output:
        PIPELINE.receipt("index"),
    log:
        PIPELINE.log("index"),
    benchmark:
        PIPELINE.benchmark("index")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(1500),
        gpu=0,
        runtime=PIPELINE.minutes("index"),
    message:
        "index: batch {wildcards.batch}"
    script:
        "../scripts/index.py"


rule survey:
    input:
        PIPELINE.all("index"),
    output:
        PIPELINE.receipt("survey"),
    log:
        PIPELINE.log("survey"),
    benchmark:
        PIPELINE.benchmark("survey")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(1500),
        gpu=0,
        runtime=30,
    message:
        "survey: counts against labels, room on the disk, and the store's record of this project"
    script:
        "../scripts/survey.py"
