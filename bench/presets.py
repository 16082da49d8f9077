#!/usr/bin/env python3
"""CPU time of the AT Protocol's presets: presets.py BINARY PHOTO.

The whole server's CPU time for each answer: look-up, fetch, check of the hash, decode, resize, encode, store. Each answer is of another
blob, since something follows the end of each JPEG. Medians of rounds of 20 answers, one after the other.
"""
import os
import pathlib
import statistics
import sys

os.environ["IMCAXY_BIN"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
from blobs import ALICE, img, put_blob, register  # noqa: E402
from play import Origin, Server  # noqa: E402

PRESETS = ("avatar", "avatar_small", "banner", "content_preview", "content_full", "embed_thumbnail")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    photo = pathlib.Path(sys.argv[2]).read_bytes()
    with Origin() as origin, Server(mezzanine=False, image_proxy_plc_url=origin.url("")) as server:
        register(origin, ALICE)
        serial = 0
        for name in PRESETS:
            figures = []
            for _ in range(5):
                before = cpu_seconds(server.process.pid)
                for _ in range(20):
                    serial += 1
                    answer = server.get(img(name, ALICE, put_blob(origin, ALICE, photo + str(serial).encode())))
                    assert answer.status == 200, answer
                figures.append((cpu_seconds(server.process.pid) - before) / 20 * 1000)
            print(f"{name:16} {statistics.median(figures):6.1f} ms")


if __name__ == "__main__":
    main()
