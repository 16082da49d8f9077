# `make run` and `make test` do everything. Long steps print one line each; a second call does only what is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# npm waits for the network and compiles on one core: the compiler of C++ can use the rest.
side_by_side = $(MAKE) --no-print-directory -j2

say = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: run test build release deps services dev build-dev stop-dev cleanup-dev web web-deps react-test web-test integration-tests build-integration-tests cleanup-integration-tests asan tsan coverage fuzz robustness bench lint docs package package-deps clean

deps: .stamps/apt .stamps/libvips

.stamps/apt: deps/apt.txt
	@scripts/install-apt.sh deps/apt.txt
	@mkdir -p .stamps && touch $@

.stamps/libvips: deps/libvips/package.json deps/libvips/package-lock.json
	$(call say,installing the pinned libvips)
	@cd deps/libvips && npm ci --silent --no-audit --no-fund
	@mkdir -p .stamps && touch $@

# Real servers that the plays of AT Protocol run against.
.stamps/atproto: tests/atproto/package.json tests/atproto/package-lock.json scripts/install-atproto.sh
	@scripts/install-atproto.sh
	@mkdir -p .stamps && touch $@

build: deps web
	@scripts/build.sh release imcaxy imcaxy-codec
	@scripts/install-binary.sh build/release bin

# The start page, the playground and the dashboard, which the build links into the program. Where Node.js is missing it
# says so, and the program does, too.
web: .stamps/web

web_sources := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/test -prune -o -type f -print)
.stamps/web: $(web_sources) .stamps/npm-web
	@scripts/web.sh
	@[ ! -e web/dist/web_files.cpp ] || touch $@

.stamps/npm-web: web/package-lock.json
	@scripts/web.sh install
	@mkdir -p .stamps; [ ! -d web/node_modules ] || touch $@

# What is written for browsers: Debian's Chromium, and packages that its tests and builds need; none of them is part of the server.
web-deps: .stamps/apt-web .stamps/npm-react .stamps/npm-web

.stamps/apt-web: deps/apt-web.txt
	@scripts/install-apt.sh deps/apt-web.txt
	@mkdir -p .stamps && touch $@

react_locks := packages/react/package-lock.json packages/react/test/react18/package-lock.json
.stamps/npm-react: $(react_locks)
	$(call say,installing what the React library is tested with)
	@node -e 'parseInt(process.versions.node) >= 20 || process.exit(1)' || { echo "Node.js 20.19 or later is needed for this, not $$(node --version)"; exit 1; }
	@for lock in $(react_locks); do npm ci --prefix "$$(dirname $$lock)" --ignore-scripts --silent --no-audit --no-fund; done
	@mkdir -p .stamps && touch $@

# Shells, man and an empty Debian, for `make package` and the tests of what it makes.
package-deps: .stamps/apt-package

.stamps/apt-package: deps/apt-package.txt
	@scripts/install-apt.sh deps/apt-package.txt
	@mkdir -p .stamps && touch $@

# The .deb, the tarball and the npm package, in build/package.
package: build package-deps .stamps/npm-react
	@scripts/package.sh

# An empty Debian for the tests to install the .deb into.
.stamps/debian: scripts/package/debian.sh .stamps/apt-package
	@scripts/package/debian.sh .services/debian.tar
	@mkdir -p .stamps && touch $@

# Looks at alerts, dashboard and metrics.
.stamps/promtool: scripts/package/promtool.sh .stamps/apt
	@scripts/package/promtool.sh .services/bin
	@mkdir -p .stamps && touch $@

run: build
	@exec bin/imcaxy serve --data-dir data

# The real parts of scale-out mode and of packaging, for the tests and for `make dev`. The script knows what is there; what could not be built is tried again.
services: .stamps/apt
	@scripts/services/install.sh

# MinIO, a MongoDB-compatible server, and imcaxy with its log on this terminal.
dev: build-dev
	@scripts/dev.sh start

build-dev: build
	@scripts/services/install.sh minio mongo

stop-dev:
	@scripts/dev.sh stop

cleanup-dev:
	@scripts/dev.sh clean

# Everything that a change has to pass: release, then both sanitizers, then what needs ../shared where it exists.
test: build lint
	@$(side_by_side) .stamps/atproto .stamps/debian .stamps/promtool services web-deps release
	@$(MAKE) --no-print-directory package
	@scripts/test.sh release
	@scripts/test.sh asan
	@scripts/test.sh tsan
	@$(MAKE) --no-print-directory react-test web-test
	@scripts/conformance.sh

# Types, format and size of the library, its logic with React 18 and 19, and what a person sees in Chromium.
react-test: build web-deps
	$(call say,testing the React library)
	@cd packages/react && npm run --silent build && npm run --silent check && npm run --silent test

# Types, format and size of the pages, their logic, and what a person sees of them in Chromium.
web-test: build web-deps
	$(call say,testing the playground and the dashboard)
	@cd web && npm run --silent check && npm run --silent test

integration-tests: build-integration-tests
	@ctest --test-dir build/release --output-on-failure -L integration --parallel 3

# Everything that they need, without running them.
build-integration-tests: build
	@$(side_by_side) .stamps/atproto .stamps/debian .stamps/promtool services release
	@$(MAKE) --no-print-directory package

# What interrupted tests left running or lying about: they take their own away.
cleanup-integration-tests:
	@scripts/cleanup-tests.sh

release: deps web
	@scripts/build.sh release

asan tsan: deps web .stamps/atproto
	@scripts/test.sh $@

coverage: deps .stamps/atproto
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

docs: build web-deps
	@bin/imcaxy config --markdown > docs/configuration.md
	@python3 scripts/api_pictures.py bin/imcaxy
	@cd web && npm run --silent pictures

clean:
	rm -rf build bin coverage web/dist .stamps/web
