"""Outputs: what is written, where it cannot be, and what must not be destroyed."""

import contextlib
import json
import os
import resource
import subprocess
import unittest

from harness import (BAD_INPUT, BAD_USAGE, MODEL, OPENVINO, READER_GONE, RUN_FAILED, VIDEO, CliTest, Started, frames_of,
                     inflight, simulated, wait_until, without_privileges)

SOURCE = "synthetic:160x90,frames=20"


class Results(CliTest):
    def test_a_json_line_for_each_frame(self):
        lines = self.folder / "out.jsonl"
        self.assert_done(self.run_simulated("synthetic:160x90,frames=20,fps=10", "--json", lines, "--score", 0))
        results = self.json_lines(lines)
        self.assertEqual([r["frame"] for r in results], list(range(20)))
        for result in results:
            self.assertEqual(set(result), {"source", "frame", "pts_ms", "status", "device", "detections"})
            self.assertEqual((result["source"], result["status"]), (0, "emitted"))
            self.assertEqual(result["pts_ms"], 100.0 * result["frame"])
        detections = [d for r in results for d in r["detections"]]
        self.assertTrue(detections)
        for detection in detections:
            self.assertEqual(set(detection), {"label", "class_id", "score", "box"})
            left, top, width, height = detection["box"]
            self.assertTrue(0 <= left <= left + width <= 160.01 and 0 <= top <= top + height <= 90.01, detection)
            self.assertTrue(0 <= detection["score"] <= 1)

    def test_frames_that_fail_say_why(self):
        lines, summary = self.folder / "out.jsonl", self.folder / "summary.json"
        answer = inflight("run", *simulated("latency=1ms,fail=3;7"), "-i", SOURCE, "--json", lines, "--summary", summary)
        self.assert_ended(answer, RUN_FAILED, "2 of 20 frames failed", "engine_failed")
        failed = [r for r in self.json_lines(lines) if r["status"] == "failed"]
        self.assertEqual(len(failed), 2)
        for result in failed:
            self.assertTrue(result["reason"])
            self.assertNotIn("detections", result)
        self.assertEqual(self.summary(summary)["frames"]["failed"], {"engine_failed": 2})

    def test_the_summary_is_complete(self):
        summary = self.folder / "summary.json"
        self.assert_done(self.run_simulated(SOURCE, "--summary", summary))
        told = self.summary(summary)
        self.assertEqual(told["frames"], {"read": 20, "emitted": 20, "dropped": {}, "failed": {}})
        self.assertEqual(set(told["latency_ms"]), {"p50", "p90", "p95", "p99", "max"})
        self.assertEqual(set(told["stages"]), {"decode", "preprocess", "infer", "postprocess", "sink"})
        for stage in told["stages"].values():
            self.assertEqual(set(stage), {"core_ms", "p50_ms", "p99_ms", "utilisation"})
        self.assertLessEqual({"engine", "device", "precision", "requests", "execution_streams", "ceiling_fps"},
                             set(told["engine"]))
        self.assertIsNone(told["limit_fps"], "it was not calibrated")

    def test_calibration_measures_the_limit(self):
        summary = self.folder / "summary.json"
        self.assert_done(self.run_simulated(SOURCE, "--calibrate", "--summary", summary))
        told = self.summary(summary)
        self.assertGreater(told["limit_fps"], 0)
        self.assertGreater(told["efficiency"], 0)

    def test_an_annotated_video_has_every_frame(self):
        for name in ("out.mp4", "out.mkv", "out.avi", "out.ts"):
            with self.subTest(name):
                out = self.folder / name
                self.assert_done(self.run_simulated(SOURCE, "-o", out))
                self.assertEqual(frames_of(out), 20)

    def test_a_folder_of_annotated_images(self):
        out = self.folder / "annotated"
        self.assert_done(self.run_simulated(SOURCE, "-o", out))
        self.assertEqual(len(list(out.iterdir())), 20)
        self.assertEqual(frames_of(out), 20)

    def test_missing_folders_are_created(self):
        out = self.folder / "new/deeper/out.mp4"
        self.assert_done(self.run_simulated(SOURCE, "-o", out, "--json", self.folder / "other/out.jsonl"))
        self.assertTrue(out.exists())

    def test_a_second_run_replaces_the_outputs_of_the_first(self):
        video, lines, summary = (self.folder / name for name in ("out.mp4", "out.jsonl", "summary.json"))
        outputs = ["-o", video, "--json", lines, "--summary", summary]
        self.assert_done(self.run_simulated("synthetic:160x90,frames=40", *outputs))
        self.assert_done(self.run_simulated("synthetic:160x90,frames=10", *outputs))
        self.assertEqual((frames_of(video), len(self.json_lines(lines))), (10, 10))
        self.assertEqual(self.summary(summary)["frames"]["read"], 10)


