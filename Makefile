# `make run` and `make test` do everything. Long steps print one line each; a second call does only what is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

say = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: run test build deps services dev build-dev stop-dev cleanup-dev integration-tests asan tsan coverage fuzz robustness bench lint docs clean

deps: .stamps/apt .stamps/libvips

.stamps/apt: deps/apt.txt
	@scripts/install-apt.sh deps/apt.txt
	@mkdir -p .stamps && touch $@

.stamps/libvips: deps/libvips/package.json deps/libvips/package-lock.json
	$(call say,installing the pinned libvips)
	@cd deps/libvips && npm ci --silent --no-audit --no-fund
	@mkdir -p .stamps && touch $@

build: deps
	@scripts/build.sh release imcaxy imcaxy-codec
	@scripts/install-binary.sh build/release bin

run: build
	@exec bin/imcaxy serve --data-dir data

# The real parts of scale-out mode, for the tests and for `make dev`. The script knows what is there; what could not be built is tried again.
services: .stamps/apt
	@scripts/services/install.sh

# MinIO, a MongoDB-compatible server, and imcaxy with its log on this terminal.
dev: build-dev
	@scripts/dev.sh start

build-dev: build services

stop-dev:
	@scripts/dev.sh stop

cleanup-dev:
	@scripts/dev.sh clean

# Everything that a change has to pass: release, then both sanitizers, then what needs ../shared where it exists.
test: build lint services
	@scripts/test.sh release
	@scripts/test.sh asan
	@scripts/test.sh tsan
	@scripts/conformance.sh

integration-tests: build services
	@scripts/build.sh release
	@ctest --test-dir build/release --output-on-failure -L integration

asan tsan: deps
	@scripts/test.sh $@

coverage: deps
	@scripts/coverage.sh

.stamps/apt-fuzz: deps/apt-fuzz.txt
	@scripts/install-apt.sh deps/apt-fuzz.txt
	@mkdir -p .stamps && touch $@

# FUZZ_SECONDS for each target of tests/fuzz, FUZZ_JOBS of them at a time.
fuzz: deps .stamps/apt-fuzz
	@scripts/fuzz.sh

# What `make test` does with a few hundred damaged pictures, with many.
robustness: deps
	@scripts/build.sh asan corruption
	@LSAN_OPTIONS=suppressions=tests/sanitizers/lsan.txt:print_suppressions=0 UBSAN_OPTIONS=print_stacktrace=1 \
	  build/asan/tests/robustness/corruption --count $${COUNT:-20000} --seed $${SEED:-1}

bench: build
	@scripts/build.sh release imcaxy_bench
	@build/release/bench/imcaxy_bench

lint: deps
	@scripts/lint.sh

docs: build
	@bin/imcaxy config --markdown > docs/configuration.md
	@python3 scripts/api_pictures.py bin/imcaxy

clean:
	rm -rf build bin coverage
