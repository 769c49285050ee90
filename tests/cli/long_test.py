"""Commands that take minutes: how long they say they will take, what they know when they are interrupted, and that a
measurement in which something failed is none."""

import json
import signal
import unittest

from harness import DONE, RUN_FAILED, VIDEO, CliTest, Started, inflight, simulated

CAMERA = ["-i", "synthetic:64x64,fps=20,frames=50"]
CLIP = ["-i", "synthetic:64x64,frames=60"]
ALL_FAIL = ["-m", "any", "-d", "sim:fail_rate=1,input=1x3x64x64"]


def read_until(run, words):
    """Reads what a command says on stderr, to the line that has `words`."""
    for line in run.process.stderr:
        if words in line:
            return
    raise AssertionError(f"it ended without saying: {words}")


class Interrupted(CliTest):
    def interrupted(self, words, *args, with_signal=signal.SIGINT):
        """Its answer, where it is interrupted once it has said `words`."""
        with Started(*args) as run:
            read_until(run, words)
            run.interrupt(with_signal)
            answer = run.answer()
        self.assertIn("interrupted; this is what is known", answer.err)
        return answer

    def test_capacity_says_how_many_fit_at_least(self):
        for with_signal in (signal.SIGINT, signal.SIGTERM):
            summary = self.folder / "c.json"
            answer = self.interrupted("2 sources, 1 s", "capacity", *simulated("latency=1ms,lanes=4"), *CAMERA, "--seconds",
                                      1, "--p95-age", "30s", "--max-drop", 1, "--summary", summary, with_signal=with_signal)
            self.assert_done(answer)
            found = json.loads(summary.read_text())
            self.assertTrue(found["interrupted"])
            self.assertEqual(found["sources"], 1)
            self.assertIn("1 source fits", answer.out)
            self.assertIn("The search was interrupted.", answer.out)

    def test_compare_shows_the_rounds_that_are_whole(self):
        summary = self.folder / "c.json"
        answer = self.interrupted("round 2 of 100: async", "compare", *simulated("latency=1ms,lanes=2,input=1x3x64x64"),
                                  *CLIP, "--rounds", 100, "--summary", summary)
        self.assert_done(answer)
        self.assertRegex(answer.out, r"sync +async")

    def test_compare_of_modes_shows_the_rounds_that_are_whole(self):
        summary = self.folder / "m.json"
        model = "sim:latency=1ms,input=1x3x64x64"
        answer = self.interrupted("round 2 of 100", "compare", "--modes", "-m", f"a=any --device {model}", "-m",
                                  f"b=any --device {model}", "-i", "synthetic:64x64,frames=6", "--rounds", 100,
                                  "--summary", summary)
        self.assert_done(answer)
        self.assertIn("shared", answer.out)

    def test_tune_keeps_the_best_setting_so_far(self):
        config = self.folder / "tuned.conf"
        answer = self.interrupted("tune: 20 measurements", "tune", "-m", "any", "-d", "sim:latency=1ms,lanes=4,input=1x3x64x64",
                                  *CLIP, "--frames", 2000, "-o", config)
        self.assert_done(answer)
        self.assertIn("The search was interrupted", answer.out)
        self.assertIn("requests", config.read_text())


class Length(CliTest):
    def test_is_said_before_the_work_begins(self):
        for words, args in (
                ("trials of 1 s, one after the other: from one trial, where not even one source fits, to 3 (3 s)",
                 ["capacity", *simulated("latency=1ms"), *CAMERA, "--seconds", 1, "--most", 3, "--p95-age", "1ms"]),
                ("2 runs over 60 frames: up to about ",
                 ["compare", *simulated("latency=1ms,input=1x3x64x64"), *CLIP, "--rounds", 1]),
                (" settings: about ",
                 ["tune", *simulated("latency=1ms,input=1x3x64x64"), *CLIP, "--frames", 100, "-o", self.folder / "t.conf",
                  "--min-fps", 1e6])):
            with self.subTest(args[0]):
                answer = inflight(*args)
                lines = answer.err.splitlines()
                said = [i for i, line in enumerate(lines) if words in line]
                begun = [i for i, line in enumerate(lines) if line.startswith(("1 source,", "round 1", "tune: "))]
                self.assertTrue(said, answer)
                self.assertLess(said[0], min(begun, default=len(lines)), answer)
                self.assertIn("Ctrl-C ends it", lines[said[0]])

    def test_is_not_said_under_quiet(self):
        answer = inflight("capacity", *simulated("latency=1ms"), *CAMERA, "--seconds", 1, "--most", 1, "-q")
        self.assertNotIn("Ctrl-C", answer.err)


class Failing(CliTest):
    """Where nothing worked, nothing was measured: exit code 1, and why."""

    def test_capacity_does_not_count_failing_sources_as_fitting(self):
        summary = self.folder / "c.json"
        some_fail = ["-m", "any", "-d", "sim:fail_rate=0.5,input=1x3x64x64"]
        answer = inflight("capacity", *some_fail, *CAMERA, "--seconds", 1, "--summary", summary, "-q")
        self.assert_ended(answer, RUN_FAILED, "not measured", "failed", "engine_failed")
        found = json.loads(summary.read_text())
        self.assertEqual(found["sources"], 0)
        self.assertEqual([trial["fits"] for trial in found["trials"]], [False])
        self.assertGreater(found["trials"][0]["failed"], 0)

    def test_verify_does_not_call_two_runs_equal_that_failed_alike(self):
        answer = inflight("verify", *ALL_FAIL, *CLIP)
        self.assert_ended(answer, RUN_FAILED, "60 of 60 frames failed")
        self.assertNotIn("equals", answer.out)

    def test_compare_does_not_compare_runs_that_failed(self):
        # The calibration has 200 inferences of its own, and a few more go before it.
        answer = inflight("compare", *simulated("latency=0ms,die_at=400,input=1x3x64x64"), "-i", "synthetic:64x64,frames=400",
                          "--rounds", 1, "-q")
        self.assertEqual(answer.code, RUN_FAILED, answer)
        self.assertNotIn("FPS", answer.out)

    def test_tune_says_that_frames_of_the_command_line_as_it_is_fail(self):
        answer = inflight("tune", *ALL_FAIL, *CLIP, "-o", self.folder / "t.conf", "-q")
        self.assert_ended(answer, RUN_FAILED, "frames failed")
        self.assertFalse((self.folder / "t.conf").exists())

    def test_bench_and_timeline_count_what_failed(self):
        device = ["-m", "any", "-d", "sim:latency=0ms,die_at=5,input=1x3x4x4"]
        for args in (["bench", *device, "-niter", 20], ["timeline", *device, "-t", "200ms", "--interval", "10ms", "-o",
                                                         self.folder / "t.html"]):
            with self.subTest(args[0]):
                self.assert_ended(inflight(*args), RUN_FAILED, "inferences failed", "simulated inference failed")

    def test_ladder_draws_nothing_of_a_model_that_no_rung_can_run(self):
        answer = inflight("ladder", "-m", self.file("no.onnx", "nothing"), "-i", VIDEO, "--frames", 16, "-q")
        self.assertNotEqual(answer.code, DONE)
        self.assertIn("not measured", answer.out)
        self.assertNotIn("Performance difference", answer.out)


class TimelineReport(CliTest):
    def test_has_the_name_it_has_elsewhere(self):
        page = self.folder / "r.html"
        self.assert_done(inflight("timeline", "--simulate", "-t", 1, "--interval", "60ms", "--report", page))
        self.assertIn("<html", page.read_text()[:300])


if __name__ == "__main__":
    unittest.main(verbosity=2)
