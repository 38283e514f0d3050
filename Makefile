# Stopline: `make demo` runs the centre, `make test` runs every check.
# Needs git, make, and Python 3.11 or newer with pip and venv; the rest is set up here.
# A second run touches no network: what was set up leaves a stamp in .venv.

PYTHON ?= python3
DEMO ?=
PYTEST ?=
bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test soak lint format lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/run.stamp .venv/stopline.stamp .venv/kernels.stamp ## set up, then let a simulated country live a day in the centre (DEMO="--once --seed 7")
	@$(bin)/stopline demo $(DEMO)

test: .venv/dev.stamp .venv/stopline.stamp .venv/kernels.stamp .venv/spark.stamp ## set up, then run every check (PYTEST="-k law" narrows the tests)
	@requirements/debian
	@PATH="$(CURDIR)/$(bin):$$PATH" PYTEST='$(PYTEST)' .ci/checks

soak: .venv/dev.stamp .venv/stopline.stamp ## the long tests: more kills, more examples
	@requirements/debian
	@STOPLINE_HYPOTHESIS=soak $(bin)/python -m pytest -m soak $(PYTEST)

lint: .venv/dev.stamp .venv/stopline.stamp ## style, types and import contracts; no tests
	@PATH="$(CURDIR)/$(bin):$$PATH" .ci/checks lint

format: .venv/dev.stamp ## put the code into the house's layout
	@$(bin)/ruff check --fix . && $(bin)/ruff format .

lock: .venv/pyvenv.cfg ## write requirements/*.lock afresh (needs the network)
	@$(pip) install --quiet 'pip-tools>=7.6' && requirements/compile

clean: ## remove what these commands made
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis var build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/pyvenv.cfg:
	@$(PYTHON) -c '' 2>/dev/null \
	  || { echo "$(PYTHON) is not on this machine: install Python 3.11, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Stopline needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1): name another with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "$(PYTHON) has no venv module: on Debian, apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.lock .venv/pyvenv.cfg
	@echo "setting up .venv for running (once; under a minute)"
	@$(pip) install --quiet --require-hashes --only-binary :all: -r requirements/run.lock
	@touch $@

.venv/dev.stamp: requirements/dev.lock .venv/pyvenv.cfg
	@echo "setting up .venv for running and testing (once; a minute or two)"
	@$(pip) install --quiet --require-hashes --only-binary :all: -r requirements/dev.lock
	@touch .venv/run.stamp $@

# Spark is a source archive of 430 MB that one contract test wants: without it that test is left out, and says so.
.venv/spark.stamp: requirements/spark.lock .venv/dev.stamp
	@echo "setting up Spark for its contract test (once; a minute or two)"
	@$(pip) install --quiet --require-hashes --no-build-isolation --only-binary :all: --no-binary pyspark \
	  -r requirements/spark.lock || echo "left out: rules on Spark (PySpark could not be installed)"
	@touch $@

# The package itself, editable: built by what the lock installed, so nothing is fetched.
.venv/stopline.stamp: pyproject.toml | .venv/pyvenv.cfg
	@$(pip) install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

# What screening runs as machine code, compiled for this machine beside its sources, on every core; later starts load it.
.venv/kernels.stamp: $(shell find src/stopline/screening -name '*.py') | .venv/stopline.stamp
	@$(bin)/python -c 'from stopline.cli_kernels import make_kernels_ready; make_kernels_ready()'
	@touch $@
