"""Public headers: each compiles alone, includes public headers only, names no vendor, and lets its users be strict."""

import concurrent.futures
import re
import unittest

from structure import PUBLIC_FLAGS, PUBLIC_HEADERS, compiles, without_comments

# A header includes only such as stand before it. infer_queue.hpp and await.hpp are two halves of one.
ORDER = ["api", "result", "callback", "clock", "tensor", "frame", "engine", "await", "infer_queue", "asio",
         "model_process", "vision", "media", "timeline", "report", "measure", "pipeline", "inflight"]
HALVES = {("await", "infer_queue")}

# Of other people's headers only these; all others are the standard library's, which have no dot in their name.
FOREIGN = {"tl/expected.hpp": None, "asio/": "asio"}

VENDORS = re.compile(r"\b(ov::|Ort\w*|ort::|cv::|AV[A-Z]\w+|av_\w+|torch::|at::|nlohmann::|fmt::|CLI::|prometheus::)")


class PublicHeaders(unittest.TestCase):
    def includes(self):
        for header in PUBLIC_HEADERS:
            for line in header.read_text().splitlines():
                if match := re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line):
                    yield header.stem, match[1], match[2]

    def test_each_compiles_alone(self):
        def alone(header):
            return header.name, compiles(f'#include "inflight/{header.name}"\n', *PUBLIC_FLAGS)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, complaint in pool.map(alone, PUBLIC_HEADERS):
                with self.subTest(name):
                    self.assertEqual(complaint, "")

    def test_each_has_its_place_in_the_order_of_layers(self):
        self.assertEqual(sorted(ORDER), [header.stem for header in PUBLIC_HEADERS])

    def test_they_include_public_headers_of_layers_below(self):
        for header, kind, included in self.includes():
            if kind != '"':
                continue
            with self.subTest(header=header, included=included):
                self.assertRegex(included, r"^inflight/\w+\.hpp$")
                name = included.removeprefix("inflight/").removesuffix(".hpp")
                if (header, name) not in HALVES:
                    self.assertLess(ORDER.index(name), ORDER.index(header))

    def test_they_include_nobody_elses_headers(self):
        for header, kind, included in self.includes():
            if kind == '"' or "." not in included and "/" not in included:
                continue
            with self.subTest(header=header, included=included):
                allowed = [only for prefix, only in FOREIGN.items() if included.startswith(prefix)]
                self.assertEqual(len(allowed), 1)
                self.assertIn(allowed[0], (None, header))

    def test_they_name_no_vendor(self):
        for header in PUBLIC_HEADERS:
            with self.subTest(header.name):
                self.assertIsNone(VENDORS.search(without_comments(header.read_text())))

    def test_options_may_be_named_without_a_warning(self):
        self.assertEqual("", compiles("""
            #include "inflight/inflight.hpp"
            #include "inflight/measure.hpp"
            using namespace inflight;
            const CompileOptions compile{.requests = 2};
            const DetectorOptions detector{.compile = {.execution_streams = 1}};
            const PipelineOptions pipeline{.api = Api::sync};
            const SourceOptions source{.loop = 2};
            const VideoSinkOptions video{.frames_per_second = 30};
            const PostprocessOptions post{.score_threshold = 0.5F};
            const SubmitOptions submit{};
            const Port port{.name = "image"};
            const Detection detection{.box = {}, .score = 1};
            const ModelFamily family{.output = 1};
            """, *PUBLIC_FLAGS, "-Wno-unused-const-variable", "-Wno-unused-variable"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
