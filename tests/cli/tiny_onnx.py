"""ONNX models made on the spot, so that tests see the shapes and numbers they are about.

The few messages of onnx.proto3 (github.com/onnx/onnx) that such models take, in protobuf's wire format.
"""

import struct

FLOAT, INT64 = 1, 7


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def field(number, value):
    """One field of a message: an integer, or the bytes of a text or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value % (1 << 64))
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def value(name, dims, kind=FLOAT):
    """An input or output. A dimension is a size, or the name of an open one."""
    shape = b"".join(field(1, field(1, dim) if isinstance(dim, int) else field(2, dim)) for dim in dims)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def tensor(name, dims, numbers, kind=FLOAT):
    """An initializer."""
    raw = struct.pack(f"<{len(numbers)}{'f' if kind == FLOAT else 'q'}", *numbers)
    return b"".join(field(1, dim) for dim in dims) + field(2, kind) + field(8, name) + field(9, raw)


def attribute(name, given):
    if isinstance(given, int):
        return field(1, name) + field(3, given) + field(20, 2)
    return field(1, name) + b"".join(field(8, one) for one in given) + field(20, 7)


def node(operator, inputs, output, **attributes):
    parts = b"".join(field(1, name) for name in inputs) + field(2, output) + field(3, f"make {output}")
    return parts + field(4, operator) + b"".join(field(5, attribute(*one)) for one in attributes.items())


def model(inputs, outputs, nodes, tensors=(), metadata=()):
    graph = b"".join(field(1, one) for one in nodes) + field(2, "graph")
    graph += b"".join(field(5, one) for one in tensors)
    graph += b"".join(field(11, one) for one in inputs) + b"".join(field(12, one) for one in outputs)
    told = b"".join(field(14, field(1, key) + field(2, text)) for key, text in dict(metadata).items())
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13)) + told


def constant(dims, numbers, image=(1, 3, 64, 64), further=(), metadata=()):
    """Says `numbers` of every picture. `further`: inputs that it does not look at."""
    nodes = [node("ReduceMean", ["image"], "mean", axes=[0, 1, 2, 3], keepdims=0), node("Mul", ["mean", "zero"], "none"),
             node("Add", ["numbers", "none"], "out")]
    tensors = [tensor("zero", [], [0.0]), tensor("numbers", dims, numbers)]
    return model([value("image", image), *further], [value("out", dims)], nodes, tensors, metadata)


def ssd_of_batch(batch, size=64):
    """An SSD whose row b is about picture b: the brighter, the higher its score."""
    rows = [float(number) for b in range(batch) for number in (b, 0)]
    boxes = [0.25, 0.25, 0.75, 0.75] * batch
    nodes = [node("ReduceMean", ["image"], "means", axes=[1, 2, 3], keepdims=1), node("Mul", ["means", "scale"], "score"),
             node("Reshape", ["score", "column"], "scores"), node("Concat", ["ids", "scores", "boxes"], "out", axis=3)]
    tensors = [tensor("scale", [], [1 / 255]), tensor("column", [4], [1, 1, batch, 1], INT64),
               tensor("ids", [1, 1, batch, 2], rows), tensor("boxes", [1, 1, batch, 4], boxes)]
    return model([value("image", [batch, 3, size, size])], [value("out", [1, 1, batch, 7])], nodes, tensors)


def ssd_of_side_input(name, columns, weights, bias, kind=FLOAT):
    """An SSD of one row: what it is told besides the picture, times `weights`, plus `bias`."""
    nodes = [node("Cast", [name], "told", to=FLOAT), node("MatMul", ["told", "weights"], "product"),
             node("Add", ["product", "bias"], "row"),
             node("ReduceMean", ["image"], "mean", axes=[0, 1, 2, 3], keepdims=0), node("Mul", ["mean", "zero"], "none"),
             node("Add", ["row", "none"], "sum"), node("Reshape", ["sum", "shape"], "out")]
    tensors = [tensor("weights", [columns, 7], weights), tensor("bias", [7], bias), tensor("zero", [], [0.0]),
               tensor("shape", [4], [1, 1, 1, 7], INT64)]
    return model([value(name, [1, columns], kind), value("image", [1, 3, 64, 96])], [value("out", [1, 1, 1, 7])], nodes,
                 tensors)


def yolox_of_any_size(image=("batch", 3, "height", "width"), metadata=()):
    """Like YOLOX in its inputs and outputs, of any size. Each cell says there is a box two strides wide in its middle,
    with a score that the first channel gives: the brighter the cell, the higher."""
    nodes, tensors = [], []
    for stride in 8, 16, 32:
        nodes += [node("AveragePool", ["image"], f"pool{stride}", kernel_shape=[stride] * 2, strides=[stride] * 2),
                  node("Conv", [f"pool{stride}", "weights", "bias"], f"cells{stride}"),
                  node("Reshape", [f"cells{stride}", "flat"], f"rows{stride}")]
    nodes += [node("Concat", ["rows8", "rows16", "rows32"], "columns", axis=2),
              node("Transpose", ["columns"], "out", perm=[0, 2, 1])]
    weights = [0.0] * 18
    weights[4 * 3] = 1 / 255  # objectness
    tensors += [tensor("weights", [6, 3, 1, 1], weights), tensor("bias", [6], [0.5, 0.5, 0.693147, 0.693147, 0, 1]),
                tensor("flat", [3], [0, 6, -1], INT64)]
    return model([value("image", image)], [value("out", [image[0], "rows", 6])], nodes, tensors, metadata)
