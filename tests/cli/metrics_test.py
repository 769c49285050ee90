"""--metrics: what a scraper sees of a run, and addresses that cannot be served."""

import contextlib
import os
import re
import socket
import threading
import time
import unittest
import urllib.request

from harness import BAD_USAGE, DONE, CliTest, Started, inflight, simulated

ENDLESS = ["-i", "synthetic:160x90,frames=100", "--loop", "0"]


def has_metrics():
    answer = inflight("run", *simulated(), "-i", "synthetic:64x64,frames=1", "--metrics", "127.0.0.1:0")
    return answer.code == 0


def parse(text):
    """Samples by name and labels."""
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in lines}


@unittest.skipUnless(has_metrics(), "built without prometheus-cpp")
class Metrics(CliTest):
    def scrape_until(self, url, enough):
        """What is served may be asked before the run has begun: asks until it has gone on."""
        for _ in range(10000):
            samples = parse(urllib.request.urlopen(url, timeout=30).read().decode())
            if enough(samples):
                return samples
        self.fail(f"nothing happens: {samples}")

    def url(self, started):
        for line in started.process.stderr:
            if found := re.search(r"metrics at (http://\S+)", line):
                return found.group(1)
        self.fail("it did not say where its metrics are")

    def test_a_scraper_sees_frames_stages_times_requests_credits_and_the_device(self):
        with Started("run", *simulated("latency=2ms,lanes=2,fail_rate=0.2"), *ENDLESS, "--metrics", "127.0.0.1:0") as run:
            emitted = 'inflight_frames_total{status="emitted",reason=""}'
            samples = self.scrape_until(self.url(run), lambda s: s.get(emitted, 0) > 50)
            for name in ("inflight_frames_read_total", 'inflight_frames_total{status="failed",reason="engine_failed"}',
                         'inflight_stage_seconds_total{stage="infer"}', 'inflight_stage_frames_total{stage="decode"}',
                         "inflight_end_to_end_seconds_sum", "inflight_requests", "inflight_requests_in_flight",
                         "inflight_credits_frames_held", "inflight_credits_frames_max", "inflight_credits_bytes_max",
                         'inflight_device_info{engine="sim",device="sim:sim",precision="f32"}'):
                self.assertGreater(samples.get(name, 0), 0, f"{name} of {sorted(samples)}")
            self.assertEqual(samples['inflight_end_to_end_seconds_bucket{le="+Inf"}'],
                             samples["inflight_end_to_end_seconds_count"])
            self.assertEqual(samples["inflight_end_to_end_seconds_count"], samples[emitted])
            self.assertEqual(samples['inflight_end_to_end_seconds_bucket{le="0.001"}'], 0)
            run.interrupt()
            run.answer()

    def test_switches_of_devices_are_counted(self):
        device = "AUTO:(sim:latency=8ms,name=small),(sim:latency=2ms,lanes=4,load=200ms,name=wide)"
        with Started("run", "-m", "any", "-d", device, *ENDLESS, "--metrics", "127.0.0.1:0") as run:
            switched = lambda samples: [name for name in samples if 'kind="switched"' in name]
            self.assertEqual(len(switched(self.scrape_until(self.url(run), switched))), 1)
            run.interrupt()
            run.answer()

    def test_a_scraper_is_answered_however_many_others_hold_their_connections(self):
        """Each sends a request that never ends, a byte now and then."""
        with Started("run", *simulated(), *ENDLESS, "--metrics", "127.0.0.1:0") as run:
            url = self.url(run)
            port, over = int(re.search(r":(\d+)/", url).group(1)), threading.Event()

            def drip():
                while not over.is_set():
                    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 30) as connection:
                        connection.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
                        while not over.wait(0.2):
                            connection.sendall(b"x")

            drippers = [threading.Thread(target=drip) for _ in range(6)]
            for dripper in drippers:
                dripper.start()
            try:
                for _ in range(3):
                    self.assertIn("inflight_frames_read_total", urllib.request.urlopen(url, timeout=60).read().decode())
            finally:
                over.set()
                for dripper in drippers:
                    dripper.join()
            run.interrupt()
            self.assert_done(run.answer())

    def test_a_run_ends_as_soon_as_without(self):
        def seconds(*args):
            begin = time.monotonic()
            self.assert_done(self.run_simulated("synthetic:64x64,frames=3", "-q", *args))
            return time.monotonic() - begin

        # The quickest of several, so that a busy machine does not count; the server alone looked up every 2 s.
        plain, served = (min(seconds(*args) for _ in range(4)) for args in ((), ("--metrics", "0")))
        self.assertLess(served - plain, 0.5)

    def test_a_port_alone_is_for_this_machine(self):
        with Started("run", *simulated(), *ENDLESS, "--metrics", "0") as run:
            url = self.url(run)
            self.assertIn("//127.0.0.1:", url)
            urllib.request.urlopen(url, timeout=60).read()
            with self.assertRaises(OSError):  # as from outside: another address of this machine
                socket.create_connection(("127.0.0.2", int(re.search(r":(\d+)/", url).group(1))), 30)
            run.interrupt()
            run.answer()

    def test_a_star_is_for_everybody(self):
        with Started("run", *simulated(), *ENDLESS, "--metrics", "*:0") as run:
            port = re.search(r":(\d+)/", self.url(run)).group(1)
            urllib.request.urlopen(f"http://127.0.0.2:{port}/metrics", timeout=60).read()
            run.interrupt()
            run.answer()

    def test_the_page_is_utf_8_whatever_a_source_is_called(self):
        name = os.fsdecode(b"\xff.mp4")
        os.rename(self.make_video(frames=5), self.folder / name)
        with Started("run", *simulated(), "-i", name, "--loop", "0", "--metrics", "0", cwd=self.folder) as run:
            url = self.url(run)
            self.scrape_until(url, lambda samples: 'inflight_source_frames_total{source="0",name="\ufffd.mp4",status="emitted"}'
                              in samples)
            run.interrupt()
            run.answer()

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            answer = inflight("run", *simulated("load=60s"), *ENDLESS, "--metrics", address)
        self.assert_told(answer, BAD_USAGE, address, "in use", "choose another port")

    def test_addresses_that_make_no_sense(self):
        for address in ("x", "70000", "-1", "127.0.0.1:", ":9090", "9090x", "127.0.0.1:0,127.0.0.1:0", "+0", "[::1:0", "::1:0",
                        "[x]:0", "a b:0", "9090s"):
            with self.subTest(address):
                answer = inflight("run", *simulated("load=60s"), *ENDLESS, f"--metrics={address}")
                self.assert_told(answer, BAD_USAGE, address, "ADDRESS:PORT")

    def test_an_address_of_another_machine(self):
        answer = inflight("run", *simulated("load=60s"), *ENDLESS, "--metrics", "192.0.2.1:0")
        self.assert_told(answer, BAD_USAGE, "192.0.2.1:0")
        self.assert_remedy(answer)

    def test_an_address_of_the_next_protocol(self):
        """Where the server speaks it, it is served; else that is what is told."""
        answer = inflight("run", *simulated(), "-i", "synthetic:64x64,frames=2", "--metrics", "[::1]:0")
        if answer.code != DONE:
            self.assert_told(answer, BAD_USAGE, "[::1]:0", "IPv4")
        else:
            self.assertIn("http://[::1]:", answer.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
