# Figures: every model and every baseline under every declared protocol.


rule evaluate:
    input:
        PIPELINE.all("evaluate"),
    message:
        "evaluate: all models"


rule evaluate_scores:
    input:
        PIPELINE.after_features("evaluate"),
        PIPELINE.all("score"),
    output:
        PIPELINE.receipt("evaluate"),
    log:
        PIPELINE.log("evaluate"),
    benchmark:
        PIPELINE.benchmark("evaluate")
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(4000),
        gpu=0,
        runtime=60,
    message:
        "evaluate: batch {wildcards.batch}"
    script:
        "../scripts/evaluate.py"
