"""Inputs that are missing, damaged or odd: what can be read is processed, and what cannot is told."""

import pathlib
import struct
import unittest
import zlib

from harness import BAD_INPUT, BAD_USAGE, DONE, ROOT, RUN_FAILED, CliTest, frames_of, inflight, simulated


def png(width, height, color_type, bits, pixel):
    """A PNG of one colour. `pixel` holds its samples, big-endian."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    rows = (b"\0" + pixel * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


GREY, RGB, RGBA = 0, 2, 6


class MissingInput(CliTest):
    def test_no_such_file(self):
        answer = self.run_simulated(self.folder / "missing.mp4")
        self.assert_told(answer, BAD_INPUT, "missing.mp4", "no such file", self.folder)
        self.assert_remedy(answer)

    def test_no_such_folder(self):
        answer = self.run_simulated(f"{self.folder}/nowhere/")
        self.assert_told(answer, BAD_INPUT, "nowhere")

    def test_a_glob_that_matches_nothing(self):
        answer = self.run_simulated(f"{self.folder}/*.jpg")
        self.assert_told(answer, BAD_INPUT, "*.jpg")
        self.assert_remedy(answer)

    def test_an_empty_name(self):
        self.assert_told(self.run_simulated(""), BAD_INPUT, "no input")

    def test_an_empty_file(self):
        answer = self.run_simulated(self.file("empty.mp4"))
        self.assert_told(answer, BAD_INPUT, "empty.mp4", "0 bytes")
        self.assert_remedy(answer)

    def test_a_text_file_named_as_a_video(self):
        answer = self.run_simulated(self.file("notes.mp4", "Dear diary, today I sat in a traffic jam.\n" * 50))
        self.assert_told(answer, BAD_INPUT, "notes.mp4", "not a video")
        self.assert_remedy(answer)

    def test_a_folder_without_images(self):
        self.file("folder/readme.txt", "no pictures here")
        self.assert_told(self.run_simulated(self.folder / "folder"), BAD_INPUT, "no images", "png")

    def test_a_wrong_synthetic_source(self):
        self.assert_told(self.run_simulated("synthetic:64x64,frams=3"), BAD_USAGE, "frams", "frames=")

    def test_a_camera_that_does_not_answer(self):
        answer = self.run_simulated("rtsp://127.0.0.1:9/stream")
        self.assert_told(answer, BAD_INPUT, "rtsp://127.0.0.1:9/stream")
        self.assert_remedy(answer)

    def test_nothing_is_written_for_an_input_that_cannot_be_read(self):
        json, video = self.file("kept.jsonl", "precious\n"), self.file("kept.mp4", "precious\n")
        self.run_simulated(self.folder / "missing.mp4", "--json", json, "-o", video)
        self.assertEqual((json.read_text(), video.read_text()), ("precious\n", "precious\n"))


class DamagedInput(CliTest):
    def test_a_truncated_video_is_processed_as_far_as_it_goes(self):
        whole = (ROOT / "assets/one-by-one-person-detection.mp4").read_bytes()
        if b"moov" not in whole[:100_000]:
            self.skipTest("the example video has its index at the end, so that a cut file has none")
        video = self.file("cut.mp4", whole[: len(whole) // 8])
        lines, summary = self.folder / "out.jsonl", self.folder / "summary.json"
        answer = self.run_simulated(video, "--json", lines, "--summary", summary)
        self.assert_ended(answer, BAD_INPUT, "cut.mp4", "ended early after frame", "kept")
        results = self.json_lines(lines)
        self.assertGreater(len(results), 10)
        self.assertEqual([r["frame"] for r in results], list(range(len(results))))
        told = self.summary(summary)
        self.assertEqual(told["frames"]["emitted"], len(results))
        self.assertIn(f"after frame {len(results) - 1}", " ".join(e["text"] for e in told["events"]))

    def test_how_the_input_ended_is_told_once(self):
        whole = self.make_video(frames=60).read_bytes()
        answer = self.run_simulated(self.file("cut.mp4", whole[: len(whole) * 2 // 3]))
        if answer.code == DONE:
            self.skipTest("a fragmented MP4 that is cut between fragments is whole")
        self.assertEqual(answer.err.count("cut.mp4"), 1, answer)

    def test_a_video_cut_before_its_index(self):
        whole = self.make_video().read_bytes()
        self.assert_told(self.run_simulated(self.file("stub.mp4", whole[:200])), BAD_INPUT, "stub.mp4")

    def test_damage_in_the_middle(self):
        content = bytearray(self.make_video(frames=100).read_bytes())
        middle = len(content) // 2
        content[middle : middle + 400] = bytes(400)
        lines = self.folder / "out.jsonl"
        answer = self.run_simulated(self.file("hit.mp4", bytes(content)), "--json", lines)
        self.assertIn(answer.code, (DONE, BAD_INPUT), answer)  # as the decoder can conceal it or not
        self.assertGreater(len(self.json_lines(lines)), 20)

    def test_a_damaged_image_is_named(self):
        whole = png(64, 48, RGB, 8, b"\x10\x80\xf0")
        answer = self.run_simulated(self.file("half.png", whole[: len(whole) // 2]))
        self.assert_told(answer, BAD_INPUT, "half.png", "damaged")
        self.assert_remedy(answer)

    def test_a_damaged_image_among_others_is_a_frame_that_failed(self):
        whole = png(64, 48, RGB, 8, b"\x10\x80\xf0")
        for number in (1, 2, 3):
            self.file(f"shots/{number}.png", whole if number != 2 else whole[: len(whole) // 2])
        lines = self.folder / "out.jsonl"
        answer = self.run_simulated(self.folder / "shots", "--json", lines)
        self.assert_ended(answer, RUN_FAILED, "1 of 3 frames failed", "unreadable_frame")
        self.assertIn("2.png: the image is damaged", answer.err, "also without --json")
        results = self.json_lines(lines)
        self.assertEqual([r["status"] for r in results], ["emitted", "failed", "emitted"])
        self.assertIn("2.png", results[1]["reason"])


class OddInput(CliTest):
    def assert_frames(self, source, number, *args):
        lines = self.folder / "out.jsonl"
        answer = self.run_simulated(source, "--json", lines, "--quiet", *args)
        self.assert_done(answer)
        self.assertEqual(len(self.json_lines(lines)), number)

    def test_a_video_whose_size_changes_half_way(self):
        small, large = self.make_video("a.ts", "160x90", 20), self.make_video("b.ts", "320x180", 20)
        changing = self.file("changing.ts", small.read_bytes() + large.read_bytes())
        out = self.folder / "out.mp4"
        self.assert_frames(changing, 40, "-o", out)
        self.assertEqual(frames_of(out), 40)

    def test_an_image_with_alpha(self):
        self.assert_frames(self.file("alpha.png", png(64, 48, RGBA, 8, b"\xff\x00\x00\x80")), 1)

    def test_images_with_16_bits(self):
        self.assert_frames(self.file("deep.png", png(64, 48, RGB, 16, b"\xff\x00\x80\x00\x00\x00")), 1)
        self.assert_frames(self.file("grey.png", png(64, 48, GREY, 16, b"\x80\x00")), 1)

    def test_an_image_of_one_pixel(self):
        self.assert_frames(self.file("dot.png", png(1, 1, RGB, 8, b"\1\2\3")), 1)

    def test_a_picture_of_odd_size(self):
        out = self.folder / "out.mp4"
        self.assert_frames("synthetic:161x91,frames=10", 10, "-o", out)
        self.assertEqual(frames_of(out), 10)

    def test_a_folder_of_mixed_files(self):
        self.file("mixed/readme.txt", "holiday")
        self.file("mixed/.DS_Store", b"\0\0\0\1Bud1")
        for number in (1, 2, 10):
            self.file(f"mixed/{number}.png", png(32 * number, 48, RGB, 8, b"\1\2\3"))
        self.assert_frames(self.folder / "mixed", 3)

    def assert_sources(self, answer, *names):
        self.assert_done(answer)
        told = self.summary(self.folder / "s.json")["sources"]
        self.assertEqual([s["name"] for s in told], [str(name) for name in names])
        self.assertEqual([s["frames"]["emitted"] for s in told], [int(n.stem) % 9 for n in map(pathlib.Path, names)])

    def test_videos_of_a_folder_of_a_glob_or_named_one_after_the_other_are_sources(self):
        (self.folder / "films").mkdir()
        for number in (2, 1, 10):
            self.make_video(f"films/{number}.mp4", frames=number % 9)
        self.file("films/.9.mp4", "hidden"), self.file("films/notes.txt", "of the director")
        films = [f"{self.folder}/films/{number}.mp4" for number in (1, 2, 10)]
        summary = ["--summary", self.folder / "s.json"]
        answer = self.run_simulated(self.folder / "films", *summary)
        self.assert_sources(answer, *films)
        self.assertIn("films: 1 other file is passed over: notes.txt", answer.err)
        self.assert_sources(self.run_simulated(f"{self.folder}/films/*.mp4", *summary), *films)
        self.assert_sources(self.run_simulated(films[0], films[2], *summary), films[0], films[2])
        self.assert_sources(inflight("run", *simulated(), *summary, "-i", *films), *films)
        listed = self.file("films.txt", f"{self.folder}/films\n")
        self.assert_sources(self.run_simulated(listed, *summary), *films)
        answer = inflight("verify", *simulated(), "-i", self.folder / "films")
        self.assert_told(answer, BAD_INPUT, "no images", "name one of its videos", "1.mp4")

    def test_pictures_of_a_folder_are_told_by_name_and_hidden_ones_are_left_out(self):
        for name in ("cat.png", "dog.png", "._cat.png"):
            self.file(f"pets/{name}", png(64, 48, RGB, 8, b"\1\2\3"))
        self.make_video("pets/film.mp4", frames=3)
        lines, out = self.folder / "out.jsonl", self.folder / "out"
        answer = self.run_simulated(self.folder / "pets", "--json", lines, "-o", out)
        self.assert_done(answer)
        self.assertIn("pets: 1 other file is passed over: film.mp4", answer.err)
        self.assertEqual([r["file"] for r in self.json_lines(lines)],
                         [f"{self.folder}/pets/{name}" for name in ("cat.png", "dog.png")])
        self.assertEqual(sorted(p.name for p in out.iterdir()), ["000000_cat.jpg", "000001_dog.jpg"])

    def test_names_with_spaces_colons_and_umlauts(self):
        video = self.make_video("a b: über 100%.mp4", frames=5)
        self.assert_frames(video, 5)

    def test_a_name_that_begins_with_a_dash(self):
        video = self.make_video("-video.mp4", frames=5)
        answer = inflight("run", *simulated(), f"--input={video.name}", "--quiet", cwd=self.folder)
        self.assert_done(answer)

    def test_start_every_limit_and_loop_choose_frames(self):
        lines = self.folder / "out.jsonl"
        self.assert_done(self.run_simulated("synthetic:64x64,frames=10", "--start", 2, "--every", 3, "--loop", 2,
                                            "--json", lines))
        self.assertEqual([r["frame"] for r in self.json_lines(lines)], [2, 5, 8, 12, 15, 18])

    def test_a_start_beyond_the_end(self):
        answer = self.run_simulated("synthetic:64x64,frames=10", "--start", 50, "--quiet")
        self.assert_told(answer, BAD_USAGE, "no frame", "--start 50")

    def test_a_limit_beyond_the_end(self):
        self.assert_frames("synthetic:64x64,frames=10", 10, "--limit", 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
