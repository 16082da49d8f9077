"""What answers look like whose request names no quality: each picture gets its own, so that all reach one score."""
import struct
import zlib

from pictures import gif, half_clear_png, photograph_png
from play import Play, png_chunk, png_size, run, wait_until
from test_negotiation import CHROME, WEBP, drawing, photograph


def score(answer):
    return float(answer.headers["X-Imcaxy-Score"])


class Quality(Play):
    smooth, grainy = photograph(400, 300), photograph_png(400, 300)

    def setUp(self):
        super().setUp()
        self.photo = self.origin.put("/smooth.png", self.smooth)
        self.grain = self.origin.put("/grainy.png", self.grainy)

    def test_each_picture_has_its_own(self):
        server = self.serve()
        for kind in ("jpeg", "webp", "avif"):
            qualities = set()
            for url in (self.photo, self.grain):
                answer = server.image("resize", url, width=300, type=kind)
                self.assertStatus(answer, 200)
                self.assertAlmostEqual(75, score(answer), delta=2, msg=kind)
                qualities.add(int(answer.headers["X-Imcaxy-Quality"]))
            self.assertEqual(2, len(qualities), kind)

    def test_a_number_means_what_it_always_meant(self):
        chosen, fixed = self.serve(), self.serve(quality_targets="")
        with_number = [server.image("resize", self.photo, width=300, type="jpeg", quality=80) for server in (chosen, fixed)]
        self.assertEqual(with_number[0].body, with_number[1].body)
        for answer in (*with_number, fixed.image("resize", self.photo, width=300, type="jpeg")):
            self.assertEqual((None, None), (answer.headers["X-Imcaxy-Score"], answer.headers["X-Imcaxy-Quality"]))

    def test_words(self):
        server = self.serve(quality_targets="low=60,high=88")
        sizes, scores = [], []
        for word in ("low", "normal", "high"):
            answer = server.image("resize", self.photo, {"Accept": CHROME}, width=300, type="webp", quality=word)
            sizes.append(len(answer.body))
            scores.append(round(score(answer)))
        self.assertEqual(sorted(sizes), sizes)
        for told, wanted in zip(scores, (60, 75, 88)):
            self.assertAlmostEqual(wanted, told, delta=2)
        unnamed = server.image("resize", self.photo, {"Save-Data": "on"}, width=300, type="webp")
        self.assertEqual(sizes[0], len(unnamed.body))

    def test_dense_screens_need_less_of_each_pixel(self):
        server = self.serve(auto_format="avif,webp,jpeg")
        for parameters in ({}, {"type": "jpeg"}):
            plain, double, triple = [server.image("resize", self.photo, {"Accept": CHROME}, width=360 // dpr, dpr=dpr, **parameters)
                                     for dpr in (1, 2, 3)]
            self.assertGreater(len(plain.body), len(double.body))
            self.assertGreaterEqual(len(double.body), len(triple.body))
            self.assertGreater(score(plain), score(double) + 10)
            # They are pictures of their own, whoever was first.
            again = server.image("resize", self.photo, {"Accept": CHROME}, width=360, **parameters)
            self.assertServed(again, "hit-memory", plain.body)
            phone = server.image("resize", self.photo, {"Accept": CHROME, "Sec-CH-DPR": "2"}, width=180, dpr="auto", **parameters)
            self.assertAlmostEqual(score(double), score(phone), delta=2)
        lossless = [server.image("resize", self.photo, width=360 // dpr, dpr=dpr, type="png") for dpr in (1, 2)]
        self.assertServed(lossless[1], "hit-memory", lossless[0].body)
        self.assertEqual((360, 270), png_size(lossless[0].body))

    def test_what_is_told_is_kept(self):
        server = self.serve()
        first = server.image("resize", self.photo, width=300, type="jpeg")
        server.restart()
        again = server.image("resize", self.photo, width=300, type="jpeg")
        self.assertServed(again, "hit-disk", first.body)
        self.assertEqual(score(first), score(again))

    def test_what_is_lossless_has_no_score(self):
        server = self.serve(auto_format="avif,webp,jpeg")
        lines = self.origin.put("/lines.png", drawing(400, 300))
        for answer in (server.image("resize", lines, {"Accept": CHROME}, width=300),
                       server.image("resize", self.photo, width=300, type="png")):
            self.assertStatus(answer, 200)
            self.assertIsNone(answer.headers["X-Imcaxy-Score"])

    def test_other_targets_are_other_answers(self):
        server = self.serve()
        before = server.image("resize", self.photo, width=300, type="webp")
        server.values["quality_targets"] = "normal=66"
        server.restart()
        after = server.image("resize", self.photo, width=300, type="webp")
        self.assertServed(after, "miss")
        self.assertLess(len(after.body), len(before.body))


def palette_png(width, height):
    """Thin lines in two colours, at one bit a pixel: what an optimiser makes of line art. It says whose it is."""
    row = b"\0" + bytes(0x11 if y % 2 else 0x80 for y in range(width // 8))
    head = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"PLTE", bytes((255, 255, 255, 20, 40, 90))) +
            png_chunk(b"tEXt", b"Author\0somebody private") + png_chunk(b"IDAT", zlib.compress(row * height, 9)) + png_chunk(b"IEND", b""))


class AsItCame(Play):
    def test_no_answer_is_larger_than_its_source(self):
        server = self.serve(auto_format="avif,webp,jpeg")
        for name, picture, width in (("lines.png", palette_png(400, 300), 400), ("flat.png", drawing(320, 200), 320),
                                     ("clear.png", half_clear_png(200, 100), 200), ("moving.gif", gif(60, 40), 60)):
            url = self.origin.put(f"/{name}", picture, f"image/{name[-3:]}")
            for accept in (CHROME, WEBP, "*/*"):
                answer = server.image("resize", url, {"Accept": accept}, width=width)
                self.assertStatus(answer, 200)
                self.assertLessEqual(len(answer.body), len(picture), (name, accept))
                self.assertNotIn(b"somebody private", answer.body)
        poor = self.serve().image("resize", self.origin.put("/photo.png", photograph_png(400, 300)), width=400, type="jpeg", quality=20).body
        url = self.origin.put("/poor.jpg", poor, "image/jpeg")
        for accept in (CHROME, WEBP, "*/*"):
            answer = server.image("resize", url, {"Accept": accept}, width=400)
            self.assertStatus(answer, 200)
            self.assertLessEqual(len(answer.body), len(poor), accept)
        lines = server.image("resize", self.origin.url("/lines.png"), width=400, type="png")
        self.assertEqual((400, 300), png_size(lines.body))
        turned = server.image("flip", self.origin.url("/lines.png"), type="png")
        self.assertNotEqual(lines.body, turned.body)


class Deadline(Play):
    def setUp(self):
        super().setUp()
        self.photo = self.origin.put("/photo.png", photograph(400, 300))

    def ask(self, server):
        answer = server.image("resize", self.photo, {"Accept": CHROME}, width=380)
        self.assertStatus(answer, 200)
        return answer

    def test_a_quicker_format_now_and_the_best_behind(self):
        server = self.serve(auto_format="avif,webp,jpeg", answer_deadline_ms=1)
        first = self.ask(server)
        self.assertNotEqual("image/avif", first.headers["Content-Type"])
        self.assertEqual("public, max-age=10", first.headers["Cache-Control"])
        wait_until(lambda: self.ask(server).headers["Content-Type"] == "image/avif", "the best answer")
        best = self.ask(server)
        self.assertServed(best, "hit-memory")
        self.assertNotEqual(first.headers["ETag"], best.headers["ETag"])
        self.assertLess(len(best.body), len(first.body))
        self.assertIn("max-age=600", best.headers["Cache-Control"])
        self.assertEqual(1, server.metrics()["imcaxy_hurried_answers_total"])
        self.assertEqual(1, self.origin.count("/photo.png"))
        server.restart()
        self.assertServed(self.ask(server), "hit-disk", best.body)

    def test_without_one_the_best_is_waited_for(self):
        for deadline in (0, 60000):
            server = self.serve(auto_format="avif,webp,jpeg", answer_deadline_ms=deadline)
            self.assertEqual("image/avif", self.ask(server).headers["Content-Type"])

    def test_what_is_named_is_never_another(self):
        server = self.serve(auto_format="avif,webp,jpeg", answer_deadline_ms=1)
        answer = server.image("resize", self.photo, width=380, type="avif")
        self.assertEqual("image/avif", answer.headers["Content-Type"])
        self.assertIn("max-age=600", answer.headers["Cache-Control"])


class Mistakes(Play):
    def test_are_told_at_the_start(self):
        for value, words in (("normal", "scores from 50 to 90"), ("best=75", "scores from 50 to 90"), ("normal=95", "scores from 50 to 90"),
                             ("low=80", "no more than normal"), ("low=60,low=65", "only once")):
            status, _, errors = run("serve", quality_targets=value, port=0)
            self.assertNotEqual(0, status, value)
            self.assertIn(words, errors)
            self.assertIn("IMCAXY_QUALITY_TARGETS", errors)
