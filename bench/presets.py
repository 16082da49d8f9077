#!/usr/bin/env python3
"""CPU time of the AT Protocol's presets, by the operations that they stand for: presets.py BINARY PHOTO.

The whole server's CPU time for each answer: fetch, decode, resize, encode, store. Medians of rounds of 20 answers, one after the other.
"""
import os
import pathlib
import statistics
import sys

os.environ["IMCAXY_BIN"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
from play import Origin, Server, image_target  # noqa: E402

PRESETS = {
    "avatar": ("crop", {"width": 1000, "height": 1000, "quality": 85}),
    "avatar_small": ("crop", {"width": 360, "height": 360, "quality": 80}),
    "banner": ("crop", {"width": 640, "height": 300, "quality": 85}),
    "content_preview": ("resize", {"width": 800, "quality": 80}),
    "content_full": ("resize", {"width": 1600, "quality": 90}),
    "embed_thumbnail": ("crop", {"width": 720, "height": 360, "quality": 80}),
}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    photo = pathlib.Path(sys.argv[2]).read_bytes()
    with Origin() as origin, Server(mezzanine=False, max_source_bytes=1 << 26) as server:
        serial = 0
        for name, (operation, parameters) in PRESETS.items():
            figures = []
            for _ in range(5):
                before = cpu_seconds(server.process.pid)
                for _ in range(20):
                    serial += 1
                    url = origin.put(f"/{serial}.jpg", photo, "image/jpeg")
                    answer = server.get(image_target(operation, url, type="jpeg", **parameters))
                    assert answer.status == 200, answer
                figures.append((cpu_seconds(server.process.pid) - before) / 20 * 1000)
            print(f"{name:16} {statistics.median(figures):6.1f} ms")


if __name__ == "__main__":
    main()
