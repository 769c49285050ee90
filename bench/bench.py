"""Measures what the README claims, in interleaved rounds, and prints medians with their spread.

Every round runs each contestant once on the same video, so that a machine that changes its speed changes all of
them; ratios are taken within a round.
"""
import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INFLIGHT = ROOT / "build/release/apps/inflight/inflight"
MICRO = ROOT / "build/release/bench/infer_queue_bench"
DEVICE_BENCH = ROOT / "build/release/bench/device_bench"
PEERS = ROOT / "bench/peers"
ASSETS = ROOT / "assets"
VIDEO = ROOT / "assets/one-by-one-person-detection.mp4"
MODELS = ["person-detection-0200.xml", "yolox_nano.onnx"]


def run_inflight(model, scratch, *options):
    summary = scratch / "summary.json"
    command = [INFLIGHT, "run", "-m", model, "-i", VIDEO, "--quiet", "--calibrate", "--summary", summary, *options]
    subprocess.run([str(c) for c in command], check=True)
    return json.loads(summary.read_text())


def run_json(*command):
    """What a program prints as JSON."""
    return json.loads(subprocess.run([str(c) for c in command], check=True, capture_output=True).stdout)


def run_peer(name, model, scratch, *cache):
    began = time.time()
    result = run_json(sys.executable, PEERS / f"{name}.py", model, VIDEO, scratch / "peer.jsonl", *cache)
    result["fps"] = result["frames"] / result["seconds"]
    result["first_s"] = result["first_result_at"] - began
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
            peer = run_peer("notebook_loop", model, scratch)
            queue = run_peer("async_infer_queue", model, scratch)
            video = run_inflight(model, scratch, "--json", scratch / "d.jsonl", "-o", scratch / "v.mp4")
            rows.append((plain, peer, queue, video))
            print(f"  round {i + 1}: inflight {plain['fps']:.1f} FPS of {plain['limit_fps']:.1f}, "
                  f"swapped requests {peer['fps']:.1f}, AsyncInferQueue {queue['fps']:.1f}, with video {video['fps']:.1f} of {video['limit_fps']:.1f}", flush=True)
    plain, peer, queue, video = zip(*rows)
    engine = plain[0]["engine"]
    print(f"  {engine['device']}, {engine['precision']} (peer: {peer[0]['precision']}), {engine['requests']} requests, "
          f"{engine['execution_streams']} execution streams; {plain[0]['frames']['emitted']} frames")
    for stage in plain[0]["stages"]:
        print(f"  core-ms, {stage:<32} {spread([core_ms(p, stage) for p in plain])}")
    print(f"  {'core-ms, sink with video':<41} {spread([core_ms(v, 'sink') for v in video])}")
    print(f"  {'end-to-end FPS':<41} {spread([p['fps'] for p in plain], 1)}")
    print(f"  {'efficiency: FPS ÷ limit':<41} {spread([p['efficiency'] for p in plain])}")
    print(f"  {'FPS ÷ engine ceiling':<41} {spread([p['fps'] / p['engine']['ceiling_fps'] for p in plain])}")
    print(f"  {'FPS ÷ notebook loop (two swapped requests)':<41} {spread(ratios(plain, peer, 'fps'), 2)}")
    print(f"  {'FPS ÷ AsyncInferQueue in Python':<41} {spread(ratios(plain, queue, 'fps'), 2)}")
    best = [max(a, b, key=lambda r: r["fps"]) for a, b in zip(peer, queue)]
    print(f"  {'FPS ÷ the better of the two':<41} {spread(ratios(plain, best, 'fps'), 2)}")
    print(f"  {'efficiency with annotated video':<41} {spread([v['efficiency'] for v in video])}")
    print(f"  {'the same ÷ efficiency without':<41} {spread([encoder_account(p, v) for p, v in zip(plain, video)])}")


def bench_models(rounds):
    for name in MODELS:
        print(f"{name} on {VIDEO.name}")
        bench_model(name, rounds)


FIXED = 20  # credits: what every run had before their number was found while it goes on


