# Dynamic Cover: all tasks. A newcomer needs `make run` and `make test`; both set up what they need.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CONSOLE := services/console
CONSOLE_BUILT := $(CONSOLE)/dist/.built
CONSOLE_SOURCES := $(shell find $(CONSOLE) -path $(CONSOLE)/node_modules -prune -o -path $(CONSOLE)/dist -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install console run test test-unit test-services test-console services-up services-down check format bench-cover bench-routes bench-pipeline loadtest loadtest-kafka lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16

install: $(INSTALLED) console ## Make .venv with everything pinned, and build the console

$(INSTALLED): requirements.lock pyproject.toml
	@deploy/make_venv.sh "$(PYTHON)" "$(VENV)"
	@touch $@

console: $(CONSOLE_BUILT) ## Build the operator's console

$(CONSOLE_BUILT): $(INSTALLED) $(CONSOLE_SOURCES)
	@deploy/build_console.sh "$(BIN)"
	@touch $@

run: install ## Start the live demo and print its address
	@$(BIN)/cover demo

test: install ## The whole suite: unit, contract, real data, crash, browser, faults of real servers
	@deploy/install_browser.sh
	@deploy/build_console.sh "$(BIN)" test
	@deploy/run_tests.sh "$(BIN)"

test-unit: $(INSTALLED) ## The quick suite, under two minutes
	@$(BIN)/pytest -m "not slow and not browser and not services"

test-services: $(INSTALLED) ## The tests against a real Kafka and a real Redis (they start and stop their own)
	@$(BIN)/pytest -m services

services-up: ## Start a real Kafka and a real Redis on loopback; var/services/services.env names them
	@$(PYTHON) -m deploy.services up

services-down: ## Stop them
	@$(PYTHON) -m deploy.services down

test-console: install ## The console's own unit tests
	@deploy/build_console.sh "$(BIN)" test

check: $(INSTALLED) ## Lint, format, types, import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/house

format: $(INSTALLED) ## Put all Python files into the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench-cover: $(INSTALLED) ## Measure the cover engine beside plain solvers and published methods (about 25 minutes)
	@test -e var/demo/region.json || $(BIN)/cover region demo var/demo
	@$(BIN)/python -m optimiser.benchmarks.cover_bench $(wildcard var/london) var/demo

bench-routes: $(INSTALLED) ## Measure the route engine beside PyVRP and OR-Tools alone (about two hours; see --only)
	@$(BIN)/python -m optimiser.benchmarks.routes_bench

bench-pipeline: $(INSTALLED) ## Measure throughput and latency through Kafka and Redis beside bare Kafka
	@test -e var/demo/region.json || $(BIN)/cover region demo var/demo
	@$(BIN)/python -m loadtests.pipeline --region $(firstword $(wildcard var/london) var/demo)

MINUTES ?= 10
loadtest: $(INSTALLED) ## Load on the embedded service, judged by its levels (MINUTES=10)
	@test -e var/demo/region.json || $(BIN)/cover region demo var/demo
	@$(BIN)/python -m loadtests.run embedded --region $(firstword $(wildcard var/london) var/demo) --minutes $(MINUTES)

loadtest-kafka: MINUTES = 27
loadtest-kafka: $(INSTALLED) ## The same on a real Kafka and Redis, two workers, two API replicas (MINUTES=27)
	@test -e var/demo/region.json || $(BIN)/cover region demo var/demo
	@$(BIN)/python -m loadtests.run kafka --region $(firstword $(wildcard var/london) var/demo) --minutes $(MINUTES)

lock: $(INSTALLED) ## Renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --upgrade --extra dev pyproject.toml -o requirements.lock

clean: ## Remove everything that was built (not var/)
	rm -rf $(VENV) build *.egg-info $(CONSOLE)/dist $(CONSOLE)/node_modules .mypy_cache .ruff_cache .pytest_cache
