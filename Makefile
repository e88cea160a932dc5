# The two commands that matter: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
SOURCES := crds scim_api operator cli tests bench

.DEFAULT_GOAL := help
.PHONY: help env demo test check fence lint types imports crds unit endurance bench clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: .venv/.ready ## .venv with the locked environment (every other target makes it by itself)

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, and {sys.executable} is {sys.version.split()[0]}: name another with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: env ## the whole path on this machine: Entra's cycles, custom resources, Workteam accounts
	$(BIN)/workteam demo

test: check unit ## everything that CI runs, but for what takes minutes alone: SLOW=yes runs that too

check: fence lint types imports crds ## what needs no processes: layout, style, types, import contracts, CRD drift

fence: ## no __init__.py where it would shadow the standard library (shell, as Python is what it would break)
	@bad=$$(ls crds/__init__.py scim_api/__init__.py operator/__init__.py cli/__init__.py 2>/dev/null; \
	  find tests -name __init__.py; find crds scim_api operator cli tests bench -name operator.py); \
	  if [ -n "$$bad" ]; then echo "these files shadow the standard library, remove them: $$bad"; exit 1; fi

lint: env
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

types: env
	$(BIN)/mypy

imports: env
	$(BIN)/lint-imports --no-cache

crds: env
	$(BIN)/python -m workteam_crds --check

# In one build with the API server kube-controller-manager takes a third of the time that it takes alone.
WITH_CONTROLLERS = from workteam_cli.controlplane.binaries import find_binaries; \
  find_binaries(lambda step, done=0, total=0: done % 200 or print(step, done or '', flush=True), controllers=True)

# Two at a time, file by file: each worker starts a control plane of its own. What failed (exit code 1, all tests were run)
# is tried once more alone: a fault of the code fails twice, a server that starved beside another does not.
unit: env
	$(if $(CONTROLLERS),$(BIN)/python -c "$(WITH_CONTROLLERS)")
	$(BIN)/pytest -m "not endurance$(if $(SLOW),, and not slow)$(if $(CONTROLLERS),, and not controllers)" -n 2 --dist loadfile --no-loadscope-reorder --tb native --durations 15 || \
	  { [ $$? -eq 1 ] && $(BIN)/pytest --last-failed --last-failed-no-failures none --tb native; }

endurance: env ## ten minutes of Entra's mix while the answering facade is ended twice; wants a quiet machine
	$(BIN)/pytest tests/endurance --tb short

bench: env ## the published figures, as ratios within one run
	$(BIN)/python bench/provisioning.py
	$(BIN)/python bench/facade.py
	$(BIN)/python bench/reconciling.py

clean: ## end the stacks of this folder, remove what was built here (not the cached control plane)
	@if [ -x $(BIN)/workteam ]; then for home in .dev .dev/demo; do $(BIN)/workteam dev down --home $$home || true; done; fi
	rm -rf .venv .dev .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage dist build
