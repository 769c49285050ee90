"""Few threads, small stacks, little memory, as containers have: a run ends with one line, and what was read is kept."""

import json
import os
import resource
import subprocess
import tempfile
import unittest

from harness import (BAD_MODEL, DONE, MODEL, PATIENCE_S, PROGRAM, ROOT, RUN_FAILED, VIDEO, Answer, CliTest, devices,
                     needs_openvino)

YOLOX = str(ROOT / "assets/yolox_nano.onnx")
USER = 54000 + os.getpid() % 5000  # nobody else's: the system counts threads by user


def limited(words, threads=None, memory_mb=None, stack_kb=None):
    """Runs the program under limits; that on threads holds for ordinary users only."""
    def limit():
        if stack_kb:
            resource.setrlimit(resource.RLIMIT_STACK, (stack_kb << 10, stack_kb << 10))
        if memory_mb:
            resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
        if threads:
            os.setgroups([])
            os.setgid(USER)
            resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))
            os.setuid(USER)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    ended = subprocess.run([PROGRAM, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           errors="replace", timeout=PATIENCE_S, preexec_fn=limit, cwd=tempfile.gettempdir())
    return Answer(ended.returncode, ended.stdout, ended.stderr)


needs_root = unittest.skipUnless(os.geteuid() == 0, "only root can become a user whose threads it limits")


class Limits(CliTest):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o777)

    def words(self, device, frames=5):
        self.lines = self.folder / "lines.jsonl"
        self.lines.unlink(missing_ok=True)
        model, source = ("any", f"synthetic:64x64,frames={frames}") if "sim" in device else (MODEL, VIDEO)
        return ["run", "-m", model, "-d", device, "-i", source, "--limit", frames, "--json", self.lines, "-q"]

    def assert_ended_well(self, answer, frames=5):
        """All is there, or one line says what is missing; what was written is whole lines in any case."""
        self.assertIn(answer.code, (DONE, RUN_FAILED, BAD_MODEL), answer)
        results = [json.loads(line) for line in self.lines.read_text().splitlines()] if self.lines.exists() else []
        if answer.code == DONE:
            self.assertEqual([r["frame"] for r in results], list(range(frames)), answer)
        else:
            self.assertEqual(len(answer.err.splitlines()), 1, answer)
            self.assertTrue(answer.err.startswith("inflight: "), answer)

    def sweep(self, device):
        """From none besides the first thread up to enough: each must end."""
        for threads in range(1, 40):
            with self.subTest(device=device, threads=threads):
                answer = limited(self.words(device), threads=threads)
                self.assert_ended_well(answer)
            if answer.code == DONE:
                return self.assertGreater(threads, 1)
        self.fail(f"{device}: not even 40 threads are enough")

    @needs_root
    def test_few_threads_with_simulated_devices(self):
        for device in ("sim:latency=1ms", "AUTO:(sim:latency=1ms),(sim:latency=2ms)", "BATCH:(sim:latency=1ms)(4)",
                       "MULTI:(sim:latency=1ms),(sim:latency=2ms)", "PROCESS:(sim:latency=1ms)"):
            self.sweep(device)

    @needs_root
    @needs_openvino
    def test_few_threads_with_openvino(self):
        self.sweep("ov:CPU")

    @needs_root
    @unittest.skipUnless("ort:CPU" in devices(), "the ONNX Runtime engine is not built")
    def test_few_threads_with_onnx_runtime(self):
        words = self.words
        self.words = lambda device: [YOLOX if word == MODEL else word for word in words(device)]
        self.sweep("ort:CPU")

    @needs_root
    def test_few_threads_with_everything_that_looks_on(self):
        extra = ["--metrics", "127.0.0.1:0", "--report", "r.html", "--trace", "t.json", "-o", "o.mp4"]
        extra = [word if "." not in word or word[0].isdigit() else self.folder / word for word in extra]
        for threads in range(1, 30, 2):
            with self.subTest(threads=threads):
                answer = limited([*self.words("sim:latency=1ms"), *extra], threads=threads)
                self.assert_ended_well(answer)

    def test_little_memory(self):
        for megabytes in (300, 350, 400, 500, 700):
            with self.subTest(megabytes=megabytes):
                self.assert_ended_well(limited(self.words("sim:latency=1ms"), memory_mb=megabytes))

    def test_a_small_stack(self):
        for device in ["sim:latency=1ms"] + [d for d in ("ov:CPU", "AUTO", "PROCESS:ov:CPU") if "ov:CPU" in devices()]:
            with self.subTest(device):
                answer = limited(self.words(device), stack_kb=512)
                self.assertEqual(answer.code, DONE, answer)
                self.assert_ended_well(answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
