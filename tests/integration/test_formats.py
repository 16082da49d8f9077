"""Formats that another program reads and writes for the server: PDF, HEIC, JPEG XL, JPEG 2000."""
import json
import os
import random
import signal
import subprocess
import time

from play import Play, binary, png, png_size, wait_until

MADE = {  # type: (content type, where its bytes say so)
    "heif": ("image/heif", lambda body: body[4:12] == b"ftypheic"),
    "jxl": ("image/jxl", lambda body: body[:2] == b"\xff\x0a" or body[4:8] == b"JXL "),
    "jp2k": ("image/jp2", lambda body: body[4:8] == b"jP  "),
}
LONGEST = 5  # seconds that a damaged picture may take


def pdf(width=200, height=100):
    paint = f"1 0 0 rg 0 0 {width // 2} {height} re f BT /F 20 Tf 10 40 Td (text) Tj ET"
    return (f"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents 4 0 R/Resources<</Font<</F"
            f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n4 0 obj<</Length {len(paint)}>>stream\n"
            f"{paint}\nendstream endobj\ntrailer<</Root 1 0 R>>\n").encode()


def damaged(picture, seed):
    """Cut somewhere, or with some of its bits turned over."""
    chance = random.Random(seed)
    out = bytearray(picture)
    if seed % 4 == 0:
        return bytes(out[:chance.randrange(len(out))])
    for _ in range(chance.randint(1, 8)):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def codec_processes(server):
    """Ids of the server's children."""
    found = []
    for thread in os.listdir(f"/proc/{server.process.pid}/task"):
        with open(f"/proc/{server.process.pid}/task/{thread}/children", encoding="ascii") as file:
            found += [int(pid) for pid in file.read().split()]
    return found


class Formats(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve(fallback="none", negative_ttl_seconds=0)

    def made(self, kind, picture=None):
        """A picture of this kind, written by the server."""
        answer = self.server.ask(f"/imaginary/convert?type={kind}", "POST", {"Content-Type": "image/png"},
                                 picture or png(64, 48))
        self.assertStatus(answer, 200)
        self.assertEqual(MADE[kind][0], answer.headers["Content-Type"])
        self.assertTrue(MADE[kind][1](answer.body), answer)
        return answer.body

    def test_out_and_in_again(self):
        for kind in MADE:
            url = self.origin.put("/" + kind, self.made(kind))
            answer = self.server.image("info", url)
            self.assertStatus(answer, 200)
            info = json.loads(answer.body)
            self.assertEqual((64, 48, kind, 0), (info["width"], info["height"], info["type"], info["orientation"]))
            small = self.server.image("resize", url, width=32, type="png")
            self.assertStatus(small, 200)
            self.assertEqual((32, 24), png_size(small.body))
            same = self.server.image("resize", url, width=32)  # without a type: in its own format
            self.assertStatus(same, 200)
            self.assertEqual(MADE[kind][0], same.headers["Content-Type"])
            self.assertTrue(MADE[kind][1](same.body), same)
            self.assertEqual("hit-memory", self.server.image("resize", url, width=32).cache)

    def test_pdf(self):
        url = self.origin.put("/page.pdf", pdf(), "application/pdf")
        page = self.server.image("resize", url, width=400, force="true", type="png")
        self.assertStatus(page, 200)
        self.assertEqual((400, 200), png_size(page.body))
        answer = self.server.image("resize", url, width=100, type="png")
        self.assertStatus(answer, 200)
        self.assertEqual((100, 50), png_size(answer.body))
        refused = self.server.image("resize", url, width=100)
        self.assertStatus(refused, 400)
        self.assertEqual("Error while processing the image: Unsupported image output type",
                         json.loads(refused.body)["message"])

    def test_as_a_watermark(self):
        mark, under = self.origin.put("/mark", self.made("jxl")), self.origin.put("/under.png", png(128, 96))
        answer = self.server.image("watermarkimage", under, image=mark)
        self.assertStatus(answer, 200)

    def test_damaged_pictures_are_the_clients_mistake(self):
        pictures = [pdf()] + [self.made(kind) for kind in MADE]
        statuses = {}
        for picture in pictures:
            for seed in range(10):
                begin = time.monotonic()
                answer = self.server.ask("/imaginary/resize?width=20&type=png", "POST",
                                         {"Content-Type": "application/octet-stream"}, damaged(picture, seed))
                self.assertLess(time.monotonic() - begin, LONGEST)
                self.assertLess(answer.status, 500, answer)
                statuses[answer.status] = statuses.get(answer.status, 0) + 1
        self.assertIn(400, statuses)
        self.assertStatus(self.server.get("/ready"), 200)
        metrics = self.server.metrics()
        self.assertGreater(metrics["imcaxy_codec_jobs_total"], 40)
        self.assertGreater(metrics["imcaxy_codec_failures_total"], 0)

    def test_too_many_pixels(self):
        answer = self.server.ask("/imaginary/resize?width=20&type=png", "POST", {"Content-Type": "application/pdf"},
                                 pdf(14000, 14000))
        self.assertStatus(answer, 422)
        self.assertIn("Image resolution is too big", answer.text)

    def test_the_waiting_process_may_be_killed(self):
        picture = self.made("jxl")
        for round in range(3):
            for pid in codec_processes(self.server):
                os.kill(pid, signal.SIGKILL)
            answer = self.server.ask(f"/imaginary/resize?width={20 + round}&type=png", "POST",
                                     {"Content-Type": "image/jxl"}, picture)
            self.assertStatus(answer, 200)

    def test_no_process_outlives_the_server(self):
        self.assertEqual([], list(codec_processes(self.server)), "none waits before there is a job")
        self.made("jxl")
        children = wait_until(lambda: codec_processes(self.server), "a process waits for the next job")
        self.server.kill()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children), "they end with the server")


class Without(Play):
    """What a system without the program, or with one that does not work, says."""

    def refused(self, server):
        answer = server.ask("/imaginary/resize?width=20", "POST", {"Content-Type": "application/pdf"}, pdf())
        self.assertStatus(answer, 406)
        message = json.loads(answer.body)["message"]
        self.assertTrue(message.startswith("Unsupported media type: PDF pictures need "), message)
        answer = server.ask("/imaginary/convert?type=jxl", "POST", {"Content-Type": "image/png"}, png(8, 8))
        self.assertStatus(answer, 400)
        self.assertTrue(json.loads(answer.body)["message"].startswith(
            "Unsupported output image format: JPEG XL pictures need "), answer)
        plain = server.ask("/imaginary/resize?width=20", "POST", {"Content-Type": "image/bmp"}, b"BM" + bytes(60))
        self.assertEqual("Unsupported media type", json.loads(plain.body)["message"])
        self.assertStatus(server.ask("/imaginary/resize?width=4", "POST", {"Content-Type": "image/png"}, png(8, 8)),
                          200)
        return message

    def test_switched_off(self):
        self.assertIn("IMCAXY_CODEC is empty", self.refused(self.serve(codec="")))

    def test_not_there(self):
        self.assertIn("not there", self.refused(self.serve(codec="/nowhere/imcaxy-codec")))

    def test_not_working(self):
        self.assertIn("does not start", self.refused(self.serve(codec="/bin/false")))

    def test_it_says_who_starts_it(self):
        program = os.path.join(os.path.dirname(binary()), "imcaxy-codec")
        done = subprocess.run([program], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual(2, done.returncode)
        self.assertIn("is started by imcaxy", done.stderr)
