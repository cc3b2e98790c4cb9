# Each target is usable on its own; what is missing is installed first, and only then.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DRILL ?= drills/kafka/coupon-consumer-pause.yaml
UV_VERSION := 0.13.9

.PHONY: setup drill test crash lint examples docs bench-load bench-console drills clean

$(BIN)/uv:
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  echo "python3-venv is missing: installing it"; rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO=sudo; fi; \
	  $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq --no-install-recommends python3-venv && \
	  $(PYTHON) -m venv $(VENV); }
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.synced: $(BIN)/uv pyproject.toml uv.lock
	@$(BIN)/uv sync --quiet --frozen --inexact --python $(BIN)/python
	@touch $@

setup: $(VENV)/.synced ## everything that is needed, and nothing twice
	@$(BIN)/tocsin doctor --install --quiet

drill: setup ## the main job: one drill from file to document
	@$(BIN)/tocsin run $(DRILL)

test: setup ## all tests, the ones on real servers included
	@command -v openssl >/dev/null || { \
	  echo "openssl is missing (it makes the tests' certificates): installing it"; \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO=sudo; fi; \
	  $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq --no-install-recommends openssl; }
	@$(BIN)/pytest -n 2 --dist loadfile tests/unit tests/catalogue tests/console
	@$(BIN)/pytest -m alone tests/stack
	@$(BIN)/pytest -n 2 --dist loadfile -m "not alone" tests/stack tests/crash tests/packaging

crash: setup ## the long suite: 200 kills of the director, 50 of both, at random instants over all faults; STACK=compose: on containers
	@PYTHONPATH=. $(BIN)/python -m tests.crash.long_kill $(if $(STACK),--stack $(STACK))

lint: $(VENV)/.synced
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

examples: setup ## the example documents again, from the tapes kept beside them
	@PYTHONPATH=. $(BIN)/python -m tests.make_example

docs: $(VENV)/.synced ## the pictures of the console in the documents, from the tape of an example
	@PYTHONPATH=. $(BIN)/python -m tests.make_screenshots

bench-console: $(VENV)/.synced ## CPU, first screen, key to screen and a long replay of the console
	@PYTHONPATH=. $(BIN)/python -m tests.bench.console

bench-load: $(VENV)/.synced ## requests per second and core of our generator beside FastHttpUser, wrk and k6
	@PYTHONPATH=. $(BIN)/python -m tests.bench.load

drills: setup ## the whole catalogue, one drill after the other; STACK=compose: on containers
	@failed=0; for drill in $$(find drills -name '*.yaml' ! -path '*/gamedays/*' | sort); do \
	  $(BIN)/tocsin run $$drill $(if $(STACK),--stack $(STACK)) || failed=1; done; exit $$failed

clean: ## stops what runs and removes what was made
	@[ ! -x $(BIN)/tocsin ] || $(BIN)/tocsin down
	@rm -rf .tocsin $(VENV) dist