class Streams(CliTest):
    def test_json_to_standard_output_is_nothing_but_json(self):
        answer = self.run_simulated(SOURCE, "--json", "-")
        self.assert_done(answer)
        self.assertEqual([json.loads(line)["frame"] for line in answer.out.splitlines()], list(range(20)))
        self.assertIn("20 read", answer.err)

    def test_the_summary_to_standard_output_is_nothing_but_json(self):
        self.assertEqual(json.loads(self.run_simulated(SOURCE, "--summary", "-").out)["frames"]["read"], 20)

    def test_a_video_to_standard_output(self):
        out = self.folder / "piped.mkv"
        with out.open("wb") as stdout:
            answer = inflight("run", *simulated(), "-i", SOURCE, "-o", "-", "-q", stdout=stdout)
        self.assert_done(answer)
        self.assertEqual(frames_of(out), 20)
        answer = inflight("run", *simulated(), "-i", SOURCE, "-o", "-", "--json", "-")
        self.assert_told(answer, BAD_USAGE, "would mix")
        answer = inflight("run", *simulated(), "-i", SOURCE, "-i", SOURCE, "-o", "-")
        self.assert_told(answer, BAD_USAGE, "-o -", "one")

    def test_lines_reach_the_file_while_a_slow_source_goes_on(self):
        lines = self.folder / "out.jsonl"
        with Started("run", *simulated(), "-i", "synthetic:64x64,fps=2", "--realtime", "--loop", 0, "--json",
                     lines) as run:
            wait_until(lambda: lines.exists() and len(self.json_lines(lines)) >= 2)
            run.interrupt()
            self.assert_done(run.answer())

    def test_quiet_says_nothing(self):
        for command in (["run"], ["verify"]):
            with self.subTest(command):
                answer = inflight(*command, *simulated(), "-i", SOURCE, "--quiet")
                self.assertEqual((answer.code, answer.out, answer.err), (0, "", ""))

    def test_quiet_still_tells_of_errors(self):
        self.assert_told(self.run_simulated("missing.mp4", "--quiet"), BAD_INPUT, "missing.mp4")

    def test_progress_is_whole_lines_where_nobody_watches(self):
        answer = inflight("run", *simulated("latency=50ms,lanes=1"), "-i", "synthetic:64x64,frames=130")
        self.assert_done(answer)
        self.assertRegex(answer.err, r"(?m)^\d+/130 frames \(\d+ %\), [\d.]+ FPS, \d+:\d\d left$")
        self.assertNotIn("\r", answer.err)
        self.assertNotIn("\x1b", answer.err)

    def test_a_reader_that_goes_away_ends_the_run(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "w") as closed:
            summary = self.folder / "summary.json"
            answer = inflight("run", *simulated(), "-i", "synthetic:64x64", "--loop", 0, "--json", "-", "--summary",
                              summary, "--quiet", stdout=closed)
        self.assertEqual((answer.code, answer.err), (READER_GONE, ""), "`head` has seen enough: that is no error")
        self.summary(summary)

    def test_a_reader_that_goes_away_ends_other_commands_quietly(self):
        for args in (["devices"], ["--help"], ["run", "--help"], ["bench", *simulated(), "--niter", 20],
                     ["verify", *simulated(), "-i", SOURCE], ["compare", *simulated(), "-i", SOURCE, "-q", "--summary", "-"]):
            with self.subTest(args):
                read_end, write_end = os.pipe()
                os.close(read_end)
                with os.fdopen(write_end, "w") as closed:
                    answer = inflight(*args, stdout=closed)
                self.assertEqual(answer.code, READER_GONE, answer)
                self.assertNotIn("inflight: standard output", answer.err)


