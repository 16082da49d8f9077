"""Focal points, through the real server."""
import json

from play import Play, png, png_size


class Focal(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve(auto_format="")
        self.url = self.origin.put("/wide.png", png(400, 100))

    def crop(self, **parameters):
        answer = self.server.image("crop", self.url, width=100, height=100, **parameters)
        self.assertStatus(answer, 200)
        self.assertEqual((100, 100), png_size(answer.body))
        return answer.body

    def test_it_moves_the_cut(self):
        self.assertEqual(self.crop(), self.crop(focal="0.5,0.5"))
        self.assertEqual(self.crop(gravity="west"), self.crop(focal="0,0.9"))
        self.assertEqual(self.crop(gravity="east"), self.crop(focal="0.95,0", gravity="north"))
        self.assertEqual(5, len({self.crop(focal=f"{x},0.5") for x in (0, 0.3, 0.4, 0.6, 1)}))

    def test_wrong_values_are_refused(self):
        for value in ("0.5", "0.5,2", "-1,0", "left,top", "0.5,0.5,1"):
            answer = self.server.image("crop", self.url, width=100, height=100, focal=value)
            self.assertStatus(answer, 400)
            self.assertIn("two numbers from 0 to 1 are needed", json.loads(answer.body)["message"])
