# Two commands do it all on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN     = .venv/bin
ifeq ($(OS),Windows_NT)
BIN     = .venv/Scripts
endif

.DEFAULT_GOAL = help
.PHONY: help setup demo test check rules format lint types bench alarms mutants docs site mails pictures locks clean

help:  ## what can be asked for
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-9s %s\n", $$1, $$2}'

.venv/run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("reporter needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q reporter
	@touch .venv/run

.venv/dev: .venv/run requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch .venv/dev

setup: .venv/dev  ## make the virtual environment, with what developers need

demo: .venv/run  ## run the main job on the samples and show what it made
	@$(BIN)/reporter demo

# What pytest makes of its plugins and of the tests is kept, also where the environment says to keep nothing compiled:
# each process would make it anew.
test check rules: export PYTHONDONTWRITEBYTECODE =

test: .venv/dev  ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal

check: .venv/dev format lint types  ## everything a change must pass: format, lint, types, tests, wheel
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow or not slow"

rules: .venv/dev  ## check the rulebook alone: it loads, and every case an officer wrote holds
	@$(BIN)/python -m pytest tests/rules tests/engine/test_cases.py

format:
	@$(BIN)/ruff format --check .

lint:
	@$(BIN)/ruff check .

types:
	@$(BIN)/mypy

bench: .venv/dev  ## measure beside the floor and a plain script, and print the ratios
	@$(BIN)/python benchmarks/bench.py

alarms: .venv/dev  ## how many people of an invented university stand at each level on a Monday, and why; then of the samples
	@$(BIN)/reporter demo > /dev/null
	@$(BIN)/python -m benchmarks.university demo-out/findings.csv

mutants: .venv/dev  ## put small faults into the engine and the reader of dates, and print those that no test notices
	@$(BIN)/python benchmarks/mutants.py

docs: .venv/run  ## write the made pages again (reference, rules, problems, headings, the README's demo)
	@$(BIN)/python docs/make_reference.py

.venv/site: docs/site/requirements.lock
	@test -x $(BIN:.venv%=.venv/site%)/python || $(PYTHON) -m venv .venv/site
	@$(BIN:.venv%=.venv/site%)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r docs/site/requirements.lock
	@touch .venv/site

site: .venv/site  ## make the pages of docs/ a site in build/site; a page or heading that a link misses stops it
	@NO_MKDOCS_2_WARNING=1 $(BIN:.venv%=.venv/site%)/python -m mkdocs build --strict --quiet

mails: .venv/dev  ## compile the mails' HTML from templates/mjml again
	@$(BIN)/python templates/make_mails.py

pictures: .venv/run  ## make the pictures of the README again (LibreOffice, Chromium and pdftoppm are needed)
	@$(BIN)/python docs/make_pictures.py

locks: .venv/dev  ## resolve the locks again, and list the wheels that they allow
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header requirements.in pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header requirements.in pyproject.toml --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header docs/site/requirements.in -o docs/site/requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 -c requirements.lock requirements.in pyproject.toml --format pylock.toml -o .venv/pylock.toml
	@$(BIN)/python docs/make_wheels.py .venv/pylock.toml

clean:  ## take away what the other commands made
	@rm -rf .venv demo-out bench-out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