class LostMessages(CliTest):
    """Nobody can read what the command says; what it writes is whole."""

    def run_without_messages(self, **options):
        lines, summary = self.folder / "out.jsonl", self.folder / "summary.json"
        answer = inflight("run", *simulated("latency=1ms,fail=3"), "-i", SOURCE, "--json", lines, "--summary", summary,
                          "-o", self.folder / "out.mp4", "--verbose", **options)
        self.assertEqual(answer.code, RUN_FAILED, "a frame failed")
        self.assertEqual(len(self.json_lines(lines)), 20)
        self.assertEqual(self.summary(summary)["frames"]["emitted"], 19)
        self.assertEqual(frames_of(self.folder / "out.mp4"), 19)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_of_a_full_disk(self):
        with open("/dev/full", "w") as full:
            self.run_without_messages(stderr=full)

    def test_of_a_reader_that_went_away(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "w") as closed:
            self.run_without_messages(stderr=closed)

    def test_of_closed_descriptors(self):
        for closed in ([2], [0, 2], [0, 1, 2]):
            with self.subTest(closed):
                self.run_without_messages(preexec_fn=lambda: [os.close(number) for number in closed])

    def test_a_closed_standard_output_is_no_file(self):
        lines = self.folder / "out.jsonl"
        answer = inflight("run", *simulated(), "-i", SOURCE, "--json", lines, "--summary", "-",
                          preexec_fn=lambda: os.close(1))
        self.assert_ended(answer, RUN_FAILED, "standard output")
        self.assertEqual(len(self.json_lines(lines)), 20, "the summary went elsewhere")


class UnwritableOutputs(CliTest):
    def setUp(self):
        super().setUp()
        self.lines = self.file("kept.jsonl", "precious\n")

    def refuse(self, *args, source=SOURCE):
        """The run must end before it begins. A device that takes a minute to load would show."""
        answer = inflight("run", *simulated("load=60s"), "-i", source, *args)
        self.assertEqual(self.lines.read_text(), "precious\n", "an existing output was destroyed")
        return answer

    def test_a_path_below_a_file(self):
        path = self.lines / "out.mp4"
        self.assert_told(self.refuse("-o", path), BAD_USAGE, path, "not a folder")

    def test_a_folder_that_cannot_be_created(self):
        answer = self.refuse("--json", self.lines, "--summary", "/proc/inflight/summary.json")
        self.assert_told(answer, BAD_USAGE, "/proc/inflight/summary.json", "the folder /proc/inflight cannot be created")
        self.assert_remedy(answer)

    def test_a_folder_in_place_of_a_file(self):
        for option in ("--json", "--summary", "--report", "--timeline", "--trace"):
            with self.subTest(option):
                self.assert_told(self.refuse(option, self.folder), BAD_USAGE, self.folder, "folder")

    def test_a_folder_without_permission(self):
        locked = self.folder / "locked"
        locked.mkdir(mode=0o500)
        answer = inflight("run", *simulated("load=60s"), "-i", SOURCE, "-o", locked / "out.mp4",
                          before=without_privileges())
        self.assert_told(answer, BAD_USAGE, "permission")

    def test_the_input_is_no_output(self):
        video = self.make_video()
        before = video.read_bytes()
        for option in ("-o", "--json", "--summary", "--report", "--timeline", "--trace"):
            with self.subTest(option):
                answer = self.refuse(option, self.folder / "." / video.name, source=video)
                self.assert_told(answer, BAD_USAGE, video.name, "is the input")
        self.assertEqual(video.read_bytes(), before)

    def test_a_folder_of_images_is_not_annotated_in_place(self):
        images = self.folder / "images"
        self.assert_done(self.run_simulated(SOURCE, "-o", images))
        self.assert_told(self.refuse("-o", images, source=images), BAD_USAGE, "is the input")
        self.assert_told(self.refuse("-o", images, source=f"{images}/*.jpg"), BAD_USAGE, "is the input")

    def test_two_outputs_in_one_file(self):
        path = self.folder / "both.json"
        self.assert_told(self.refuse("--json", path, "--summary", path), BAD_USAGE, path, "twice")
        self.assert_told(self.refuse("--report", path, "--timeline", path), BAD_USAGE, path, "twice")
        self.assert_told(self.refuse("--json", "-", "--summary", "-"), BAD_USAGE, "mix")

    def test_a_page_on_standard_output(self):
        for option in ("--report", "--timeline", "--trace"):
            with self.subTest(option):
                self.assert_told(self.refuse(option, "-"), BAD_USAGE, option, "name a file")

    def test_an_unknown_container_or_codec_destroys_nothing(self):
        answer = inflight("run", *simulated(), "-i", SOURCE, "--json", self.lines, "-o", self.folder / "out.docx")
        self.assert_told(answer, BAD_USAGE, "out.docx", ".mp4")
        answer = inflight("run", *simulated(), "-i", SOURCE, "--json", self.lines, "-o", self.folder / "out.mp4",
                          "--codec", "nonsense")
        self.assert_told(answer, BAD_USAGE, "nonsense")
        self.assertEqual(self.lines.read_text(), "precious\n")

    def test_a_window_without_a_display(self):
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            self.skipTest("there is a display")
        answer = inflight("run", *simulated(), "-i", SOURCE, "--show", "--json", self.lines)
        self.assert_told(answer, BAD_USAGE, "display")
        self.assertEqual(self.lines.read_text(), "precious\n")


