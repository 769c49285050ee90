#!/usr/bin/env python3
"""A process of a model that cannot be trusted: INFLIGHT_MODEL_PROCESS=lying_process.py LIE=name inflight run … -d PROCESS:sim:

Speaks what src/runtime/process/channel.hpp lays down, and departs from it in the one way that LIE names (process_test.py).
"""

import array
import fcntl
import os
import signal
import socket
import struct
import sys
import time

VERSION = 2
FORMAT = "<IIIiQQii96s"
COMPILE, CREATE, RUN, CANCEL, DESTROY, FLUSH, COMPILED, COMPLETED, EVENT = range(9)
MODEL_UNUSABLE, ENGINE_FAILED = 3, 7  # of ErrorCode
U8, F32, OTHER = 0, 6, 8  # of ElementType

program = None  # the socket to the program


# ---- the language ----

def message(kind, request=0, run=0, batch=1, size=0, optimal=2, error=-1, device=b"liar", version=VERSION):
    return struct.pack(FORMAT, kind, version, request, batch, run, size, optimal, error, device)


def send(data, files=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
    program.sendmsg([data], rights)


def receive():
    data, ancillary, _, _ = program.recvmsg(4096, socket.CMSG_SPACE(4))
    if not data:
        sys.exit(0)
    files = [file for _, _, part in ancillary for file in array.array("i", part[:4])]
    kind, _, request, _, run, *_ = struct.unpack(FORMAT, data)
    return kind, request, run, files


def memory(content, size=None, sealed=True):
    file = os.memfd_create("lie", os.MFD_ALLOW_SEALING)
    os.write(file, content)
    if size:
        os.ftruncate(file, size)
    if sealed:
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    return file


def send_with(content, kind, size=None, sealed=True, **fields):
    file = memory(content, size, sealed)
    send(message(kind, size=size or len(content), **fields), [file])
    os.close(file)


def head(major, number):
    for kind, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32), (27, ">Q", 1 << 64)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < limit:
            return bytes([major << 5 | kind]) + struct.pack(form, number)
    raise ValueError(number)


def cbor(value):
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, (str, bytes)):
        text = value.encode() if isinstance(value, str) else value
        return head(3, len(text)) + text
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(key) + cbor(part) for key, part in value.items())


def port(name="more", kind=F32, shape=(1,), layout=""):
    return {"name": name, "type": kind, "shape": list(shape), "layout": layout}


def state(**changed):
    honest = {"name": "m", "inputs": [port("image", U8, (1, 3, 64, 64), "NCHW")],
              "outputs": [port("detections", F32, (1, 1, 4, 7))], "metadata": {}, "optimal_requests": 2,
              "runtime": {"engine": "sim", "device": "liar", "precision": "f32", "execution_streams": 1}}
    return {**honest, **changed}


def compiled(value=None, **how):
    send_with(value if isinstance(value, bytes) else cbor(value or state()), COMPILED, **how)


def event(text="boo", device="dev"):
    send_with(cbor({"at": 0, "kind": "serving", "device": device, "text": text, "inferences_per_second": None,
                    "runtime": None}), EVENT)


def hang():
    time.sleep(1000)


# ---- lies about the model: none of these is ever compiled ----

def with_output(**changed):
    return lambda: compiled(state(outputs=[{**port("detections", F32, (1, 1, 4, 7)), **changed}]))


def with_more(**changed):
    return lambda: compiled(state(outputs=[port("detections", F32, (1, 1, 4, 7)), port(**changed)]))


def shrinks_while_it_is_read():
    file = memory(cbor(state()), sealed=False)
    send(message(COMPILED, size=1 << 20), [file])
    while True:
        os.ftruncate(file, 1 << 20)
        os.ftruncate(file, 0)


