"""Several models, several sources: run, compare --modes, capacity; what they refuse."""

import json
import os
import signal
import subprocess
import time
import unittest

from harness import (BAD_INPUT, BAD_USAGE, DONE, MODEL, PROGRAM, ROOT, RUN_FAILED, VIDEO, CliTest,
                     inflight, needs_openvino, simulated)

YOLOX = str(ROOT / "assets/yolox_nano.onnx")
REID = str(ROOT / "assets/person-reidentification-retail-0287.xml")
SOURCE = "synthetic:160x90,frames=20"
TWO = ["-m", "a=any", "-m", "b=any", "-d", "sim:latency=1ms,lanes=2"]


class Models(CliTest):
    def test_each_says_what_it_found_under_its_name(self):
        lines = self.folder / "d.jsonl"
        self.assert_done(inflight("run", *TWO, "-i", SOURCE, "--json", lines, "-q"))
        for number, line in enumerate(self.json_lines(lines)):
            self.assertEqual(line["frame"], number)
            self.assertEqual(set(line["models"]), {"a", "b"})
            self.assertNotIn("detections", line)

    def test_every_mode_says_the_same(self):
        seen = {}
        for mode in "serial", "threads", "processes", "coroutines", "shared":
            lines = self.folder / f"{mode}.jsonl"
            self.assert_done(inflight("run", *TWO, "-i", SOURCE, "--mode", mode, "--json", lines, "-q"))
            seen[mode] = [[m["detections"] for m in line["models"].values()] for line in self.json_lines(lines)]
        for mode, detections in seen.items():
            self.assertEqual(detections, seen["serial"], mode)

    def test_a_model_may_have_options_of_its_own(self):
        summary = self.folder / "s.json"
        self.assert_done(inflight("run", "-m", "quick=any", "-m", "slow=any -d sim:latency=9ms,name=turtle", "-d",
                                  "sim:latency=1ms", "-i", SOURCE, "--summary", summary, "-q"))
        models = self.summary(summary)["models"]
        self.assertEqual([m["name"] for m in models], ["quick", "slow"])
        self.assertIn("turtle", models[1]["engine"]["device"])
        self.assertGreater(models[1]["p50_ms"], 8)

    def test_a_first_inference_that_fails_is_a_frame_that_failed(self):
        lines, summary = self.folder / "d.jsonl", self.folder / "s.json"
        answer = inflight("run", "-m", "any", "-d", "sim:latency=1ms,fail=0", "-m", "other=any -d sim:", "-i", SOURCE,
                          "--json", lines, "--summary", summary)
        self.assert_ended(answer, RUN_FAILED, "1 of 20 frames failed")
        frames = self.summary(summary)["frames"]
        self.assertEqual((frames["read"], frames["emitted"]), (20, 19))
        self.assertEqual(len(self.json_lines(lines)), 20)

    def test_one_that_cannot_be_measured_has_an_equal_share(self):
        summary = self.folder / "s.json"
        # It calls itself a processor, so that it takes part in sharing them. Whether the run meets the inference that
        # fails depends on how many processors there are.
        answer = inflight("run", "-m", "any", "-m", "other=any", "-d", "sim:latency=1ms,fail=0,name=CPU", "-i", SOURCE,
                          "--summary", summary)
        self.assertIn(answer.code, (DONE, RUN_FAILED), answer)
        self.assertIn("shared equally", answer.err)
        self.assertEqual(self.summary(summary)["frames"]["read"], 20)

    def test_a_run_goes_on_where_calibration_cannot(self):
        summary = self.folder / "s.json"
        answer = inflight("run", *simulated("latency=1ms,fail=0"), "-i", SOURCE, "--calibrate", "--summary", summary)
        self.assert_done(answer)
        self.assertIn("not calibrated", answer.err)
        self.assertIsNone(self.summary(summary)["limit_fps"])

    def test_two_of_one_name_are_refused(self):
        answer = inflight("run", "-m", "x/any", "-m", "y/any", "-d", "sim:", "-i", SOURCE)
        self.assert_told(answer, BAD_USAGE, "two models are named any", "-m OTHER=y/any")

    def test_a_table_tells_them_apart(self):
        answer = inflight("run", *TWO, "-i", SOURCE)
        self.assert_done(answer)
        self.assertRegex(answer.err, r"(?m)^model +inferences")
        self.assertRegex(answer.err, r"(?m)^b +20 ")

    @needs_openvino
    def test_two_real_ones_share_the_processors_to_the_last_frame(self):
        summary = self.folder / "s.json"
        self.assert_done(inflight("run", "-m", f"people={MODEL}", "-m", f"things={YOLOX}", "-i", VIDEO, "--limit", 12,
                                  "--summary", summary, "-q"))
        told = self.summary(summary)
        self.assertEqual(told["frames"]["emitted"], 12)
        self.assertEqual([m["inferences"] for m in told["models"]], [12, 12])

    @needs_openvino
    def test_a_cascade_describes_each_person(self):
        lines = self.folder / "d.jsonl"
        self.assert_done(inflight("run", "-m", MODEL, "-i", VIDEO, "--start", 60, "--limit", 40, "--then", REID, "--on", "person",
                                  "--json", lines, "-q"))
        found = [d for line in self.json_lines(lines) for d in line["detections"]]
        self.assertGreater(len(found), 10)
        for detection in found:
            self.assertEqual(len(detection["features"]), 256)

    @needs_openvino
    def test_a_label_that_the_first_model_lacks_is_told(self):
        answer = inflight("run", "-m", MODEL, "-i", VIDEO, "--then", REID, "--on", "persn")
        self.assert_told(answer, BAD_USAGE, "--on persn", "did you mean person?")

    def test_what_is_for_a_second_model_needs_one(self):
        for words in (["--on", "person"], ["--then-device", "CPU"]):
            self.assert_told(inflight("run", *simulated(), "-i", SOURCE, *words), BAD_USAGE, words[0], "add --then")

    def test_processors_must_be_there(self):
        self.assert_told(inflight("run", *TWO, "-i", SOURCE, "--cpus", 0), BAD_USAGE, "--cpus")
        self.assert_told(inflight("run", *TWO, "-i", SOURCE, "--cpus", 4096), BAD_USAGE, "--cpus 4096", "name at most")

    def test_one_processor_is_enough(self):
        summary = self.folder / "s.json"
        self.assert_done(inflight("run", *TWO, "-i", SOURCE, "--cpus", 1, "--summary", summary, "-q"))
        self.assertEqual(self.summary(summary)["frames"]["emitted"], 20)


