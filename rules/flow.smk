# Optical flow between neighbouring frames.


rule flow:
    input:
        PIPELINE.all("flow"),
    message:
        "flow: all videos"


rule flow_batch:
    input:
        PIPELINE.before("flow"),
    output:
        PIPELINE.receipt("flow"),
    log:
        PIPELINE.log("flow"),
    benchmark:
        PIPELINE.benchmark("flow")
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(4000),
        gpu=PIPELINE.gpus,
        runtime=PIPELINE.minutes("flow"),
    params:
        kind="flow",
    message:
        "flow: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
