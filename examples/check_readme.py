"""Fails unless README.md and inflight.hpp show the program in examples/readme.cpp, which is compiled and run."""
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
program = (here / "readme.cpp").read_text()

readme = (here.parent / "README.md").read_text()
if readme.split("```cpp\n", 1)[1].split("```", 1)[0] != program:
    sys.exit("README.md shows another program than examples/readme.cpp; make them equal")

header = (here.parent / "include/inflight/inflight.hpp").read_text()
if "".join(f"//   {line}".rstrip() + "\n" for line in program.splitlines()) not in header:
    sys.exit("inflight.hpp shows another program than examples/readme.cpp; make them equal")
