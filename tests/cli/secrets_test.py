"""Passwords and tokens in addresses: whatever is done with an address, nobody reads them in what the program says."""

import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from harness import PATIENCE_S, PROGRAM, CliTest, Answer, simulated

# In every place of an address that lets its reader in, well formed and not. Nobody listens at port 9.
SECRET = "S3CR3T"
ADDRESSES = (f"rtsp://user:{SECRET}@127.0.0.1:9/a", f"http://{SECRET}@127.0.0.1:9/a", f"rtsp://u:/{SECRET}@127.0.0.1:9/a",
             f"http://u:1/{SECRET}@127.0.0.1:9/a", f"http://127.0.0.1:9/a?token={SECRET}", f"http://127.0.0.1:9/a?{SECRET}",
             f"http://127.0.0.1:9/a?X-Amz-Signature={SECRET}&sig={SECRET}", f"http://127.0.0.1:9/a?p%61ss={SECRET}",
             f"rtsp://127.0.0.1:9/user=a&password={SECRET}", f"http:/u:{SECRET}@127.0.0.1:9/a", f"u:{SECRET}@127.0.0.1/a",
             f"http:/127.0.0.1/*?k={SECRET}")
GOOD = "synthetic:64x64,frames=5"


class Secrets(CliTest):
    def all_outputs(self):
        return [word for flag in ("summary", "report", "timeline", "trace", "json")
                for word in (f"--{flag}", self.folder / f"out.{flag}.{'html' if flag in ('report', 'timeline') else 'json'}")]

    def run_all(self, commands):
        """Side by side: most of their time they wait."""
        started = [subprocess.Popen([PROGRAM, *map(str, words)], cwd=self.folder, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, errors="replace") for words in commands]
        for words, process in zip(commands, started):
            self.addCleanup(process.kill)
            answer = Answer(process.returncode, *process.communicate(timeout=PATIENCE_S))
            answer.code = process.returncode
            with self.subTest(" ".join(map(str, words))):
                self.assertNotIn(SECRET, answer.out + answer.err)
                self.assertNotEqual(answer.err, "", "nothing was said at all")
        for path in self.folder.iterdir():
            self.assertNotIn(SECRET.encode(), path.read_bytes() if path.suffix in (".json", ".html") else b"", path)

    def test_stay_hidden_when_an_input_cannot_be_opened(self):
        self.run_all([["run", *simulated(), "-i", address] for address in ADDRESSES])

    def test_stay_hidden_in_every_output_of_a_run(self):
        skipped = [word for address in ADDRESSES for word in ("-i", address)]
        self.run_all([["run", *simulated(), "-i", GOOD, *skipped, "--skip-bad", "-v", *self.all_outputs()]])

    def test_stay_hidden_in_lists(self):
        lines = "".join(f"{address}\n" for address in ADDRESSES)
        named = "".join(f"{GOOD} name={address}\n" for address in ADDRESSES[:2])
        skipped = self.file("skipped.txt", lines + named)
        wrong = [self.file(f"wrong-{i}.txt", f"{line}\n") for i, line in enumerate((
            f"{GOOD} {ADDRESSES[0]}", f"{GOOD} {ADDRESSES[4]}", f"{GOOD} loop={ADDRESSES[0]}", f"{GOOD} nam={ADDRESSES[0]}",
            f"{GOOD} name={ADDRESSES[0]}\n{GOOD} name={ADDRESSES[0]}"))]
        self.run_all([["run", *simulated(), "-i", skipped, "--skip-bad", *self.all_outputs()]] +
                     [["run", *simulated(), "-i", path] for path in wrong])

    def test_stay_hidden_where_an_address_does_not_belong(self):
        address = ADDRESSES[0]
        sim = simulated()
        self.run_all([
            [address], ["run", address], ["run", *sim, "-i", GOOD, "--limit", address], ["run", *sim, "-i", GOOD, "--codec", address, "-o", "x.mp4"],
            ["run", *sim, "-i", GOOD, "--hint", address], ["run", *sim, "-i", GOOD, f"--inptu={address}"], ["run", f"--{address}"],
            ["run", "-m", address, "-i", GOOD], ["run", "-m", f"cars={address}", "-d", "sim:", "-i", GOOD],
            ["run", "-m", f"{address} --limt 3", "-d", "sim:", "-i", GOOD], ["run", "-m", address, "-d", "PROCESS:sim:", "-i", GOOD],
            ["info", address], ["bench", "-m", address], ["run", *sim, "-d", address, "-i", GOOD], ["run", *sim, "-i", GOOD, "-p", address],
            ["run", *sim, "-i", GOOD, "--then", address], ["run", *sim, "-i", GOOD, "--config", address],
            ["run", *sim, "-i", GOOD, "--json", address], ["run", *sim, "-i", GOOD, "--summary", address],
            ["run", *sim, "-i", GOOD, "--metrics", address], ["run", *sim, "-i", GOOD, "-o", f"{address}/x.mp4"],
            ["verify", *sim, "-i", address], ["compare", *sim, "-i", address], ["ladder", "-m", "any", "-i", address],
            ["tune", *sim, "-i", address], ["capacity", *sim, "-i", address], ["compare", "--modes", "-m", "a=x", "-m", "b=x", "-d", "sim:", "-i", address],
            ["compare", *sim, "-i", GOOD, "--config", address]])

    def test_stay_out_of_the_command_lines_of_other_processes(self):
        """compare --modes plays each way in a process of its own, and everybody may list those."""
        film = self.make_video("film.mp4")
        unlike = self.folder / f"u:{SECRET}@"
        unlike.mkdir()
        film.rename(unlike / "film.mp4")  # a file whose name looks like an address, so that it can be opened
        words = ["compare", "--modes", "-m", "a=x", "-m", "b=x", "-d", "sim:latency=1ms", "-i", f"u:{SECRET}@/film.mp4",
                 "--rounds", "1"]
        compare = subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True)
        self.addCleanup(compare.kill)
        seen = set()
        while compare.poll() is None:
            seen |= self.command_lines_of_children(compare.pid)
            time.sleep(0.002)
        self.assertEqual(compare.returncode, 0, compare.stderr.read())
        compare.stderr.close()
        self.assertTrue(any("run" in line for line in seen), seen)
        self.assertNotIn(SECRET, "".join(seen))

    @staticmethod
    def command_lines_of_children(pid):
        lines = set()
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                for child in task.read_text().split():
                    line = pathlib.Path(f"/proc/{child}/cmdline").read_text().split("\0")
                    if line[0] == "inflight":  # between fork and exec it is still a copy of its parent
                        lines.add(" ".join(line))
            except OSError:
                pass  # it has ended
        return lines


if __name__ == "__main__":
    unittest.main(verbosity=2)
