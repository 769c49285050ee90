"""Ctrl-C, SIGTERM and a closed terminal: a run closes its files and ends soon; what has nothing to lose ends at once."""

import os
import signal
import time
import unittest

from harness import DONE, CliTest, Started, frames_of, simulated, wait_until

# A second is the promise; a test machine that does other work besides gets more.
SOON_S = 5
ENDLESS = ["-i", "synthetic:320x180", "--loop", 0]


def has_bytes(path, number):
    return lambda: path.exists() and path.stat().st_size >= number


class Interrupted(CliTest):
    def run_and_interrupt(self, with_signal, *args):
        """Its answer, with its lines and summary checked against each other and its video read again."""
        lines, video, summary = (self.folder / name for name in ("out.jsonl", "out.mp4", "summary.json"))
        with Started("run", *simulated("latency=2ms,lanes=4"), *ENDLESS, "--json", lines, "-o", video, "--summary",
                     summary, *args) as run:
            wait_until(has_bytes(lines, 1))
            time.sleep(0.5)
            run.interrupt(with_signal)
            begun = time.monotonic()
            answer = run.answer()
        self.assertLess(time.monotonic() - begun, SOON_S)
        self.assertEqual(answer.code, DONE, answer)
        frames = self.summary(summary)["frames"]
        results = self.json_lines(lines)
        self.assertGreater(len(results), 0)
        self.assertEqual([r["frame"] for r in results], list(range(frames["read"])))
        self.assertEqual(frames["emitted"], frames["read"], "closing finishes what was read")
        self.assertEqual(frames_of(video), frames["emitted"])
        return answer

    def test_ctrl_c_closes_the_run(self):
        answer = self.run_and_interrupt(signal.SIGINT)
        self.assertIn("closing", answer.err)

    def test_sigterm_closes_the_run(self):
        self.run_and_interrupt(signal.SIGTERM)

    def test_a_closed_terminal_closes_the_run(self):
        self.run_and_interrupt(signal.SIGHUP)

    def test_a_closed_terminal_does_not_end_what_nohup_started(self):
        lines = self.folder / "out.jsonl"
        ignore = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
        with Started("run", *simulated("latency=2ms,lanes=4"), *ENDLESS, "--json", lines, **ignore) as run:
            wait_until(has_bytes(lines, 1))
            run.interrupt(signal.SIGHUP)
            size = lines.stat().st_size
            wait_until(has_bytes(lines, size + 1))
            run.interrupt(signal.SIGTERM)
            self.assertEqual(run.answer().code, DONE)

    def test_ctrl_c_closes_a_synchronous_run(self):
        self.run_and_interrupt(signal.SIGINT, "--api", "sync")

    def test_ctrl_c_under_quiet_says_nothing(self):
        self.assertEqual(self.run_and_interrupt(signal.SIGINT, "--quiet").err, "")

    def test_a_second_ctrl_c_drops_what_waits(self):
        lines, summary = self.folder / "out.jsonl", self.folder / "summary.json"
        # Frames take two seconds: closing would have to wait for all that were read.
        with Started("run", *simulated("latency=2s,lanes=1"), *ENDLESS, "--json", lines, "--summary", summary) as run:
            wait_until(lines.exists)
            time.sleep(0.5)
            run.interrupt()
            time.sleep(0.3)
            run.interrupt()
            begun = time.monotonic()
            answer = run.answer()
        self.assertEqual(answer.code, DONE, answer)
        self.assertLess(time.monotonic() - begun, 2 * 2 + SOON_S, "only what the device works on is finished")
        frames = self.summary(summary)["frames"]
        self.assertGreater(sum(frames["dropped"].values()), 0)
        self.assertEqual(len(self.json_lines(lines)), frames["read"], "a dropped frame has its line, too")

    def test_a_third_ctrl_c_ends_at_once(self):
        lines = self.folder / "out.jsonl"
        with Started("run", *simulated("latency=60s,lanes=1"), *ENDLESS, "--json", lines) as run:
            wait_until(lines.exists)
            time.sleep(0.5)
            for _ in range(3):
                run.interrupt()
                time.sleep(0.2)
            begun = time.monotonic()
            answer = run.answer()
        self.assertLess(time.monotonic() - begun, SOON_S)
        self.assertEqual(answer.code, 128 + signal.SIGINT)

    def test_ctrl_c_while_a_model_loads_ends_at_once(self):
        kept = self.file("kept.jsonl", "precious\n")
        with Started("run", *simulated("load=60s"), *ENDLESS, "--json", kept) as run:
            time.sleep(1)
            run.interrupt()
            begun = time.monotonic()
            answer = run.answer()
        self.assertLess(time.monotonic() - begun, SOON_S)
        self.assertEqual(answer.code, 128 + signal.SIGINT)
        self.assertEqual(kept.read_text(), "precious\n")

    def test_ctrl_c_ends_comparisons_at_once_and_leaves_nothing_behind(self):
        scratch = self.folder / "scratch"
        scratch.mkdir()
        for command in ("verify", "compare"):
            with self.subTest(command):
                args = ["-o", "x.mp4"] if command == "compare" else []
                with Started(command, *simulated("latency=20ms"), *ENDLESS, "--limit", 100000, *args,
                             env={**os.environ, "TMPDIR": str(scratch)}) as run:
                    time.sleep(2)
                    run.interrupt()
                    begun = time.monotonic()
                    answer = run.answer()
                    self.assertEqual(list(scratch.glob("inflight-*")), [])
                self.assertLess(time.monotonic() - begun, SOON_S)
                self.assertEqual(answer.code, 128 + signal.SIGINT)

    def test_ctrl_c_before_a_run_begins_leaves_no_empty_file(self):
        new = self.folder / "new.jsonl"
        with Started("run", *simulated("load=60s"), *ENDLESS, "--json", new) as run:
            wait_until(new.exists)
            run.interrupt()
            self.assertEqual(run.answer().code, 128 + signal.SIGINT)
        self.assertFalse(new.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