# Every option that names a file to write, of every command.
OUTPUTS = [(["run", "-i", SOURCE], ["-o", "--json", "--summary", "--report", "--timeline", "--trace"]),
           (["compare", "-i", SOURCE], ["--summary", "--report"]),
           (["compare", "--modes", "-i", SOURCE], ["--summary", "--report"]),
           (["bench"], ["--summary", "--report", "--timeline", "--trace", "--dump-config"]),
           (["timeline"], ["-o", "--trace"]),
           (["ladder", "-i", SOURCE], ["--summary", "--report"]),
           (["capacity", "-i", SOURCE], ["--summary", "--report"]),
           (["tune", "-i", SOURCE], ["-o", "--summary", "--report"])]


class EveryOutput(CliTest):
    """What holds for every output of every command. All is refused before any work: loading would take a minute."""

    def each_refused(self, path, *words, outputs=OUTPUTS, model="any", before=()):
        for command, options in outputs:
            device = [] if command[0] == "ladder" else ["-d", "sim:load=60s"]
            pace = ["--interval", "30ms"] if command[0] == "timeline" else []
            for option in options:
                with self.subTest(command=command, option=option):
                    answer = inflight(*command, "-m", model, *device, *pace, option, path, before=before,
                                      cwd=self.folder)
                    self.assert_told(answer, BAD_USAGE, *words)
                    self.assert_remedy(answer)

    def test_is_not_where_one_may_not_look(self):
        locked = self.folder / "locked"
        (locked / "deeper").mkdir(parents=True)
        locked.chmod(0)
        self.addCleanup(locked.chmod, 0o700)
        self.each_refused(locked / "out.mp4", "out.mp4", "ermission", before=without_privileges())
        self.each_refused(locked / "deeper" / "out.mp4", "out.mp4", "ermission", before=without_privileges(),
                          outputs=OUTPUTS[:1])

    def test_has_a_name_that_is_not_too_long(self):
        self.each_refused(self.folder / (300 * "x" + ".mp4"), "File name too long")

    def test_is_no_loop_of_links(self):
        for here, there in (("a.mp4", "b.mp4"), ("b.mp4", "a.mp4")):
            (self.folder / here).symlink_to(self.folder / there)
        self.each_refused(self.folder / "a.mp4", "a.mp4", "symbolic links")

    def test_is_no_address(self):
        self.each_refused("rtsp://name:secret@localhost/x", "rtsp://", "localhost", "not addresses")
        self.assertEqual(list(self.folder.iterdir()), [], "no folder of that name")

    def test_is_not_the_model_or_its_weights(self):
        model, weights, linked = (self.file(name, "precious") for name in ("kept.xml", "kept.bin", "linked.bin"))
        linked.unlink()
        linked.symlink_to(weights)
        hard = self.folder / "hard.bin"
        os.link(weights, hard)
        self.each_refused(model, "kept.xml", "is the model", model=model)
        for path in (weights, linked, hard):
            self.each_refused(path, path.name, "is the model", model=model, outputs=OUTPUTS[:1])
        self.assertEqual((model.read_text(), weights.read_text()), ("precious", "precious"))

    def test_is_not_a_file_that_an_onnx_model_keeps_its_weights_in(self):
        model = self.file("kept.onnx", 1_048_570 * b"x" + b"j\x18\n\x08location\x12\x0cdata/weights")
        weights = self.file("data/weights", "precious")
        self.each_refused(weights, "data/weights", "is the model", model=model)
        self.assertEqual(weights.read_text(), "precious")

    def test_is_not_the_video(self):
        video = self.make_video()
        before = video.read_bytes()
        link = self.folder / "link.mp4"
        link.symlink_to(video)
        reading = [([*command[:-1], video], options) for command, options in OUTPUTS if "-i" in command]
        self.each_refused(link, "link.mp4", "is the input", outputs=reading)
        self.assertEqual(video.read_bytes(), before)


