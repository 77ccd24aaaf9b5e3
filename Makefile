# floodwarn. `make` lists the targets; everything is built in .venv and .floodwarn, nothing outside this folder.
PYTHON ?= $(shell for p in python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo "$$p" && break; done)
INSTALL = "$(or $(PYTHON),python3)" requirements/install.py
BIN = .venv/bin
# Two a core, for many tests wait: for a server that stalls, for a database.
WORKERS ?= $(shell expr 2 \* $$(nproc))
export PYTHONUTF8 = 1
# Airflow and the command-line tests start Python hundreds of times: it must not compile all of Airflow each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL = help
.PHONY: help run stop test fuzz lint type contracts check lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

run: .venv/.runtime ## Play the flood of November 2014 through Airflow; Ctrl-C or `make stop` ends it
	@$(INSTALL) sample || { export FLOODWARN_SITE="$${FLOODWARN_SITE:-config/valley}"; \
	  echo "The recorded floods cannot be had here: running the small synthetic site, $$FLOODWARN_SITE."; }; \
	exec $(BIN)/floodwarn run --home .floodwarn

stop: ## Stop what `make run` started
	@test ! -x $(BIN)/floodwarn || $(BIN)/floodwarn stop --home .floodwarn

test: .venv/.test ## Run every test; what needs an absent service, browser or tool is skipped by name
	@$(INSTALL) sample || echo "The recorded floods cannot be had here: their tests are skipped."
	$(BIN)/python -m pytest -m "not end_to_end" -n $(WORKERS) --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest -m end_to_end -n 2 --dist loadfile --no-loadscope-reorder

fuzz: .venv/.test ## Mutate every protocol's samples 10,000 times (`make test`: 500), laws 500 times (40)
	FLOODWARN_FUZZ=10000 $(BIN)/python -m pytest -q tests/feeds/test_every_protocol.py
	FLOODWARN_EXAMPLES=500 $(BIN)/python -m pytest -q --timeout 3600 -n $(WORKERS) --dist loadfile tests/property tests/risk tests/alerts

lint: .venv/.test ## Ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: .venv/.test ## Mypy, strict
	$(BIN)/mypy

contracts: .venv/.test ## Who may import whom, and that each such rule bites
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

check: export FLOODWARN_STRICT = 1
check: test lint type contracts ## All that CI runs: a skipped service or browser test fails

lock: ## Resolve pyproject.toml again, into requirements/*.lock
	$(INSTALL) lock

clean: stop ## Remove .venv, .floodwarn and every cache
	rm -rf .venv .floodwarn .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info build

.venv/.%: requirements/%.lock requirements/uv.lock requirements/install.py pyproject.toml
	@$(INSTALL) $*
	@touch $@
