"""Virtual devices and engines: what they tell, and what they say of what cannot be."""

import os
import subprocess
import unittest

from harness import (BAD_MODEL, BAD_USAGE, DONE, MODEL, PROGRAM, ROOT, CliTest, devices, inflight,
                     needs_openvino)

YOLOX = str(ROOT / "assets/yolox_nano.onnx")
SOURCE = "synthetic:64x64,frames=5"
needs_ort = unittest.skipUnless("ort:CPU" in devices(), "the ONNX Runtime engine is not built")


def run(device, *args, model="any"):
    return inflight("run", "-m", model, "-d", device, "-i", SOURCE, *args)


class DeviceStrings(CliTest):
    def test_a_mistake_has_a_caret_under_it(self):
        for device, place in (("BATCH:sim:latency=1ms(0)", 23), ("BATCH:BATCH:sim:", 6), ("AUTO:(sim:latency=1ms", 5), ("MULTI:", 6)):
            with self.subTest(device):
                answer = run(device)
                self.assertEqual(answer.code, BAD_USAGE, answer)
                message, shown, caret = answer.err.splitlines()
                self.assertIn(device, message)
                self.assertEqual(shown.strip(), device)
                self.assertEqual(caret.rstrip(), " " * caret.index("^") + "^")

    def test_candidates_that_all_fail_give_every_reason(self):
        answer = run("AUTO:(sim:load_fails=1,name=a),(sim:load_fails=1,name=b)")
        self.assert_told(answer, BAD_MODEL, "AUTO", "name=a", "name=b", "scripted to fail")

    def test_virtual_devices_nest(self):
        nested = "AUTO:BATCH:(sim:latency=1ms,lanes=2,input=1x3x64x64)(4),MULTI:(sim:latency=2ms,input=1x3x64x64)"
        self.assert_done(run(nested, "--quiet"))


    def test_every_nesting_that_is_understood_works(self):
        two = "(sim:lanes=1),(sim:lanes=2)"
        for device in (f"BATCH:(AUTO:{two})", f"BATCH:(AUTO:{two})(4)", f"BATCH:(MULTI:{two})(2)", f"BATCH:AUTO:{two}",
                       "BATCH:sim:(4)", "BATCH:(PROCESS:sim:)(2)", "AUTO:(BATCH:(sim:lanes=2))",
                       f"PROCESS:(BATCH:(AUTO:{two})(2))", f"MULTI:(AUTO:{two}),(BATCH:sim:(2))", f"AUTO:(AUTO:{two})",
                       f"PROCESS:PROCESS:AUTO:{two}", "((sim:lanes=2))"):
            with self.subTest(device):
                summary = self.folder / "s.json"
                self.assert_done(run(device, "--summary", summary, "-q"))
                self.assertEqual(self.summary(summary)["frames"]["emitted"], 5)

    def test_control_characters_are_refused_unseen(self):
        answer = run("BATCH:BATCH:BATCH:\x1f")
        self.assertEqual(answer.code, BAD_USAGE, answer)
        self.assertIn("control characters", answer.err)
        self.assertNotIn("\x1f", answer.err)


class WhatDevicesTell(CliTest):
    FAILING = "AUTO:(sim:latency=1ms,name=a,die_at=3),(sim:latency=2ms,name=b)"

    def test_verbose_tells_it_as_it_happens_and_the_summary_keeps_it(self):
        answer = inflight("run", "-m", "any", "-d", self.FAILING, "-i", "synthetic:64x64,frames=200", "--verbose",
                          "--json", self.folder / "d.jsonl", "--summary", self.folder / "s.json")
        self.assert_done(answer)
        self.assertRegex(answer.err, r"inflight: +\d+\.\d+ s  sim:.*name=a.* failed: ")
        summary = self.summary(self.folder / "s.json")
        kinds = [event["kind"] for event in summary["events"]]
        self.assertLess(kinds.index("compiling"), kinds.index("ready"))
        self.assertIn("failed", kinds)
        lines = self.json_lines(self.folder / "d.jsonl")
        self.assertEqual([line["frame"] for line in lines], list(range(200)), "nothing lost, nothing out of order")
        self.assertEqual({line["status"] for line in lines}, {"emitted"})
        self.assertIn("sim:b", {line["device"] for line in lines})

    def test_a_run_that_differs_by_device_is_verified_within_a_tolerance_or_exactly(self):
        answer = inflight("verify", "-m", "any", "-d", self.FAILING, "-i", "synthetic:64x64,frames=50")
        self.assertEqual(answer.code, DONE, answer)


class Caches(CliTest):
    def test_a_folder_that_cannot_be_written(self):
        blocked = self.file("file") / "cache"
        answer = run("sim:latency=1ms", "--cache-dir", blocked)
        self.assert_told(answer, BAD_USAGE, blocked, "another folder")

    def check_a_damaged_entry(self, device):
        cache = self.folder / "cache"
        use = lambda: run(device, "--cache-dir", cache, "--verbose", model=YOLOX)
        self.assert_done(use())
        entries = [entry for entry in cache.iterdir() if entry.is_file()]
        self.assertEqual(len(entries), 1)
        self.assertNotIn("rebuilt", use().err)
        entries[0].chmod(0o644)
        entries[0].write_bytes(b"damaged")
        answer = use()
        self.assert_done(answer)
        self.assertRegex(answer.err, f"{device} rebuilt: .*{entries[0].name}")

    @needs_openvino
    def test_openvino_says_that_a_damaged_entry_was_rebuilt(self):
        self.check_a_damaged_entry("ov:CPU")

    @needs_ort
    def test_onnxruntime_says_that_a_damaged_entry_was_rebuilt(self):
        self.check_a_damaged_entry("ort:CPU")


class Engines(CliTest):
    def test_what_was_looked_for_and_not_found_is_named(self):
        environment = {**os.environ, "INFLIGHT_ORT_LIBRARY": "/no/such/library.so"}
        ended = subprocess.run([PROGRAM, "devices"], env=environment, capture_output=True, text=True)
        self.assertEqual(ended.returncode, DONE)
        self.assertIn("sim:", ended.stdout)
        if "ort:CPU" in devices():
            self.assertRegex(ended.stdout, r"ort +not usable: .*/no/such/library.so")

    @needs_openvino
    @needs_ort
    def test_a_model_that_only_one_engine_reads_runs_on_that_one(self):
        answer = run("AUTO", "--json", "-", "--quiet", model=MODEL)
        self.assert_done(answer)
        self.assertEqual(answer.out.count('"device": "ov:CPU"'), 5, answer)
        self.assert_told(run("ort:CPU", model=MODEL), BAD_MODEL, "person-detection-0200.xml", "ONNX Runtime")


if __name__ == "__main__":
    unittest.main()