class ProtectedInputs(CliTest):
    def refuse(self, *args, kept):
        before = kept.read_bytes()
        answer = inflight(*args, "-m", "any", "-d", "sim:load=60s")
        self.assert_told(answer, BAD_USAGE, f"{args[-1]}: is the ")
        self.assertEqual(kept.read_bytes(), before)

    def test_a_picture_of_a_folder(self):
        images = self.folder / "images"
        self.assert_done(self.run_simulated(SOURCE, "-o", images))
        picture = images / "000003.jpg"
        for source in (images, f"{images}/*.jpg", picture):
            self.refuse("run", "-i", source, "--json", picture, kept=picture)
            self.refuse("run", "-i", source, "-o", images, kept=picture)
        self.assert_done(self.run_simulated(images, "--json", images / "lines.jsonl"))
        self.assert_done(self.run_simulated(images, "--json", images / "lines.jsonl"))

    def test_lists_and_what_they_name(self):
        video = self.make_video()
        sources = self.file("sources.txt", f"{video}\n")
        for option in ("--json", "--summary", "--report", "--timeline", "--trace"):
            self.refuse("run", "-i", sources, option, sources, kept=sources)
            self.refuse("run", "-i", sources, option, video, kept=video)
        self.refuse("capacity", "-i", sources, "--summary", video, kept=video)
        numbered = self.make_video("out-0.mp4")
        answer = inflight("run", *simulated(), "-i", numbered, "-i", SOURCE, "-o", self.folder / "out.mp4")
        self.assert_told(answer, BAD_USAGE, f"{numbered}: is the input")

    def test_configurations(self):
        settings = self.file("settings.conf", "requests = 2\n")
        self.refuse("run", "-i", SOURCE, "--config", settings, "--json", settings, kept=settings)
        properties = self.file("properties.json", "{}")
        self.refuse("bench", "--load-config", properties, "--summary", properties, kept=properties)
        self.refuse("bench", "--load-config", properties, "--dump-config", properties, kept=properties)

    def test_inputs_of_bench(self):
        data = self.file("data/values.npy", "precious")
        for named in (data, f"input:{data}", data.parent):
            self.refuse("bench", "-i", named, "--report", data, kept=data)

    def test_models_of_a_cascade_and_of_a_ladder(self):
        model = self.file("second.onnx", "precious")
        self.refuse("run", "-i", SOURCE, "--then", f"again={model}", "--json", model, kept=model)
        answer = inflight("ladder", "-m", "any", "-i", SOURCE, "--onnx", model, "--summary", model)
        self.assert_told(answer, BAD_USAGE, "is the model")


class SameFileTwice(CliTest):
    def test_through_links_and_before_it_exists(self):
        real = self.folder / "real"
        real.mkdir()
        (self.folder / "link").symlink_to(real)
        (self.folder / "dangling.json").symlink_to(real / "new.json")
        for other in ("link/new.json", "dangling.json", "real/../real/new.json", "link/../real/new.json"):
            answer = inflight("run", *simulated("load=60s"), "-i", SOURCE, "--json", real / "new.json", "--summary",
                              self.folder / other)
            self.assert_told(answer, BAD_USAGE, other, "twice")
        self.assertEqual(list(real.iterdir()), [], "a refused run leaves nothing behind")

    def test_of_bench(self):
        out = self.folder / "new.json"
        self.assert_told(inflight("bench", *simulated(), "--summary", out, "--trace", out), BAD_USAGE, "twice")

    def test_by_another_run(self):
        outputs = {"--json": "out.jsonl", "-o": "out.mp4", "--summary": "summary.json", "--trace": "trace.json"}
        words = [word for option, name in outputs.items() for word in (option, self.folder / name)]
        lines = self.folder / "out.jsonl"
        with Started("run", *simulated(), "-i", "synthetic:160x90", "--loop", 0, *words) as first:
            wait_until(lambda: lines.exists() and lines.stat().st_size > 0)
            for option, name in outputs.items():
                with self.subTest(option):
                    answer = inflight("run", *simulated("load=60s"), "-i", SOURCE, option, self.folder / name)
                    self.assert_told(answer, BAD_USAGE, name, "another inflight")
            first.interrupt()
            self.assert_done(first.answer())
        self.assertEqual(frames_of(self.folder / "out.mp4"), len(self.json_lines(lines)))
        self.assert_done(self.run_simulated(SOURCE, *words))  # now it is free

    def test_by_another_run_of_pictures_in_one_folder(self):
        pictures = self.folder / "pictures"
        with Started("run", *simulated(), "-i", "synthetic:160x90", "--loop", 0, "-o", pictures) as first:
            wait_until(lambda: pictures.exists() and any(pictures.iterdir()))
            answer = inflight("run", *simulated("load=60s"), "-i", SOURCE, "-o", pictures)
            self.assert_told(answer, BAD_USAGE, "pictures", "another inflight")
            first.interrupt()
            self.assert_done(first.answer())


