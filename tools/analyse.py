#!/usr/bin/env python3
"""Runs clang's thread-safety analysis or clang-tidy over the sources, a file per core at a time; `make tidy` does both.

usage: tools/analyse.py threads|tidy [--changed] [--quick] [--minutes M] [-j N] [--build BUILD] [FILE|FOLDER...]

threads    compiles nothing, only checks the annotations of src/base/mutex.hpp: seconds for each file
tidy       everything that .clang-tidy switches on: longer by a multiple
--changed  only what changed since the last release's tag, or in the last 50 commits where that is less
--quick    leave out clang's static analyser, which takes half of the time
--minutes  begin no further file after that long, and say how many were left out
--build    a tree that was configured for clang, build/tidy by default (cmake --preset tidy)
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Tests look at what was moved from, fill vectors that are not worth a reserve(), and hold loops within threads.
NOT_IN_TESTS = "-bugprone-use-after-move,-performance-*,-readability-function-size"
FOLDERS = ("include", "src", "plugins", "apps", "tests", "bench", "examples", "fuzz")


def git(*arguments):
    ended = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    return ended.stdout.split() if ended.returncode == 0 else []


def changed():
    """What is not what it was at the last tag or 50 commits ago, the newest first; None in a clone without history."""
    tag = git("describe", "--tags", "--abbrev=0")
    since = git("rev-list", "--count", f"{tag[0]}..HEAD") if tag else []
    begin = tag[0] if since and int(since[0]) < 50 else "HEAD~50"
    if not git("rev-parse", "--verify", "--quiet", f"{begin}^{{commit}}"):
        return None
    return [ROOT / name for name in dict.fromkeys(git("log", "--name-only", "--format=", f"{begin}..HEAD"))]


def commands(build):
    """{source: (words, folder)} of what CMake compiles, without what it generates."""
    file = build / "compile_commands.json"
    if not file.exists():
        sys.exit(f"{file}: there is none; run cmake --preset tidy first")
    found = {}
    for entry in json.loads(file.read_text()):
        source = pathlib.Path(entry["file"])
        if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in FOLDERS:
            found[source] = (shlex.split(entry["command"]), entry["directory"])
    return found


def check_threads(source, words, folder):
    if pathlib.Path(words[0]).name == "ccache":
        words = words[1:]
    del words[words.index("-o"):words.index("-o") + 2]
    return [*words, "-fsyntax-only", "-Wthread-safety", "-Wthread-safety-beta", "-Werror"], folder


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    parser.add_argument("what", choices=("threads", "tidy"))
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("-j", type=int, default=os.cpu_count(), dest="jobs")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/tidy")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_intermixed_args()

    sources = commands(options.build)
    wanted = [file.resolve() for file in options.files] or (changed() if options.changed else None)
    order = sorted(sources) if wanted is None else [
        source for file in wanted for source in sorted(sources) if file in (source, *source.parents)]
    end = time.monotonic() + 60 * options.minutes

    def analyse(source):
        if time.monotonic() > end:
            return source, None
        words, folder = sources[source]
        if options.what == "threads":
            words, folder = check_threads(source, list(words), folder)
        else:
            less = ["-clang-analyzer-*"] * options.quick + [NOT_IN_TESTS] * ("_test" in source.name)
            checks = [f"--checks={','.join(less)}"] if less else []
            words = ["clang-tidy-19", "--quiet", "-p", str(options.build), *checks, str(source)]
        return source, subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      errors="replace")

    failed, left, said = 0, 0, set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for source, ended in pool.map(analyse, order):
            left += ended is None
            if ended is None or ended.returncode == 0:
                continue
            failed += 1
            # A finding in a header is told once, not by each who includes it.
            findings = set(re.split(r"\n(?=\S+:\d+:\d+: (?:error|warning): )", ended.stdout)) - said
            said |= findings
            print(f"{source.relative_to(ROOT)}:", *sorted(findings), sep="\n", flush=True)
    rest = f"; {left} that changed longer ago were left out, make tidy looks at all" if left else ""
    print(f"{options.what}: {len(order) - left} files, {failed} with findings{rest}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
