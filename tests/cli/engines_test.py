"""Models as people bring them: open batches and sizes, fixed batches, further inputs, boxes in either unit."""

import json
import re
import unittest

import tiny_onnx as onnx
from harness import BAD_MODEL, BAD_USAGE, VIDEO, CliTest, devices, inflight

SOURCE = "synthetic:160x90,frames=5"
ENGINES = [device for device in ("ov:CPU", "ort:CPU") if device in devices()]
BATCHES = [f"BATCH:{device}(2)" for device in ENGINES]


@unittest.skipUnless(ENGINES, "no engine is built that reads ONNX")
class Engines(CliTest):
    def detect(self, content, *args, source=SOURCE):
        """The detections of each frame on each engine, which must agree; the last answer is kept."""
        path = self.file("model.onnx", content)
        seen = {}
        for device in self.devices:
            answer = self.answer = inflight("run", "-m", path, "-d", device, "-i", source, "--json", "-", "--precision",
                                            "f32", *args)
            self.assert_done(answer)
            seen[device] = [json.loads(line)["detections"] for line in answer.out.splitlines()]
        first = seen[self.devices[0]]
        for device, found in seen.items():
            self.assert_alike(found, first, device)
        return first

    def assert_alike(self, found, expected, who=None):
        """Frame by frame: unittest would take minutes to describe how long lists differ."""
        self.assertEqual(len(found), len(expected), who)
        for number, (one, other) in enumerate(zip(self.places(found), self.places(expected))):
            self.assertTrue(one == other, f"{who}: frame {number}: {one[:3]}… and {other[:3]}…")

    devices = ENGINES

    def places(self, frames):
        """Which boxes, without the last digits of their scores."""
        return [[(d["label"], [round(edge, 2) for edge in d["box"]]) for d in frame] for frame in frames]

    def refuse(self, content, *args, code=BAD_MODEL, words=()):
        path = self.file("model.onnx", content)
        for device in ENGINES:
            self.assert_told(inflight("run", "-m", path, "-d", device, "-i", SOURCE, *args), code, *words)


class OpenShapes(Engines):
    devices = ENGINES + BATCHES

    def test_a_batch_is_one_picture_or_what_batch_says(self):
        found = self.detect(onnx.yolox_of_any_size(("batch", 3, 64, 64)))
        self.assertEqual(len(found), 5)
        self.assertTrue(all(found))

    def test_a_size_is_what_the_file_says(self):
        content = onnx.yolox_of_any_size(metadata={"imgsz": "[64, 96]"})
        self.detect(content)
        self.assertIn("96x64 by the file", self.answer.err)

    def test_a_size_is_what_is_asked_for(self):
        content = onnx.yolox_of_any_size(metadata={"imgsz": "[64, 96]"})
        self.detect(content, "--input-size", "128x64")
        self.assertIn("128x64 as asked for", self.answer.err)

    def test_a_size_is_else_that_of_the_source(self):
        found = self.detect(onnx.yolox_of_any_size())
        self.assertIn("160x96 by the source's pictures of 160x90", self.answer.err)
        self.assertTrue(all(found))

    def test_whatever_is_open(self):
        self.detect(onnx.yolox_of_any_size(("b", "c", "h", "w")))

    def test_info_tells_and_asks(self):
        path = self.file("model.onnx", onnx.yolox_of_any_size())
        answer = inflight("info", path, "--input-size", "64x32")
        self.assert_done(answer)
        self.assertIn("the input's size is 64x32", answer.out)
        self.assertIn("yolox", answer.out)
        self.assert_ended(inflight("info", path), BAD_MODEL, "'image' [?,3,?,?]", "--input-size WxH")

    def test_a_size_that_is_none_is_told(self):
        for text in ("640", "0x64", "64x64x64", "axb", "64x99999"):
            answer = inflight("run", "-m", "any", "-d", "sim:", "-i", SOURCE, "--input-size", text)
            self.assert_told(answer, BAD_USAGE, "--input-size", text)

    def test_bench_says_which_shape_is_missing(self):
        path = self.file("model.onnx", onnx.yolox_of_any_size(("batch", 3, "height", 64)))
        for device in ENGINES:
            answer = inflight("bench", "-m", path, "-d", device, "-niter", 2)
            self.assert_ended(answer, BAD_MODEL, "image", "open", "-shape")
            self.assert_done(inflight("bench", "-m", path, "-d", device, "-niter", 2, "-shape", "[1,3,64,64]"))


class FixedBatches(Engines):
    def test_hold_the_picture_and_the_first_is_read(self):
        found = self.detect(onnx.ssd_of_batch(4), "--score", 0.05)
        self.assertEqual([len(frame) for frame in found], [1] * 5)

    def test_verify_finds_no_difference(self):
        path = self.file("model.onnx", onnx.ssd_of_batch(4))
        for device in ENGINES:
            answer = inflight("verify", "-m", path, "-d", device, "-i", VIDEO, "--limit", 60, "--score", 0.01, "-q")
            self.assert_done(answer)

    def test_info_tells(self):
        answer = inflight("info", self.file("model.onnx", onnx.ssd_of_batch(4)))
        self.assert_done(answer)
        self.assertIn("all 4 of it are the same picture", answer.out)


