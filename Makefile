# Each recipe is one plain command, which make starts without a shell between: a command of
# ours that is told of make's end can then end all that it started.
PYTHON ?= python3
PROFILE ?= quick
PY = .venv/bin/python

# Images for containers set it, and then each process compiles all that it imports, for seconds.
unexport PYTHONDONTWRITEBYTECODE

# A .venv of another Python version than the one that PYTHON names is replaced. Where nobody names
# one, any that is new enough stays.
ANY_VERSION = $(if $(filter file,$(origin PYTHON)),--any-version)

# Python's text files are UTF-8, whatever the locale.
export PYTHONUTF8 = 1

# What withstands faults, load and bad inputs; `make test` tries the same with less.
HOSTILE = tests/faults tests/hostile tests/test_damage.py tests/test_launch.py \
	tests/load/test_dask_workers.py tests/contract/test_tokens.py tests/contract/test_tries.py \
	tests/contract/test_guards.py tests/publish/test_untrusted.py

.PHONY: report publish style lint test test-all test-under-load soak coverage audit
.PHONY: lab serve check compare capabilities bench doctor pins platforms clean always

# By `exec`: a shell between make and what it starts would outlive a make that is killed.
report: .venv/ready-to-run
	exec $(PY) -m webtrial report $(if $(RESUME),--resume "$(RESUME)",--profile "$(PROFILE)")

publish: .venv/ready-to-run
	exec $(PY) -m webtrial publish $(if $(RUN),"$(RUN)")

style: .venv/ready-to-test
	$(PY) -m ruff check
	$(PY) -m ruff format --check

lint: style
	$(PY) -m mypy

# Types are checked by one of the tests.
test: style
	exec $(PY) -m pytest -n auto --nbval tests notebooks

# What a change of the instrument is worth: more stacks, more variants, httpx's own transport.
test-all: style
	exec $(PY) -m pytest -n auto --nbval --full tests notebooks

test-under-load: .venv/ready-to-test
	exec $(PY) -m tests.under_load $(MAKE) test

# Branches of webtrial/ and services/ that `make test` takes, in every process that it starts.
coverage: .venv/ready-to-test
	exec $(PY) -m tests.measure_coverage -n auto tests

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

doctor: .venv/ready-to-run
	exec $(PY) -m webtrial doctor

pins:
	"$(PYTHON)" -I install.py $(ANY_VERSION) pins

# Whether every requirement has a wheel, by platform and Python version: 16 times, nothing is installed.
PLATFORMS = x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin x86_64-pc-windows-msvc
VERSIONS = 3.11 3.12 3.13 3.14

platforms: $(foreach platform,$(PLATFORMS),$(VERSIONS:%=resolve/$(platform)/%))

resolve/%: .venv/uv
	$(PY) -m uv pip install --quiet --dry-run --only-binary :all: --target .venv/elsewhere --python-platform $(*D) --python-version $(*F) -r requirements.txt

clean:
	rm -rf .venv report/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What is stale is known to install.py, which also looks at the Python version and at uv itself.
.venv/uv .venv/ready-to-run .venv/ready-to-test: always
	"$(PYTHON)" -I install.py $(ANY_VERSION) $(@F)
