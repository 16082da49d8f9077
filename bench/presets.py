#!/usr/bin/env python3
"""CPU time of the AT Protocol's presets: presets.py BINARY PHOTO [PROGRAM].

Of each answer, twice: what decode, resize and encode take (the threads for pictures), and the whole server with look-up, fetch, check of the
hash and store. Each answer is of another blob, since something follows the end of each JPEG. Medians of rounds of 20 answers, one after the
other. PROGRAM is a peer that is called with the photo and a preset's name after each round, and prints the name and its own milliseconds.
"""
import os
import pathlib
import statistics
import subprocess
import sys

os.environ["IMCAXY_BIN"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
from blobs import ALICE, img, put_blob, register  # noqa: E402
from play import Origin, Server  # noqa: E402

PRESETS = ("avatar", "avatar_small", "banner", "content_preview", "content_full", "embed_thumbnail")


def cpu_seconds(pid, thread=None):
    """Of the process, or of its threads of that name: in nanoseconds of the scheduler, which counts them exactly."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if thread is None or (task / "comm").read_text().strip() == thread:
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def main():
    photo = pathlib.Path(sys.argv[2]).read_bytes()
    with Origin() as origin, Server(mezzanine=False, image_proxy_plc_url=origin.url("")) as server:
        register(origin, ALICE)
        serial = 0
        for name in PRESETS:
            pictures, whole, peer = [], [], []
            for _ in range(5):
                before, before_pictures = cpu_seconds(server.process.pid), cpu_seconds(server.process.pid, "cpu")
                for _ in range(20):
                    serial += 1
                    answer = server.get(img(name, ALICE, put_blob(origin, ALICE, photo + str(serial).encode())))
                    assert answer.status == 200, answer
                pictures.append((cpu_seconds(server.process.pid, "cpu") - before_pictures) / 20 * 1000)
                whole.append((cpu_seconds(server.process.pid) - before) / 20 * 1000)
                if len(sys.argv) > 3:
                    told = subprocess.run([sys.argv[3], sys.argv[2], name], check=True, capture_output=True, text=True).stdout
                    peer.append(float(told.split()[1]))
            line = f"{name:16} {statistics.median(pictures):6.1f} ms, whole server {statistics.median(whole):6.1f} ms"
            if peer:
                ratio = statistics.median(theirs / ours for theirs, ours in zip(peer, pictures))
                line += f", peer {statistics.median(peer):6.1f} ms: {ratio:.1f} times"
            print(line, flush=True)


if __name__ == "__main__":
    main()