def bench_credits(rounds):
    """The default number of frames on their way against twenty of them."""
    for name in MODELS:
        for title, sink, frames in ("", [], 600), (", annotated video", ["-o"], 500):
            default, fixed = [], []
            with tempfile.TemporaryDirectory() as folder:
                sinks = ["--json", Path(folder) / "d.jsonl", *sink, *([Path(folder) / "v.mp4"] if sink else [])]
                contestants = [(default, []), (fixed, ["--max-frames", FIXED])]
                for i in range(rounds):
                    # Whoever comes second finds the processor warmer: in turns.
                    for seen, options in contestants[:: 1 if i % 2 else -1]:
                        seen.append(fps_of("-m", ASSETS / name, "-i", VIDEO, "--limit", frames, *sinks, *options))
            p50 = [a["latency_ms"]["p50"] / b["latency_ms"]["p50"] for a, b in zip(default, fixed)]
            row(f"{name}{title}: FPS, default ÷ {FIXED}", ratios(default, fixed, "fps"))
            row(f"{name}{title}: p50 end to end, default ÷ {FIXED}", p50)
            row(f"{name}{title}: p50 end to end, default, ms", [r["latency_ms"]["p50"] for r in default], 1)
            row(f"{name}{title}: frames on their way at the end", [r["credits"]["end"] for r in default], 0)
    bench_age(rounds)


def bench_age(rounds):
    """A camera that the device keeps up with: how old results are against one frame through all stages alone."""
    for name in MODELS:
        camera = [], []
        for i in range(rounds):
            options = ["-m", ASSETS / name, "-i", VIDEO, "--realtime", "--limit", 60]
            for seen, api in list(zip(camera, ("async", "sync")))[:: 1 if i % 2 else -1]:
                seen.append(fps_of(*options, "--api", api))
        live, alone = ([r["sources"][0]["age_ms"]["p50"] for r in runs] for runs in camera)
        row(f"{name}, live: age p50, ms", live, 1)
        row(f"{name}, live: age p50 ÷ one frame alone", [a / b for a, b in zip(live, alone)])


def first_result_of(model, folder, *cache):
    """Seconds from the command to the first result, and to the end of the whole video."""
    began, first = time.time(), Path(folder) / "first"
    first.unlink(missing_ok=True)
    os.mkfifo(first)
    run = subprocess.Popen([str(c) for c in (INFLIGHT, "run", "-q", "-m", model, "-i", VIDEO, "--json", first, *cache)])
    with open(first, "rb", buffering=0) as results:
        results.read(1)
        seconds = time.time() - began
        while results.read(1 << 16):
            pass
    run.wait()
    return {"first_s": seconds}


def bench_first(rounds):
    for name in MODELS:
        for state in "cold", "with a cache":
            ours, theirs = [], []
            with tempfile.TemporaryDirectory() as folder:
                scratch, model = Path(folder), ASSETS / name
                ours_cache = ["--cache-dir", scratch / "ours"] if state != "cold" else []
                their_cache = [scratch / "theirs"] if state != "cold" else []
                if state != "cold":  # filled by a run that does not count
                    first_result_of(model, folder, *ours_cache)
                    run_peer("notebook_loop", model, scratch, *their_cache)
                for _ in range(rounds):
                    ours.append(first_result_of(model, folder, *ours_cache))
                    theirs.append(run_peer("notebook_loop", model, scratch, *their_cache))
            row(f"{name}, {state}: inflight, s", [r["first_s"] for r in ours])
            row(f"{name}, {state}: notebook loop, s", [r["first_s"] for r in theirs])
            row(f"{name}, {state}: inflight ÷ notebook loop", ratios(ours, theirs, "first_s"))


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


def row(name, values, digits=3):
    print(f"  {name:<56} {spread(values, digits)}", flush=True)


def ratios(over, under, key):
    return [a[key] / b[key] for a, b in zip(over, under)]


def interleaved(rounds, **commands):
    """Each command once per round; what they print, by name."""
    results = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            results[name].append(run_json(*command))
    return results


