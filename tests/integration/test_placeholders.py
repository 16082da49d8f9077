"""What stands in for a picture until it has come, through the real server."""
import base64
import json

from play import Play, png

NAMES = ["blurhash", "thumbhash", "lqip", "color"]


class Placeholders(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.origin.put("/a.png", png(300, 200))
        self.url = self.origin.url("/a.png")

    def info(self, **parameters):
        answer = self.server.image("info", self.url, **parameters)
        self.assertStatus(answer, 200)
        self.assertEqual("application/json", answer.headers["Content-Type"])
        return json.loads(answer.body)

    def test_info_has_what_is_asked_for(self):
        plain = self.info()
        self.assertEqual(["width", "height", "type", "space", "hasAlpha", "hasProfile", "channels", "orientation"], list(plain))
        everything = self.info(placeholder="all")
        self.assertEqual(list(plain) + NAMES, list(everything))
        self.assertEqual(plain, {name: everything[name] for name in plain})
        for name in NAMES:
            self.assertEqual({**plain, name: everything[name]}, self.info(placeholder=name))
        self.assertEqual({**plain, "lqip": everything["lqip"], "color": everything["color"]}, self.info(placeholder="color,lqip"))
        self.assertRegex(everything["color"], "^#[0-9a-f]{6}$")
        self.assertRegex(everything["blurhash"], "^[0-9A-Za-z#$%*+,.:;=?@^_{|}~\\[\\]-]{28}$")
        self.assertLessEqual(len(base64.b64decode(everything["thumbhash"], validate=True)), 25)
        kind, _, data = everything["lqip"].partition(",")
        self.assertEqual("data:image/webp;base64", kind)
        self.assertEqual(b"WEBP", base64.b64decode(data, validate=True)[8:12])
        self.assertEqual(1, self.origin.count("/a.png"))

    def test_each_is_kept_under_a_name_of_its_own(self):
        for name in ["", *NAMES, "all"]:
            self.assertServed(self.server.image("info", self.url, placeholder=name), "miss")
        for name in NAMES:
            self.assertServed(self.server.image("info", self.url, placeholder=name), "hit-memory")

    def test_a_picture_is_tiny(self):
        full = self.server.image("resize", self.url, width=200, type="webp")
        for name in NAMES:
            answer = self.server.image("resize", self.url, width=200, type="webp", placeholder=name)
            self.assertStatus(answer, 200)
            self.assertEqual("image/webp", answer.headers["Content-Type"])
            self.assertNotIn("X-Imcaxy-Fallback", answer.headers)
            self.assertLess(len(answer.body), min(len(full.body), 1000))

    def test_wrong_values_are_refused(self):
        for operation, value, said in (("info", "blur", "blurhash, thumbhash, lqip or color"),
                                       ("resize", "sqip", "blurhash, thumbhash, lqip or color"),
                                       ("resize", "all", "only info answers several")):
            answer = self.server.image(operation, self.url, width=100, placeholder=value)
            self.assertStatus(answer, 400)
            error = json.loads(answer.body)
            self.assertEqual(400, error["status"])
            self.assertIn(said, error["message"])
