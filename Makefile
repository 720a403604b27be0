# Everything is set up on first use: `make demo` and `make test` need Python 3.11 or newer, and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check --quiet
PAGES := list_rules list_commands list_events list_python draw_pictures list_pages $(addprefix docs/test_,tutorial stories report_page question_pages)
PYTEST := -m pytest --numprocesses auto --dist worksteal

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready-to-run: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python $(PIP) install --constraint constraints.txt --editable '.[all]'
	@touch $@

$(VENV)/ready-to-develop: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python $(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $(VENV)/ready-to-run $@

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: demo
demo: $(VENV)/ready-to-run ## play a real schedule against a small fleet and show the answers
	@$(BIN)/modeltrail demo

.PHONY: test
test: $(VENV)/ready-to-develop ## run all tests; ARGS='--rule R19' for those of one rule
	$(BIN)/python $(PYTEST) $(ARGS)

.PHONY: check
check: $(VENV)/ready-to-develop ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

.PHONY: fix
fix: $(VENV)/ready-to-develop ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: test-wheel
test-wheel: $(VENV)/ready-to-develop ## run the tests against the built wheel, away from the source tree
	rm -rf build dist
	$(BIN)/python -m build --outdir dist . >/dev/null
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/python $(PIP) install --constraint constraints.txt "$$(echo dist/*.whl)[all,test]"
	set -e; away=$$(mktemp -d); trap 'rm -rf "$$away"' EXIT; \
	python=$(CURDIR)/build/wheel/bin/python; cp -R tests pyproject.toml "$$away"; cd "$$away"; \
	"$$python" $(PYTEST) tests --pyargs modeltrail

.PHONY: rules
rules: $(VENV)/ready-to-develop ## break the code of each rule and demand that one of its tests fails
	$(BIN)/python tests/break_rules.py

.PHONY: rule-tests
rule-tests: $(VENV)/ready-to-develop ## write the lists of tests in docs/reference/rules.md
	$(BIN)/python tests/list_rules.py

.PHONY: pages
pages: $(VENV)/ready-to-develop ## write the parts of docs/ that are made from the code: lists, fields, pictures
	for page in $(PAGES); do PYTHONPATH=tests $(BIN)/python tests/$$page.py || exit; done

.PHONY: explore
explore: $(VENV)/ready-to-develop ## run the properties for long, on random histories
	$(BIN)/python $(PYTEST) --hypothesis-profile explore -m hypothesis $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/ready-to-develop ## give importers files broken at random; ARGS='--examples 100000' for longer
	$(BIN)/python $(PYTEST) --hypothesis-profile fuzz $(ARGS) tests/fuzz

.PHONY: faults
faults: $(VENV)/ready-to-develop ## kill processes at every point and at random moments; ARGS='--kills 3000' for longer
	$(BIN)/python $(PYTEST) --kills 300 $(ARGS) tests/faults

.PHONY: mutants
mutants: $(VENV)/ready-to-develop ## change domain/ in every small way and list what no test notices (hours); ARGS='--sample 300'
	$(BIN)/python tests/mutants.py $(ARGS)

.PHONY: bench
bench: $(VENV)/ready-to-develop ## measure appends, folds and answers
	$(BIN)/python benchmarks/run.py

.PHONY: docs
docs: $(VENV)/ready-to-develop ## build the pages into build/site; a broken link fails
	$(BIN)/zensical build --strict

.PHONY: constraints
constraints: ## write constraints.txt from what resolves today
	rm -rf build/resolve
	$(PYTHON) -m venv build/resolve
	build/resolve/bin/python $(PIP) install --editable '.[dev]'
	build/resolve/bin/python $(PIP) freeze --all --exclude-editable | grep -v '^pip==' > constraints.txt

.PHONY: clean
clean: ## remove what make has made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis src/*.egg-info
