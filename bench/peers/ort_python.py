"""The peer: ONNX Runtime in Python, at the best of its settings for throughput.

Every round measures each setting once, interleaved, so that a machine that changes its speed changes all of them;
with --against, a command that prints {"inferences_per_second": n} takes its turn in every round.

usage: ort_python.py MODEL [--seconds 3] [--rounds 3] [--against COMMAND]      prints JSON
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import threading
import time

import numpy as np
import onnxruntime as ort

TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(float16)": np.float16}


def make_session(model, intra_op_threads, spinning):
    options = ort.SessionOptions()
    options.intra_op_num_threads = intra_op_threads  # 0: ONNX Runtime's own choice
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def binding_of(session):
    """Inputs and outputs bound once: the fastest way that the Python API has."""
    binding = session.io_binding()
    for port in session.get_inputs():
        binding.bind_cpu_input(port.name, np.full(port.shape, 100, TYPES[port.type]))
    for port in session.get_outputs():
        binding.bind_output(port.name)
    return binding


def measure(session, callers, seconds):
    """Inferences per second of `callers` threads that share the session; Run lets go of Python's lock."""
    counts = [0] * callers
    ready = threading.Barrier(callers + 1)
    stop = threading.Event()

    def call(index):
        binding = binding_of(session)
        session.run_with_iobinding(binding)
        ready.wait()
        while not stop.is_set():
            session.run_with_iobinding(binding)
            counts[index] += 1

    threads = [threading.Thread(target=call, args=(i,)) for i in range(callers)]
    for thread in threads:
        thread.start()
    ready.wait()
    begin = time.perf_counter()
    time.sleep(seconds)
    done, elapsed = sum(counts), time.perf_counter() - begin
    stop.set()
    for thread in threads:
        thread.join()
    return done / elapsed


def measure_command(command):
    output = subprocess.run(shlex.split(command), check=True, capture_output=True, text=True).stdout
    return json.loads(output)["inferences_per_second"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against")
    args = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    settings = {  # name: (intra-op threads, spinning, callers)
        "defaults": (0, True, 1),
        f"{cores} callers, 1 thread each": (1, False, cores),
        f"{cores + 1} callers, 1 thread each": (1, False, cores + 1),
        f"1 caller, {cores} threads": (cores, False, 1),
        f"1 caller, {cores} threads, spinning": (cores, True, 1),
        f"2 callers, {cores} threads": (cores, False, 2),
    }
    sessions = {name: make_session(args.model, threads, spinning) for name, (threads, spinning, _) in settings.items()}
    results = {name: [] for name in settings}
    against = []
    for _ in range(args.rounds):
        for name, (_, _, callers) in settings.items():
            results[name].append(measure(sessions[name], callers, args.seconds))
        if args.against:
            against.append(measure_command(args.against))
    medians = {name: statistics.median(values) for name, values in results.items()}
    best = max(medians, key=medians.get)
    report = {"inferences_per_second": medians, "best": best}
    if against:
        report["against"] = statistics.median(against)
        report["ratio_to_best"] = statistics.median(a / b for a, b in zip(against, results[best]))
    print(json.dumps(report, indent=1))


main()
