# The front door. Bare `make` lists the verbs; the work itself is done by CMake, pytest, the harness
# and the scripts in scripts/. Every verb first brings the machine up to what it needs, and none
# builds or fetches again what is there.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

STARTED := $(shell date +%s)
PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# Cuts repetitions, never a cell that a gate needs; what a restless host does not let decide in that
# time is INCONCLUSIVE. Empty: what installing and building have left of 20 minutes, 7 to 14 of them.
GATES_BUDGET ?=
# Extra arguments for the program behind a verb, e.g. make gates GATES_ARGS=--short
GATES_ARGS ?=
REPORT_ARGS ?=
TEST_ARGS ?=
BENCH_ARGS ?=
TSAN_ARGS ?=
INSTRUCTIONS_ARGS ?=
FUZZ_ARGS ?=
SOAK_ARGS ?=
SANITIZE_ARGS ?=
PARITY_ARGS ?=
DOCS_ARGS ?=
SELFTEST_ARGS ?=
RUN ?=

venv := build/venv/bin/python
export PYTHON
export PATH := $(CURDIR)/build/venv/bin:$(PATH)

.PHONY: help gates selftest test lint bench instructions fuzz sanitize soak tsan report parity \
	docs sdist wheel clean build measured bootstrap tools

help:
	@echo 'make VERB, where VERB is one of'
	@sed -n 's/^\([a-z]*\):.*## /  \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-10s %s\n", $$1, $$2}'
	@echo 'Arguments go to the program behind a verb by VERB_ARGS: make gates GATES_ARGS=--short. JOBS limits the build.'

gates: measured ## verify, measure, judge and render; ends with the line "verdict: NAME"
	@left=$$(($(STARTED) + 1170 - $$(date +%s))); left=$$((left < 420 ? 420 : left > 840 ? 840 : left)); \
		$(venv) -m harness gates --budget $(or $(GATES_BUDGET),$$left) $(GATES_ARGS)

selftest: build ## does the harness judge rightly? scripted comparisons, then real ones
	@$(venv) -m harness selftest $(SELFTEST_ARGS)

test: build ## C++ tests, then Python tests
	@scripts/test.sh $(TEST_ARGS)

lint: build ## formatting, clang-tidy, ruff, mypy, the stubs
	@scripts/lint.sh

bench: build ## Google Benchmark programs over the C++ rooms
	@for program in build/release/bin/bench_*; do echo "== $$program"; "$$program" $(BENCH_ARGS) || exit 1; done

instructions: build ## instructions a record under valgrind, against the stored baseline
	@$(venv) -m harness.instructions $(INSTRUCTIONS_ARGS)

fuzz: build preset-fuzz ## fuzz the native code; FUZZ_ARGS="--seconds 60 decode" for one target, and longer
	@$(venv) -m tests.fuzz $(FUZZ_ARGS)

sanitize: build preset-asan ## C++ and Python tests under the address, leak and undefined-behaviour sanitizers
	@$(venv) scripts/sanitize.py $(SANITIZE_ARGS)

soak: build ## ten minutes of mixed input over all backends and threads; SOAK_ARGS=60 for a minute
	@$(venv) -m tests.soak $(SOAK_ARGS)

tsan: build ## thread-sanitizer runs, canaries first
	@$(venv) -m harness.tsan $(TSAN_ARGS)

report: build ## render the pages of a run again; RUN=NAME, or the newest
	@run='$(RUN)'; [ -n "$$run" ] || run=$$(ls -t results/*/run.jsonl 2>/dev/null | head -n 1 | xargs -r dirname); \
	[ -n "$$run" ] || { echo 'there is no run in results/: make gates makes one'; exit 1; }; \
	$(venv) -m harness report "$$run" $(REPORT_ARGS)

parity: build ## compare with pymarc, behaviour by behaviour
	@$(venv) -m harness.corpora loc-large
	@$(venv) -m tests.parity $(PARITY_ARGS)

docs: build tools ## the site in build/site, from docs/ and the reference run; warnings are errors
	@$(venv) scripts/build_site.py $(DOCS_ARGS)

sdist: tools ## dist/*.tar.gz, looked into
	@$(venv) scripts/package.py sdist

wheel: tools ## dist/*.whl from the sdist, checked by auditwheel, tried where there is no compiler
	@$(venv) scripts/package.py wheel

clean: ## remove everything that was built (build/); results and reports stay
	@rm -rf build

build: bootstrap build/release/build.ninja ## the release build, with tests and benchmarks
	@cmake --build --preset release -j $(JOBS)

# What is measured, without the tests and fuzz targets.
measured: bootstrap build/release/build.ninja
	@cmake --build --preset release --target _core bench_read -j $(JOBS)

# Behind the release build, so that never two compile at the same time.
preset-%: build
	@cmake --preset $* && cmake --build --preset $* -j $(JOBS)

bootstrap:
	@scripts/bootstrap.sh

tools:
	@scripts/bootstrap.sh tools

build/release/build.ninja: CMakePresets.json CMakeLists.txt | bootstrap
	@cmake --preset release
