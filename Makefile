# make paper   the paper's figures, tables and report   (makes its own environment first)
# make test    the tests
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/ready

.PHONY: paper test clean

paper: $(STAMP)
	$(RUN) -m papers.kirouac_2024 --out out/paper

test: $(STAMP)
	$(RUN) -m ruff check src tests papers
	$(RUN) -m pytest

# one environment, exactly the versions of the lock file
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: '$(PYTHON)' was not found; set PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Setting up $(VENV) (about half a minute, once) ..."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

clean:
	rm -rf $(VENV) out
