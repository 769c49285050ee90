"""inflight bench, timeline, ladder and tune: what they print and write, and what they refuse."""

import json
import re
import unittest

from harness import BAD_INPUT, BAD_USAGE, MODEL, RUN_FAILED, VIDEO, CliTest, inflight, needs_openvino

SIM = ["-m", "any", "-d", "sim:latency=1ms,lanes=2"]


class Bench(CliTest):
    def test_prints_the_eleven_steps_and_the_familiar_block(self):
        answer = inflight("bench", *SIM, "-niter", 50)
        self.assert_done(answer)
        steps = re.findall(r"^\[Step (\d+)/11\]", answer.out, re.M)
        self.assertEqual(steps, [str(n) for n in range(1, 12)])
        for line in (r"Count: +50 iterations", r"Duration: +[\d.]+ ms", r"Latency:", r"   Median: +[\d.]+ ms",
                     r"   Average: +[\d.]+ ms", r"   Min: +[\d.]+ ms", r"   Max: +[\d.]+ ms",
                     r"Throughput:   [\d.]+ FPS"):
            self.assertRegex(answer.out, r"(?m)^\[ INFO \] " + line + "$")

    def test_takes_benchmark_apps_flags(self):
        answer = inflight("bench", *SIM, "-hint", "throughput", "-api", "async", "-niter", 20, "-t", "0.1", "-nireq", 4,
                          "-b", 2, "-latency_percentile", 90, "-inference_only", "-no_warmup", "-report_type",
                          "no_counters", "-report_folder", self.folder, "-dump_config", self.folder / "c.json")
        self.assert_done(answer)
        self.assertIn("90 percentile:", answer.out)
        self.assertIn("throughput;", (self.folder / "benchmark_report.csv").read_text())
        self.assertIn("PERFORMANCE_HINT", (self.folder / "c.json").read_text())

    @needs_openvino
    def test_reshapes_converts_and_counts_operations(self):
        answer = inflight("bench", "-m", MODEL, "-hint", "none", "-nstreams", 1, "-niter", 5, "-shape",
                          "image[1,3,128,128]", "-ip", "f32", "-op", "f16", "-pc", "-pcsort", "simple_sort",
                          "-infer_precision", "f32")
        self.assert_done(answer)
        self.assertIn("image : f32 / [...] / [1,3,128,128]", answer.out)
        self.assertIn("detection_out : f16", answer.out)
        self.assertRegex(answer.out, r"EXECUTED +Convolution")

    def test_an_unknown_percentile_is_no_number(self):
        out = self.folder / "s.json"
        self.assert_done(inflight("bench", *SIM, "-niter", 20, "--summary", out, "-q"))
        summary = json.loads(out.read_text())
        self.assertIsNone(summary["latency_ms"]["p99"])
        self.assertIsNotNone(summary["latency_ms"]["p50"])
        self.assertEqual(summary["count"], 20)

    def test_paced_requests_count_from_when_they_were_due(self):
        out = self.folder / "s.json"
        self.assert_done(inflight("bench", "-m", "any", "-d", "sim:latency=20ms", "--interval", "10ms", "-niter", 50, "-t",
                                  "0.5", "--summary", out, "-q"))
        self.assertGreater(json.loads(out.read_text())["latency_ms"]["max"], 400, "the last waits for all before it")

    def test_scenarios_are_valid_or_say_why_not(self):
        valid = inflight("bench", *SIM, "--scenario", "single-stream", "-t", "0.5")
        self.assert_done(valid)
        self.assertIn("Result:        VALID", valid.out)
        invalid = inflight("bench", *SIM, "--scenario", "server", "--rate", "5000/s", "--max-latency", "5ms", "-t", "0.5")
        self.assertEqual(invalid.code, RUN_FAILED, invalid)
        self.assertIn("INVALID", invalid.out)
        self.assertIn("ask for a lower rate", invalid.out)

    def test_writes_pages_and_traces(self):
        page, line, trace = (self.folder / name for name in ("r.html", "t.html", "t.json"))
        self.assert_done(inflight("bench", *SIM, "-niter", 100, "--report", page, "--timeline", line, "--trace", trace))
        self.assertIn("<html", page.read_text())
        self.assertIn("<html", line.read_text())
        names = {event.get("name") for event in json.loads(trace.read_text())["traceEvents"]}
        self.assertTrue(names)

    def test_bad_usage_is_one_line(self):
        for args, words in (((*SIM, "-niter", 0), ["niter", "0"]),
                            ((*SIM, "-nite", 5), ["-nite", "--niter"]),
                            ((*SIM, "--interval", "10ms", "--rate", "5/s"), ["--interval", "--rate"]),
                            ((*SIM, "-api", "sync", "-nireq", 4), ["sync", "4"]),
                            ((*SIM, "-shape", "[1,3"), ["[1,3", "write"]),
                            ((*SIM, "--scenario", "server"), ["--rate", "--max-latency"]),
                            ((*SIM, "-report_folder", self.folder), ["--report-type"]),
                            ((*SIM, "--report", "/proc/nowhere/r.html"), ["/proc/nowhere"])):
            with self.subTest(args):
                self.assert_told(inflight("bench", "-q", *args), BAD_USAGE, *words)

    def test_a_file_of_the_wrong_size_names_both_sizes(self):
        bad = self.file("bad.bin", b"123")
        answer = inflight("bench", *SIM, "-q", "-i", bad)
        self.assert_told(answer, BAD_INPUT, "bad.bin", "3 bytes")

    @needs_openvino
    def test_a_shape_that_does_not_fit_names_model_and_inputs(self):
        answer = inflight("bench", "-m", MODEL, "-q", "-shape", "data[1,3,64,64]", "-niter", 1)
        self.assert_told(answer, BAD_USAGE, "data[1,3,64,64]", "image")


