#!/usr/bin/env bash
# Lets every fuzz target search for SECONDS, two at a time, from the kept inputs on. New inputs and findings go to
# OUT/TARGET; a finding that was mended belongs into fuzz/corpus/TARGET.
#
# usage: fuzz/run.sh BUILD SECONDS [TARGET…]      BUILD: the build tree, e.g. build/asan
#        FUZZ_JOBS=N   how many at a time (2)     FUZZ_OUT=DIR   instead of out/fuzz
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$1 seconds=$2
shift 2
out=${FUZZ_OUT:-$root/out/fuzz}
targets=("$@")
if [ ${#targets[@]} = 0 ]; then mapfile -t targets < <(cd "$root/fuzz" && ls -- *_fuzz.cpp | sed 's/_fuzz\.cpp$//'); fi

fuzz() {
  local target=$1
  mkdir -p "$out/$target"
  # -timeout: seconds that one input may take. Findings are named after their kind: crash-…, timeout-…, oom-….
  if ! "$build/fuzz/${target}_fuzz" -max_total_time="$seconds" ${FUZZ_SEED:+-seed="$FUZZ_SEED"} -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
    -artifact_prefix="$out/$target-" "$out/$target" "$root/fuzz/corpus/$target" >"$out/$target.log" 2>&1; then
    tail -n 40 "$out/$target.log" >&2
    echo "fuzz: $target: failed; the whole output is in $out/$target.log" >&2
    return 1
  fi
  echo "fuzz: $target: $(grep -o '^Done .*' "$out/$target.log"), $(grep -oE 'cov: [0-9]+' "$out/$target.log" | tail -1)"
}

export -f fuzz
export root build seconds out
mkdir -p "$out"
printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_JOBS:-2}" -I{} bash -c 'set -euo pipefail; fuzz {}'
