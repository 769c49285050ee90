"""Reports, timelines and traces: what is in them, and that a browser shows it."""

import json
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import DONE, RUN_FAILED, CliTest, inflight, simulated

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SWITCH = "AUTO:(sim:latency=8ms,name=small),(sim:latency=2ms,lanes=4,load=300ms,name=wide)"


def charts_of(page):
    """The data of every chart."""
    blocks = re.findall(r'<script type="application/json">(.*?)</script>', page, re.S)
    return [json.loads(block) for block in blocks]


class Recorded(CliTest):
    def record(self, device="sim:latency=2ms,lanes=2", *args):
        """A run with everything that tells of it."""
        self.paths = {kind: self.folder / name for kind, name in
                      (("report", "report.html"), ("timeline", "timeline.html"), ("trace", "trace.json"),
                       ("summary", "summary.json"))}
        options = [word for kind, path in self.paths.items() for word in ("--" + kind, path)]
        answer = inflight("run", "-m", "any", "-d", device, "-i", "synthetic:160x90,frames=600", *options, *args)
        self.told = json.loads(self.paths["summary"].read_text())
        return answer

    def page(self, kind):
        return self.paths[kind].read_text()


class Content(Recorded):
    def test_the_report_says_what_the_summary_says(self):
        answer = self.record()
        self.assert_done(answer)
        page = self.page("report")
        for line in answer.err.splitlines():
            if line.startswith(("frames ", "speed ", "latency ", "engine ", "bottleneck ")):
                self.assertIn(line.split(None, 1)[1], page)
        self.assertIn(f"{self.told['fps']:.1f} FPS", page)

    def test_the_report_has_charts_over_time_and_the_environment(self):
        self.record()
        page = self.page("report")
        for words in ("Frames per second", "End-to-end time", "Stages at work", "Requests and frames on their way",
                      "Environment", "--report"):
            self.assertIn(words, page)
        self.assertGreater(len(charts_of(page)), 4)

    def test_a_synchronous_run_is_reported_too(self):
        self.assert_done(self.record("sim:latency=1ms", "--api", "sync"))
        self.assertEqual(len(charts_of(self.page("timeline"))[0]["requests"]["begin"]), 600)

    def test_the_timeline_has_every_request_and_the_switch(self):
        self.assert_done(self.record(SWITCH))
        timeline = charts_of(self.page("timeline"))[0]
        self.assertEqual(len(timeline["requests"]["begin"]), 600)
        self.assertEqual(set(timeline["devices"]), {"sim:small", "sim:wide"})
        self.assertIn("switched", [event["kind"] for event in timeline["events"]])
        self.assertLessEqual({"decode", "preprocess", "postprocess"}, set(timeline["stages"]))

    def test_the_trace_has_every_request_and_the_switch(self):
        self.assert_done(self.record(SWITCH))
        events = json.loads(self.page("trace"))["traceEvents"]
        tracks = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
        slices = [tracks[e["pid"]] for e in events if e["ph"] == "X"]
        self.assertEqual((slices.count("requests"), slices.count("devices")), (600, 600))
        self.assertIn("sim:wide", {e["args"]["name"] for e in events if e["name"] == "thread_name"})
        self.assertTrue([e for e in events if e["ph"] == "i" and "switched" in e["name"]])

    def test_frames_that_fail_are_in_all_of_them(self):
        answer = self.record("sim:latency=1ms,fail=3;7")
        self.assert_ended(answer, RUN_FAILED, "2 of 600 frames failed")
        self.assertEqual(sum(charts_of(self.page("timeline"))[0]["requests"]["failed"]), 2)
        self.assertIn("2 failed", self.page("report"))

    def test_names_cannot_break_out(self):
        source = self.make_video("</script><b>x.mp4".replace("/", "_"))
        hostile = self.folder / "<b>&'\"<!--.html"
        self.assert_done(self.run_simulated(source, "--report", hostile))
        page = hostile.read_text()
        self.assertNotIn("<b>", page)
        self.assertIn("&lt;b&gt;", page)

    @unittest.skipUnless(pathlib.Path("/dev/full").exists(), "there is no /dev/full")
    def test_a_full_disk(self):
        for option in ("--report", "--timeline", "--trace"):
            with self.subTest(option):
                answer = self.run_simulated("synthetic:160x90,frames=20", option, "/dev/full")
                self.assert_ended(answer, RUN_FAILED, "/dev/full", "disk full")


