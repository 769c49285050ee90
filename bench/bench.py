"""Measures what the README claims, in interleaved rounds, and prints medians with their spread.

Every round runs each contestant once on the same video, so that a machine that changes its speed changes all of
them; ratios are taken within a round.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INFLIGHT = ROOT / "build/release/apps/inflight/inflight"
MICRO = ROOT / "build/release/bench/infer_queue_bench"
PEER = ROOT / "bench/peers/notebook_loop.py"
VIDEO = ROOT / "assets/one-by-one-person-detection.mp4"
MODELS = ["person-detection-0200.xml", "yolox_nano.onnx"]


def run_inflight(model, scratch, *options):
    summary = scratch / "summary.json"
    command = [INFLIGHT, "run", "-m", model, "-i", VIDEO, "--quiet", "--calibrate", "--summary", summary, *options]
    subprocess.run([str(c) for c in command], check=True)
    return json.loads(summary.read_text())


def run_peer(model, scratch):
    command = [sys.executable, PEER, model, VIDEO, scratch / "peer.jsonl"]
    result = json.loads(subprocess.run([str(c) for c in command], check=True, capture_output=True).stdout)
    result["fps"] = result["frames"] / result["seconds"]
    return result


def spread(values, digits=3):
    return f"{statistics.median(values):.{digits}f}  ({min(values):.{digits}f} – {max(values):.{digits}f})"


def core_ms(summary, stage):
    return summary["stages"][stage]["core_ms"]


def encoder_account(plain, video):
    """Measured FPS with video on ÷ what the plain run's efficiency promises once the sink's own cost is added."""
    return video["efficiency"] / plain["efficiency"]


def bench_model(name, rounds):
    model = ROOT / "assets" / name
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for i in range(rounds):
            plain = run_inflight(model, scratch, "--json", scratch / "d.jsonl")
            peer = run_peer(model, scratch)
            video = run_inflight(model, scratch, "--json", scratch / "d.jsonl", "-o", scratch / "v.mp4")
            rows.append((plain, peer, video))
            print(f"  round {i + 1}: inflight {plain['fps']:.1f} FPS of {plain['limit_fps']:.1f}, "
                  f"peer {peer['fps']:.1f}, with video {video['fps']:.1f} of {video['limit_fps']:.1f}", flush=True)
    plain, peer, video = zip(*rows)
    engine = plain[0]["engine"]
    print(f"  {engine['device']}, {engine['precision']} (peer: {peer[0]['precision']}), {engine['requests']} requests, "
          f"{engine['execution_streams']} execution streams; {plain[0]['frames']['emitted']} frames")
    for stage in plain[0]["stages"]:
        print(f"  core-ms, {stage:<32} {spread([core_ms(p, stage) for p in plain])}")
    print(f"  {'core-ms, sink with video':<41} {spread([core_ms(v, 'sink') for v in video])}")
    print(f"  {'end-to-end FPS':<41} {spread([p['fps'] for p in plain], 1)}")
    print(f"  {'efficiency: FPS ÷ limit':<41} {spread([p['efficiency'] for p in plain])}")
    print(f"  {'FPS ÷ engine ceiling':<41} {spread([p['fps'] / p['engine']['ceiling_fps'] for p in plain])}")
    print(f"  {'FPS ÷ notebook loop':<41} {spread([p['fps'] / q['fps'] for p, q in zip(plain, peer)], 2)}")
    print(f"  {'efficiency with annotated video':<41} {spread([v['efficiency'] for v in video])}")
    print(f"  {'the same ÷ efficiency without':<41} {spread([encoder_account(p, v) for p, v in zip(plain, video)])}")


def bench_queue(repetitions):
    command = [MICRO, f"--benchmark_repetitions={repetitions}", "--benchmark_format=json",
               "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.2"]
    report = json.loads(subprocess.run([str(c) for c in command], check=True, capture_output=True).stdout)
    runs = {}
    for row in report["benchmarks"]:
        if row["run_type"] == "iteration":
            runs.setdefault(row["run_name"], []).append(row)
    for name, rows in runs.items():
        times = [r["ns_per_inference"] for r in rows]
        allocations = max(r["allocations_per_inference"] for r in rows)
        print(f"  {name:<42} {spread(times, 0)} ns per inference, {allocations:.4f} allocations")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["models", "queue"])
    options = parser.parse_args()
    print(f"medians of {options.rounds} interleaved rounds (minimum – maximum)")
    if options.only != "queue":
        for name in MODELS:
            print(f"\n{name} on {VIDEO.name}")
            bench_model(name, options.rounds)
    if options.only != "models":
        print("\nInferQueue on the simulated engine without latency")
        bench_queue(options.rounds)


main()
