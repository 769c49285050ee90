"""Binaries: what they show, where they look for libraries, and how they were hardened; in the build tree and installed."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from structure import BUILD, PUBLIC_HEADERS, SANITIZE

ENTRIES = {"inflight_plugin", "inflight_make_torch_engine"}
LINKERS_OWN = {"__bss_start", "_edata", "_end", "_init", "_fini"}


def tool(*command):
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace", env=environment).stdout


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def binaries(folder):
    """Programs and libraries below `folder`, links left out."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        loadable = path.is_file() and not path.is_symlink() and (os.access(path, os.X_OK) or ".so" in path.name)
        if loadable and path.suffix != ".o" and is_elf(path):
            yield path


def products(folder):
    """Those of them that users get."""
    for path in binaries(folder):
        if re.fullmatch(r"inflight|inflight-model|libinflight\.so[.\d]*|(lib)?inflight_(ov|ort|torch)\.so", path.name):
            yield path


def symbols(path):
    """(kind, demangled name) of what a library shows."""
    for line in tool("nm", "-DC", "--defined-only", str(path)).splitlines():
        _, kind, name = line.split(" ", 2)
        yield kind, name


def without_brackets(name):
    """"inflight::Callback<void (int)>::~Callback()" → "inflight::Callback::~Callback"."""
    name = re.sub(r"^(vtable|VTT|typeinfo|typeinfo name|guard variable|construction vtable) for ", "", name)
    name = re.sub(r"\boperator(\(\)|<=>|<<|[<>]=?|->)", "operator", name)
    for opening, closing in ("<>", "()", "[]", "{}"):
        kept, depth = "", 0
        for c in name:
            depth += (c == opening) - (c == closing and depth > 0)
            kept += c if depth == 0 and c != closing else ""
        name = kept
    return name


def identifiers(name):
    """Those of an inflight:: symbol, without what is returned and qualifiers; none for other symbols."""
    found = [word for word in without_brackets(name).split() if word.startswith("inflight::")]
    return re.findall(r"\w+", found[-1]) if found else []


class Symbols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.declared = set(re.findall(r"\w+", " ".join(header.read_text() for header in PUBLIC_HEADERS)))

    def unknown(self, name):
        return [word for word in identifiers(name) if word not in self.declared and word != "operator"]

    def test_the_library_shows_what_public_headers_declare(self):
        shown = list(symbols(BUILD / "src/libinflight.so"))
        self.assertGreater(sum("inflight::Pipeline" in name for _, name in shown), 5)
        for kind, name in shown:
            with self.subTest(name):
                self.assertEqual(self.unknown(name), [])
                self.assertTrue(identifiers(name) or kind in "WVu" or name in LINKERS_OWN)

    def test_plugins_show_their_entry(self):
        for path in (BUILD / "plugins").glob("*.so"):
            shown = list(symbols(path))
            self.assertTrue(ENTRIES & {name for _, name in shown}, path)
            for kind, name in shown:
                with self.subTest(path=path.name, name=name):
                    self.assertEqual(self.unknown(name), [])
                    self.assertTrue(kind in "WVu" or name in ENTRIES | LINKERS_OWN, kind)


class Linking(unittest.TestCase):
    def assert_sound_run_paths(self, path):
        for entry in re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", tool("readelf", "-Wd", str(path))):
            for folder in entry.split(":"):
                with self.subTest(path=path.name, entry=entry):
                    self.assertRegex(folder, r"^(/|\$ORIGIN)", "an empty or relative entry means the current folder")

    def assert_hardened(self, path):
        dynamic, segments = tool("readelf", "-Wd", str(path)), tool("readelf", "-Wl", str(path))
        with self.subTest(path=path.name):
            self.assertRegex(dynamic, r"BIND_NOW|Flags:.* NOW", "calls are bound at the start")
            self.assertIn("GNU_RELRO", segments)
            self.assertNotRegex(segments, r"GNU_STACK.*\bRWE\b")
            self.assertIn("Elf file type is DYN", segments, "it can be loaded anywhere")
            if path.name != "inflight-model":  # has no array that could overflow
                self.assertIn("__stack_chk_fail", tool("nm", "-D", "--undefined-only", str(path)), "stacks are protected")

    def test_nothing_in_the_build_tree_looks_into_the_current_folder(self):
        found = list(binaries(BUILD))
        self.assertTrue(found)
        for path in found:
            self.assert_sound_run_paths(path)

    @unittest.skipIf(SANITIZE, "sanitizers bring guards of their own")
    def test_what_users_get_is_hardened(self):
        found = list(products(BUILD))
        self.assertGreaterEqual({path.name for path in found}, {"inflight", "inflight-model"})
        for path in found:
            self.assert_hardened(path)

    @unittest.skipIf(SANITIZE, "nobody installs what sanitizers are in")
    def test_what_is_installed_is_sound_too(self):
        with tempfile.TemporaryDirectory() as folder:
            tool("cmake", "--install", str(BUILD), "--prefix", folder)
            found = list(products(folder))
            self.assertEqual({path.name for path in found}, {path.name for path in products(BUILD)})
            for path in found:
                self.assert_sound_run_paths(path)
                self.assert_hardened(path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
