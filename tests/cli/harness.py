"""Runs the real command as its users do, and says what a good answer looks like.

The tests are plain unittest; ctest runs each file. By hand: python3 tests/cli/usage_test.py -v
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("INFLIGHT_PROGRAM", str(ROOT / "build/dev/apps/inflight/inflight"))
MODEL = str(ROOT / "assets/person-detection-0200.xml")
VIDEO = str(ROOT / "assets/one-by-one-person-detection.mp4")

DONE, RUN_FAILED, BAD_USAGE, BAD_INPUT, BAD_MODEL = range(5)
READER_GONE = 128 + signal.SIGPIPE

# Whatever else the machine does, and under sanitizers, a command that hangs is told from one that is slow.
PATIENCE_S = 120


class Answer:
    """What a command said, and how it ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return f"exit code {self.code}\n-- stdout\n{self.out}\n-- stderr\n{self.err}"


def inflight(*args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, before=(), **options):
    """Runs `inflight ARGS` to its end. `before`: words before it; `options` are those of subprocess.run."""
    ended = subprocess.run([*before, PROGRAM, *map(str, args)], stdout=stdout, stderr=stderr, text=True, errors="replace",
                           timeout=PATIENCE_S, **options)
    return Answer(ended.returncode, ended.stdout or "", ended.stderr or "")


def without_privileges():
    """Words before a command so that permissions count, also for root."""
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def simulated(description="latency=1ms,lanes=2"):
    """Options for a run that needs no model file."""
    return ["-m", "any", "-d", f"sim:{description}"]


def frames_of(path):
    """How many frames a video or a folder of images gives, as our own source reads it."""
    answer = inflight("run", *simulated("latency=0ms"), "-i", path, "--json", "-", "--quiet")
    return len(answer.out.splitlines())


def devices():
    return inflight("devices").out


OPENVINO = "ov:CPU" in devices()
needs_openvino = unittest.skipUnless(OPENVINO, "the OpenVINO engine is not built")


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("the run did not begin")
        time.sleep(0.02)


class CliTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="inflight-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, content=b""):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_simulated(self, source, *args):
        return inflight("run", *simulated(), "-i", source, *args)

    def make_video(self, name="video.mp4", size="160x90", frames=30):
        """A video, written by the program itself."""
        path = self.folder / name
        answer = self.run_simulated(f"synthetic:{size},frames={frames}", "-o", path, "--quiet")
        self.assertEqual(answer.code, DONE, answer)
        return path

    def assert_done(self, answer):
        self.assertEqual(answer.code, DONE, answer)

    def assert_told(self, answer, code, *words):
        """One line on stderr, from us, that has all of `words`; nothing on stdout."""
        self.assert_ended(answer, code, *words)
        self.assertEqual(len(answer.err.splitlines()), 1, f"more than one line\n{answer}")
        self.assertEqual(answer.out, "", answer)

    def assert_ended(self, answer, code, *words):
        """The last line on stderr is from us and has all of `words`."""
        self.assertEqual(answer.code, code, answer)
        last = (answer.err.splitlines() or [""])[-1]
        self.assertTrue(last.startswith("inflight: "), answer)
        for word in words:
            self.assertIn(str(word), last, answer)

    def assert_remedy(self, answer):
        """The message names what to do: a second clause, after what is wrong."""
        self.assertRegex(answer.err, r"; \S|: there are|; the devices", answer)

    def json_lines(self, path):
        return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]

    def summary(self, path):
        """A summary, after checking that it is complete and that its frames add up."""
        summary = json.loads(pathlib.Path(path).read_text())
        for key in ("frames", "wall_s", "cpu_s", "peak_rss_mb", "fps", "latency_ms", "stages", "engine", "limit_fps",
                    "efficiency", "bottleneck", "events"):
            self.assertIn(key, summary)
        frames = summary["frames"]
        ends = frames["emitted"] + sum(frames["dropped"].values()) + sum(frames["failed"].values())
        self.assertEqual(frames["read"], ends, frames)
        return summary


class Started:
    """A command that runs while the test does something to it."""

    def __init__(self, *args, **options):
        self.process = subprocess.Popen([PROGRAM, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, errors="replace", **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()  # this one process, by its handle; no effect where it has ended
        self.process.communicate()

    def interrupt(self, with_signal=signal.SIGINT):
        self.process.send_signal(with_signal)

    def answer(self):
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return Answer(self.process.returncode, out, err)
