"""Command lines that are wrong: one line that says what is, and what to type instead."""

import unittest

from harness import BAD_USAGE, DONE, MODEL, CliTest, inflight, needs_openvino, simulated

COMMANDS = ("run", "verify", "compare", "bench", "timeline", "ladder", "capacity", "tune", "info", "devices")
SOURCE = "synthetic:64x64,frames=5"


class Usage(CliTest):
    def test_no_command_lists_the_commands(self):
        answer = inflight()
        self.assert_told(answer, BAD_USAGE, *COMMANDS)

    def test_an_unknown_command_suggests_the_nearest(self):
        self.assert_told(inflight("rnu"), BAD_USAGE, "rnu", "did you mean run?")
        self.assert_told(inflight("verfy", "-m", "x"), BAD_USAGE, "verfy", "did you mean verify?")

    def test_an_unknown_command_like_no_other_suggests_none(self):
        answer = inflight("teleport")
        self.assert_told(answer, BAD_USAGE, "teleport", *COMMANDS)
        self.assertNotIn("did you mean", answer.err)

    def test_run_without_options_says_what_is_missing(self):
        self.assert_told(inflight("run"), BAD_USAGE, "--model", "inflight run --help")

    def test_an_unknown_option_suggests_the_nearest(self):
        for typed, meant in (("--jsn", "--json"), ("--reqests=3", "--requests"), ("--sumary", "--summary")):
            with self.subTest(typed):
                self.assert_told(inflight("run", *simulated(), "-i", SOURCE, typed, "x"), BAD_USAGE,
                                 typed.split("=")[0], f"did you mean {meant}?")

    def test_a_misspelt_required_option_is_what_is_told(self):
        self.assert_told(inflight("run", "--modle", "x", "-i", SOURCE), BAD_USAGE, "did you mean --model?")

    def test_plain_arguments_are_not_understood(self):
        self.assert_told(inflight("run", "video.mp4", *simulated(), "-i", SOURCE), BAD_USAGE, "video.mp4", "-i")

    def test_numbers_out_of_range(self):
        for option, value in (("--requests", "0"), ("--limit", "0"), ("--every", "0"), ("--loop", "-1"),
                              ("--streams", "-2"), ("--score", "1.5"), ("--max-frame-mb", "0"), ("--requests", "many"),
                              ("--limit", "2.5"), ("--limit", "99999999999999999999999")):
            with self.subTest(option=option, value=value):
                answer = inflight("run", *simulated(), "-i", SOURCE, f"{option}={value}")
                self.assert_told(answer, BAD_USAGE, option, value)
                self.assertLess(len(answer.err), 200, answer)

    def test_an_option_without_its_value(self):
        self.assert_told(inflight("run", *simulated(), "-i", SOURCE, "--limit"), BAD_USAGE, "--limit needs a value")

    def test_of_an_option_given_twice_the_last_counts(self):
        answer = inflight("run", *simulated(), "-i", SOURCE, "--limit", 1, "--limit", 3)
        self.assert_done(answer)
        self.assertIn("3 read", answer.err)

    def test_a_wrong_choice_lists_the_choices(self):
        answer = inflight("run", *simulated(), "-i", SOURCE, "--hint", "fast")
        self.assert_told(answer, BAD_USAGE, "--hint", "fast", "latency", "throughput")

    def test_a_property_needs_a_name_and_a_value(self):
        for text in ("BAD", "=1"):
            with self.subTest(text):
                answer = inflight("run", *simulated(), "-i", SOURCE, "-p", text)
                self.assert_told(answer, BAD_USAGE, f"-p {text}", "NAME=VALUE")

    @needs_openvino
    def test_an_unknown_property_is_named(self):
        answer = inflight("run", "-m", MODEL, "-i", SOURCE, "-p", "NO_SUCH_THING=1")
        self.assert_told(answer, BAD_USAGE, "NO_SUCH_THING", "-p")

    def test_an_unknown_decoder_lists_the_decoders(self):
        answer = inflight("run", *simulated(), "-i", SOURCE, "--decoder", "nonsense")
        self.assert_told(answer, BAD_USAGE, "nonsense", "ssd", "yolox", "yolov5")

    def test_a_comparison_needs_an_end(self):
        for command in ("verify", "compare"):
            with self.subTest(command):
                self.assert_told(inflight(command, *simulated(), "-i", SOURCE, "--loop", "0"), BAD_USAGE, "--limit")

    def test_help_is_no_error(self):
        for args in (["--help"], *([command, "--help"] for command in COMMANDS)):
            with self.subTest(args):
                answer = inflight(*args)
                self.assertEqual((answer.code, answer.err), (DONE, ""))
                self.assertTrue(answer.out)
                widest = max(len(line) for line in answer.out.splitlines())
                self.assertLessEqual(widest, 120, "help that wraps is hard to read")

    def test_version(self):
        answer = inflight("--version")
        self.assertRegex(answer.out, r"^inflight \d+\.\d+\.\d+\n$")

    def test_devices_shows_what_there_is(self):
        answer = inflight("devices")
        self.assert_done(answer)
        self.assertIn("sim:", answer.out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
