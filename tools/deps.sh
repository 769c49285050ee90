#!/usr/bin/env bash
# Installs what Inflight needs and this machine lacks; says nothing where nothing is missing.
#
# usage: tools/deps.sh [build] [torch] [bench] [browser] [rtsp] [loadgen] [tidy]      (default: build)
#   build   compilers and libraries (apt); OpenVINO and ONNX Runtime (pip, into .deps/venv), and the headers of
#           the latter (apt, into .deps/onnxruntime-headers)
#   torch   LibTorch, without which its engine is not built (apt)
#   bench   the Python peers of the benchmarks (pip, into .deps/bench)
#   browser Chromium, in which a test opens reports (apt)
#   rtsp    GStreamer's RTSP server, which tests watch (apt)
#   loadgen MLPerf's LoadGen, with which tests compare (pip, into .deps/venv)
#   tidy    clang with its sanitizers and libFuzzer, clang-tidy, clang-format and codespell (apt)
#
# apt and pip are used as they are configured on this machine. Environment:
#   INFLIGHT_DEPS=DIR    where the Python packages go, instead of .deps
#   INFLIGHT_NO_APT=1    the system packages are there already, under whatever names
#   PYTHON=PATH          the Python to use, instead of the system's
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=${INFLIGHT_DEPS:-$root/.deps}
. "$root/deps.env"

say() { echo "deps: $*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root and there is no sudo; run as root: $*"
  fi
}

missing_packages() {
  local package
  local -A installed
  while read -r status package; do
    if [ "$status" = installed ]; then installed[$package]=1; fi
  done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null)
  for package in "$@"; do
    if [ -z "${installed[$package]:-}" ]; then echo "$package"; fi
  done
}

# Before apt refuses them all together with a message that names no way out.
check_available() {
  local package unknown=()
  for package in "$@"; do
    if [ -z "$(apt-cache show --no-all-versions "$package" 2>/dev/null)" ]; then unknown+=("$package"); fi
  done
  if [ ${#unknown[@]} != 0 ]; then
    die "this system does not offer: ${unknown[*]}. Inflight is tested on Debian 12 and 13 (main). Elsewhere," \
      "install what provides these, and everything else that deps.env lists, then set INFLIGHT_NO_APT=1."
  fi
}

install_packages() {
  if [ "${INFLIGHT_NO_APT:-0}" = 1 ]; then return; fi
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system. Install what deps.env lists by other means, then set INFLIGHT_NO_APT=1."
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} = 0 ]; then return; fi
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  check_available "${missing[@]}"
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

# The system's own Python, for which python3-venv was installed: another one found first may lack venv.
system_python() {
  if [ -n "${PYTHON:-}" ]; then echo "$PYTHON"; elif [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else echo python3; fi
}

# pip writes RECORD last, so an interrupted installation is not taken for a whole one.
has_wheel() {
  local venv=$1 requirement=$2
  compgen -G "$venv/lib/python3*/site-packages/${requirement%%==*}-${requirement##*==}.dist-info/RECORD" >/dev/null
}

# install_wheels VENV NAME==VERSION…: as they are named in their metadata, with _ for -.
install_wheels() {
  local venv=$1 requirement missing=()
  shift
  for requirement in "$@"; do
    if ! has_wheel "$venv" "$requirement"; then missing+=("$requirement"); fi
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  say "installing ${missing[*]} into $venv"
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then "$(system_python)" -m venv --clear "$venv"; fi
  # Everything is named and pinned here, so pip need not look for more.
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "${missing[@]}"
}

# Where this machine gets Debian from, as apt was told.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "Debian" && $3 !~ /-/ && $4 == "main" && !found { found = 1; print $1 }'
}

# apt with a list of sources of its own, so that nothing of the system's changes: other_suite SUITE DIR update|…
# Without root, and on files that apt's own user cannot reach, so it does not change to that user.
other_suite() {
  local suite=$1 dir=$2 mirror
  shift 2
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
  if [ ! -e "$dir/suite.sources" ]; then
    mirror=$(debian_mirror)
    if [ -z "$mirror" ]; then return 1; fi
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$mirror" "$suite" \
      /usr/share/keyrings/debian-archive-keyring.gpg >"$dir/suite.sources"
  fi
  apt-get -qq -o Dir::Etc::SourceList="$dir/suite.sources" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache" -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Languages=none \
    -o APT::Update::Post-Invoke-Success= -o APT::Update::Post-Invoke= "$@"
}

# The package itself would bring a second, older library and its dependencies: only its headers are unpacked. On
# Debian 12, which lacks the package, Debian 13's is fetched. A machine that cannot get it goes without this engine.
install_onnxruntime_headers() {
  local target=$deps/onnxruntime-headers package=$ONNXRUNTIME_HEADERS_PACKAGE work=$deps/apt
  if [ -e "$target/onnxruntime_c_api.h" ] || [ -e /usr/include/onnxruntime/onnxruntime_c_api.h ]; then return; fi
  if [ "${INFLIGHT_NO_APT:-0}" = 1 ]; then
    say "no ONNX Runtime headers in $target or /usr/include/onnxruntime: its engine will not be built"
    return
  fi
  say "unpacking the headers of $package into $target"
  rm -rf "$work"
  mkdir -p "$work/unpacked"
  if [ -z "$(debian_mirror)" ]; then as_root apt-get update -qq; fi
  if ! (cd "$work" && fetch_package "$package" && dpkg-deb -x "$package"_*.deb unpacked); then
    say "cannot get $package: the ONNX Runtime engine will not be built"
    return
  fi
  mv "$work/unpacked/usr/include/onnxruntime" "$target"
  rm -rf "$work"
}

# Into the current folder, from the system's own sources where they have it.
fetch_package() {
  if [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]; then
    apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$1" >/dev/null
  else
    other_suite "$ONNXRUNTIME_HEADERS_SUITE" "$PWD" update &&
      other_suite "$ONNXRUNTIME_HEADERS_SUITE" "$PWD" download "$1" >/dev/null
  fi
}

install_group() {
  case $1 in
    build)
      install_packages $APT_BUILD
      install_wheels "$deps/venv" "openvino==$OPENVINO_VERSION" "onnxruntime==$ONNXRUNTIME_VERSION"
      install_onnxruntime_headers
      ;;
    bench)
      install_packages python3 python3-venv
      install_wheels "$deps/bench" "openvino==$OPENVINO_VERSION" "onnxruntime==$ONNXRUNTIME_VERSION" "numpy==$NUMPY_VERSION" \
        "opencv_python_headless==$OPENCV_PYTHON_VERSION"
      ;;
    torch) install_packages $APT_TORCH ;;
    browser) install_packages $APT_BROWSER ;;
    rtsp) install_packages $APT_RTSP ;;
    loadgen)
      install_packages python3 python3-venv
      install_wheels "$deps/venv" "mlcommons_loadgen==$LOADGEN_VERSION"
      ;;
    tidy) install_packages $APT_TIDY ;;
    *) die "unknown group \"$1\"; there are build, torch, bench, browser, rtsp, loadgen and tidy" ;;
  esac
}

for group in "${@:-build}"; do install_group "$group"; done
