# The short way to everything; CMakePresets.json has the long one. `make help` lists the targets.

program := build/release/apps/inflight/inflight
model   := assets/person-detection-0200.xml
video   := assets/one-by-one-person-detection.mp4

# Whose unit tests run under AddressSanitizer; those that run threads against each other under ThreadSanitizer too.
layers     := base values engine report vision media runtime pipeline measure
concurrent := base engine report media runtime pipeline measure

empty :=
space := $(empty) $(empty)

.DEFAULT_GOAL := build
.PHONY: help deps clang build run test bench dev asan fuzz tsan tidy tidy-changed check-threads spelling format check-format clean distclean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what is missing: compilers, libraries, OpenVINO
	@tools/deps.sh build

build: deps build/release/build.ninja ## build everything, optimised
	@cmake --build --preset release

# Only the program and its engines, and without a word where they are up to date.
run: deps build/release/build.ninja ## detect persons in the example video; results in out/
	@cmake --build --preset release --target apps/inflight/all plugins/all -- $(if $(wildcard $(program)),--quiet)
	@mkdir -p out
	@$(program) run -m $(model) -i $(video) -o out/annotated.mp4 --json out/detections.jsonl --summary out/summary.json

test: build ## build everything and run all tests; skipped ones are listed with their reasons
	@ctest --preset release -j$$(nproc) --no-tests=error; status=$$?; \
	  tools/skipped.py build/release; exit $$status

bench: build ## compare Inflight with its limit and with its Python peers
	@tools/deps.sh bench
	@bench/run.sh

dev: deps build/dev/build.ninja ## build everything unoptimised, warnings as errors, and test all engines in that build
	@cmake --build --preset dev
	@ctest --preset dev -j$$(nproc) --no-tests=error -L '^(engine_contract|ort|torch)$$'

# One build for both: unit tests, and fuzz targets with what they once found.
asan: deps build/asan/build.ninja ## run the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --build --preset asan --target $(layers:=_test) fuzz
	@ctest --preset asan -j$$(nproc) --no-tests=error -L '^($(subst $(space),|,$(layers))|fuzz)$$'

FUZZ_SECONDS ?= 300
fuzz: deps build/asan/build.ninja ## let every fuzz target search for FUZZ_SECONDS (300)
	@cmake --build --preset fuzz
	@fuzz/run.sh build/asan $(FUZZ_SECONDS)

tsan: deps build/tsan/build.ninja ## run the unit tests of concurrent code under ThreadSanitizer
	@cmake --build --preset tsan --target $(concurrent:=_test)
	@ctest --preset tsan -j$$(nproc) --no-tests=error -L '^($(subst $(space),|,$(concurrent)))$$'

tidy: deps build/tidy/build.ninja ## run clang-tidy and clang's thread-safety analysis over everything
	@tools/analyse.py threads
	@tools/analyse.py tidy

tidy-changed: deps build/tidy/build.ninja ## run clang-tidy over what changed since the last release or 50 commits
	@tools/analyse.py tidy --changed --quick --minutes 6

# Clang compiles the layers and their tests in build/asan, with the same analysis. It does not read the headers of LibTorch.
check-threads: deps build/tidy/build.ninja ## run clang's thread-safety analysis over all that build/asan leaves out
	@tools/analyse.py threads apps plugins examples bench tests

spelling: clang ## check the spelling of documents and comments
	@tools/spelling.sh

sources = $$(find include src plugins apps tests bench examples fuzz -name '*.hpp' -o -name '*.cpp')

format: clang ## format the C++ sources
	@clang-format-19 -i $(sources)

check-format: clang ## fail where a C++ source is not formatted
	@clang-format-19 --dry-run -Werror $(sources)

clean: ## remove what was built and what runs wrote
	@rm -rf build out

distclean: clean ## remove the Python environments too
	@rm -rf .deps

clang:
	@tools/deps.sh tidy

build/asan/build.ninja build/tidy/build.ninja: | clang

# Ninja runs CMake again when a CMakeLists.txt changes; these it does not know.
build/%/build.ninja: CMakePresets.json deps.env | deps
	@cmake --preset $*
	@touch $@
