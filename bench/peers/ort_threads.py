"""The peer: several models per frame as people run them in Python: an ONNX Runtime session with its defaults and a
thread for each model, every frame given to all of them, their answers joined before the next frame.

usage: ort_threads.py VIDEO FRAMES MODEL [MODEL ...]      prints JSON
"""
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import onnxruntime as ort


def read_out(output, threshold=0.3):
    """Boxes of YOLOX above the threshold; NMS as the notebooks do it."""
    rows = output[0]
    scores = rows[:, 4:5] * rows[:, 5:]
    keep = scores.max(axis=1) > threshold
    boxes, best = rows[keep, :4], scores[keep].max(axis=1)
    corners = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)
    return cv2.dnn.NMSBoxes(corners.tolist(), best.tolist(), threshold, 0.5)


def infer(session, frame):
    """Everything of one model: letterbox, run, read."""
    name, (_, _, height, width) = session.get_inputs()[0].name, session.get_inputs()[0].shape
    scale = min(width / frame.shape[1], height / frame.shape[0])
    resized = cv2.resize(frame, (round(frame.shape[1] * scale), round(frame.shape[0] * scale)))
    picture = np.full((height, width, 3), 114, np.uint8)
    picture[:resized.shape[0], :resized.shape[1]] = resized
    blob = np.ascontiguousarray(picture.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
    return read_out(session.run(None, {name: blob})[0])


def main():
    video, limit, models = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    sessions = [ort.InferenceSession(model, providers=["CPUExecutionProvider"]) for model in models]
    for session in sessions:
        infer(session, np.zeros((432, 768, 3), np.uint8))
    capture, frames = cv2.VideoCapture(video), 0
    begin = time.perf_counter()
    with ThreadPoolExecutor(len(sessions)) as pool:
        while frames < limit:
            read, frame = capture.read()
            if not read:
                break
            list(pool.map(lambda session: infer(session, frame), sessions))
            frames += 1
    seconds = time.perf_counter() - begin
    print(json.dumps({"frames": frames, "seconds": seconds, "fps": frames / seconds}))


main()
