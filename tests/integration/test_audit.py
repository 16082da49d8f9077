"""`imcaxy audit`: a page's pictures as they are, and as they would be."""
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import time

from pictures import photograph_png
from play import PATIENCE, Play, Server, binary, process_environment, run

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/audit.md"
PAGE = """<!doctype html><html><head><title>A shop</title>
<link rel="icon" href="/icon.svg"><link rel="preload" as="image" href="/photos/hero.jpg">
<style>.top { background-image: url(photos/back.jpg) }</style></head><body>
<img src="/photos/hero.jpg" width="1200" alt="">
<picture><source type="image/webp" srcset="photos/room.webp 600w" sizes="50vw"><img src="photos/room.jpg" alt=""></picture>
<img srcset="photos/s.jpg 160w, photos/m.jpg 320w, photos/l.jpg 600w" sizes="(min-width: 800px) 300px, 50vw" src="photos/s.jpg" alt="">
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" data-src="photos/late.jpg" width="100" alt="">
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt=""><img src="http://[" alt=""><img src="gone.jpg" alt=""><img src="moved.jpg" width="200" alt=""><img src="no-picture.jpg" alt="">
</body></html>"""

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16" fill="red"/></svg>'


def soft_jpegs(*pngs):
    """With as little noise as a camera's pictures have at these sizes."""
    with Server() as server:
        answers = [server.ask("/imaginary/blur?sigma=1.5&type=jpeg&quality=92", "POST", {"Content-Type": "image/png"}, data)
                   for data in pngs]
    assert all(answer.status == 200 for answer in answers), answers
    return [answer.body for answer in answers]


