# Each recipe is one plain command, which make starts without a shell between: a command of
# ours that is told of make's end can then end all that it started.
PYTHON ?= python3
PROFILE ?= quick
PY = .venv/bin/python

# uv does not read pip's setting of the package index: pass it on.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

# Python's text files are UTF-8, whatever the locale.
export PYTHONUTF8 = 1

# Tests that only read a run, and those that ask services what they answer.
READING = tests/analyse tests/publish
ASKING = tests/contract tests/capabilities tests/database tests/upstreams

# What withstands faults, load and bad inputs; `make test` tries the same with less.
HOSTILE = tests/faults tests/hostile tests/test_damage.py tests/test_launch.py \
	tests/load/test_dask_workers.py tests/contract/test_tokens.py tests/contract/test_tries.py \
	tests/contract/test_guards.py tests/publish/test_untrusted.py

.PHONY: report publish test test-measuring test-reading test-asking soak audit
.PHONY: lab serve check compare capabilities bench pins clean

# By `exec`: a shell between make and what it starts would outlive a make that is killed.
report: .venv/ready-to-run
	exec $(PY) -m webtrial report $(if $(RESUME),--resume "$(RESUME)",--profile "$(PROFILE)")

publish: .venv/ready-to-run
	exec $(PY) -m webtrial publish $(if $(RUN),"$(RUN)")

test: .venv/ready-to-test
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(MAKE) --jobs=2 --keep-going --output-sync=target test-measuring test-reading test-asking

# Two at a time, the longest first; one that fails keeps no other from being run. Who reads keeps a
# core busy, the others wait a good deal.
test-measuring: .venv/ready-to-test
	$(PY) -m pytest $(READING:%=--ignore %) $(ASKING:%=--ignore %)

test-reading: .venv/ready-to-test
	$(PY) -m pytest --nbval $(READING) notebooks

test-asking: .venv/ready-to-test
	$(PY) -m pytest $(ASKING)

soak: .venv/ready-to-test
	$(PY) -m pytest --soak --write-counts --override-ini faulthandler_timeout=7200 $(HOSTILE)

audit: .venv/ready-to-test
	$(PY) -m pip_audit --requirement requirements.txt --disable-pip --no-deps

lab: .venv/ready-to-run
	$(PY) -m webtrial lab

serve: .venv/ready-to-run
	exec $(PY) -m webtrial serve

check: .venv/ready-to-run
	exec $(PY) -m webtrial check

compare: .venv/ready-to-run
	$(PY) -m webtrial compare $(A) $(B)

capabilities: .venv/ready-to-run
	exec $(PY) -m webtrial capabilities

bench: .venv/ready-to-test
	exec $(PY) -m webtrial bench

pins: .venv/uv
	$(PY) -m uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate requirements.in -o requirements.txt
	$(PY) -m uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv report/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/uv:
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	touch $@

.venv/ready-to-run: requirements.txt pyproject.toml | .venv/uv
	$(PY) -m uv pip install --quiet --python $(PY) -r requirements.txt -e .
	touch $@

.venv/ready-to-test: requirements-dev.txt .venv/ready-to-run
	$(PY) -m uv pip install --quiet --python $(PY) -r requirements-dev.txt
	touch $@