class Temporary(CliTest):
    def test_folders_are_private_and_have_names_that_nobody_can_guess(self):
        scratch = self.folder / "scratch"
        scratch.mkdir()
        with Started("run", *simulated("latency=20ms"), "-i", "synthetic:64x64,frames=100000", "--calibrate", "--json",
                     self.folder / "out.jsonl", env={**os.environ, "TMPDIR": str(scratch)}) as run:
            wait_until(lambda: any(scratch.glob("inflight-*")))
            folder = next(scratch.glob("inflight-*"))
            self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
            self.assertNotIn(str(run.process.pid), folder.name)
            run.interrupt()
            run.answer()
        self.assertEqual(list(scratch.glob("inflight-*")), [])

    def test_without_a_folder_for_them(self):
        answer = inflight("run", *simulated(), "-i", SOURCE, "--calibrate", "--json", self.folder / "out.jsonl", "-q",
                          env={**os.environ, "TMPDIR": "/nonexistent"})
        self.assert_told(answer, BAD_USAGE, "TMPDIR")


class FullDisk(CliTest):
    @contextlib.contextmanager
    def small_disk(self, kilobytes):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
        try:
            yield disk
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_json(self):
        summary = self.folder / "summary.json"
        answer = self.run_simulated(SOURCE, "--json", "/dev/full", "--summary", summary)
        self.assert_ended(answer, RUN_FAILED, "/dev/full", "No space left", "make room")
        self.summary(summary)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_summary(self):
        lines = self.folder / "out.jsonl"
        answer = self.run_simulated(SOURCE, "--json", lines, "--summary", "/dev/full")
        self.assert_ended(answer, RUN_FAILED, "/dev/full", "disk full")
        self.assertEqual(len(self.json_lines(lines)), 20)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_standard_output(self):
        with open("/dev/full", "w") as full:
            answer = inflight("run", *simulated(), "-i", SOURCE, "--summary", "-", stdout=full)
        self.assert_ended(answer, RUN_FAILED, "standard output")

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_standard_output_of_every_command(self):
        for args in (["devices"], ["--help"], ["--version"], ["run", "--help"], ["info", MODEL],
                     ["bench", *simulated(), "--niter", 20], ["verify", *simulated(), "-i", SOURCE],
                     ["compare", *simulated(), "-i", SOURCE, "-q", "--rounds", 1],
                     ["compare", *simulated(), "-i", SOURCE, "-q", "--rounds", 1, "--summary", "-"],
                     ["timeline", "-q", "--simulate", "--time", "1s", "-o", self.folder / "t.html", "--interval", "300ms"],
                     ["tune", *simulated(), "-i", SOURCE, "-q", "--frames", 100, "-o", self.folder / "tuned.conf"]):
            if args[0] == "info" and not OPENVINO:
                continue
            with self.subTest(args):
                with open("/dev/full", "w") as full:
                    answer = inflight(*args, stdout=full)
                if args[0] == "timeline":
                    self.assert_done(answer)  # quiet: it has nothing to say
                    continue
                self.assert_ended(answer, RUN_FAILED, "standard output", "No space left")

    def test_a_file_that_may_not_grow(self):
        limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))}
        for option, name in (("-o", "out.mp4"), ("--json", "out.jsonl")):
            with self.subTest(option):
                summary, out = self.folder / "summary.json", self.folder / name
                answer = inflight("run", *simulated(), "-i", "synthetic:320x180,frames=3000", option, out, "--summary",
                                  summary, "--score", 0, **limit)
                self.assert_ended(answer, RUN_FAILED, name, "File too large", "make room")
                self.summary(summary)

    def test_video(self):
        with self.small_disk(1024) as disk:  # several fragments: one alone may not fit whole
            summary, video = self.folder / "summary.json", disk / "out.mp4"
            answer = inflight("run", *simulated(), "-i", VIDEO, "-o", video, "--summary", summary)
            self.assert_ended(answer, RUN_FAILED, "out.mp4", "No space left", "make room")
            self.summary(summary)
            self.assertGreater(frames_of(video), 0, "what was written before should play")


if __name__ == "__main__":
    unittest.main(verbosity=2)