class Modes(CliTest):
    def test_are_compared_and_explained(self):
        summary = self.folder / "m.json"
        answer = inflight("compare", "--modes", *TWO, "-i", SOURCE, "--rounds", 1, "-q", "--report",
                          self.folder / "m.html", "--summary", summary)
        self.assert_done(answer)
        self.assertIn("shared is ", answer.out)
        rows = json.loads(summary.read_text())
        self.assertEqual(len(rows), 9)
        for row in rows:
            self.assertEqual(row["rounds"][0]["frames"], 20, row["mode"])
            self.assertIn(f"{row['mode']}", answer.out)
        self.assertIn("Ways to share a machine", (self.folder / "m.html").read_text())

    def test_several_models_need_the_flag(self):
        self.assert_told(inflight("compare", *TWO, "-i", SOURCE), BAD_USAGE, "--modes")


class Sources(CliTest):
    def test_keep_their_order_and_their_own_video(self):
        lines, summary = self.folder / "d.jsonl", self.folder / "s.json"
        answer = inflight("run", *simulated(), "-i", SOURCE, "-i", "synthetic:64x64,frames=30", "-o",
                          self.folder / "out.mp4", "--json", lines, "--summary", summary)
        self.assert_done(answer)
        for source, count in enumerate((20, 30)):
            self.assertEqual([l["frame"] for l in self.json_lines(lines) if l["source"] == source], list(range(count)))
            self.assertTrue((self.folder / f"out-{source}.mp4").exists())
        sources = self.summary(summary)["sources"]
        self.assertEqual([s["frames"]["emitted"] for s in sources], [20, 30])
        self.assertRegex(answer.err, r"(?m)^source +FPS")

    def test_come_from_a_list(self):
        cameras = self.file("cameras.txt", f"# both are simulated\n{SOURCE} name=gate priority=2\n"
                                           "synthetic:64x64,frames=30 name=yard overflow=drop_oldest\n")
        summary = self.folder / "s.json"
        self.assert_done(inflight("run", *simulated(), "-i", cameras, "--summary", summary, "-q"))
        sources = self.summary(summary)["sources"]
        self.assertEqual([(s["name"], s["priority"]) for s in sources], [("gate", 2), ("yard", 0)])

    def test_a_bad_line_is_named_and_may_be_skipped(self):
        cameras = self.file("cameras.txt", f"{SOURCE}\n{SOURCE} prority=3\n")
        answer = inflight("run", *simulated(), "-i", cameras)
        self.assert_told(answer, BAD_USAGE, "cameras.txt:2", "prority", "--skip-bad")
        answer = inflight("run", *simulated(), "-i", cameras, "--skip-bad", "-q")
        self.assert_done(answer)
        self.assertIn("cameras.txt:2", answer.err)

    def test_a_source_that_cannot_be_opened_may_be_skipped(self):
        missing = self.folder / "missing.mp4"
        self.assert_told(inflight("run", *simulated(), "-i", SOURCE, "-i", missing), BAD_INPUT, "missing.mp4")
        answer = inflight("run", *simulated(), "-i", missing, "-i", SOURCE, "--skip-bad", "-q")
        self.assert_done(answer)
        self.assertIn("left out", answer.err)
        self.assert_ended(inflight("run", *simulated(), "-i", missing, "--skip-bad", "-q"), BAD_INPUT, "none of the inputs")

    def test_a_camera_that_refuses_is_told_without_its_password(self):
        answer = inflight("run", *simulated(), "-i", "rtsp://admin:secret@127.0.0.1:9/door")
        self.assert_told(answer, BAD_INPUT, "rtsp://***@127.0.0.1")
        self.assertNotIn("secret", answer.err)

    def test_an_unplugged_camera_is_told(self):
        self.assert_told(inflight("run", *simulated(), "-i", "/dev/video97"), BAD_INPUT, "/dev/video97")

    def test_at_their_own_pace_take_their_time(self):
        begin = time.monotonic()
        self.assert_done(inflight("run", *simulated(), "-i", "synthetic:64x64,fps=20,frames=21", "--realtime", "-q"))
        self.assertGreater(time.monotonic() - begin, 1.0)

    def test_frames_that_come_too_fast_are_dropped_and_counted(self):
        summary = self.folder / "s.json"
        self.assert_done(inflight("run", *simulated("latency=40ms"), "-i", "synthetic:64x64,fps=200,frames=150",
                                  "--realtime", "--overflow", "drop_oldest", "--summary", summary, "-q"))
        frames = self.summary(summary)["frames"]
        self.assertEqual(frames["read"], 150)
        self.assertGreater(frames["dropped"]["overflow"], 50)

    def test_follow_their_list_while_it_changes(self):
        endless = "synthetic:64x64,fps=50,frames=1000000 realtime=true"
        cameras, summary = self.file("cameras.txt", f"{endless} name=first\n"), self.folder / "s.json"
        run = subprocess.Popen([PROGRAM, "run", *simulated(), "-i", cameras, "--watch", "--summary", summary],
                               stderr=subprocess.PIPE, text=True)
        self.addCleanup(run.kill)
        self.await_line(run, "frames")  # the first line of progress: it runs
        other = self.file("new.txt", f"{endless} name=second\n{SOURCE} name=third\n")
        os.replace(other, cameras)
        self.await_line(run, "was removed")
        self.await_line(run, "was added")
        self.await_line(run, "was added")
        cameras.write_text("nonsense nonsense\n")
        self.await_line(run, "nothing was changed")
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=30)
        self.assertEqual(run.returncode, 0)
        names = [s["name"] for s in self.summary(summary)["sources"]]
        self.assertEqual(sorted(names), ["first", "second", "third"])

    def test_follow_a_list_behind_a_link_that_changes(self):
        """As a mounted ConfigMap does: the list stays, what a link on the way to it names is another."""
        endless = "synthetic:64x64,fps=50,frames=1000000 realtime=true"
        for number, name in enumerate(("first", "second", "third")):
            self.file(f"real{number}/list.txt", f"{endless} name={name}\n")

        def point_at(target):
            (self.folder / "new").symlink_to(target)
            os.replace(self.folder / "new", self.folder / "current")

        point_at("real0")
        cameras = self.folder / "cameras.txt"
        cameras.symlink_to("current/list.txt")
        run = subprocess.Popen([PROGRAM, "run", *simulated(), "-i", cameras, "--watch"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(run.kill)
        self.await_line(run, "frames")
        for number in (1, 2):
            point_at(f"real{number}")
            self.await_line(run, "was removed")
            self.await_line(run, "was added")
        self.file("real2/list.txt", "")  # and what it names now
        self.await_line(run, "nothing was changed")
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0)

    def test_that_are_listed_twice_are_told_and_read_twice(self):
        cameras, summary = self.file("cameras.TXT", f"{SOURCE}\n# twice\n{SOURCE}\n"), self.folder / "s.json"
        answer = inflight("run", *simulated(), "-i", cameras, "--summary", summary)
        self.assert_done(answer)
        self.assertIn("cameras.TXT:3: says the same as line 1", answer.err)
        self.assertEqual(len(self.summary(summary)["sources"]), 2)

    def test_of_a_list_are_told_with_their_line_and_where_they_are(self):
        (self.folder / "lists").mkdir()
        self.make_video("lists/film.mp4")
        cameras = self.file("lists/cameras.txt", f"{SOURCE}\nfilm.mp4\n")
        answer = inflight("run", *simulated(), "-i", cameras, cwd=self.folder)
        self.assert_told(answer, BAD_INPUT, "cameras.txt:2: film.mp4: no such file", "folder that the program runs in",
                         self.folder / "lists/film.mp4")

    def await_line(self, process, words):
        for line in process.stderr:
            if words in line:
                return
        self.fail(f"it ended without saying: {words}")


    def test_are_never_overwritten(self):
        film = self.make_video("film.mp4")
        before = film.read_bytes()
        answer = inflight("run", *simulated(), "-i", self.file("list.txt", f"{film}\n"), "-o", film)
        self.assert_told(answer, BAD_USAGE, "film.mp4", "is the input")
        numbered = self.make_video("a-0.mp4")
        answer = inflight("run", *simulated(), "-i", numbered, "-i", SOURCE, "-o", self.folder / "a.mp4")
        self.assert_told(answer, BAD_USAGE, "a-0.mp4", "is the input")
        self.assertEqual(film.read_bytes(), before)

    def test_that_change_need_an_asynchronous_run(self):
        for words in (["run", "--api", "sync"], ["run", "--mode", "serial"], ["compare"], ["capacity"]):
            self.assert_told(inflight(*words, *simulated(), "-i", SOURCE, "--watch"), BAD_USAGE, "--watch")


class Capacity(CliTest):
    def test_is_searched(self):
        summary = self.folder / "c.json"
        answer = inflight("capacity", *simulated("latency=20ms"), "-i", "synthetic:64x64,fps=20,frames=50", "--seconds",
                          1, "--p95-age", "5s", "--max-drop", 0.1, "--summary", summary, "--report", self.folder / "c.html", "-q")
        self.assert_done(answer)
        found = json.loads(summary.read_text())
        # A device of 50 inferences/s for sources of 20 frames/s; a short trial leaves room for what is still on its way.
        self.assertGreaterEqual(found["sources"], 1)
        self.assertLessEqual(found["sources"], 5)
        self.assertFalse(found["trials"][-1]["fits"])
        self.assertIn("fit", answer.out)
        self.assertIn("real-time sources fit", (self.folder / "c.html").read_text())


if __name__ == "__main__":
    unittest.main()