def bench_ort(rounds):
    model = ASSETS / "yolox_nano.onnx"
    against = f"{DEVICE_BENCH} rate {model} ort:CPU 3"
    peer = run_json(sys.executable, PEERS / "ort_python.py", model, "--rounds", rounds, "--against", against)
    for setting, speed in peer["inferences_per_second"].items():
        print(f"  Python, {setting:<48} {speed:.1f} inferences/s")
    print(f"  {'ort:CPU':<56} {peer['against']:.1f} inferences/s")
    print(f"  {'ort:CPU ÷ best of Python':<56} {peer['ratio_to_best']:.3f}")


AUTO = "AUTO:ort:CPU,ov:CPU"


def bench_auto(rounds):
    model = ASSETS / "yolox_nano.onnx"
    devices = {"ort": "ort:CPU", "ov": "ov:CPU", "auto": AUTO}
    for state in "cold", "warm":
        with tempfile.TemporaryDirectory() as folder:
            # One folder for each: what one device caches is not for another to find.
            caches = {name: Path(folder) / name if state == "warm" else "" for name in devices}
            commands = {n: [DEVICE_BENCH, "load", model, d, caches[n]] for n, d in devices.items()}
            if state == "warm":
                for name in "ort", "ov":
                    for cache in caches[name], caches["auto"]:
                        run_json(DEVICE_BENCH, "load", model, devices[name], cache)
            seen = interleaved(rounds, **commands)
        for name, device in devices.items():
            row(f"first result, cache {state}, {device}, ms", [r["first_result_ms"] for r in seen[name]], 0)
        quicker = [min(a["first_result_ms"], b["first_result_ms"]) for a, b in zip(seen["ort"], seen["ov"])]
        row(f"first result, cache {state}: AUTO ÷ the quicker engine",
            [r["first_result_ms"] / q for r, q in zip(seen["auto"], quicker)])
    seen = interleaved(rounds, **{n: [DEVICE_BENCH, "rate", model, d, 4] for n, d in devices.items()})
    for name, device in devices.items():
        row(f"steady state, {device}, inferences/s", [r["inferences_per_second"] for r in seen[name]], 1)
    best = [max(a["inferences_per_second"], b["inferences_per_second"]) for a, b in zip(seen["ort"], seen["ov"])]
    row("steady state: AUTO ÷ the better engine",
        [r["inferences_per_second"] / b for r, b in zip(seen["auto"], best)])
    paced = run_json(DEVICE_BENCH, "paced", model, AUTO, 30, 2000)
    print(f"  2000 requests, one per 30 ms, over the switch: {paced['answered']} answered, {paced['failed']} failed, "
          f"{paced['out_of_order']} out of order, served by {paced['devices']}; p99 {paced['p99_ms']:.1f} ms")


