"""The peer: the loop people write after the OpenVINO notebook on asynchronous inference.

OpenCV reads and resizes, two requests are swapped (one runs while the next frame is prepared), the results are
parsed with NumPy and written as JSON lines. Unlike the notebook's, it does not lose the last frame.

usage: notebook_loop.py MODEL VIDEO JSONL      prints {"frames": n, "seconds": s, "precision": …}
"""
import json
import sys
import time

import cv2
import numpy as np
import openvino as ov

SCORE, IOU = 0.3, 0.5


def ssd_input(frame, height, width):
    resized = cv2.resize(frame, (width, height))
    return resized.transpose(2, 0, 1)[None].astype(np.float32), None


def ssd_detections(output, frame, _):
    rows = output[0, 0]
    rows = rows[rows[:, 2] >= SCORE]
    height, width = frame.shape[:2]
    return [{"label": "person", "class_id": int(r[1]), "score": float(r[2]),
             "box": [float(r[3] * width), float(r[4] * height), float((r[5] - r[3]) * width),
                     float((r[6] - r[4]) * height)]} for r in rows]


def yolox_input(frame, height, width):
    ratio = min(height / frame.shape[0], width / frame.shape[1])
    size = int(frame.shape[1] * ratio), int(frame.shape[0] * ratio)
    padded = np.full((height, width, 3), 114, np.uint8)
    padded[:size[1], :size[0]] = cv2.resize(frame, size)
    return padded.transpose(2, 0, 1)[None].astype(np.float32), ratio


def make_grid(height, width):
    cells, strides = [], []
    for stride in (8, 16, 32):
        y, x = np.mgrid[:height // stride, :width // stride]
        cells.append(np.stack((x, y), 2).reshape(-1, 2))
        strides.append(np.full((cells[-1].shape[0], 1), stride))
    return np.concatenate(cells), np.concatenate(strides)


GRID = {}


def yolox_detections(output, frame, ratio):
    rows = output[0]
    if not GRID:
        GRID["cells"], GRID["strides"] = make_grid(416, 416)
    classes = rows[:, 5:].argmax(1)
    scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + classes]
    keep = scores >= SCORE
    centre = (rows[keep, :2] + GRID["cells"][keep]) * GRID["strides"][keep] / ratio
    size = np.exp(rows[keep, 2:4]) * GRID["strides"][keep] / ratio
    boxes = np.concatenate((centre - size / 2, size), 1)
    scores, classes = scores[keep], classes[keep]
    found = cv2.dnn.NMSBoxesBatched(boxes, scores, classes, SCORE, IOU) if len(boxes) else []
    return [{"label": str(classes[i]), "class_id": int(classes[i]), "score": float(scores[i]),
             "box": boxes[i].tolist()} for i in found]


def main():
    model_path, video_path, json_path = sys.argv[1:]
    core = ov.Core()
    compiled = core.compile_model(model_path, "CPU")
    height, width = compiled.input(0).shape[2:]
    is_ssd = len(compiled.output(0).shape) == 4
    prepare, parse = (ssd_input, ssd_detections) if is_ssd else (yolox_input, yolox_detections)
    current, following = compiled.create_infer_request(), compiled.create_infer_request()
    pending = None
    frames = 0
    begin = time.perf_counter()
    video = cv2.VideoCapture(video_path)
    with open(json_path, "w") as out:
        while True:
            read, frame = video.read()
            if read:
                tensor, extra = prepare(frame, height, width)
                following.start_async([tensor])
            if pending is not None:
                current.wait()
                output = current.get_output_tensor(0).data
                found = parse(output, *pending)
                out.write(json.dumps({"source": 0, "frame": frames, "status": "emitted", "detections": found}) + "\n")
                frames += 1
            if not read:
                break
            pending = frame, extra
            current, following = following, current
    seconds = time.perf_counter() - begin
    precision = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    print(json.dumps({"frames": frames, "seconds": seconds, "precision": precision}))


main()