MODELS = {
    "ends": lambda: sys.exit(0),
    "crashes": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "never_compiles": hang,
    "too_short": lambda: program.send(b"x"),
    "too_long": lambda: program.send(b"x" * 5000),
    "unknown_kind": lambda: send(message(99)),
    "other_version": lambda: compiled(version=VERSION + 1),
    "no_memory": lambda: send(message(COMPILED, size=100)),
    "memory_too_small": lambda: send(message(COMPILED, size=1 << 20), [memory(b"x")]),
    "more_than_there_is": lambda: send(message(COMPILED, size=1 << 63), [memory(cbor(state()))]),
    "sparse": lambda: compiled(size=1 << 44),
    "unsealed": lambda: compiled(sealed=False),
    "shrinks": shrinks_while_it_is_read,
    "a_pipe": lambda: send(message(COMPILED, size=100), [os.pipe()[0]]),
    "unknown_error": lambda: send(message(COMPILED, error=999)),
    "negative_error": lambda: send(message(COMPILED, error=-77)),
    "huge_error_text": lambda: send_with(b"\x1b[31mno\n", COMPILED, size=3 << 30, error=MODEL_UNUSABLE),
    "no_cbor": lambda: compiled(b"\xff\x00garbage"),
    "deep_arrays": lambda: compiled(b"\x81" * 3000000 + b"\x00"),
    "deep_maps": lambda: compiled(b"\xa1\x61a" * 1000000 + b"\x00"),
    "deep_strings": lambda: compiled(b"\x7f" * 3000000),
    "deep_tags": lambda: compiled(b"\xc1" * 3000000 + b"\x00"),
    "deep_event": lambda: send_with(b"\x81" * 3000000 + b"\x00", EVENT),
    "many_items": lambda: compiled(cbor([0] * 3000000)),
    "overflow": with_more(shape=(1 << 32, 1 << 32)),
    "wraps": with_output(shape=(1, 1, (1 << 62) + 4, 7)),
    "terabytes": with_more(shape=(1 << 40,)),
    "many_large_ones": lambda: compiled(state(outputs=[port(shape=(1 << 33,)) for _ in range(1000)])),
    "negative_dimension": with_output(shape=(1, 1, -4, 7)),
    "many_dimensions": with_output(shape=[1] * 18 + [4, 7]),
    "no_dimensions": with_output(shape="many"),
    "type_200": with_output(type=200),
    "type_negative": with_output(type=-3),
    "type_huge": with_more(kind=100000 * 256 + 9),
    "type_other": with_output(type=OTHER),
    "many_ports": lambda: compiled(state(outputs=[port("p%d" % i) for i in range(100000)])),
    "no_ports": lambda: compiled(state(inputs=[], outputs=[])),
    "negative_requests": lambda: compiled(state(optimal_requests=-5)),
    "huge_requests": lambda: compiled(state(optimal_requests=2147483647)),
    "no_requests": lambda: compiled(state(optimal_requests=0)),
    "negative_streams": lambda: compiled(state(runtime={**state()["runtime"], "execution_streams": -1})),
    "completed_first": lambda: send(message(COMPLETED)),
}


# ---- lies about inferences: each is given the request and the number of its run ----

def completed(request, run, **fields):
    send(message(COMPLETED, request, run, **fields))


def failed(request, run, content=b"because", **how):
    send_with(content, COMPLETED, request=request, run=run, error=ENGINE_FAILED, **how)


def nonsense_outputs(request, run):
    values = [float("nan"), 1e38, float("inf"), -1e38, 0, 3e38, 1] * 4
    os.pwrite(tensors[request], struct.pack("<28f", *values), 3 * 64 * 64)
    completed(request, run)


def several(*lies):
    def tell(request, run):
        for lie in lies:
            lie(request, run)
    return tell


tensors = {}
RUNS = {
    "honest": completed,
    "never_answers": lambda request, run: None,
    "stops_reading": lambda request, run: hang(),
    "ends_each_time": lambda request, run: sys.exit(1),
    "answers_twice": several(completed, completed),
    "answers_for_another": lambda request, run: completed(request + 1000, run),
    "answers_an_earlier_one": lambda request, run: completed(request, run + 7),
    "negative_batch": lambda request, run: completed(request, run, batch=-5),
    "negative_optimum": lambda request, run: completed(request, run, optimal=-2147483648),
    "huge_optimum": lambda request, run: completed(request, run, optimal=2147483647),
    "device_of_garbage": lambda request, run: completed(request, run, device=b"\x1b[31m\xff" + bytes(range(160, 240))),
    "error_999": lambda request, run: completed(request, run, error=999),
    "error_without_text": lambda request, run: completed(request, run, error=ENGINE_FAILED, size=1 << 40),
    "text_of_garbage": lambda request, run: failed(request, run, b"\xff\x1b[2J\nlost\x00"),
    "text_that_may_shrink": lambda request, run: failed(request, run, sealed=False),
    "nonsense_outputs": nonsense_outputs,
    "kind_99": lambda request, run: send(message(99, request, run)),
    "compiled_again": lambda request, run: compiled(),
    "many_devices": lambda request, run: [completed(request, run, device=b"d%d" % run)],
    "many_events": several(lambda request, run: [event("x" * 1000, "d%d" % i) for i in range(5000)], completed),
    "event_of_garbage": several(lambda request, run: send_with(b"\xff" * 100, EVENT), completed),
    "many_files": several(lambda request, run: [send(message(EVENT, size=1), [files, files, files])
                                                for files in [memory(b"x")] for _ in range(2000)], completed),
}


def main(lie):
    global program
    program = socket.socket(fileno=3)
    receive()
    if lie in MODELS:
        MODELS[lie]()
        hang()
    compiled()
    while True:
        kind, request, run, files = receive()
        if kind == CREATE and files:
            tensors[request] = files[0]
        if kind == RUN:
            RUNS[lie](request, run)


if __name__ == "__main__":
    main(os.environ["LIE"])
