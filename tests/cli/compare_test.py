"""verify and compare, on a simulated engine and on a real one."""

import json
import unittest

from harness import BAD_INPUT, BAD_USAGE, MODEL, ROOT, RUN_FAILED, VIDEO, CliTest, inflight, needs_openvino, simulated

SOURCE = "synthetic:160x90,frames=60"


class Verify(CliTest):
    def test_a_simulated_engine(self):
        answer = inflight("verify", *simulated("latency=1ms..5ms,lanes=4"), "-i", SOURCE)
        self.assert_done(answer)
        self.assertEqual(answer.out, "60 frames: asynchronous equals synchronous, bit for bit and in order\n")

    @needs_openvino
    def test_openvino(self):
        self.assert_done(inflight("verify", "-m", MODEL, "-i", VIDEO, "--limit", 100))

    def test_results_that_differ_are_shown(self):
        # The third inference of the engine fails, whichever run it is in: only the synchronous run has it.
        answer = inflight("verify", *simulated("latency=1ms,fail=3"), "-i", SOURCE)
        self.assert_ended(answer, RUN_FAILED, "1 of 60 results differ")
        self.assertIn("sync:", answer.err)

    def test_an_input_that_cannot_be_read(self):
        self.assert_told(inflight("verify", *simulated("load=60s"), "-i", "missing.mp4"), BAD_INPUT, "missing.mp4")

    def test_an_input_that_ends_badly_is_told_of(self):
        whole = (ROOT / "assets/one-by-one-person-detection.mp4").read_bytes()
        answer = inflight("verify", *simulated(), "-i", self.file("cut.mp4", whole[: len(whole) // 10]))
        self.assert_ended(answer, BAD_INPUT, "cut.mp4")


class Compare(CliTest):
    def assert_compared(self, answer, summary):
        self.assert_done(answer)
        for word in ("sync", "async", "FPS"):
            self.assertIn(word, answer.out)
        text = summary.read_text()
        self.assertTrue(json.loads(text))
        for word in ("sync", "async", "limit_fps", "efficiency"):
            self.assertIn(f'"{word}"', text)

    def test_a_simulated_engine(self):
        summary = self.folder / "compare.json"
        answer = inflight("compare", *simulated(), "-i", SOURCE, "--rounds", 2, "--summary", summary)
        self.assert_compared(answer, summary)

    @needs_openvino
    def test_openvino(self):
        summary = self.folder / "compare.json"
        answer = inflight("compare", "-m", MODEL, "-i", VIDEO, "--rounds", 1, "--limit", 60, "--summary", summary)
        self.assert_compared(answer, summary)

    def test_outputs_that_are_measured_are_not_kept(self):
        kept = self.file("kept.mp4", "precious\n")
        self.assert_done(inflight("compare", *simulated(), "-i", SOURCE, "--rounds", 1, "-o", kept,
                                  "--json", self.folder / "out.jsonl"))
        self.assertEqual(kept.read_text(), "precious\n")
        self.assertFalse((self.folder / "out.jsonl").exists())

    def test_numbers_on_standard_output_are_nothing_but_json(self):
        answer = inflight("compare", *simulated(), "-i", SOURCE, "--rounds", 1, "--summary", "-")
        self.assert_done(answer)
        json.loads(answer.out)

    def test_bad_paths_are_found_before_the_work(self):
        slow = simulated("load=60s")
        self.assert_told(inflight("compare", *slow, "-i", "missing.mp4"), BAD_INPUT, "missing.mp4")
        self.assert_told(inflight("compare", *slow, "-i", SOURCE, "--summary", "/proc/no/such.json"), BAD_USAGE,
                         "/proc/no/such.json")


if __name__ == "__main__":
    unittest.main(verbosity=2)
