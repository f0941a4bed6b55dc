# From raw videos to a scored report. `snakemake --cores N` makes the report, `snakemake -n` says what it would do.
#
#   videos -> index -> survey -> frames -+-> flow -+-> boxes -+-> cubes -----------> train -> score -> evaluate -> report
#                                        |         |          +-> poses -> tracks -+
#                                        +---------+-> clips ----------------------+
#
# The store decides what has to be computed, Snakemake when and where. The plan is made once, here, and frozen: the
# jobs read it and nothing else. Rules see batches of videos, by id; what a job does lives in the package `features`.

from features.plan.workflow import workflow_of

# A config file that is named stands alone: Snakemake would add the features of the default to its own.
if not workflow.config_settings.configfiles:

    configfile: "config.yaml"


PIPELINE = workflow_of(
    config,
    main=workflow.is_main_process,
    cores=workflow.resource_settings.cores,
    files=workflow.config_settings.configfiles or ["config.yaml"],
)


envvars:
    "FEATURES_PLAN",


wildcard_constraints:
    batch="[0-9a-f]{12}",


localrules:
    report,


rule all:
    default_target: True
    input:
        PIPELINE.report,


include: "rules/index.smk"


# Each feature that the registry knows has a file of its own.
for kind in PIPELINE.kinds:

    include: f"rules/{kind}.smk"


include: "rules/train.smk"
include: "rules/score.smk"
include: "rules/evaluate.smk"
include: "rules/report.smk"
