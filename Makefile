# Each recipe is one plain command, which make starts without a shell in between: our commands can
# then detect that make has ended, and end everything that they started.
PYTHON ?= python3
PROFILE ?= quick
PY = .venv/bin/python

# Container images set it; each process would then compile all its imports, which takes seconds.
unexport PYTHONDONTWRITEBYTECODE

# If PYTHON is given, a .venv of another Python version is replaced. Otherwise any version that is
# new enough is kept.
ANY_VERSION = $(if $(filter file,$(origin PYTHON)),--any-version)

# Python reads and writes text files as UTF-8 in any locale.
export PYTHONUTF8 = 1

# Tests of faults, load and bad inputs; `make test` runs fewer repetitions of them.
HOSTILE = tests/faults tests/hostile tests/test_damage.py tests/test_launch.py \
	tests/load/test_dask_workers.py tests/contract/test_tokens.py tests/contract/test_tries.py \
	tests/contract/test_guards.py tests/publish/test_untrusted.py

.PHONY: report publish style lint test test-all test-under-load soak coverage audit
.PHONY: lab serve check compare capabilities bench doctor docs pins platforms clean always

# `exec`, because a shell between make and the command would outlive a make that is killed.
report: .venv/ready-to-run
	exec $(PY) -m webtrial report $(if $(RESUME),--resume "$(RESUME)",--profile "$(PROFILE)")

publish: .venv/ready-to-run
	exec $(PY) -m webtrial publish $(if $(RUN),"$(RUN)")

style: .venv/ready-to-test
	$(PY) -m ruff check
	$(PY) -m ruff format --check

lint: style
	$(PY) -m mypy

# One of the tests checks types.
test: style
	exec $(PY) -m pytest -n auto --nbval tests notebooks

# After a change of the load driver: more stacks, more variants, httpx's own transport.
test-all: style
	exec $(PY) -m pytest -n auto --nbval --full tests notebooks

test-under-load: .venv/ready-to-test
	exec $(PY) -m tests.under_load $(MAKE) test

# Branch coverage of webtrial/ and services/ by `make test`, in every process that it starts.
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

# docs/errors.md, from the messages in the code.
docs: .venv/ready-to-test
	$(PY) -m tests.error_messages

pins:
	"$(PYTHON)" -I install.py $(ANY_VERSION) pins

# Check that every requirement has a wheel for 16 pairs of platform and Python version, without installing.
PLATFORMS = x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin x86_64-pc-windows-msvc
VERSIONS = 3.11 3.12 3.13 3.14

platforms: $(foreach platform,$(PLATFORMS),$(VERSIONS:%=resolve/$(platform)/%))

resolve/%: .venv/uv
	$(PY) -m uv pip install --quiet --dry-run --only-binary :all: --target .venv/elsewhere --python-platform $(*D) --python-version $(*F) -r requirements.txt

clean:
	rm -rf .venv report/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# install.py decides what is stale: it also checks the Python version and uv itself.
.venv/uv .venv/ready-to-run .venv/ready-to-test: always
	"$(PYTHON)" -I install.py $(ANY_VERSION) $(@F)