def bench_batch(rounds):
    model = ASSETS / "person-reidentification-retail-0287.xml"
    paced = [20, 500]
    seen = interleaved(
        rounds,
        plain=[DEVICE_BENCH, "paced", model, "ov:CPU", *paced],
        batch=[DEVICE_BENCH, "paced", model, "BATCH:ov:CPU(4)", *paced],
        theirs=[sys.executable, PEERS / "openvino_batch.py", model, "BATCH:CPU(4)", *paced])
    row("one per 20 ms, p99 ms: ov:CPU", [r["p99_ms"] for r in seen["plain"]])
    row("one per 20 ms, p99 ms: BATCH:ov:CPU(4)", [r["p99_ms"] for r in seen["batch"]])
    row("one per 20 ms, p99 ms: OpenVINO's BATCH:CPU(4)", [r["p99_ms"] for r in seen["theirs"]])
    row("one per 20 ms, p99: BATCH ÷ unbatched", ratios(seen["batch"], seen["plain"], "p99_ms"))
    sizes = [1, 2, 4, 8]
    seen = interleaved(rounds, batch=[DEVICE_BENCH, "rate", model, "BATCH:ov:CPU(8)", 3],
                       **{str(n): [DEVICE_BENCH, "rate", model, "ov:CPU", 3, n] for n in sizes})
    for n in sizes:
        row(f"saturated, static batch {n}, inferences/s", [r["inferences_per_second"] for r in seen[str(n)]], 1)
    row("saturated, BATCH:ov:CPU(8), inferences/s", [r["inferences_per_second"] for r in seen["batch"]], 1)
    # The best by its median: the best of each round would be the luckiest of four.
    best = max(sizes, key=lambda n: statistics.median(r["inferences_per_second"] for r in seen[str(n)]))
    row(f"saturated: BATCH ÷ the best static batch ({best})", ratios(seen["batch"], seen[str(best)], "inferences_per_second"))
    row("the same, core-ms of one inference", ratios(seen["batch"], seen[str(best)], "core_ms"))
    seen = interleaved(rounds, one=[DEVICE_BENCH, "paced", model, "BATCH:ov:CPU(8)", 2, 1200, 1],
                       four=[DEVICE_BENCH, "paced", model, "BATCH:ov:CPU(8)", 8, 1200, 4])
    row("mean batch, one caller at one per 2 ms", [r["mean_batch"] for r in seen["one"]])
    row("mean batch, four callers at one per 8 ms each", [r["mean_batch"] for r in seen["four"]])


def run_benchmark_app(model, *options):
    """OpenVINO's own, with the numbers of its last block."""
    app = Path(sys.executable).parent / "benchmark_app"
    out = subprocess.run([str(c) for c in (app, "-m", model, *options)], check=True, capture_output=True, text=True).stdout
    return {"fps": float(re.search(r"Throughput: +([\d.]+) FPS", out).group(1)),
            "median_ms": float(re.search(r"Median: +([\d.]+) ms", out).group(1))}


def run_bench(model, *options):
    summary = run_json(INFLIGHT, "bench", "-m", model, "--summary", "-", "--quiet", *options)
    return {"fps": summary["fps"], "median_ms": summary["latency_ms"]["p50"], "stable": summary["stable"]}


def bench_bench(rounds):
    seconds = 6
    for name in MODELS:
        print(f"  {name}, {seconds} s each")
        for hint, api in ("throughput", "async"), ("latency", "sync"):
            options = ["-d", "CPU", "-hint", hint, "-api", api, "-t", seconds]
            ours, theirs = [], []
            for i in range(rounds):
                # Whoever comes second finds the processor warmer: in turns.
                for run, seen in ((run_bench, ours), (run_benchmark_app, theirs))[:: 1 if i % 2 else -1]:
                    seen.append(run(ASSETS / name, *options))
            row(f"{api}, {hint}: inflight bench, FPS", [r["fps"] for r in ours], 1)
            row(f"{api}, {hint}: benchmark_app, FPS", [r["fps"] for r in theirs], 1)
            row(f"{api}, {hint}: FPS ÷ benchmark_app", ratios(ours, theirs, "fps"))


def run_tune(model, scratch, *options):
    summary = scratch / "tune.json"
    subprocess.run([str(c) for c in (INFLIGHT, "tune", "-m", model, "-i", VIDEO, "--frames", 450, "-o",
                                     scratch / "tuned.conf", "--summary", summary, "-q", *options)],
                   check=True, stdout=subprocess.DEVNULL)
    return json.loads(summary.read_text())


def arguments(trial):
    return [f"--{name}={value}" for name, value in trial["settings"].items()]


