"""Random failure scripts on AUTO, MULTI, BATCH and PROCESS, nested in each other, over simulated devices.

Each seed is one run; INFLIGHT_SCRIPTS=FIRST:COUNT runs others, or more. What holds for each: it ends; every frame has one
line, in order; results are those of a plain device; the summary adds up; the exit code says whether frames failed; no
process is left; and nothing failed that a device without faults was there to serve.
"""

import ctypes
import json
import os
import pathlib
import random
import unittest

import harness

PR_SET_CHILD_SUBREAPER = 36
FIRST, COUNT = map(int, os.environ.get("INFLIGHT_SCRIPTS", "1:40").split(":"))


def children_of(process):
    """Of a process, the ones it started that have not ended."""
    children = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == process and fields[0] != "Z":
            children.append(int(stat.parent.name))
    return children


class Script:
    """What one seed does."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = 0
        self.device, self.faultless = self.node(self.random.choice([1, 2, 2, 3]))
        self.frames = [self.pick(1, 5, 40, 120, 300) for _ in range(self.pick(1, 1, 1, 2, 3))]
        self.options, self.drops = self.draw_options()

    def pick(self, *values):
        return self.random.choice(values)

    def chance(self, share):
        return self.random.random() < share

    def node(self, depth):
        """A device string, and whether it never fails."""
        kind = "leaf" if depth == 0 else self.pick("leaf", "AUTO", "AUTO", "MULTI", "BATCH", "PROCESS")
        if kind == "leaf":
            return self.leaf()
        if kind in ("AUTO", "MULTI"):
            members = [self.node(depth - 1) for _ in range(self.pick(1, 2, 2, 3))]
            return f"{kind}:" + ",".join(f"({text})" for text, _ in members), any(good for _, good in members)
        text, good = self.node(depth - 1)
        if kind == "PROCESS":
            return f"PROCESS:({text})", good
        return f"BATCH:({text})({self.pick(1, 2, 3, 8, 16)})", good and "BATCH:" not in text  # no batches of batches

    def leaf(self):
        self.names += 1
        low = self.pick(0, 0, 1, 2)
        parts = [f"name=d{self.names}", f"latency={low}ms..{low + self.pick(0, 1, 3, 8)}ms",
                 f"lanes={self.pick(1, 1, 2, 4, 8)}", f"seed={self.random.randrange(1000)}"]
        if self.chance(0.3):
            parts.append(f"load={self.pick(1, 10, 60, 200)}ms")
        if self.chance(0.2):
            parts.append(f"first={self.pick(1, 30)}ms")
        if self.chance(0.2):
            parts.append(f"per_item={self.pick(100, 1000)}us")
        faults = self.faults()
        return "sim:" + ",".join(parts + faults), not faults

    def faults(self):
        faults = []
        if self.chance(0.25):
            faults.append(f"die_at={self.pick(1, 2, 5, 20, 100)}")
            if self.chance(0.5):
                faults.append(f"revive_at={self.pick(3, 10, 50, 150)}")
        if self.chance(0.15):
            faults.append(f"fail_rate={self.pick(0.01, 0.1, 0.5, 1)}")
        if self.chance(0.1):
            faults.append("fail=0;3;4;17")
        if self.chance(0.07):
            faults.append("load_fails=1")
        return faults

    def draw_options(self):
        options, drops = [], False
        if self.chance(0.5):
            options += ["--requests", self.pick(1, 2, 3, 7, 32)]
        if self.chance(0.3):
            options += ["--hint", self.pick("latency", "throughput", "cumulative_throughput")]
        if self.chance(0.1):
            options += ["--api", "sync"]
        if self.chance(0.15):
            options, drops = options + ["--overflow", self.pick("drop_oldest", "drop_latest")], True
        if self.chance(0.15):
            options, drops = options + ["--max-age", f"{self.pick(1, 5, 50)}ms"], True
        return options, drops


class DecoratorsTest(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        # What a program leaves behind becomes a child of this one.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        answer = harness.inflight("run", "-q", "-m", "any", "-d", "sim:", "-i", "synthetic:64x64,frames=300", "--json", "-")
        cls.expected = [json.loads(line)["detections"] for line in answer.out.splitlines()]

    def test_keep_their_promises_by_random_scripts(self):
        for seed in range(FIRST, FIRST + COUNT):
            script = Script(seed)
            with self.subTest(seed=seed, device=script.device, options=script.options, frames=script.frames):
                self.check(script)
                self.assertEqual(children_of(os.getpid()), [])

    def check(self, script):
        lines, summary = self.folder / "lines.jsonl", self.folder / "summary.json"
        for path in (lines, summary):
            path.unlink(missing_ok=True)
        sources = [word for frames in script.frames for word in ("-i", f"synthetic:64x64,frames={frames}")]
        answer = harness.inflight("run", "-q", "-m", "any", "-d", script.device, *sources, *script.options, "--json",
                                  lines, "--summary", summary)
        if answer.code == harness.BAD_MODEL:  # no device could be compiled
            self.assert_told(answer, harness.BAD_MODEL)
            self.assertFalse(script.faultless, answer)
            return
        self.check_lines(script, answer, self.json_lines(lines), self.summary(summary)["frames"])

    def check_lines(self, script, answer, lines, frames):
        for source, count in enumerate(script.frames):
            numbers = [line["frame"] for line in lines if line["source"] == source]
            self.assertEqual(numbers, list(range(count)), answer)
        for line in lines:
            if line["status"] == "emitted":
                self.assertEqual(line["detections"], self.expected[line["frame"]], line)
        failed = sum(line["status"] == "failed" for line in lines)
        dropped = sum(line["status"] == "dropped" for line in lines)
        self.assertEqual((sum(frames["failed"].values()), sum(frames["dropped"].values())), (failed, dropped), answer)
        self.assertEqual(frames["read"], sum(script.frames), answer)
        self.assertEqual(answer.code, harness.RUN_FAILED if failed else harness.DONE, answer)
        if script.faultless:
            self.assertEqual(failed, 0, f"a device without faults was there: {frames}\n{answer}")
        if not script.drops:
            self.assertEqual(dropped, 0, frames)


if __name__ == "__main__":
    unittest.main()