class Audit(Play):
    @classmethod
    def setUpClass(cls):
        cls.large, cls.small, cls.tiny = soft_jpegs(photograph_png(600, 400), photograph_png(320, 213), photograph_png(160, 107))

    def audit(self, *words, local="true", **values):
        if local:
            values["allow_private_sources"] = local
        return run("audit", *words, **values)

    def shop(self, page=PAGE, path="/shop/"):
        sizes = {"/photos/hero.jpg": self.large, "/shop/photos/back.jpg": self.large, "/shop/photos/room.jpg": self.large,
                 "/shop/photos/room.webp": self.small, "/shop/photos/s.jpg": self.tiny, "/shop/photos/m.jpg": self.small,
                 "/shop/photos/l.jpg": self.large, "/shop/photos/late.jpg": self.small, "/elsewhere.jpg": self.tiny}
        for name, body in sizes.items():
            self.origin.put(name, body, "image/jpeg")
        self.origin.put("/icon.svg", SVG, "image/svg+xml")
        self.origin.put("/shop/moved.jpg", b"", status=302, headers={"Location": "/elsewhere.jpg"})
        self.origin.put("/shop/no-picture.jpg", b"<html>sorry</html>", "text/html")
        return self.origin.put(path, page.encode(), "text/html; charset=utf-8")

    def report(self, *words, status=0, **values):
        code, out, err = self.audit(*words, "--json", **values)
        self.assertEqual((status, ""), (code, err), out)
        return json.loads(out)

    def sights(self, report, end):
        """What each client sees of the picture whose original's address ends so."""
        found = [picture for picture in report["pictures"] if picture["original"].endswith(end)]
        self.assertEqual(1, len(found), (end, report))
        return found[0]["clients"]

    def list(self, *lines):
        file = tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False)
        self.addCleanup(os.remove, file.name)
        with file:
            file.write("\n".join(lines))
        return file.name

    def test_each_client_gets_what_it_loads_and_what_it_would_get(self):
        report = self.report(self.shop(), status=1)
        self.assertEqual(self.origin.url("/shop/"), report["page"])
        self.assertEqual(["phone", "laptop", "legacy"], [client["name"] for client in report["clients"]])
        hero = self.sights(report, "/photos/hero.jpg")
        for name, shown, width in (("phone", 390, 600), ("laptop", 1200, 600), ("legacy", 1200, 600)):
            self.assertEqual((len(self.large), shown, width), (hero[name]["bytes"], hero[name]["shownWidth"], hero[name]["withUs"]["width"]))
        self.assertEqual(["image/avif", "image/avif", "image/jpeg"], [hero[name]["withUs"]["type"] for name in hero])
        self.assertLess(hero["phone"]["withUs"]["bytes"] * 2, len(self.large))
        # 195 CSS pixels on the phone, 300 elsewhere: the candidate, and the step of the ladder that we would send.
        row = self.sights(report, "/photos/l.jpg")
        self.assertEqual([len(self.large), len(self.large), len(self.small)], [row[name]["bytes"] for name in row])
        self.assertEqual([600, 600, 320], [row[name]["withUs"]["width"] for name in row])
        self.assertEqual([195, 300, 300], [row[name]["shownWidth"] for name in row])
        # Who reads WebP loads that now.
        room = self.sights(report, "/photos/room.jpg")
        self.assertEqual([len(self.small), len(self.small), len(self.large)], [room[name]["bytes"] for name in room])
        # What is said to be the largest has fewer pixels than the old form, whose visitors are to lose none.
        self.assertEqual([320, 320, 600], [room[name]["withUs"]["width"] for name in room])
        late = self.sights(report, "/photos/late.jpg")
        self.assertEqual([300, 200, 100], [late[name]["shownWidth"] * client["density"] for name, client in zip(late, report["clients"])])
        self.assertEqual([320, 224, 160], [late[name]["withUs"]["width"] for name in late])
        self.assertEqual(len(self.tiny), self.sights(report, "/moved.jpg")["legacy"]["bytes"])
        self.assertIsNone(self.sights(report, "/back.jpg")["phone"]["shownWidth"])
        icon = self.sights(report, "/icon.svg")["phone"]
        self.assertEqual((len(SVG), len(SVG)), (icon["bytes"], icon["withUs"]["bytes"]))
        # What can't be told is said, and in no sum.
        failed = {one["address"].rsplit("/", 1)[1]: one["why"] for one in report["failed"]}
        self.assertEqual({"gone.jpg", "no-picture.jpg"}, set(failed))
        self.assertIn("404", failed["gone.jpg"])
        self.assertIn("no picture", failed["no-picture.jpg"])
        self.assertEqual((1, 1), (report["inPage"], report["unusable"]))
        for name, total in report["totals"].items():
            mine = [picture["clients"][name] for picture in report["pictures"]]
            self.assertEqual({"pictures": len(mine), "bytes": sum(one["bytes"] for one in mine),
                              "withUs": sum(one["withUs"]["bytes"] for one in mine)}, total)
        # Politely: each once, by a name that says who.
        for path in ("/photos/hero.jpg", "/shop/photos/l.jpg", "/shop/gone.jpg", "/shop/"):
            self.assertEqual(1, self.origin.count(path), path)

    def test_what_it_tells_is_what_the_server_sends(self):
        url = self.shop()
        report = self.report(url, status=1)
        server = self.serve(auto_format="avif,webp,jpeg")
        accept = {client["name"]: client["accept"] for client in report["clients"]}
        for end, widths in (("/photos/l.jpg", (608, 608, 320)), ("/photos/late.jpg", (320, 224, 160))):
            for (name, sight), width in zip(self.sights(report, end).items(), widths):
                answer = server.image("resize", self.origin.url("/shop" + end), {"Accept": accept[name]}, width=width, enlarge="false")
                self.assertEqual((len(answer.body), answer.headers["Content-Type"]), (sight["withUs"]["bytes"], sight["withUs"]["type"]))

    def test_table(self):
        status, out, err = self.audit(self.shop())
        self.assertEqual((1, ""), (status, err))
        lines = out.splitlines()
        self.assertRegex(lines[0], r"^ +phone +laptop +legacy$")
        self.assertTrue(all(len(line) <= 110 for line in lines[:12]), out)
        self.assertRegex(out, r"\n/photos/hero\.jpg +[\d.]+ kB +[\d.]+ kB +-\d+% ")
        self.assertRegex(out, r"\n7 pictures +[\d.]+ kB +[\d.]+ kB +-\d+% ")
        self.assertRegex(out, r"2 left out:\n  http://.*gone\.jpg: .*404")
        self.assertIn("1 address of a picture is no http or https URL.", out)
        self.assertIn("1 picture in the page itself (data:) not counted.", out)

    def test_the_documentation_shows_what_it_tells(self):
        _, out, _ = self.audit(self.shop())
        shown = re.search(r"```text\n(.*?)\n```", DOCUMENT.read_text(), re.DOTALL)[1]

        def without_figures(text):
            text = re.sub(r" +[\d.]+ k?B +[\d.]+ k?B +[+-]\d+%", " #", text.replace(self.origin.url(""), "https://example.com"))
            return [line.rstrip() for line in text.strip().splitlines()]
        self.assertEqual(without_figures(shown), without_figures(out))

    def test_base_and_redirects_of_the_page(self):
        self.shop()
        self.origin.put("/old", b"", status=301, headers={"Location": "/deep/new"})
        self.origin.put("/deep/new", b'<base href="../photos/"><img src=hero.jpg width=300>', "text/html")
        report = self.report(self.origin.url("/old"))
        self.assertEqual(self.origin.url("/deep/new"), report["page"])
        self.assertEqual(self.origin.url("/photos/hero.jpg"), report["pictures"][0]["original"])

    def test_list(self):
        url = self.origin.put("/a.jpg", self.large, "image/jpeg")
        file = self.list("# the front page", url, "", url)
        report = self.report("--urls", file)
        self.assertEqual((None, 1), (report["page"], len(report["pictures"])))
        self.assertEqual([600] * 3, [one["withUs"]["width"] for one in report["pictures"][0]["clients"].values()])
        report = self.report("--urls", file, "--width", "149")
        self.assertEqual([448, 320, 160], [one["withUs"]["width"] for one in report["pictures"][0]["clients"].values()])
        done = subprocess.run([binary(), "audit", "--urls", "-", "--json"], input=url + "\n", capture_output=True, text=True, timeout=PATIENCE,
                              check=False, env=process_environment({"allow_private_sources": "true"}))
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual(1, len(json.loads(done.stdout)["pictures"]))

    def test_the_server_options_count(self):
        url = self.origin.put("/a.jpg", self.large, "image/jpeg")
        file = self.list(url)
        webp = self.report("--urls", file, auto_format="webp,jpeg")["pictures"][0]["clients"]
        self.assertNotIn("image/avif", [one["withUs"]["type"] for one in webp.values()])
        usual = self.report("--urls", file)["pictures"][0]["clients"]
        self.assertEqual(["image/avif", "image/avif", "image/jpeg"], [one["withUs"]["type"] for one in usual.values()])
        flags = self.report("--urls", file, "--auto-format", "jpeg")["pictures"][0]["clients"]
        self.assertEqual({"image/jpeg"}, {one["withUs"]["type"] for one in flags.values()})
        for values, why in (({"max_source_bytes": 1000}, "1000"), ({"allowed_domains": "example.com"}, "domain not allowed")):
            report = self.report("--urls", file, status=1, **values)
            self.assertEqual([], report["pictures"])
            self.assertIn(why, report["failed"][0]["why"])

    def test_mistakes_are_told(self):
        html = lambda body: self.origin.put("/page", body.encode(), "text/html")
        picture = self.origin.put("/a.jpg", self.tiny, "image/jpeg")
        missing = self.origin.url("/missing")
        self.origin.put("/loop", b"", status=302, headers={"Location": "/loop"})
        many = "".join(f'<img src="{i}.jpg">' for i in range(300))
        cases = [
            ((), 2, "--urls"),
            (("no address",), 2, "no address of a page"),
            (("ftp://example.com/",), 2, "no address of a page"),
            (("https://a/", "--urls", "x"), 2, ""),
            ((picture, "--width", "10"), 2, "--urls"),
            (("--urls", "/no/such/file"), 2, "/no/such/file"),
            (("--urls", self.list("# nothing")), 2, "no address in the list"),
            (("--urls", self.list("nonsense")), 2, "'nonsense' is no address of a picture"),
            (("--urls", self.list(*(f"http://a/{i}" for i in range(4))), "--max-pictures", "3"), 2, "there are 4 pictures, more than 3"),
            ((picture,), 1, "is image/jpeg and no HTML page"),
            ((missing,), 1, "its server answers 404"),
            (("http://127.0.0.1:1/",), 1, "can't be read"),
            ((self.origin.url("/loop"),), 1, "without an end"),
            ((html("<p>words</p>"),), 1, "names no picture"),
        ]
        for words, status, told in cases:
            code, out, err = self.audit(*words)
            self.assertEqual(status, code, (words, err))
            self.assertIn(told, err + out, words)
        code, _, err = self.audit(html(many))
        self.assertEqual((1, True), (code, "300 pictures, more than 200" in err), err)
        code, _, err = self.audit(html(f"<img src={picture}>"), local="")
        self.assertEqual((1, True), (code, "--allow-private-sources" in err), err)
        code, _, err = self.audit(picture, auto_format="nonsense")
        self.assertEqual((2, True), (code, "IMCAXY_AUTO_FORMAT" in err), err)

    def test_a_picture_of_an_inner_network_is_refused(self):
        """A page may name what only we can reach: the server's rule holds for each picture."""
        inner = self.origin.put("/inner.jpg", self.tiny, "image/jpeg").replace("127.0.0.1", "127.0.0.2")
        page = self.origin.put("/page", f"<img src={inner}>".encode(), "text/html")
        report = self.report(page, status=1, local="127.0.0.1/32")
        self.assertIn("not public", report["failed"][0]["why"])
        self.assertEqual(0, self.origin.count("/inner.jpg"))

    def test_it_asks_as_itself_and_a_few_at_a_time(self):
        seen, running, most = [], [0], [0]

        def slow(handler):
            seen.append(handler.headers["User-Agent"])
            running[0] += 1
            most[0] = max(most[0], running[0])
            time.sleep(0.1)
            running[0] -= 1
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(self.tiny)))
            handler.end_headers()
            handler.wfile.write(self.tiny)
        for i in range(12):
            self.origin.answer(f"/{i}.jpg", slow)
        self.report("--urls", self.list(*(self.origin.url(f"/{i}.jpg") for i in range(12))))
        self.assertEqual(12, len(seen))
        self.assertRegex(seen[0], r"^imcaxy/\d.* \(imcaxy audit\)$")
        self.assertLessEqual(most[0], 4)

    def test_time_and_bytes_have_an_end(self):
        def never(handler):
            time.sleep(5)
            handler.close_connection = True
        self.origin.answer("/never.jpg", never)
        urls = [self.origin.put(f"/{i}.jpg", self.large + b"\0" * 600_000, "image/jpeg") for i in range(9)]
        started = time.monotonic()
        report = self.report("--urls", self.list(self.origin.url("/never.jpg")), "--timeout", "1", status=1)
        self.assertLess(time.monotonic() - started, 30)
        self.assertIn("in time", report["failed"][0]["why"])
        report = self.report("--urls", self.list(*urls), "--max-megabytes", "1", status=1)
        self.assertTrue(all("--max-megabytes" in one["why"] for one in report["failed"]), report["failed"])
        self.assertGreater(len(report["failed"]), 1)
        self.assertGreater(len(report["pictures"]), 0)

    def test_names_from_outside_move_no_cursor(self):
        page = self.origin.put("/page", '<img src="/a\x1b]0;x\x07.jpg"><img src="/\u202ea.jpg">'.encode(), "text/html")
        _, out, err = self.audit(page)
        self.assertNotIn("\x1b", out + err)

    def test_progress_is_for_terminals_and_long_work(self):
        def slow(handler):
            time.sleep(0.8)
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(self.tiny)))
            handler.end_headers()
            handler.wfile.write(self.tiny)
        for i in range(20):
            self.origin.answer(f"/{i}.jpg", slow)
        shown = self.on_terminal("--urls", self.list(*(self.origin.url(f"/{i}.jpg") for i in range(20))))
        self.assertRegex(shown, r"fetched \d+ of 20")
        url = self.origin.put("/quick.jpg", self.tiny, "image/jpeg")
        self.assertNotIn("fetched", self.on_terminal("--urls", self.list(url)))

    def on_terminal(self, *words):
        """What a person sees."""
        master, slave = pty.openpty()
        with subprocess.Popen([binary(), "audit", *words], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                              env=process_environment({"allow_private_sources": "true"})) as process:
            os.close(slave)
            data = b""
            while True:
                if not select.select([master], [], [], PATIENCE)[0]:
                    process.kill()
                    self.fail("nothing came")
                try:
                    piece = os.read(master, 65536)
                except OSError:
                    break
                if not piece:
                    break
                data += piece
        os.close(master)
        return data.decode()
