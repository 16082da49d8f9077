"""Reduced forms of large sources: once several sizes are asked for, and never instead of a changed picture."""
import json
import os
import struct
import tempfile
import zlib

from play import Play, png, png_chunk, png_size

MADE, USED = "imcaxy_mezzanine_made_total", "imcaxy_mezzanine_used_total"


def plain(grey, width=2000, height=1000):
    """A large picture of one grey: a reduced form of it is without loss, so that answers are equal byte by byte."""
    row = b"\0" + bytes([grey, grey, grey]) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(row * height, 6)) +
            png_chunk(b"IEND", b""))


class Mezzanine(Play):
    def test_sizes_one_after_the_other(self):
        url = self.origin.put("/a.png", plain(40))
        server, without = self.serve(), self.serve(mezzanine=False)
        for width in (100, 90):
            self.assertServed(server.image("resize", url, width=width), "miss")
        server.wait_metric(MADE, 1)
        self.assertEqual(0, server.metrics()[USED])
        third = server.image("resize", url, width=80)
        self.assertServed(third, "miss", without.image("resize", url, width=80).body)
        self.assertEqual((80, 40), png_size(third.body))
        self.assertEqual(1, server.metrics()[USED])
        self.assertEqual(1, json.loads(server.get("/stats").body)["figures"][USED])
        self.assertEqual(2, len(server.entry_files("originals")))

        server.restart()
        self.assertServed(server.image("resize", url, width=70), "miss", without.image("resize", url, width=70).body)
        self.assertEqual(1, server.metrics()[USED])
        self.assertServed(server.image("resize", url, width=80), "hit-disk", third.body)

    def test_a_changed_picture(self):
        url = self.origin.put("/a.png", plain(40))
        server, without = self.serve(), self.serve(mezzanine=False)
        for width in (100, 90):
            self.assertServed(server.image("resize", url, width=width), "miss")
        server.wait_metric(MADE, 1)
        self.origin.put("/a.png", plain(200))
        done = server.invalidate(url)
        self.assertStatus(done, 200)
        self.assertEqual(2, len(json.loads(done.body)["invalidatedImages"]), "only the answers are told")
        self.assertEqual([], server.entry_files("originals"))
        for width in (80, 70, 60):
            if width == 60:
                server.wait_metric(MADE, 2)
            self.assertServed(server.image("resize", url, width=width), "miss",
                              without.image("resize", url, width=width).body)
        self.assertEqual(1, server.metrics()[USED])

    def test_photographs_keep_their_format_and_size(self):
        url = self.origin.put("/a.png", png(2000, 1000))
        server = self.serve(auto_format="webp,jpeg")
        for width in (100, 90):
            self.assertServed(server.image("resize", url, width=width), "miss")
        server.wait_metric(MADE, 1)
        answer = server.image("resize", url, {"Accept": "*/*"}, width=400)
        self.assertServed(answer, "miss")
        self.assertEqual("image/jpeg", answer.headers["Content-Type"])
        self.assertEqual((400, 200), png_size(server.image("resize", url, width=400, type="png").body))
        self.assertEqual(2, server.metrics()[USED])
        info = json.loads(server.image("info", url).body)
        self.assertEqual((2000, 1000, "png"), (info["width"], info["height"], info["type"]))

    def test_mounted_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.png")

            def write(grey):
                with open(path, "wb") as file:
                    file.write(plain(grey))
            write(40)
            server, without = self.serve(mount=folder), self.serve(mount=folder, mezzanine=False)
            for width in (100, 90):
                self.assertServed(server.image("resize", None, file="a.png", width=width), "miss")
            server.wait_metric(MADE, 1)
            body = without.image("resize", None, file="a.png", width=80).body
            self.assertServed(server.image("resize", None, file="a.png", width=80), "miss", body)
            self.assertEqual(1, server.metrics()[USED])
            write(200)
            body = without.image("resize", None, file="a.png", width=70).body
            self.assertServed(server.image("resize", None, file="a.png", width=70), "miss", body)
            self.assertEqual(1, server.metrics()[USED])
