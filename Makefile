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
.PHONY: help deps build run test bench dev asan tsan tidy format check-format clean distclean

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

test: build ## build everything and run all tests
	@ctest --preset release -j$$(nproc) --no-tests=error

bench: build ## compare Inflight with its limit and with its Python peers
	@tools/deps.sh bench
	@bench/run.sh

dev: deps build/dev/build.ninja ## build everything unoptimised, warnings as errors, and test all engines in that build
	@cmake --build --preset dev
	@ctest --preset dev -j$$(nproc) --no-tests=error -L '^(engine_contract|ort|torch)$$'

asan: deps build/asan/build.ninja ## run the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --build --preset asan --target $(layers:=_test)
	@ctest --preset asan -j$$(nproc) --no-tests=error -L '^($(subst $(space),|,$(layers)))$$'

tsan: deps build/tsan/build.ninja ## run the unit tests of concurrent code under ThreadSanitizer
	@cmake --build --preset tsan --target $(concurrent:=_test)
	@ctest --preset tsan -j$$(nproc) --no-tests=error -L '^($(subst $(space),|,$(concurrent)))$$'

tidy: deps ## run clang-tidy and clang's thread-safety analysis over everything
	@tools/deps.sh tidy
	@cmake --preset tidy
	@cmake --build --preset tidy

sources = $$(find include src plugins apps tests bench examples -name '*.hpp' -o -name '*.cpp')

format: ## format the C++ sources
	@tools/deps.sh tidy
	@clang-format-19 -i $(sources)

check-format: ## fail where a C++ source is not formatted
	@tools/deps.sh tidy
	@clang-format-19 --dry-run -Werror $(sources)

clean: ## remove what was built and what runs wrote
	@rm -rf build out

distclean: clean ## remove the Python environments too
	@rm -rf .deps

# Ninja runs CMake again when a CMakeLists.txt changes; these it does not know.
build/%/build.ninja: CMakePresets.json deps.env | deps
	@cmake --preset $* $(configure_$*)
	@touch $@

# Engines and their thread pools are not built for sanitizers, which would report races and leaks of theirs.
configure_tsan := -DINFLIGHT_OPENVINO=OFF -DINFLIGHT_ONNXRUNTIME=OFF -DINFLIGHT_TORCH=OFF
configure_asan := $(configure_tsan)
