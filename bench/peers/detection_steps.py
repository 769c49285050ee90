"""What the Python peers share: pictures in, detections out, as people write it after the OpenVINO notebooks."""
import json
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


CELLS, STRIDES = make_grid(416, 416)


def yolox_detections(output, frame, ratio):
    rows = output[0]
    classes = rows[:, 5:].argmax(1)
    scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + classes]
    keep = scores >= SCORE
    centre = (rows[keep, :2] + CELLS[keep]) * STRIDES[keep] / ratio
    size = np.exp(rows[keep, 2:4]) * STRIDES[keep] / ratio
    boxes = np.concatenate((centre - size / 2, size), 1)
    scores, classes = scores[keep], classes[keep]
    found = cv2.dnn.NMSBoxesBatched(boxes, scores, classes, SCORE, IOU) if len(boxes) else []
    return [{"label": str(classes[i]), "class_id": int(classes[i]), "score": float(scores[i]),
             "box": boxes[i].tolist()} for i in found]


def steps_of(compiled):
    """How a picture goes into the model, and how its output becomes detections."""
    height, width = compiled.input(0).shape[2:]
    is_ssd = len(compiled.output(0).shape) == 4
    prepare, parse = (ssd_input, ssd_detections) if is_ssd else (yolox_input, yolox_detections)
    return lambda frame: prepare(frame, height, width), parse


def core_with(cache):
    """`cache`: a folder for compiled models, or nothing."""
    core = ov.Core()
    if cache:
        core.set_property({"CACHE_DIR": cache})
    return core


class Results:
    """JSON lines, with the moment at which the first was written."""

    def __init__(self, path):
        self.file, self.frames, self.first_at = open(path, "w"), 0, None

    def write(self, found):
        self.file.write(json.dumps({"source": 0, "frame": self.frames, "status": "emitted", "detections": found}) + "\n")
        if self.first_at is None:
            self.file.flush()
            self.first_at = time.time()
        self.frames += 1


def report(compiled, results, seconds):
    results.file.close()
    precision = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    print(json.dumps({"frames": results.frames, "seconds": seconds, "first_result_at": results.first_at,
                      "precision": precision}))