class Timeline(CliTest):
    def test_a_gpu_that_takes_ten_seconds_is_simulated_in_a_few(self):
        page = self.folder / "t.html"
        answer = inflight("timeline", "--simulate", "-t", 15, "--interval", "60ms", "-o", page, "--trace",
                          self.folder / "t.json")
        self.assert_done(answer)
        # When exactly depends on how busy the machine is: simulated time overtakes threads that do not get to run.
        self.assertRegex(answer.out, r"sim:name=GPU.* switched")
        self.assertRegex(answer.out, r"served by .*\d+ sim:GPU")
        self.assertIn("switched", page.read_text())

    def test_real_devices_cannot_be_simulated(self):
        self.assert_told(inflight("timeline", "-m", MODEL, "-d", "ort:CPU", "--simulate"), BAD_USAGE, "--simulate", "-d")


class Ladder(CliTest):
    @needs_openvino
    def test_every_rung_runs_or_says_why(self):
        out = self.folder / "l.json"
        answer = inflight("ladder", "-m", MODEL, "-i", VIDEO, "--frames", 32, "--summary", out, "--report",
                          self.folder / "l.html", "-q")
        self.assert_done(answer)
        rungs = {rung["rung"]: rung for rung in json.loads(out.read_text())["rungs"]}
        self.assertIn(".onnx", rungs["ONNX Runtime"]["problem"])
        self.assertIn("cannot be batched", rungs["batch of 8"]["problem"])
        for name in ("OpenVINO", "asynchronous", "AUTO", "cumulative", "tuned"):
            self.assertGreater(rungs[name]["fps"], 0, name)
        self.assertIn("Performance difference", answer.out)


class Tune(CliTest):
    SOURCE = "synthetic:64x64,frames=60"

    def test_finds_the_setting_that_fits_the_device_and_run_takes_it(self):
        config = self.folder / "tuned.conf"
        device = "sim:latency=4ms,lanes=4,input=1x3x64x64"
        answer = inflight("tune", "-m", "any", "-d", device, "-i", self.SOURCE, "--frames", 200, "-o", config, "-q",
                          "--report", self.folder / "t.html", "--summary", self.folder / "t.json")
        self.assert_done(answer)
        best = json.loads((self.folder / "t.json").read_text())["ranking"][0]
        self.assertGreater(int(best["settings"]["requests"]), 2, "one or two requests leave lanes idle")
        run = inflight("run", "-m", "any", "-d", device, "-i", self.SOURCE, "--config", config, "--summary",
                       self.folder / "s.json", "-q")
        self.assert_done(run)
        self.assertEqual(json.loads((self.folder / "s.json").read_text())["engine"]["requests"],
                         int(best["settings"]["requests"]))

    def test_what_no_setting_can_do_is_said(self):
        answer = inflight("tune", "-m", "any", "-d", "sim:latency=50ms,input=1x3x64x64", "-i", self.SOURCE, "--frames", 100,
                          "--min-fps", 5000, "-o", self.folder / "t.conf", "-q")
        self.assert_ended(answer, RUN_FAILED, "no setting meets")

    def test_a_config_file_with_a_bad_line_names_the_line(self):
        config = self.file("bad.conf", "# fine\nrequests 4\n")
        answer = inflight("run", "-m", "any", "-d", "sim:", "-i", self.SOURCE, "--config", config)
        self.assert_told(answer, BAD_INPUT, "bad.conf:2", "name = value")


class CompareConfigs(CliTest):
    def test_any_list_of_settings_is_a_column(self):
        answer = inflight("compare", "-m", "any", "-d", "sim:latency=2ms,lanes=2,input=1x3x64x64", "-i",
                          "synthetic:64x64,frames=40", "--rounds", 1, "--config", "one=--requests 1", "--config",
                          "six=--requests 6", "-q", "--report", self.folder / "c.html")
        self.assert_done(answer)
        self.assertIn("six", (self.folder / "c.html").read_text())
        self.assertRegex(answer.out.splitlines()[0], r"sync +async +one +six")

    def test_a_mistake_in_one_names_it(self):
        args = ("compare", "-m", "any", "-d", "sim:", "-i", "synthetic:64x64,frames=4", "-q", "--config")
        self.assert_told(inflight(*args, "six=--reqests 6"), BAD_USAGE, "six", "--reqests", "--requests")
        self.assert_told(inflight(*args, "--requests 6"), BAD_USAGE, "NAME=")


if __name__ == "__main__":
    unittest.main()