def bench_tune(rounds):
    for name in MODELS:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            tuned = run_tune(ASSETS / name, scratch)
            swept = run_tune(ASSETS / name, scratch, "--exhaustive")
            chosen, best = tuned["ranking"][0], swept["ranking"][0]
            print(f"  {name}: tune chose {' '.join(arguments(chosen))}")
            print(f"  {name}: the sweep {' '.join(arguments(best))}")
            print(f"  {'time: tune ÷ sweep':<56} {tuned['seconds'] / swept['seconds']:.3f}")
            # The best of a sweep is its luckiest; so both are run again, in turns, and the command line as it is.
            runs = {"chosen": arguments(chosen), "swept": arguments(best), "plain": []}
            seen = {key: [] for key in runs}
            for _ in range(rounds):
                for key, options in runs.items():
                    subprocess.run([str(c) for c in (INFLIGHT, "run", "-m", ASSETS / name, "-i", VIDEO, "--limit", 600,
                                                     "--summary", scratch / "s.json", "-q", *options)], check=True)
                    seen[key].append(json.loads((scratch / "s.json").read_text()))
        row("FPS: tune's choice ÷ the sweep's", ratios(seen["chosen"], seen["swept"], "fps"))
        row("FPS: tune's choice ÷ the defaults", ratios(seen["chosen"], seen["plain"], "fps"))


FOUR = ["-m", f"people={ASSETS / 'person-detection-0200.xml'}", "-m", f"things={ASSETS / 'yolox_nano.onnx'}",
        "-m", f"more-people={ASSETS / 'person-detection-0200.xml'}",
        "-m", f"more-things={ASSETS / 'yolox_nano.onnx'} -d ort:CPU"]
FOUR_ORT = [word for name in "abcd" for word in ("-m", f"{name}={ASSETS / 'yolox_nano.onnx'}")] + ["-d", "ort:CPU"]


