"""Which format a client gets that names none."""
import math
import random
import struct
import zlib

from play import Play, png_chunk

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
WEBP = "image/webp,image/*;q=0.8"


def picture(width, height, colour):
    """A PNG out of what `colour(x, y)` says."""
    rows = b"".join(b"\0" + b"".join(bytes(colour(x, y)) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows)) +
            png_chunk(b"IEND", b""))


def photograph(width, height):
    """Light that changes slowly, with a little grain."""
    grain = random.Random(1)

    def colour(x, y):
        noise = grain.randrange(9)
        return (60 + x * 150 // width + noise, 40 + y * 150 // height + noise,
                100 + int(60 * math.sin(x / 40) * math.cos(y / 30)) + noise)
    return picture(width, height, colour)


def drawing(width, height):
    """A few flat areas."""
    return picture(width, height, lambda x, y: (255, 255, 255) if y // 20 % 2 else (32, 64, 128))


class Negotiation(Play):
    photograph = photograph(400, 300)

    def setUp(self):
        super().setUp()
        self.photo = self.origin.put("/photo.png", self.photograph)
        self.lines = self.origin.put("/lines.png", drawing(400, 300))

    def serve(self, **values):
        return super().serve(**{"auto_format": "avif,webp,jpeg", **values})

    def kind(self, answer):
        self.assertStatus(answer, 200)
        return answer.headers["Content-Type"].removeprefix("image/")

    def test_what_the_client_names(self):
        server = self.serve()
        for accept, kind in ((CHROME, "avif"), (WEBP, "webp"), ("*/*", "jpeg"), ("image/avif;q=0,image/webp", "webp"),
                             ("text/html", "jpeg")):
            answer = server.image("resize", self.photo, {"Accept": accept}, width=300)
            self.assertEqual(kind, self.kind(answer), accept)
            self.assertEqual("Accept, Save-Data", answer.headers["Vary"])
        self.assertEqual("jpeg", self.kind(server.image("resize", self.photo, width=300)))

    def test_classes_share_and_others_do_not(self):
        server = self.serve()
        first = server.image("resize", self.photo, {"Accept": CHROME}, width=300)
        self.assertServed(first, "miss")
        self.assertServed(server.image("resize", self.photo, {"Accept": "image/webp , image/AVIF"}, width=300), "hit-memory",
                          first.body)
        self.assertServed(server.image("resize", self.photo, {"Accept": WEBP}, width=300), "miss")
        for accept, body in ((CHROME, first.body),) * 3:
            self.assertServed(server.image("resize", self.photo, {"Accept": accept}, width=300), "hit-memory", body)
        self.assertStatus(server.invalidate(self.photo), 200)
        for accept in (CHROME, WEBP):
            self.assertServed(server.image("resize", self.photo, {"Accept": accept}, width=300), "miss")

    def test_drawings_stay_lossless(self):
        server = self.serve()
        plain = server.image("resize", self.lines, {"Accept": "*/*"}, width=300)
        self.assertEqual("png", self.kind(plain))
        modern = server.image("resize", self.lines, {"Accept": CHROME}, width=300)
        self.assertIn(self.kind(modern), ("webp", "png"))
        self.assertLessEqual(len(modern.body), len(plain.body))

    def test_a_named_type_is_that_type(self):
        server = self.serve()
        answer = server.image("resize", self.photo, {"Accept": CHROME}, width=300, type="png")
        self.assertEqual("png", self.kind(answer))
        self.assertNotIn("Vary", answer.headers)
        self.assertEqual("avif", self.kind(server.image("resize", self.photo, {"Accept": CHROME}, width=300, type="auto")))

    def test_what_browsers_can_not_show_is_not_sent_to_them(self):
        server = self.serve()
        made = server.image("convert", self.photo, type="tiff")
        self.assertEqual("tiff", self.kind(made))
        tiff = self.origin.put("/photo.tif", made.body, content_type="image/tiff")
        self.assertEqual("tiff", self.kind(server.image("resize", tiff, {"Accept": "text/html"}, width=300, type="tiff")))
        self.assertEqual("webp", self.kind(server.image("resize", tiff, {"Accept": WEBP}, width=300)))

    def test_what_can_not_be_written_becomes_what_everybody_reads(self):
        server = self.serve()
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="40" height="60" fill="red"/></svg>'
        drawn = self.origin.put("/a.svg", svg, content_type="image/svg+xml")
        self.assertEqual("png", self.kind(server.image("resize", drawn, {"Accept": "*/*"}, width=40)))
        self.assertIn(self.kind(server.image("resize", drawn, {"Accept": CHROME}, width=40)), ("webp", "png"))

    def test_switched_off(self):
        server = self.serve(auto_format="", network_hints="")
        answer = server.image("resize", self.photo, {"Accept": CHROME}, width=300)
        self.assertEqual("png", self.kind(answer))
        self.assertNotIn("Vary", answer.headers)
        auto = server.image("resize", self.photo, {"Accept": "image/jpeg,image/webp"}, width=300, type="auto")
        self.assertEqual("jpeg", self.kind(auto))

    def test_uploads_and_pipelines_too(self):
        server = self.serve()
        upload = server.ask("/imaginary/resize?width=300", "POST", {"Accept": WEBP}, self.photograph)
        self.assertEqual("webp", self.kind(upload))
        steps = '[{"operation":"crop","params":{"width":300,"height":200}}]'
        self.assertEqual("webp", self.kind(server.image("pipeline", self.photo, {"Accept": WEBP}, operations=steps)))
        typed = '[{"operation":"convert","params":{"type":"png"}}]'
        self.assertEqual("png", self.kind(server.image("pipeline", self.photo, {"Accept": WEBP}, operations=typed)))