@unittest.skipUnless(CHROMIUM, "Chromium is not installed (tools/deps.sh browser)")
class InABrowser(Recorded):
    def open(self, path, *flags):
        """What <html> says after the page's script has run: its attributes."""
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.folder}/profile",
                   "--virtual-time-budget=5000", *flags, "--dump-dom", path.as_uri()]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertIn('<html lang="en"', shown.stdout, shown.stderr)
        html = re.search(r'<html lang="en"([^>]*)>', shown.stdout).group(1)
        return dict(re.findall(r'data-(\w+)="([^"]*)"', html))

    def with_script(self, path, script):
        """A copy of a page that runs `script` when it is loaded, and keeps what it returns in data-probe."""
        copy = path.with_name("probed-" + path.name)
        probe = f"addEventListener('load', () => {{ document.documentElement.dataset.probe = (() => {{ {script} }})(); }});"
        copy.write_text(path.read_text().replace("</body>", f"<script>{probe}</script></body>"))
        return copy

    def test_every_chart_is_drawn_without_an_error(self):
        self.record(SWITCH)
        for kind in ("report", "timeline"):
            charts = len(charts_of(self.page(kind)))
            for flags in (["--window-size=1280,900"], ["--window-size=390,800"]):
                for scheme, theme in ((0, "dark"), (1, "light")):
                    with self.subTest(kind=kind, flags=flags, theme=theme):
                        shown = self.open(self.paths[kind], f"--blink-settings=preferredColorScheme={scheme}", *flags)
                        self.assertEqual(shown, {"theme": theme, "ready": str(charts)})

    def test_a_phone_need_not_scroll_sideways(self):
        self.record(SWITCH)
        for kind in ("report", "timeline"):
            page = self.with_script(self.paths[kind], "return document.documentElement.scrollWidth - innerWidth;")
            self.assertLessEqual(int(self.open(page, "--window-size=390,800")["probe"]), 0, kind)

    def test_the_switch_of_colours_redraws(self):
        self.record(SWITCH)
        page = self.with_script(self.paths["timeline"], "document.getElementById('theme').click(); return 'done';")
        shown = self.open(page, "--blink-settings=preferredColorScheme=1")
        self.assertEqual(shown, {"theme": "dark", "ready": "1", "probe": "done"})

    def test_pointing_at_a_request_tells_of_it_also_after_zooming(self):
        self.record()
        page = self.with_script(self.paths["timeline"], """
            const canvas = document.querySelector(".timeline canvas"), box = canvas.getBoundingClientRect();
            const send = (type, x, y, more) => canvas.dispatchEvent(new (type === "wheel" ? WheelEvent : PointerEvent)(type,
                {clientX: box.left + x, clientY: box.top + y, cancelable: true, pointerId: 1, ...more}));
            const tip = document.querySelector(".tip"), told = [];
            for (let turn = 0; turn < 2; ++turn) {
              send("pointermove", 500, 34 + 17 * 2.5);
              told.push(tip.textContent);
              for (let i = 0; i < 5; ++i) send("wheel", 500, 60, {deltaY: -200});
            }
            return told.join("|");""")
        for told in self.open(page, "--window-size=1000,900")["probe"].split("|"):
            self.assertRegex(told, r"request #\d+ on sim:sim\s+[\d.,]+ ms → [\d.,]+ ms: [\d.]+ ms")


if __name__ == "__main__":
    unittest.main(verbosity=2)
