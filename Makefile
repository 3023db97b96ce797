# Canglang: `make demo` shows it, `make test` proves it. Python 3.11 or newer and make are all that has to be there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: install demo test check bench format lock clean

install: $(STAMP) .env

$(STAMP): requirements-dev.txt
	@echo "Installing into $(VENV) (a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(STAMP)

.env: | $(STAMP)
	@$(BIN)/python -m config.environment

# Compiled translations are made, not kept.
.PHONY: messages
messages: install
	@$(BIN)/python -m config.translations compile

demo: messages
	@$(BIN)/python manage.py demo

test: messages
	@$(BIN)/python -m tests.run

check: messages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/djade --check --target-version 5.2 $$(find templates -name '*.html')
	$(BIN)/python -m config.translations check
	$(BIN)/python manage.py workflow_docs --check
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: messages
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python -m benchmarks.$$(basename $$script .py) || exit 1; done

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djade --target-version 5.2 $$(find templates -name '*.html') || true

# Names, versions and hashes; no addresses (docs/decisions/0002-dependencies.md).
lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate -o requirements.txt
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --no-annotate -o requirements-dev.txt

clean:
	rm -rf $(VENV) var static_build .mypy_cache .ruff_cache .pytest_cache
