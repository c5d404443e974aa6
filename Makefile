# make run     start the app
# make check   lint, types, known vulnerabilities, and the tests that need no browser and no nginx
# make test    everything, in a real browser too
# make lock    requirements.lock anew, after requirements.txt has changed
# make bench   the drag beside a static page, the weight and time of a release, a class of students

PYTHON ?= python3
VENV := .venv/bin/python

.PHONY: run check test bench lint lock

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
	@$(VENV) -m tests.supply.audit

# Installs run again only when a requirements file is newer than the stamp of the last install.
# uv takes a third of pip's time.
UV := $(VENV) -m uv pip
INSTALL := $(UV) install --quiet --compile-bytecode --python $(VENV)

# What is tested is what is deployed: the same files, by their hashes.
.venv/run: requirements.lock | .venv/uv
	$(INSTALL) --require-hashes -r requirements.lock
	@touch $@

.venv/dev: requirements-dev.txt requirements.txt .venv/run
	$(INSTALL) -r requirements-dev.txt
	@touch $@

# Versions that still fit stay as they are; to take the newest of all, delete the file first.
lock: | .venv/uv
	$(UV) compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --default-index https://pypi.org/simple --custom-compile-command "make lock" \
	    --output-file requirements.lock requirements.txt

$(VENV):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(\
	    f"Python 3.11 or newer is needed, and {sys.executable} is " + sys.version.split()[0] \
	    + ". Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/uv: | $(VENV)
	$(VENV) -m pip install --quiet --disable-pip-version-check --no-compile uv==0.13.9
	@touch $@
