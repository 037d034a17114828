# Everything a newcomer calls; each target with a `##` line is listed by `make help`.
PYTHON ?= python3
BIN := .venv/bin
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := true

.PHONY: help demo test dev lint lint-python lint-sql bench figures clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-6s %s\n", $$1, $$2}'

# Installed once, and again when the lock or the project file changes.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ocpi-warehouse needs Python 3.11 or newer, but '$(PYTHON)' is older; name another: make PYTHON=python3.12 ..."; exit 1; }
	@echo "installing into .venv (a minute or two, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch .venv/.ready

demo: .venv/.ready ## fourteen simulated nights into an embedded Postgres, marts and a summary
	@$(BIN)/ocpi-warehouse demo

test: .venv/.ready lint ## linters, then the whole test suite
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

dev: .venv/.ready ## the Dagster UI on everything, simulator included
	@$(BIN)/ocpi-warehouse dev

lint: .venv/.ready ## ruff, mypy, import rules, sqlfluff
	@$(MAKE) --no-print-directory --jobs 2 lint-sql lint-python

lint-python:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy pipelines
	@$(BIN)/lint-imports --no-logo >.venv/imports.log 2>&1 || { cat .venv/imports.log; exit 1; }

# Beside the rest, which uses one core most of the time.
lint-sql:
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests >.venv/sqlfluff.log 2>&1 || { cat .venv/sqlfluff.log; exit 1; }

bench: .venv/.ready ## landing to warehouse against dlt, pandas and the floor; writes benchmarks/results.md
	@$(MAKE) --no-print-directory -C benchmarks run

figures: .venv/.ready ## docs/ndw.md and docs/questions.md, answered anew from real feeds
	@$(MAKE) --no-print-directory -C docs/figures figures

clean: ## stop the embedded Postgres; remove the environment and caches (the data stay)
	@if [ -x $(BIN)/ocpi-warehouse ]; then $(BIN)/ocpi-warehouse stop || true; fi
	@rm -rf .venv .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	@rm -rf dbt_project/target dbt_project/logs
