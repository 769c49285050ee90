"""The peer: OpenVINO's AsyncInferQueue, with the throughput hint and as many requests as it asks for.

OpenCV reads and resizes, the callback parses with NumPy, and the results are put back into the order of the frames and
written as JSON lines, as the other contestants' are.

usage: async_infer_queue.py MODEL VIDEO JSONL [CACHE]
prints {"frames": n, "seconds": s, "first_result_at": seconds since 1970, "precision": …}
"""
import sys
import threading
import time

import cv2
from detection_steps import Results, core_with, report, steps_of
from openvino import AsyncInferQueue


class InOrder:
    """Hands results on in the order of their frames."""

    def __init__(self, results):
        self.results, self.waiting, self.next, self.lock = results, {}, 0, threading.Lock()

    def put(self, number, found):
        with self.lock:
            self.waiting[number] = found
            while self.next in self.waiting:
                self.results.write(self.waiting.pop(self.next))
                self.next += 1


def main():
    model_path, video_path, json_path, *cache = sys.argv[1:]
    compiled = core_with(*cache or [""]).compile_model(model_path, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
    prepare, parse = steps_of(compiled)
    results = Results(json_path)
    in_order = InOrder(results)

    def done(request, work):
        number, frame, extra = work
        in_order.put(number, parse(request.get_output_tensor(0).data, frame, extra))

    queue = AsyncInferQueue(compiled, 0)
    queue.set_callback(done)
    begin = time.perf_counter()
    video, number = cv2.VideoCapture(video_path), 0
    while True:
        read, frame = video.read()
        if not read:
            break
        tensor, extra = prepare(frame)
        queue.start_async([tensor], (number, frame, extra))
        number += 1
    queue.wait_all()
    report(compiled, results, time.perf_counter() - begin)


main()
