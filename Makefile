# make paper   the paper's figures, tables and report   (makes its own environment first)
# make test    the tests
# make check   style, types, architecture: a minute or two (`make test` has all of it)
# make app     the web app, on this machine only
# make test-web  the web app in a real browser (Debian: installs chromium and npm where they are missing)
# make docs    the manual, in out/docs (nothing is fetched)
# make bench   the benchmarks, against other solvers in an environment of their own (a quarter of an hour; needs gfortran and a C++ compiler)
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/ready
WEB_STAMP := $(VENV)/web-ready
AXE := axe-core@4.14.1
BENCH := .venv-bench
BENCH_STAMP := $(BENCH)/ready

.PHONY: paper check style types test suite test-web app docs bench clean

paper: $(STAMP)
	$(RUN) -m livingdrug warmup
	$(RUN) -m papers.kirouac_2024 --out out/paper

app: $(STAMP)
	$(RUN) -m livingdrug app

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --quiet
	@echo "Open out/docs/index.html"

check: style types
	$(RUN) -m pytest tests/architecture

style: $(STAMP)
	$(RUN) -m ruff check src tests papers bench

types: $(STAMP)
	$(RUN) -m basedpyright --pythonpath $(RUN) --level error

# the types, which take one core, beside the tests; either one that fails fails the whole
test: style
	@$(MAKE) --no-print-directory --jobs 2 types suite || { echo "The types or the tests failed: see above."; exit 2; }

# a process for each core, each with whole files of tests, those of the architecture among them; compiled modules are
# kept even where Python was told not to, as tests start the package hundreds of times
suite: $(STAMP)
	PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest --numprocesses auto --dist loadfile

# where no browser can be installed, its tests skip and say so
test-web: $(STAMP)
	@$(MAKE) --no-print-directory $(WEB_STAMP) || echo "No browser could be installed: the tests that need one are skipped."
	PYTHONPATH=$(VENV)/web $(RUN) -m pytest tests/web -s

# the browser's driver beside the environment, so that `make test` stays without it; axe-core checks accessibility
$(WEB_STAMP): $(STAMP) tests/web/requirements.txt
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }
	@command -v npm >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends npm; }
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --upgrade --target $(VENV)/web -r tests/web/requirements.txt
	cd $(VENV)/web && npm pack --silent $(AXE) >/dev/null && tar xzf axe-core-*.tgz package/axe.min.js
	@touch $(WEB_STAMP)

# one environment, exactly the versions of the lock file
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: '$(PYTHON)' was not found; set PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Setting up $(VENV) (a minute or two, once) ..."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# CPU time at equal error; every script writes its rows to bench/results
bench: $(BENCH_STAMP)
	$(BENCH)/bin/python -m bench.reference
	$(BENCH)/bin/python -m bench.peers
	$(BENCH)/bin/python -m bench.gradient_peers
	$(BENCH)/bin/python -m bench.closed_form_numpy

# what the product needs, as locked, and on top of it the peers, which the product never needs
$(BENCH_STAMP): requirements.lock pyproject.toml bench/requirements.txt
	@command -v gfortran >/dev/null || { echo "gfortran is needed to build numbalsoda (Debian: apt-get install gfortran)"; exit 2; }
	@echo "Setting up $(BENCH) (about a minute, once) ..."
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(BENCH_STAMP)

clean:
	rm -rf $(VENV) $(BENCH) out
