"""The layers' direction: each sees the headers of those below it and of no other; the program sees public ones only."""

import json
import pathlib
import shlex
import subprocess
import unittest

from structure import BUILD, ROOT

# docs/architecture.md draws them.
BELOW = {
    "base": set(),
    "values": {"base"},
    "engine": {"values", "base"},
    "report": {"base"},
    "vision": {"values", "base"},
    "media": {"values", "base"},
    "runtime": {"engine", "values", "base"},
    "pipeline": {"runtime", "engine", "values", "report", "base"},
    "measure": {"media", "vision", "runtime", "engine", "values", "report", "base"},
    "apps": set(),
}


def folder(layer):
    return ROOT / ("apps/inflight" if layer == "apps" else f"src/{layer}")


def headers(layer):
    return [header.name for header in sorted(folder(layer).glob("*.hpp"))]


def preprocessing():
    """For each layer the compiler's command, up to the file, as one of its sources is compiled."""
    commands = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        for layer in BELOW:
            if layer not in commands and source.parent == folder(layer) and not source.name.endswith("_test.cpp"):
                words = shlex.split(entry["command"])
                words = words[words.index("ccache") + 1:] if "ccache" in words[0] else words
                # Without a precompiled header, which would be asked for before the file.
                kept = [word for word in words[:words.index("-o")] if "cmake_pch" not in word and word != "-include"]
                commands[layer] = (kept, entry["directory"])
    return commands


COMMANDS = preprocessing()


def missing(layer, header):
    """Can `layer` not include `header`?"""
    words, directory = COMMANDS[layer]
    ended = subprocess.run([*words, "-iquote", str(folder(layer)), "-E", "-x", "c++", "-"], input=f'#include "{header}"\n', cwd=directory,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120)
    if ended.returncode != 0 and "No such file" not in ended.stderr and "file not found" not in ended.stderr:
        raise AssertionError(ended.stderr)
    return ended.returncode != 0


class Layers(unittest.TestCase):
    def test_every_layer_is_looked_at(self):
        self.assertEqual(set(COMMANDS), set(BELOW))
        self.assertEqual({path.name for path in (ROOT / "src").iterdir() if path.is_dir()}, set(BELOW) - {"apps"})

    def test_a_layer_sees_headers_of_its_own_and_of_those_below(self):
        for layer in BELOW:
            for below in {layer} | BELOW[layer]:
                for header in headers(below)[:1]:
                    with self.subTest(layer=layer, header=f"{below}/{header}"):
                        self.assertFalse(missing(layer, header))

    def test_a_layer_sees_no_header_of_another(self):
        for layer in BELOW:
            own = {header for below in {layer} | BELOW[layer] for header in headers(below)}
            for above in set(BELOW) - {layer} - BELOW[layer]:
                for header in [name for name in headers(above) if name not in own][:1]:
                    with self.subTest(layer=layer, header=f"{above}/{header}"):
                        self.assertTrue(missing(layer, header))


if __name__ == "__main__":
    unittest.main(verbosity=2)
