"""What the structural tests share: where things lie, and how something is compiled without making anything of it."""

import os
import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("INFLIGHT_BUILD", ROOT / "build/dev"))
CXX = os.environ.get("INFLIGHT_CXX", "c++")
SANITIZE = os.environ.get("INFLIGHT_SANITIZE", "")
PUBLIC_HEADERS = sorted((ROOT / "include/inflight").glob("*.hpp"))

PUBLIC_FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-I", str(ROOT / "include")]


def compiles(code, *flags, cxx=CXX):
    """What the compiler says against `code`, empty where it takes it."""
    command = [*shlex.split(cxx), *flags, "-fsyntax-only", "-x", "c++", "-"]
    ended = subprocess.run(command, input=code, capture_output=True, text=True, errors="replace", timeout=120)
    return "" if ended.returncode == 0 else ended.stderr or f"ended with {ended.returncode}"


def without_comments(code):
    return re.sub(r"//[^\n]*|/\*.*?\*/", " ", code, flags=re.S)
