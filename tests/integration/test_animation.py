"""Animations as clients see them: made, cached, picked apart by page, refused when there is too much of them."""
import json
import struct

from pictures import DELAYS, gif
from play import Play


def gif_delays(data):
    """Of each frame, in milliseconds, and how often it loops."""
    assert data.startswith(b"GIF89a"), data[:40]
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    delays, loop = [], None
    while data[at] != 0x3b:
        if data[at] == 0x21:
            if data[at + 1] == 0xf9:
                delays.append(10 * struct.unpack_from("<H", data, at + 4)[0])
            if data[at + 1] == 0xff and data[at + 3:at + 14] == b"NETSCAPE2.0":
                loop = struct.unpack_from("<H", data, at + 16)[0]
            at += 2
        else:
            table = data[at + 9]
            at += 10 + (3 << ((table & 7) + 1) if table & 0x80 else 0) + 1
        while data[at]:
            at += data[at] + 1
        at += 1
    return delays, loop


def webp_delays(data):
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP", data[:40]
    at, delays = 12, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        if data[at:at + 4] == b"ANMF":
            delays.append(int.from_bytes(data[at + 20:at + 23], "little"))
        at += 8 + size + size % 2
    return delays


class Animation(Play):
    def info(self, server, body, **parameters):
        query = "&".join(f"{k}={v}" for k, v in parameters.items())
        answer = server.ask(f"/imaginary/info?{query}", method="POST", body=body, headers={"Content-Type": "image/gif"})
        self.assertStatus(answer, 200)
        return json.loads(answer.body)

    def test_frames_delays_and_loops_survive(self):
        url = self.origin.put("/a.gif", gif(64, 48), content_type="image/gif")
        server = self.serve()
        answer = server.image("resize", url, width=32)
        self.assertServed(answer, "miss")
        self.assertEqual("image/gif", answer.headers["Content-Type"])
        self.assertEqual((list(DELAYS), 3), gif_delays(answer.body))
        said = self.info(server, answer.body)
        self.assertEqual((32, 24, 4), (said["width"], said["height"], said["pages"]))
        self.assertServed(server.image("resize", url, width=32), "hit-memory", answer.body)

        turned = server.image("rotate", url, rotate=90, type="webp")
        self.assertEqual("image/webp", turned.headers["Content-Type"])
        self.assertEqual(list(DELAYS), webp_delays(turned.body))
        self.assertEqual(1, self.origin.count("/a.gif"))

    def test_a_page_is_an_entry_of_its_own(self):
        url = self.origin.put("/a.gif", gif(64, 48), content_type="image/gif")
        server = self.serve()
        bodies = {server.image("convert", url, type="png", page=page).body for page in range(4)}
        self.assertEqual(4, len(bodies))
        self.assertServed(server.image("convert", url, type="png", page=2), "hit-memory")
        moving = server.image("resize", url, width=32).body
        still = server.image("resize", url, width=32, page=0).body
        self.assertEqual(4, len(gif_delays(moving)[0]))
        self.assertLessEqual(len(gif_delays(still)[0]), 1)
        refused = server.image("resize", url, width=32, page=4)
        self.assertStatus(refused, 400)
        self.assertEqual({"message": "there is no page 4: the picture has 4 pages, counted from 0", "status": 400},
                         json.loads(refused.body))

    def test_too_many_frames_are_refused_unless_one_is_enough(self):
        url = self.origin.put("/a.gif", gif(64, 48), content_type="image/gif")
        server = self.serve(max_frames=3, fallback="none")
        self.assertStatus(server.image("resize", url, width=32), 422)
        self.assertStatus(server.image("resize", url, width=32, type="png"), 200)
        self.assertStatus(server.image("resize", url, width=32, page=0), 200)
        self.assertStatus(server.image("resize", url, width=32, page=2), 200)
        self.assertStatus(server.image("resize", url, width=32, page=3), 422)
