"""--metrics: what a scraper sees of a run, and addresses that cannot be served."""

import re
import socket
import unittest
import urllib.request

from harness import BAD_USAGE, CliTest, Started, inflight, simulated

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

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            answer = inflight("run", *simulated("load=60s"), *ENDLESS, "--metrics", address)
        self.assert_told(answer, BAD_USAGE, address, "in use", "choose another port")

    def test_addresses_that_make_no_sense(self):
        for address in ("x", "70000", "-1", "127.0.0.1:", ":9090", "9090x"):
            with self.subTest(address):
                answer = inflight("run", *simulated("load=60s"), *ENDLESS, f"--metrics={address}")
                self.assert_told(answer, BAD_USAGE, address, "ADDRESS:PORT")

    def test_an_address_of_another_machine(self):
        answer = inflight("run", *simulated("load=60s"), *ENDLESS, "--metrics", "192.0.2.1:0")
        self.assert_told(answer, BAD_USAGE, "192.0.2.1:0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
