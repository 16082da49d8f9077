"""`imcaxy sign`: what it signs, the server accepts."""
import os
import tempfile
import urllib.parse

from play import Play, png, run

KEY = "a key of thirty-two letters or more"


class Sign(Play):
    def signed(self, target, **values):
        status, out, err = run("sign", target, url_signature_key=KEY, **values)
        self.assertEqual((0, ""), (status, err), target)
        self.assertTrue(out.endswith("\n"))
        return out[:-1]

    def test_server_accepts(self):
        server = self.serve(url_signature_key=KEY)
        url = self.origin.put("/größe 1.png", png(16, 16))
        self.origin.put("/gr%C3%B6%C3%9Fe%201.png", png(16, 16))
        quoted = urllib.parse.quote(url)
        for target in (f"/imaginary/resize?width=8&url={quoted}", f"/imaginary/resize?url={quoted}&width=8&height=8",
                       f"/imaginary/fit?width=8&height=8&type=png&url={urllib.parse.quote_plus(url)}",
                       f"/imaginary/resize?width=7&&url={quoted}&"):
            self.assertStatus(server.get(target), 403)
            self.assertStatus(server.get(self.signed(target)), 200)
            self.assertStatus(server.get(self.signed(target).replace("width=", "width=1")), 403)

    def test_prefix_and_whole_addresses(self):
        server = self.serve(url_signature_key=KEY, path_prefix="/api/v1")
        target = "/imaginary/resize?width=8&url=" + self.origin.put("/a.png", png(16, 16))
        for given in (f"/api/v1{target}", f"http://127.0.0.1:{server.port}/api/v1{target}"):
            signed = self.signed(given)
            self.assertTrue(signed.startswith(given + "&sign="), signed)
            self.assertStatus(server.get(signed[signed.index("/imaginary"):]), 200)

    def test_signing_again(self):
        once = self.signed("/imaginary/resize?width=8&url=http://example.com/a.png")
        self.assertEqual(once, self.signed(once))
        self.assertEqual(once, self.signed(once.replace("?width", "?sign=old&width")))

    def test_key_in_a_file(self):
        target = "/imaginary/resize?width=8&url=http://example.com/a.png"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "key")
            with open(path, "w", encoding="ascii") as file:
                file.write(KEY + "\n")
            self.assertEqual((0, self.signed(target) + "\n", ""), run("sign", target, url_signature_key_file=path))

    def test_mistakes(self):
        target = "/imaginary/resize?width=8&url=http://example.com/a.png"
        status, _, err = run("sign", target)
        self.assertEqual(2, status)
        self.assertIn("IMCAXY_URL_SIGNATURE_KEY", err)
        status, _, err = run("sign", target, url_signature_key="short")
        self.assertEqual(2, status)
        self.assertIn("32 characters", err)
        self.assertNotIn("short", err)
        for wrong in ("imaginary/resize?width=8", "/imaginary/resize", "https://example.com", "", "/a?b#c"):
            status, out, err = run("sign", wrong, url_signature_key=KEY)
            self.assertEqual((2, ""), (status, out), wrong)
            self.assertIn("imcaxy", err)
        # What else the server would not take is not the signature's business.
        self.assertEqual(0, run("sign", target, url_signature_key=KEY, port="none")[0])
