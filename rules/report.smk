# The one page that shows what came of it all.


rule report:
    input:
        PIPELINE.results(),
    output:
        # What `snakemake --report` shows, as it is.
        report(PIPELINE.report, category="Results"),
    log:
        PIPELINE.report_log,
    benchmark:
        PIPELINE.report_benchmark
    conda:
        "../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=PIPELINE.memory(2000),
        gpu=0,
        runtime=30,
    message:
        "report: {output}"
    script:
        "../scripts/report.py"