class FurtherInputs(Engines):
    def test_image_info_is_height_width_and_ones(self):
        # Label: the third number; score: height / 100; left edge: width / 1000.
        for columns in 3, 6:
            weights = [0.0] * 7 * columns
            weights[2], weights[7 + 3], weights[14 + 1] = 0.01, 0.001, 5.0
            for row in range(3, columns):
                weights[row * 7 + 1] = 1.0
            bias = [0, 0, 0, 0, 0.25, 1, 0.75]
            found = self.detect(onnx.ssd_of_side_input("image_info", columns, weights, bias))
            for frame in found:
                self.assertEqual([d["class_id"] for d in frame], [5 + columns - 3])
                self.assertAlmostEqual(frame[0]["score"], 0.64, 2)
                self.assertAlmostEqual(frame[0]["box"][0], 0.096 * 160, 1)

    def test_are_filled_for_each_of_several_models(self):
        weights = [0.0] * 21
        weights[2] = 0.01  # score: height / 100
        path = self.file("model.onnx", onnx.ssd_of_side_input("im_info", 3, weights, [0, 0, 0, 0, 0, 1, 1]))
        answer = inflight("run", "-m", f"a={path}", "-m", f"b={path}", "-d", ENGINES[0], "-i", SOURCE, "--json", "-",
                          "-q")
        self.assert_done(answer)
        for line in answer.out.splitlines():
            for found in json.loads(line)["models"].values():
                self.assertAlmostEqual(found["detections"][0]["score"], 0.64, 2)

    def test_orig_target_sizes_are_width_and_height_of_the_source(self):
        weights = [0.0] * 14
        weights[2], weights[7 + 1] = 0.005, 1.0  # score: width / 200; label: height
        found = self.detect(onnx.ssd_of_side_input("orig_target_sizes", 2, weights, [0, 0, 0, 0, 0, 1, 1], onnx.INT64))
        for frame in found:
            self.assertEqual([d["class_id"] for d in frame], [90])
            self.assertAlmostEqual(frame[0]["score"], 0.8, 2)

    def test_others_are_refused_by_name(self):
        other = onnx.constant([1, 1, 1, 7], [0, 0, 0.9, 0, 0, 1, 1], further=[onnx.value("previous", [1, 3, 64, 64])])
        self.refuse(other, words=("'previous'", "[1,3,64,64]"))
        answer = inflight("info", self.file("model.onnx", other))
        self.assert_ended(answer, BAD_MODEL, "'previous'")


class Boxes(Engines):
    # Three anchors over the grids of 64x64: 252 rows of 6.
    ROW = [0.5, 0.5, 0.5, 0.25, 0.9, 1.0]

    def yolov5(self, factor):
        row = [number * factor for number in self.ROW[:4]] + self.ROW[4:]
        return onnx.constant([1, 252, 6], row + [0.0] * 251 * 6)

    def test_of_yolov5_are_told_apart_by_their_values(self):
        pixels, fractions = self.detect(self.yolov5(64)), self.detect(self.yolov5(1))
        self.assertTrue(all(pixels))
        self.assert_alike(pixels, fractions)

    def test_of_yolov5_are_in_the_unit_that_is_named(self):
        self.assert_alike(self.detect(self.yolov5(1), "--boxes", "fractions"), self.detect(self.yolov5(64)))
        self.detect(self.yolov5(1), "--boxes", "pixels")
        self.assertIn("no box of more than a pixel", self.answer.err)
        self.assertIn("--boxes", self.answer.err)


class NothingFound(Engines):
    def run_quietly(self, *args):
        summary = self.folder / "s.json"
        model = self.file("model.onnx", onnx.constant([1, 1, 1, 7], [0, 0, 0.125, 0.2, 0.2, 0.8, 0.8]))
        answer = inflight("run", "-m", model, "-d", ENGINES[0], "-i", SOURCE, "--summary", summary, *args)
        self.assert_done(answer)
        return answer, [event for event in self.summary(summary)["events"] if event["kind"] == "nothing_found"]

    def test_is_doubted_in_one_line(self):
        answer, events = self.run_quietly()
        lines = [line for line in answer.err.splitlines() if "nothing was found" in line]
        self.assertEqual(len(lines), 1, answer)
        for word in ("inflight: ", "0.12", "--score", "--decoder"):
            self.assertIn(word, lines[0])
        self.assertEqual(len(events), 1)

    def test_is_an_event_of_a_quiet_run(self):
        answer, events = self.run_quietly("-q")
        self.assertEqual(answer.err, "")
        self.assertRegex(events[0]["text"], re.escape("nothing was found in any frame"))

    def test_is_no_matter_where_something_was(self):
        answer, events = self.run_quietly("--score", 0.1)
        self.assertNotIn("nothing was found", answer.err)
        self.assertEqual(events, [])


if __name__ == "__main__":
    unittest.main()
