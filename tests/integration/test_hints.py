"""What the client's screen and network have a say in."""
from play import Play, png, png_size
from test_negotiation import photograph

OFFER = "Sec-CH-Width, Sec-CH-Viewport-Width, Sec-CH-DPR"


def vary(answer):
    """All that the answer depends on."""
    return [name.strip() for line in answer.headers.get_all("Vary", []) for name in line.split(",")]


class Screens(Play):
    def setUp(self):
        super().setUp()
        self.large = self.origin.put("/large.png", png(1000, 500))
        self.small = self.origin.put("/small.png", png(200, 100))

    def test_the_screen_says_how_wide(self):
        server = self.serve(network_hints="")
        for headers, width, names in (({"Sec-CH-Width": "300"}, 320, ["Sec-CH-Width"]),
                                      ({"Width": "300"}, 320, ["Sec-CH-Width", "Width"]),
                                      ({"Sec-CH-Viewport-Width": "300", "Sec-CH-DPR": "1.5"}, 608,
                                       ["Sec-CH-Width", "Width", "Sec-CH-Viewport-Width", "Sec-CH-DPR"]),
                                      ({}, 832, ["Sec-CH-Width", "Width", "Sec-CH-Viewport-Width", "Viewport-Width"])):
            answer = server.image("resize", self.large, headers, width="auto")
            self.assertStatus(answer, 200)
            self.assertEqual((width, names, OFFER), (png_size(answer.body)[0], vary(answer), answer.headers["Accept-CH"]))

    def test_one_line_says_all_that_counts(self):
        server = self.serve(auto_format="webp,jpeg")
        for _ in range(2):
            answer = server.image("resize", self.large, {"Accept": "image/webp"}, width=100)
            self.assertEqual(["Accept, Save-Data"], answer.headers.get_all("Vary"), "for clients that read one line only")

    def test_classes_share_an_answer_and_those_who_name_it_too(self):
        server = self.serve(network_hints="")
        first = server.image("resize", self.large, {"Sec-CH-Width": "300"}, width="auto")
        self.assertServed(first, "miss")
        for _ in range(2):
            again = server.image("resize", self.large, {"Sec-CH-Width": "310"}, width="auto")
            self.assertServed(again, "hit-memory", first.body)
            self.assertEqual((["Sec-CH-Width"], OFFER), (vary(again), again.headers["Accept-CH"]))
            self.assertServed(server.image("resize", self.large, {"Sec-CH-Width": "320.0"}, width="auto"), "hit-memory",
                              first.body)
        other = server.image("resize", self.large, {"Sec-CH-Width": "330"}, width="auto")
        self.assertServed(other, "miss")
        named = server.image("resize", self.large, {"Sec-CH-Width": "330"}, width=320, enlarge="false")
        self.assertServed(named, "hit-memory", first.body)
        self.assertEqual(([], None), (vary(named), named.headers["Accept-CH"]))
        same = server.image("resize", self.large, {"Sec-CH-Width": "320", "If-None-Match": first.headers["ETag"]}, width="auto")
        self.assertStatus(same, 304)
        self.assertEqual(["Sec-CH-Width"], vary(same))

    def test_never_larger_than_the_source(self):
        server = self.serve()
        wide = {"Sec-CH-Width": "2000", "Sec-CH-DPR": "2"}
        for operation, parameters, size in (("resize", {"width": "auto"}, (200, 100)),
                                            ("convert", {"width": "auto", "type": "png"}, (200, 100)),
                                            ("crop", {"width": "auto", "height": "80"}, (200, 6)),
                                            ("crop", {"width": "auto", "aspectratio": "1:1"}, (100, 100)),
                                            ("thumbnail", {"width": "150", "dpr": "auto"}, (200, 100))):
            answer = server.image(operation, self.small, wide, **parameters)
            self.assertStatus(answer, 200)
            self.assertEqual(size, png_size(answer.body), (operation, parameters))

    def test_the_density_multiplies(self):
        server = self.serve(network_hints="")
        answer = server.image("crop", self.large, {"DPR": "2"}, width=150, height=150, dpr="auto")
        self.assertEqual(((320, 320), ["Sec-CH-DPR", "DPR"]), (png_size(answer.body), vary(answer)))
        self.assertEqual((300, 300), png_size(server.image("crop", self.large, width=150, height=150, dpr=2).body))
        wrong = server.image("crop", self.large, width=150, height=150, dpr="many")
        self.assertStatus(wrong, 400)
        self.assertIn("auto, or a number from 0.5 to 4", wrong.text)

    def test_a_ladder_of_ones_own_for_all_widths(self):
        server = self.serve(widths="100,300", snap_widths=True)
        first = server.image("resize", self.large, width=150)
        self.assertEqual(300, png_size(first.body)[0])
        self.assertServed(server.image("resize", self.large, width=299), "hit-memory", first.body)
        self.assertEqual(50, png_size(server.image("resize", self.large, width=50).body)[0])
        self.assertEqual(300, png_size(server.image("resize", self.large, {"Width": "5000"}, width="auto").body)[0])

    def test_uploads_too(self):
        answer = self.serve().ask("/imaginary/resize?width=auto", "POST", {"Sec-CH-Width": "300"}, png(1000, 500))
        self.assertEqual(320, png_size(answer.body)[0])


class Networks(Play):
    def setUp(self):
        super().setUp()
        self.photo = self.origin.put("/photo.png", photograph(400, 300))

    def ask(self, server, headers=None, **parameters):
        answer = server.image("resize", self.photo, headers, **{"width": 300, "type": "jpeg", **parameters})
        self.assertStatus(answer, 200)
        return answer

    def test_who_saves_data_gets_less_of_it(self):
        server = self.serve()
        usual = self.ask(server)
        saving = self.ask(server, {"Save-Data": "on"})
        self.assertLess(len(saving.body), 0.9 * len(usual.body))
        self.assertEqual((["Save-Data"], ["Save-Data"]), (vary(usual), vary(saving)))
        for _ in range(2):
            self.assertServed(self.ask(server, {"Save-Data": "on"}), "hit-memory", saving.body)
            self.assertServed(self.ask(server, {"ECT": "2g"}), "hit-memory", usual.body)
        self.assertServed(self.ask(server, quality="low"), "hit-memory", saving.body)
        self.assertEqual([], vary(self.ask(server, quality="low")))
        named = self.ask(server, {"Save-Data": "on"}, quality="normal")
        self.assertEqual((len(usual.body), []), (len(named.body), vary(named)))
        self.assertGreater(len(self.ask(server, quality="high").body), len(usual.body))

    def test_the_network_counts_where_that_is_wanted(self):
        server = self.serve(network_hints="save-data,ect,downlink")
        usual, slow = self.ask(server, {"ECT": "4g"}), self.ask(server, {"ECT": "3g"})
        self.assertLess(len(slow.body), len(usual.body))
        self.assertEqual((["Save-Data", "ECT"], "ECT, Downlink"), (vary(slow), slow.headers["Accept-CH"]))
        thin = self.ask(server, {"Downlink": "0.3"})
        self.assertServed(thin, "hit-memory", slow.body)
        self.assertEqual(["Save-Data", "ECT", "Downlink"], vary(thin))

    def test_switched_off_nothing_varies(self):
        server = self.serve(network_hints="")
        self.assertEqual(([], self.ask(server).body), (vary(self.ask(server)), self.ask(server, {"Save-Data": "on"}).body))
