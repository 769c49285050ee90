"""The peer: OpenVINO's own automatic batching under requests at an even pace, one callback each.

usage: openvino_batch.py MODEL DEVICE INTERVAL_MS COUNT [TIMEOUT_MS]      prints JSON
DEVICE as OpenVINO writes it: CPU, BATCH:CPU(4). Latency counts from the intended start.
"""
import json
import sys
import time

import numpy as np
import openvino as ov


def main():
    model, device, interval, count = sys.argv[1], sys.argv[2], float(sys.argv[3]) / 1000, int(sys.argv[4])
    core = ov.Core()
    config = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
    if len(sys.argv) > 5:
        config["AUTO_BATCH_TIMEOUT"] = sys.argv[5]
    compiled = core.compile_model(core.read_model(model), device, config)
    latencies = []
    queue = ov.AsyncInferQueue(compiled, 64)
    queue.set_callback(lambda request, due: latencies.append(time.perf_counter() - due))
    inputs = {port: np.full(list(port.shape), 100, np.float32) for port in compiled.inputs}
    begin = time.perf_counter() + 0.05
    for i in range(count):
        due = begin + i * interval
        time.sleep(max(0.0, due - time.perf_counter()))
        queue.start_async(inputs, due)
    queue.wait_all()
    latencies.sort()
    percentile = lambda share: latencies[min(count - 1, int(share * count))] * 1000
    print(json.dumps({"p50_ms": percentile(0.5), "p99_ms": percentile(0.99), "answered": len(latencies)}))


main()
