"""PROCESS: whatever the process of a model says or does, the program goes on, and every frame is accounted for."""

import os
import pathlib
import signal
import time
import unittest

import harness
import lying_process

LIAR = str(pathlib.Path(__file__).with_name("lying_process.py"))
FRAMES = 20
# Of a program that believes nothing: what Python's own process takes is in it too.
MOST_MEMORY_MB = 250
MOST_FILES = 100

# Lies that are no harm: the frames have results.
HARMLESS = {"honest", "nonsense_outputs", "device_of_garbage", "many_devices"}
# The answer counts, and then the process is ended: a frame is lost where it was in flight.
PARTLY = {"answers_twice", "many_events", "event_of_garbage", "many_files"}
# What the process does not answer at all.
HANGING = {"never_compiles", "never_answers", "stops_reading"}


def lying(lie):
    return {**os.environ, "INFLIGHT_MODEL_PROCESS": LIAR, "LIE": lie}


class ProcessTest(harness.CliTest):
    def run_with(self, lie, device="PROCESS:sim:"):
        """Runs to the end, and looks at how much memory and how many files are held meanwhile."""
        # Short only where it is meant to pass: a busy machine is slow, too.
        patience = ["-p", f"PROCESS_TIMEOUT={400 if lie in HANGING else 60000}",
                    "-p", f"PROCESS_COMPILE_TIMEOUT={1000 if lie in HANGING else 60000}"]
        started = harness.Started("run", "-q", "-m", "any", "-d", device, "-i", f"synthetic:64x64,frames={FRAMES}",
                                  "--json", self.folder / "lines.jsonl", "--summary", self.folder / "summary.json",
                                  *patience, env=lying(lie))
        with started:
            most_files, peak = 0, 0
            while started.process.poll() is None:
                most_files = max(most_files, self.open_files(started.process.pid))
                peak = max(peak, self.peak_memory(started.process.pid))
                time.sleep(0.01)
            answer = started.answer()
        self.assertLess(peak, MOST_MEMORY_MB, f"{lie}: MB")
        self.assertLess(most_files, MOST_FILES, f"{lie}: open files")
        return answer

    @staticmethod
    def open_files(process):
        try:
            return len(os.listdir(f"/proc/{process}/fd"))
        except OSError:
            return 0

    @staticmethod
    def peak_memory(process):
        try:
            status = pathlib.Path(f"/proc/{process}/status").read_text()
        except OSError:
            return 0
        return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)

    def check_lines(self, answer):
        """Each frame once, in order; the sums agree; the exit code says whether frames failed."""
        lines = self.json_lines(self.folder / "lines.jsonl")
        self.assertEqual([line["frame"] for line in lines], list(range(FRAMES)), answer)
        frames = self.summary(self.folder / "summary.json")["frames"]
        failed = sum(line["status"] == "failed" for line in lines)
        self.assertEqual((frames["read"], sum(frames["failed"].values())), (FRAMES, failed), answer)
        self.assertEqual(answer.code, harness.RUN_FAILED if failed else harness.DONE, answer)
        return failed

    def assert_printable(self, text):
        self.assertTrue(all(character.isprintable() for character in text.replace("\n", "")), repr(text))
        self.assertNotIn("\\u00", text, "a control character, as JSON shows it")

    def test_refuses_a_model_that_cannot_be(self):
        for lie in lying_process.MODELS:
            with self.subTest(lie):
                answer = self.run_with(lie)
                self.assert_told(answer, harness.BAD_MODEL)
                self.assert_printable(answer.err)
                self.assertLess(len(answer.err), 2 << 20)

    def test_accounts_for_every_frame_of_a_process_that_lies_about_inferences(self):
        for lie in lying_process.RUNS:
            with self.subTest(lie):
                answer = self.run_with(lie)
                failed = self.check_lines(answer)
                self.assert_printable((self.folder / "summary.json").read_text())
                if lie in HARMLESS:
                    self.assertEqual(failed, 0, answer)
                elif lie not in PARTLY:
                    self.assertGreater(failed, 0, answer)

    def test_says_once_what_the_process_did(self):
        for lie, words in (("answers_an_earlier_one", "not asked for"), ("negative_batch", "a batch of -5"),
                           ("never_answers", "did not answer in time"), ("kind_99", "kind 99")):
            with self.subTest(lie):
                self.run_with(lie)
                events = [event["text"] for event in self.summary(self.folder / "summary.json")["events"]
                          if words in event["text"]]
                self.assertIn(len(events), range(1, 4), "one for each of the processes")

    def test_under_auto_the_frames_go_elsewhere(self):
        for lie in ("never_answers", "stops_reading", "negative_batch", "ends_each_time"):
            with self.subTest(lie):
                answer = self.run_with(lie, "AUTO:(PROCESS:sim:),(sim:latency=5ms,name=b)")
                self.assertEqual(self.check_lines(answer), 0, answer)

    def test_a_stop_ends_the_program_although_the_process_does_not_answer(self):
        command = ["run", "-q", "-m", "any", "-d", "AUTO:(PROCESS:sim:),(sim:latency=5ms,name=b)", "-i",
                   "synthetic:64x64,frames=100000", "--json", "-", "--realtime", "-p", "PROCESS_TIMEOUT=600000"]
        with harness.Started(*command, env=lying("never_answers")) as started:
            lines = [started.process.stdout.readline() for _ in range(15)]  # the process is asked for its speed meanwhile
            started.interrupt(signal.SIGTERM)
            answer = started.answer()  # which gives up long before ten minutes
        self.assertEqual(answer.code, harness.DONE, answer)
        self.assertTrue(all("emitted" in line for line in lines), lines)


if __name__ == "__main__":
    unittest.main()
