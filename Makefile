# `make demo` and `make test` need Python 3.11 or later and nothing else before them.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
READY := $(VENV)/.ready

.PHONY: help setup demo test check fix bench docs page browser screenshot clean

help:  ## Say what each target does
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY)  ## Make .venv with soundalike and everything that develops it

# torch first and by its exact version: on Linux that is the wheel for CPUs where the index offers one, and nothing
# later in the list can replace it.
$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): some minutes, about 2.5 GB."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch==2.13.0 --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --editable '.[train,collect,scale,dev]' --constraint constraints.txt
	$(BIN)/python -c "import pathlib; pathlib.Path('$(READY)').touch()"

demo: $(READY)  ## Synthetic sounds -> train -> index -> search -> evaluate -> report, in demo/
	$(BIN)/soundalike demo --out demo

test: $(READY) browser check  ## Everything: checks, then all tests
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

# Debian's Chromium, where nobody has to be asked. Elsewhere the last line of the tests says what did not run.
browser:
	@$(BIN)/python scripts/install_browser.py

check: $(READY)  ## Format, lint, types, layers, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/build_docs.py --check

fix: $(READY)  ## Repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python scripts/build_page.py --fix
	$(BIN)/python scripts/build_docs.py

bench: $(READY)  ## Run the benchmarks that need no data
	$(BIN)/python benchmarks/training.py

page: $(READY)  ## Build the web page from page/ into the package
	$(BIN)/python scripts/build_page.py

screenshot: $(READY) browser  ## Take the README's pictures of the page
	$(BIN)/python scripts/screenshot.py

docs: $(READY)  ## Write the generated pages again
	$(BIN)/python scripts/build_docs.py

clean:  ## Remove what make made
	rm -rf $(VENV) demo page/node_modules
