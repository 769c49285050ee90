#!/usr/bin/env bash
# All measured numbers of the README, in interleaved runs on this machine. Options go to bench.py (see --help).
set -euo pipefail
cd "$(dirname "$0")/.."
exec .deps/bench/bin/python bench/bench.py "$@"
