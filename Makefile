# `make run` and `make test` do everything. Long steps print one line each; a second call does only what is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

say = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: run test build deps asan tsan coverage bench lint clean

deps: .stamps/apt .stamps/libvips

.stamps/apt: deps/apt.txt
	@scripts/install-apt.sh deps/apt.txt
	@mkdir -p .stamps && touch $@

.stamps/libvips: deps/libvips/package.json deps/libvips/package-lock.json
	$(call say,installing the pinned libvips)
	@cd deps/libvips && npm ci --silent --no-audit --no-fund
	@mkdir -p .stamps && touch $@

build: deps
	@scripts/build.sh release imcaxy
	@scripts/install-binary.sh build/release bin

run: build
	@exec bin/imcaxy serve --data-dir data

test: build
	@scripts/test.sh
