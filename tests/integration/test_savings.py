"""What was saved: /stats and /metrics against bytes that a client counted itself."""
import json
import re
import time

from pictures import jpegs, photograph_png
from play import PATIENCE, Client, Play, image_target, wait_until

AVIF = {"Accept": "image/avif,image/webp,image/*,*/*;q=0.8"}
WEBP = {"Accept": "image/webp,*/*;q=0.8"}
LEGACY = {"Accept": "*/*"}
FORMATS = "avif,webp,jpeg"


def counts(saving):
    """Without what was compared."""
    return {name: saving[name] for name in ("answers", "sentBytes", "originalBytes")}


class Savings(Play):
    @classmethod
    def setUpClass(cls):
        cls.png = photograph_png(256, 192)
        cls.jpeg = jpegs(cls.png)[0]

    def savings(self, server, answers=None):
        """Once so many answers were counted, which is behind their last byte."""
        def look():
            savings = json.loads(server.get("/stats").body)["savings"]
            return savings if answers in (None, savings["answers"]) else None
        return wait_until(look, f"{answers} answers are counted")

    def test_figures_are_what_clients_got(self):
        server = self.serve(auto_format=FORMATS)
        jpeg, png = self.origin.put("/a.jpg", self.jpeg, "image/jpeg"), self.origin.put("/b.png", self.png)
        expected = {}

        def note(kind, name, answer, original):
            entry = expected.setdefault(kind, {}).setdefault(name, {"answers": 0, "sentBytes": 0, "originalBytes": 0})
            entry["answers"] += 1
            entry["sentBytes"] += len(answer.body)
            entry["originalBytes"] += len(original)

        # Several answers each, first ones and hits, on several connections; which thread counts makes no difference.
        for _ in range(3):
            client = Client(server.port)
            for url, original in ((jpeg, self.jpeg), (png, self.png)):
                for name, headers in (("avif", AVIF), ("webp", WEBP), ("legacy", LEGACY)):
                    for width, slow in ((64, False), (128, True)):
                        answer = client.get(image_target("resize", url, width=width), {**headers, **({"Save-Data": "on"} if slow else {})})
                        self.assertStatus(answer, 200)
                        form = answer.headers["Content-Type"].split("/")[1]
                        for kind, which in (("byFormat", form), ("byClient", name), ("byNetwork", "slow" if slow else "usual")):
                            note(kind, which, answer, original)
                        note("all", "", answer, original)
            client.close()
        # None of these is a whole picture that stands for its original.
        target = image_target("resize", jpeg, width=64)
        etag = server.get(target, AVIF).headers["ETag"]
        note_again = server.get(target, AVIF)
        for _ in range(2):
            for kind, which in (("byFormat", note_again.headers["Content-Type"].split("/")[1]), ("byClient", "avif"), ("byNetwork", "usual"), ("all", "")):
                note(kind, which, note_again, self.jpeg)
        self.assertStatus(server.get(target, {**AVIF, "If-None-Match": etag}), 304)
        self.assertStatus(server.get(target, {**AVIF, "Range": "bytes=0-9"}), 206)
        self.assertStatus(server.ask(target, "HEAD", AVIF), 200)
        self.assertStatus(server.image("info", jpeg), 200)
        self.assertStatus(server.image("resize", jpeg, width=32, placeholder="lqip"), 200)
        self.assertStatus(server.image("resize", jpeg, width="wrong"), 400)

        savings = self.savings(server, expected["all"][""]["answers"])
        self.assertEqual(expected["all"][""], counts(savings))
        for kind in ("byFormat", "byClient", "byNetwork"):
            self.assertEqual(expected[kind], {name: counts(one) for name, one in savings[kind].items()}, kind)
        text = server.get("/metrics").text
        for name, field in (("imcaxy_pictures_total", "answers"), ("imcaxy_picture_bytes_total", "sentBytes"),
                            ("imcaxy_picture_original_bytes_total", "originalBytes")):
            for client in ("avif", "webp", "legacy"):
                values = re.findall(rf'^{name}{{format="\w+",client="{client}",network="\w+"}} ([\d.e+]+)$', text, re.MULTILINE)
                self.assertEqual(expected["byClient"][client][field], sum(map(float, values)), (name, client))

    def compared(self, server, target, headers):
        """Asks until an answer is compared with Imaginary; the answer, and what /stats says of just that one."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            before = self.savings(server)
            answer = server.get(target, headers)
            after = self.savings(server, before["answers"] + 1)["imaginary"]
            before = before["imaginary"]
            if after["answers"] > before["answers"]:
                return answer, {name: after[name] - before[name] for name in after}
            time.sleep(0.1)
        self.fail("nothing was measured")

    def test_what_imaginary_would_have_sent_is_measured(self):
        server = self.serve(auto_format=FORMATS)
        url = self.origin.put("/a.jpg", self.jpeg, "image/jpeg")
        plain = server.image("resize", url, width=200, type="jpeg", quality=75)
        target = image_target("resize", url, width=200)
        answer, told = self.compared(server, target, AVIF)
        self.assertEqual("image/avif", answer.headers["Content-Type"])
        self.assertEqual((1, len(answer.body)), (told["answers"], told["sentBytes"]))
        # Its JPEG is a little larger than ours of that quality, and no other picture.
        self.assertLess(len(plain.body), told["imaginaryBytes"])
        self.assertGreater(len(plain.body) * 1.5, told["imaginaryBytes"])
        # Others who ask for the same are compared with the same.
        again, of_others = self.compared(server, target, LEGACY)
        self.assertEqual(told["imaginaryBytes"], of_others["imaginaryBytes"])
        self.assertNotEqual(answer.body, again.body)
        self.assertEqual(1, server.metrics()['imcaxy_imaginary_sizes_total{result="measured"}'])
        # Each part tells its own.
        self.assertEqual(of_others["imaginaryBytes"] * self.savings(server)["byClient"]["legacy"]["imaginary"]["answers"],
                         self.savings(server)["byClient"]["legacy"]["imaginary"]["imaginaryBytes"])

    def test_a_png_is_compared_with_a_png(self):
        server = self.serve(auto_format=FORMATS)
        url = self.origin.put("/a.png", self.png)
        plain = server.image("resize", url, width=128, type="png")
        answer, told = self.compared(server, image_target("resize", url, width=128), LEGACY)
        self.assertEqual("image/jpeg", answer.headers["Content-Type"])
        self.assertGreater(told["imaginaryBytes"], len(plain.body) * 0.8)
        self.assertLess(len(answer.body) * 3, told["imaginaryBytes"])

    def test_what_nobody_knows_stays_unknown(self):
        server = self.serve(auto_format=FORMATS)
        url = self.origin.put("/a.jpg", self.jpeg, "image/jpeg")
        unknown = [image_target("resize", url, width=100, type="auto"), image_target("convert", url, type="avif")]
        for target in unknown:
            for _ in range(3):
                self.assertStatus(server.get(target, AVIF), 200)
        server.wait_metric('imcaxy_imaginary_sizes_total{result="unknown"}', len(unknown))
        for target in unknown:
            server.get(target, AVIF)
        savings = self.savings(server, 8)
        self.assertEqual(8, savings["answers"])
        self.assertEqual({"answers": 0, "sentBytes": 0, "imaginaryBytes": 0}, savings["imaginary"])

    def test_a_picture_that_changed_is_measured_anew(self):
        server = self.serve(auto_format=FORMATS)
        url = self.origin.put("/a.jpg", self.jpeg, "image/jpeg")
        target = image_target("resize", url, width=128)
        _, first = self.compared(server, target, AVIF)
        other = jpegs(photograph_png(256, 64))[0]
        self.origin.put("/a.jpg", other, "image/jpeg")
        server.invalidate(url)
        self.assertServed(server.get(target, AVIF), "miss")
        _, second = self.compared(server, target, AVIF)
        self.assertLess(second["imaginaryBytes"], first["imaginaryBytes"] * 0.8)
