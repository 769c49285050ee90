"""The peer: the loop people write after the OpenVINO notebook on asynchronous inference.

OpenCV reads and resizes, two requests are swapped (one runs while the next frame is prepared), the results are
parsed with NumPy and written as JSON lines. Unlike the notebook's, it does not lose the last frame.

usage: notebook_loop.py MODEL VIDEO JSONL [CACHE]
prints {"frames": n, "seconds": s, "first_result_at": seconds since 1970, "precision": …}
"""
import sys
import time

import cv2
from detection_steps import Results, core_with, report, steps_of


def main():
    model_path, video_path, json_path, *cache = sys.argv[1:]
    compiled = core_with(*cache or [""]).compile_model(model_path, "CPU")
    prepare, parse = steps_of(compiled)
    current, following = compiled.create_infer_request(), compiled.create_infer_request()
    pending = None
    begin = time.perf_counter()
    video = cv2.VideoCapture(video_path)
    results = Results(json_path)
    while True:
        read, frame = video.read()
        if read:
            tensor, extra = prepare(frame)
            following.start_async([tensor])
        if pending is not None:
            current.wait()
            results.write(parse(current.get_output_tensor(0).data, *pending))
        if not read:
            break
        pending = frame, extra
        current, following = following, current
    report(compiled, results, time.perf_counter() - begin)


main()
