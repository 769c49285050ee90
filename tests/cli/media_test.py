"""What videos and images say about themselves, and what comes in by standard input."""

import json
import signal
import subprocess
import unittest

from harness import BAD_INPUT, BAD_USAGE, DONE, PATIENCE_S, PROGRAM, VIDEO, CliTest, simulated


class StandardInput(CliTest):
    def start(self, *args):
        started = subprocess.Popen([PROGRAM, "run", *simulated(), "-i", "-", *map(str, args)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(started.kill)
        return started

    def test_a_video_by_a_pipe(self):
        video = self.make_video("a.mkv", frames=30).read_bytes()
        summary = self.folder / "summary.json"
        run = self.start("--json", "-", "--summary", summary, "--quiet")
        out, err = run.communicate(video, timeout=PATIENCE_S)
        self.assertEqual(run.returncode, DONE, err)
        self.assertEqual(len(out.splitlines()), 30)
        self.assertEqual(json.loads(summary.read_text())["sources"][0]["name"], "standard input")

    def test_ctrl_c_while_it_waits_for_more(self):
        video = self.make_video("a.mkv", frames=60).read_bytes()
        run = self.start("--json", "-", "--quiet")
        run.stdin.write(video)
        run.stdin.flush()  # and stays open
        self.assertIn(b'"frame":0', run.stdout.readline().replace(b" ", b""))
        run.send_signal(signal.SIGINT)
        out, err = run.stdout.read(), run.stderr.read()
        self.assertEqual(run.wait(PATIENCE_S), DONE, err)
        self.assertEqual(err, b"", out)

    def test_what_is_no_video(self):
        run = self.start("--quiet")
        _, err = run.communicate(b"Dear diary, today I sat in a traffic jam.\n" * 50, timeout=PATIENCE_S)
        self.assertEqual(run.returncode, BAD_INPUT, err)
        self.assertIn(b"standard input: not a video", err)


class Pictures(CliTest):
    def test_what_is_assumed_of_colours_is_in_the_summary(self):
        raw = self.file("a.y4m", b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + b"\x60" * (64 * 48 * 3 // 2))
        for source, options, expected in ((raw, (), "bt601"), (raw, ("--color-matrix", "bt709"), "bt709"),
                                          (VIDEO, ("--limit", "2"), None)):
            answer = self.run_simulated(source, "--summary", "-", "--quiet", *options)
            self.assertEqual(answer.code, DONE, answer)
            self.assertEqual(json.loads(answer.out)["sources"][0]["assumed_matrix"], expected)

    def test_an_unknown_matrix(self):
        self.assert_told(self.run_simulated(VIDEO, "--color-matrix", "bt470"), BAD_USAGE, "--color-matrix", "bt601")

    def test_pictures_beyond_the_bound(self):
        video = self.make_video("large.mkv", size="1280x960", frames=1)
        self.assertEqual(self.run_simulated(video, "--max-frame-mb", "2").code, DONE)
        answer = self.run_simulated(video, "--max-frame-mb", "1")
        self.assert_told(answer, BAD_INPUT, "large.mkv", "too large", "1280x960", "--max-frame-mb 2")

    def test_a_video_that_is_cut_off(self):
        video = self.make_video("whole.mkv", frames=60).read_bytes()
        cut = self.file("cut.mkv", video[:len(video) * 3 // 4])
        answer = self.run_simulated(cut, "--quiet")
        self.assert_told(answer, BAD_INPUT, "cut.mkv", "the file is cut off")


if __name__ == "__main__":
    unittest.main()