def fps_of(*options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.json"
        subprocess.run([str(c) for c in (INFLIGHT, "run", "-q", "--summary", path, *options)], check=True)
        return json.loads(path.read_text())


def bench_modes(rounds):
    print("  four models (two OpenVINO twice, one ONNX Runtime), 200 frames")
    subprocess.run([str(c) for c in (INFLIGHT, "compare", "--modes", *FOUR, "-i", VIDEO, "--limit", 200, "--rounds",
                                     rounds, "-q")], check=True)
    shared, peer = [], []
    for _ in range(rounds):
        shared.append(fps_of(*FOUR_ORT, "-i", VIDEO, "--limit", 200))
        peer.append(run_json(sys.executable, PEERS / "ort_threads.py", VIDEO, 200, *[ASSETS / "yolox_nano.onnx"] * 4))
    row("four of yolox_nano on ort:CPU: shared, FPS", [r["fps"] for r in shared], 1)
    row("the same in Python: a session and a thread each", [r["fps"] for r in peer], 1)
    row("shared ÷ Python", ratios(shared, peer, "fps"), 2)


def bench_sources(rounds):
    model = ["-m", ASSETS / "person-detection-0200.xml"]
    one, eight, seven, slowed = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        slow = Path(folder) / "slow.txt"
        slow.write_text("synthetic:768x432,fps=1,frames=4 realtime=true\n")
        for _ in range(rounds):
            one.append(fps_of(*model, "-i", VIDEO, "--limit", 1200))
            eight.append(fps_of(*model, *["-i", VIDEO] * 8, "--limit", 150))
            # Long enough for the slow one to be there all the time.
            seven.append(fps_of(*model, *["-i", VIDEO] * 7, "--limit", 250))
            slowed.append(fps_of(*model, *["-i", VIDEO] * 7, "-i", slow, "--limit", 250))
    row("one file, FPS", [r["fps"] for r in one], 1)
    row("eight files, FPS in all", [r["fps"] for r in eight], 1)
    row("eight ÷ one", ratios(eight, one, "fps"))
    shares = [s["fps"] / statistics.mean(t["fps"] for t in r["sources"]) for r in eight for s in r["sources"]]
    row("share of each of eight, mean 1", shares)

    def of_seven(run):
        return sum(source["fps"] for source in run["sources"][:7])

    row("seven files beside one of 1 frame/s ÷ seven alone", [of_seven(a) / of_seven(b) for a, b in zip(slowed, seven)])


def bench_live(rounds, seconds=60):
    """Sixteen cameras of 10 frames/s, for which the two models are too slow by half."""
    models = FOUR[:4] + ["-d", "CPU"]
    options = [*models, *["-i", VIDEO] * 16, "--realtime", "--loop", 0, "--overflow", "drop_oldest", "--limit",
               10 * seconds]
    runs = [fps_of(*options) for _ in range(max(1, rounds // 5))]
    for run in runs:
        frames = run["frames"]
        dropped, failed = sum(frames["dropped"].values()), sum(frames["failed"].values())
        adds_up = frames["read"] == frames["emitted"] + dropped + failed
        bound = 1e3 * run["credit_frames"] / run["fps"]
        print(f"  {run['wall_s']:.0f} s: {frames['read']} read = {frames['emitted']} emitted + {dropped} dropped + {failed} "
              f"failed: {'adds up' if adds_up else 'DOES NOT ADD UP'}; {run['fps']:.1f} FPS")
        print(f"  p99 age of the worst source {max(s['age_ms']['p99'] for s in run['sources']):.0f} ms; bound by credits "
              f"({run['credit_frames']} frames ÷ {run['fps']:.1f} FPS) {bound:.0f} ms; peak memory {run['peak_rss_mb']:.0f} MB")


def bench_recording(rounds):
    """Everything recorded, against nothing."""
    plain, recorded = [], []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for i in range(2 * rounds):
            recording = ["--report", scratch / "r.html", "--timeline", scratch / "t.html", "--trace", scratch / "t.json"]
            # Whoever comes second finds the processor warmer: in turns.
            for options, seen in ((recording, recorded), ([], plain))[:: 1 if i % 2 else -1]:
                seen.append(fps_of("-m", ASSETS / MODELS[0], "-i", VIDEO, "--limit", 600, *options))
    row("person-detection-0200: FPS with everything recorded ÷ without", ratios(recorded, plain, "fps"))
    row("the same, processor time", ratios(recorded, plain, "cpu_s"))


def children_of(process):
    return [int(child) for task in Path(f"/proc/{process.pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def bench_process(rounds):
    """A model's process is killed in the middle of a run."""
    for _ in range(max(1, rounds // 2)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s.json"
            run = subprocess.Popen([str(c) for c in (INFLIGHT, "run", "-q", "-m", ASSETS / MODELS[0], "-d", "PROCESS:ov:CPU",
                                                     "-i", VIDEO, "--limit", 900, "--summary", path)])
            time.sleep(3)
            for child in children_of(run):
                os.kill(child, signal.SIGKILL)
            run.wait()
            summary = json.loads(path.read_text())
        frames = summary["frames"]
        print(f"  {frames['read']} read = {frames['emitted']} emitted + {frames['failed']} failed")
        for event in summary["events"]:
            print(f"    {event['at_s']:7.3f} s {event['kind']}: {event['text']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    sections = {
        "models": ("", bench_models),
        "credits": ("frames on their way: the default against twenty", bench_credits),
        "first": ("from the command to the first result of 1394 frames", bench_first),
        "queue": ("InferQueue on the simulated engine without latency", bench_queue),
        "ort": ("ONNX Runtime, yolox_nano", bench_ort),
        "auto": ("AUTO over two engines, yolox_nano", bench_auto),
        "batch": ("BATCH, person-reidentification-retail-0287", bench_batch),
        "bench": ("inflight bench beside OpenVINO's benchmark_app", bench_bench),
        "modes": ("several models per frame: ways to share the machine", bench_modes),
        "sources": ("several sources, person-detection-0200", bench_sources),
        "live": ("sixteen cameras past capacity", bench_live),
        "recording": ("what recording costs", bench_recording),
        "process": ("a model's process is killed", bench_process),
        "tune": ("inflight tune beside a sweep over all settings", bench_tune),
    }
    parser.add_argument("--only", choices=sections, action="append", help="one section; may be repeated")
    options = parser.parse_args()
    print(f"medians of {options.rounds} interleaved rounds (minimum – maximum)")
    for name, (title, bench) in sections.items():
        if options.only and name not in options.only:
            continue
        print(f"\n{title}" if title else "", flush=True)
        bench(options.rounds)


main()
