"""Models and devices that cannot be used."""

import shutil
import unittest

import tiny_onnx as onnx
from harness import BAD_MODEL, BAD_USAGE, MODEL, CliTest, inflight, needs_openvino, simulated

SOURCE = "synthetic:64x64,frames=5"


def onnx_with(operator):
    """A model of one node, of an operator without a domain."""
    ports = [onnx.value(name, [1, 3, 8, 8]) for name in ("in", "out")]
    return onnx.model(ports[:1], ports[1:], [onnx.node(operator, ["in"], "out")])


IDENTITY_IR = """<?xml version="1.0"?>
<net name="identity" version="11">
  <layers>
    <layer id="0" name="in" type="Parameter" version="opset1">
      <data shape="1,3,8,8" element_type="f32"/>
      <output><port id="0" precision="FP32"><dim>1</dim><dim>3</dim><dim>8</dim><dim>8</dim></port></output>
    </layer>
    <layer id="1" name="out" type="Result" version="opset1">
      <input><port id="0" precision="FP32"><dim>1</dim><dim>3</dim><dim>8</dim><dim>8</dim></port></input>
    </layer>
  </layers>
  <edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges>
</net>
"""


class Devices(CliTest):
    def test_an_unknown_device_lists_the_devices(self):
        for device in ("TPU", "ov:TPU", "nonsense:CPU"):
            with self.subTest(device):
                answer = inflight("run", "-m", MODEL, "-d", device, "-i", SOURCE)
                self.assert_told(answer, BAD_MODEL, device, "sim:")

    def test_a_wrong_description_of_a_simulated_device(self):
        answer = inflight("run", *simulated("latncy=5ms"), "-i", SOURCE)
        self.assert_told(answer, BAD_USAGE, "latncy", "latency")

    def test_a_device_that_does_not_load(self):
        self.assert_told(inflight("run", *simulated("load_fails=1"), "-i", SOURCE), BAD_MODEL, "load")


@needs_openvino
class Models(CliTest):
    def use(self, model, *args):
        return inflight("run", "-m", model, "-i", SOURCE, *args)

    def test_no_such_file(self):
        answer = self.use(self.folder / "missing.xml")
        self.assert_told(answer, BAD_MODEL, "missing.xml", "no such file")
        self.assert_remedy(answer)

    def test_an_empty_file(self):
        self.assert_told(self.use(self.file("empty.onnx")), BAD_MODEL, "empty.onnx")

    def test_a_folder(self):
        answer = self.use(self.folder)
        self.assert_told(answer, BAD_MODEL, self.folder, "folder")
        self.assert_remedy(answer)

    # OpenVINO's TensorFlow reader, which is tried last, logs to stderr before it gives up: here and for a cut file,
    # only our own line can be asked for.

    def test_a_video_in_place_of_a_model(self):
        self.assert_ended(self.use(self.file("video.mp4", bytes(1000))), BAD_MODEL, "video.mp4")

    def test_a_broken_ir(self):
        with open(MODEL, "rb") as model:
            content = model.read()
        self.assert_told(self.use(self.file("cut.xml", content[: len(content) // 2])), BAD_MODEL, "cut.xml")
        self.assert_told(self.use(self.file("alone.xml", content)), BAD_MODEL, "alone.xml", "bin file")

    def test_weights_that_are_cut_off(self):
        model = self.folder / "model.xml"
        shutil.copy(MODEL, model)
        with open(MODEL.replace(".xml", ".bin"), "rb") as weights:
            self.file("model.bin", weights.read(10_000))
        self.assert_told(self.use(model), BAD_MODEL, "model.xml")

    def test_an_onnx_file_with_unknown_operators(self):
        answer = self.use(self.file("future.onnx", onnx_with("Teleport")))
        self.assert_told(answer, BAD_MODEL, "future.onnx", "Teleport")

    def test_a_cut_onnx_file(self):
        content = onnx_with("Relu")
        self.assert_ended(self.use(self.file("cut.onnx", content[: len(content) // 2])), BAD_MODEL, "cut.onnx")

    def test_a_model_whose_outputs_are_not_recognised(self):
        answer = self.use(self.file("identity.xml", IDENTITY_IR))
        self.assert_told(answer, BAD_MODEL, "identity", "[1,3,8,8]", "ssd", "yolox")
        self.assert_remedy(answer)

    def test_a_decoder_that_does_not_fit(self):
        self.assert_told(self.use(MODEL, "--decoder", "yolox"), BAD_MODEL, "yolox")

    def test_info_tells_of_ports_even_where_the_outputs_are_not_recognised(self):
        answer = inflight("info", "-m", self.file("identity.xml", IDENTITY_IR))
        self.assertEqual(answer.code, BAD_MODEL, answer)
        self.assertIn("[1,3,8,8]", answer.out)

    def test_info_takes_the_model_without_a_flag_too(self):
        self.assertEqual(inflight("info", MODEL).out, inflight("info", "-m", MODEL).out)

    def test_info_tells_how_a_model_is_fed_and_read(self):
        answer = inflight("info", "-m", MODEL)
        self.assert_done(answer)
        for word in ("image", "[1,3,256,256]", "detection_out", "ssd", "BGR", "person"):
            self.assertIn(word, answer.out)

    def test_existing_outputs_outlive_a_model_that_cannot_be_used(self):
        kept = self.file("kept.jsonl", "precious\n")
        self.use(self.folder / "missing.xml", "--json", kept)
        self.assertEqual(kept.read_text(), "precious\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
