"""Fails unless the C++ example in README.md is examples/readme.cpp, which is compiled and run."""
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
readme = (here.parent / "README.md").read_text()
shown = readme.split("```cpp\n", 1)[1].split("```", 1)[0]
if shown != (here / "readme.cpp").read_text():
    sys.exit("README.md shows another program than examples/readme.cpp; make them equal")
