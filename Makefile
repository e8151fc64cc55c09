# make demo    set everything up, make the demo data, serve it at http://localhost:8000
# make test    set everything up, run the whole test suite
# The other targets: make help

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A python3 on PATH may be a shim that does not run; the system's own is the second try.
STARTER := $(shell python3 -c 'print("python3")' 2>/dev/null || echo /usr/bin/python3)
PY := .venv/bin/python

SERVE ?= 1
PORT ?= 8000
ARGS ?=

# Kept bytecode saves each of the many processes seconds, whatever the machine's default is.
unexport PYTHONDONTWRITEBYTECODE

DEMO_ENV := DJANGO_SETTINGS_MODULE=config.settings.dev AUSLOBUNG_DEMO=1 \
            AUSLOBUNG_BASE_URL=http://localhost:$(PORT)

.PHONY: help setup demo test test-postgres benchmarks e2e check fix messages locks docs screenshot

help:  ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) \
	  | while IFS='|' read -r target text; do printf '  make %-14s %s\n' "$$target" "$$text"; done

setup:  ## install what is missing: Python packages, front-end packages, translations
	@$(STARTER) bootstrap.py

demo: setup  ## make the demo data and serve it; SERVE=0 only prints it, PORT=8001 serves elsewhere
	@$(DEMO_ENV) $(PY) manage.py demo
ifneq ($(SERVE),0)
	@$(DEMO_ENV) $(PY) scripts/serve.py --port $(PORT)
endif

test: setup  ## run the whole test suite on SQLite; ARGS="-k name -n 0" is handed to pytest
	@$(PY) -m pytest -m "not e2e" $(ARGS)

test-postgres: setup  ## run what asks the database on a throw-away PostgreSQL
	@scripts/with_postgres.sh $(PY) -m pytest -m "not e2e" $(ARGS)

benchmarks: setup  ## measure speed and memory against plain ways, as one table; on a machine that does nothing else
	@$(PY) -m benchmarks $(ARGS)

e2e: setup  ## walk the product in a browser, which takes as long again; fails without Chromium
	@AUSLOBUNG_REQUIRE_BROWSER=1 $(PY) -m pytest tests/e2e -m e2e $(ARGS)

check: setup  ## format, lint, types, imports, templates, migrations, translations, locks
	@$(PY) scripts/check.py

fix: setup  ## format the code and mend what can be mended without thinking
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix

messages: setup  ## collect the strings of the source, list the untranslated ones, compile
	@$(PY) scripts/messages.py extract --prune
	@$(PY) scripts/messages.py missing
	@$(PY) scripts/messages.py compile

locks: setup  ## write the lock files after a change of pyproject.toml
	@$(PY) scripts/locks.py compile

docs: setup  ## write the pages that are made from the code
	@$(PY) scripts/states.py
	@$(PY) scripts/permissions.py

screenshot: setup  ## take the README's picture from a fresh demo
	@$(PY) scripts/screenshot.py
