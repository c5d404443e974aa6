# make run     start the app
# make quick   lint, types, and the tests that take a minute together
# make test    everything, in a real browser too, and a look for known vulnerabilities
# make lint    ruff, mypy, eslint and tsc
# make bench   the drag beside a static page, the weight and time of a release, a class of students
# make vendor  vendor/ anew, after another plotly.js was named in package.json and locked
# make lock    the lock files anew, after requirements*.txt or package.json changed
# make audit   a look for known vulnerabilities, noted in docs/deploy.md where it found nothing
# make sbom    docs/sbom.cdx.json anew: what is shipped, as CycloneDX

PYTHON ?= python3
VENV := .venv/bin/python
NODE := .venv/bin/node
NPM := .venv/bin/npm

.PHONY: run quick test lint audit bench vendor lock sbom

run: .venv/run
	@$(VENV) -m streamlit run app.py

quick: lint
	@$(VENV) -m pytest -q -n auto -m "not slow" --hypothesis-profile=quick \
	    --ignore=tests/browser --ignore=tests/deploy --ignore=tests/fuzz

# The audit is last, so that its warning is the last thing one sees.
test: lint
	@sh tests/chromium.sh install
	@sh tests/nginx.sh install
	@sh tests/postgres.sh install
	@$(VENV) -m pytest -q -n 4 --dist worksteal
	@$(VENV) -m tests.supply.audit

lint: .venv/dev node_modules/.installed
	$(VENV) -m ruff check
	$(VENV) -m ruff format --check
	$(VENV) -m mypy
	$(NODE) node_modules/eslint/bin/eslint.js --max-warnings 0 --no-error-on-unmatched-pattern \
	    eslint.config.js live/front tests/front
	$(NODE) node_modules/typescript/bin/tsc

audit: .venv/dev
	@$(VENV) -m tests.supply.audit --note

bench: .venv/dev
	@$(VENV) -m bench.drag
	@$(VENV) -m bench.load
	@$(VENV) -m bench.classroom

# Of plotly.js's bundles the one with bars, lines and contours; npm has compared it with its hash.
PLOTLY := node_modules/plotly.js-cartesian-dist-min

vendor: node_modules/.installed
	cp $(PLOTLY)/plotly-cartesian.min.js vendor/
	cp $(PLOTLY)/LICENSE vendor/LICENSE
	@echo "Tell tests/supply/test_vendor.py: $$(sha256sum vendor/plotly-cartesian.min.js)"

sbom: .venv/dev
	@$(VENV) -m tests.supply.sbom

# Installs run again only when a requirements file is newer than the stamp of the last install.
# uv takes a third of pip's time.
UV := $(VENV) -m uv pip
INSTALL := $(UV) install --quiet --compile-bytecode --python $(VENV)

# What is tested is what is deployed: the same files, by their hashes.
.venv/run: requirements.lock | .venv/uv
	$(INSTALL) --require-hashes -r requirements.lock
	@touch $@

.venv/dev: requirements-dev.lock .venv/run
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# Node and npm come from PyPI: what `make` needs stays Python and make.
node_modules/.installed: package-lock.json .npmrc | .venv/dev
	$(NPM) ci --silent
	@touch $@

# Versions that still fit stay as they are; to take the newest of all, delete the files first.
# A lock that names where this machine gets its packages would send everybody there.
define LOCK
	@! test -f $(1).lock || cp $(1).lock .venv/new.lock
	$(UV) compile --quiet --universal --python-version 3.11 --generate-hashes $(2) \
	    --no-emit-index-url --no-emit-find-links --no-emit-index-annotation \
	    --default-index https://pypi.org/simple --custom-compile-command "make lock" \
	    --output-file .venv/new.lock $(1).txt
	@! grep -nE '://|^ *-(-[^h]|[^-])' .venv/new.lock || { \
	    echo "$(1).lock would name an index: it stays as it was." >&2; exit 1; }
	@mv .venv/new.lock $(1).lock
endef

lock: | .venv/dev
	$(call LOCK,requirements)
	$(call LOCK,requirements-postgresql,--constraints requirements.lock)
	$(call LOCK,requirements-dev,--constraints requirements.lock --constraints requirements-postgresql.lock)
	$(NPM) install --silent --package-lock-only
	@! grep -n '"resolved"' package-lock.json || { \
	    echo "package-lock.json names a registry: see .npmrc." >&2; exit 1; }

$(VENV):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(\
	    f"Python 3.11 or newer is needed, and {sys.executable} is " + sys.version.split()[0] \
	    + ". Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/uv: | $(VENV)
	$(VENV) -m pip install --quiet --disable-pip-version-check --no-compile uv==0.13.9
	@touch $@
