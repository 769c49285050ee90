#!/usr/bin/env python3
"""Lists the tests that the last ctest skipped, by reason; nothing where none was.

usage: tools/skipped.py [--allow REGEX]... BUILD...

BUILD is a build tree in which ctest ran. With --allow, reasons that match none of the REGEXes end with 1.
"""

import argparse
import collections
import pathlib
import re
import sys

TEST = re.compile(r"^\d+/\d+ Test: (.+)$")
# GoogleTest prints the place, the reason on lines of its own, and the name last.
GTEST_PLACE = re.compile(r"^\S+:\d+: Skipped$")
GTEST_NAME = re.compile(r"^\[  SKIPPED \] (\S+) \(\d+ ms\)$")
# unittest with verbosity=2; the name's line may be torn from its end by what the test wrote in between.
UNITTEST_NAME = re.compile(r"^(test_\w+) \(\S+\)")
UNITTEST_SKIP = re.compile(r"""\.\.\. skipped (['"])(.*)\1$""")


def skipped(lines):
    """Pairs of a test's name and why it was skipped, from the lines of ctest's LastTest.log."""
    name, case, reason, open_reason = "", "", [], False
    for line in lines:
        if match := TEST.match(line):
            name, reason, open_reason = match[1], [], False
        elif GTEST_PLACE.match(line):
            reason, open_reason = [], True
        elif match := GTEST_NAME.match(line):
            yield match[1], " ".join(reason) or "no reason given"
            reason, open_reason = [], False
        elif open_reason:
            if line.strip():
                reason.append(line.strip())
        elif match := UNITTEST_NAME.match(line):
            case = match[1]
            if match := UNITTEST_SKIP.search(line):
                yield f"{name}: {case}", match[2]
        elif match := UNITTEST_SKIP.search(line):
            yield f"{name}: {case}", match[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--allow", action="append", default=[], metavar="REGEX", help="a reason that is good enough")
    parser.add_argument("builds", nargs="+", type=pathlib.Path, metavar="BUILD")
    options = parser.parse_args()
    by_reason = collections.defaultdict(list)
    for build in options.builds:
        log = build / "Testing/Temporary/LastTest.log"
        if not log.exists():
            sys.exit(f"{log}: there is none; run ctest in {build} first")
        for name, reason in skipped(log.read_text(errors="replace").splitlines()):
            by_reason[reason].append(name)
    for reason, names in sorted(by_reason.items()):
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        print(f"skipped: {reason}: {', '.join(names[:3])}{more}")
    refused = [reason for reason in by_reason if not any(re.search(allowed, reason) for allowed in options.allow)]
    if options.allow and refused:
        sys.exit(f"{len(refused)} reasons above are none of those that are allowed: {' | '.join(options.allow)}")


if __name__ == "__main__":
    main()
