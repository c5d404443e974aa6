# make run     start the app
# make check   lint, types and the tests that need no browser and no nginx
# make test    everything, in a real browser too
# make bench   the drag beside a static page, the weight and time of a release, a class of students

PYTHON ?= python3
VENV := .venv/bin/python

.PHONY: run check test bench lint

run: .venv/run
	@$(VENV) -m streamlit run app.py

check: lint
	@$(VENV) -m pytest -q -n auto --ignore=tests/browser --ignore=tests/deploy

test: lint
	@sh tests/chromium.sh install
	@sh tests/nginx.sh install
	@$(VENV) -m pytest -q -n 4 --dist worksteal

bench: .venv/dev
	@$(VENV) -m bench.drag
	@$(VENV) -m bench.load
	@$(VENV) -m bench.classroom

lint: .venv/dev
	$(VENV) -m ruff check
	$(VENV) -m ruff format --check
	$(VENV) -m mypy

# Installs run again only when a requirements file is newer than the stamp of the last install.
PIP := $(VENV) -m pip install --quiet --disable-pip-version-check

.venv/run: requirements.txt | $(VENV)
	$(PIP) -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt requirements.txt | $(VENV)
	$(PIP) -r requirements-dev.txt
	@touch .venv/run $@

$(VENV):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(\
	    f"Python 3.11 or newer is needed, and {sys.executable} is " + sys.version.split()[0] \
	    + ". Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
