# Which persons are abnormal: joints of the poses on masks of abnormal objects.


rule person_labels:
    input:
        PIPELINE.all("person_labels"),
    message:
        "person_labels: all videos"


rule person_labels_batch:
    input:
        PIPELINE.before("person_labels"),
    output:
        PIPELINE.receipt("person_labels"),
    log:
        PIPELINE.log("person_labels"),
    benchmark:
        PIPELINE.benchmark("person_labels")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(2000),
        gpu=0,
        runtime=PIPELINE.minutes("person_labels"),
    params:
        kind="person_labels",
    message:
        "person_labels: batch {wildcards.batch}"
    script:
        "../scripts/extract.py"
