# Two commands on a fresh machine: `make demo` and `make test`.

SHELL := bash
.DEFAULT_GOAL := help
PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin
READY := .venv/ready
LOCKS := requirements/base.lock requirements/dev.lock requirements/torch-cpu.lock requirements/torch-cuda.lock
INSTALL := $(BIN)/python -m pip install --quiet --no-deps --disable-pip-version-check
# cpu, cuda, or auto: the CPU build where the installer can find it, else the package index's build with CUDA.
TORCH ?= auto

.PHONY: help setup demo test test-full check format lock bench clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## the environment .venv, from the lock files

$(READY): $(LOCKS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed; say PYTHON=..."; exit 2; }
	@echo "setting up .venv (a few minutes, once)"
	@$(PYTHON) -m venv .venv
	@$(INSTALL) --require-hashes -r requirements/base.lock -r requirements/dev.lock
	@requirements/install-torch "$(TORCH)" $(INSTALL)
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## from rendered videos to a scored report, no data or weights needed
	@$(BIN)/snakemake --cores $(CORES)
	@echo "open work/report.html"

test: check ## all checks and tests
	@$(BIN)/python -m pytest -n $(CORES) -m "not slow"

test-full: check ## the same with the long proofs
	@$(BIN)/python -m pytest -n $(CORES)

check: $(READY) ## format, lint, types, imports, Snakemake's lint
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/snakefmt --check --compact-diff Snakefile rules
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_layers.py
	@$(BIN)/snakemake --lint

format: $(READY) ## put the code into shape
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix . && $(BIN)/snakefmt Snakefile rules

lock: ## renew the lock files from requirements/*.in (needs uv)
	@requirements/lock

bench: $(READY) ## every benchmark against its baseline; results in bench/results
	@for script in $(filter-out bench/machine.py,$(wildcard bench/*.py)); do $(BIN)/python -m bench.$$(basename $$script .py) || exit 1; done

clean: ## remove the demo's store and work folder
	@rm -rf work store
