# One virtual environment, .venv, holds everything. It is brought up to date whenever pyproject.toml or
# constraints.txt change; `make clean` removes it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 5 \
	--constraint constraints.txt
# From one network to the whole chain; a bench of Kafka or Redis is called by hand, with the address.
BENCHES := embed detect track match log ingest latency
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed

.PHONY: help install demo test check bench clean
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

install: $(RUNTIME) ## install what lookout needs to run, without torch

demo: $(RUNTIME) ## find people on a drawn street, or with FOOTAGE=clip.mp4 WATCH="a man in ...; a woman ..." on a clip
ifdef FOOTAGE
	@set -f; IFS=';'; set --; for sentence in $$WATCH; do set -- "$$@" --watch "$${sentence# }"; done; \
	if [ $$# -eq 0 ]; then echo 'make demo: say whom to look out for, as WATCH="a man in a red jacket"' >&2; exit 2; fi; \
	unset IFS; $(BIN)/lookout replay "$$FOOTAGE" "$$@" --page runs/demo/replay.html $(ARGS)
else
	@$(BIN)/lookout demo $(ARGS)
endif

bench: $(RUNTIME) ## measure all that needs no service, a line of JSON each; or BENCHES="embed detect" alone
	@set -e; for each in $(BENCHES); do \
		echo "lookout bench $$each --json $(ARGS)" >&2; $(BIN)/lookout bench $$each --json $(ARGS); \
	done

check: $(DEVELOPMENT) ## format, lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(DEVELOPMENT) ## run every test; pytest's options go into ARGS="..."
	$(BIN)/python -m pytest $(ARGS)

clean: ## remove .venv, caches and built distributions
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "lookout needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1);" \
			"choose another with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "making the virtual environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; } # without python3-venv, Debian leaves half of one

$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing what lookout needs to run (about 0.7 GB on disk)"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) | $(BIN)/python
	@echo "installing torch and the development tools (about 5 GB on disk, some minutes the first time)"
	@$(PIP_INSTALL) --editable '.[train,bert,dev]'
	@touch $@
