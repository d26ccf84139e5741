# make plan   the day's plan of the AI pod example      make test    the tests
# make check  every gate                                make serve   the HTTP service
# make image  the image, built and asked for its health (root, Debian)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
# One more than there are cores: many tests wait for a server.
WORKERS ?= $(shell echo $$(($$(nproc) + 1)))
SUPPORT := .:tests/support/builders:tests/support/oracles:tests/support/campaigns
CORE := $(VENV)/.core
DEV := $(VENV)/.dev
PACKAGES := domain charts tariffs forecasts optimizer operation finance bms store api
CODE := ridethrough/*.py $(PACKAGES) tests benchmarks

.PHONY: support plan serve image test test-long check bench certify-campaign format clean help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile

$(CORE): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing ridethrough into $(VENV) (once) ..."
	@$(PIP) --editable .
	@touch $@

$(DEV): $(CORE)
	@echo "Installing what the tests and gates need (once) ..."
	@$(PIP) --editable '.[dev]'
	@touch $@

plan: $(CORE)
	@$(BIN)/ridethrough plan examples/colo-hall/site.yaml --now 2023-08-16T15:00:00-05:00

serve: $(CORE)
	@$(BIN)/ridethrough serve

image:
	@.ci/image

test: $(DEV)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not long" $(PYTEST_ARGS)

test-long: $(DEV)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

check: $(DEV)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry . --no-ansi
	$(BIN)/codespell
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --cov --cov-report=term -p no:cacheprovider $(PYTEST_ARGS)

support:
	@echo $(SUPPORT)

bench: $(DEV)
	@PYTHONPATH=$(SUPPORT) $(BIN)/python -m benchmarks

certify-campaign: $(DEV)
	@PYTHONPATH=$(SUPPORT) $(BIN)/python -m benchmarks.certify_campaign

format: $(DEV)
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

clean:
	rm -rf $(VENV) build dist .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
