#!/usr/bin/env python3
"""Which quality of WebP and AVIF looks as JPEG does at 60, 75, 85 and 92: the table in src/image/delivery.cpp.

usage: equal_quality.py BINARY FOLDER_OF_PHOTOS [WIDTH]

Every photo is resized to WIDTH (512) in each format and quality and scored by SSIMULACRA2 against the same resize as PNG.
Needs pillow, and ssimulacra2_rs on PATH (`cargo install ssimulacra2_rs --no-default-features`).
"""
import http.server
import io
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from PIL import Image

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "scripts"))
from free_port import free_port  # noqa: E402

JPEG = (60, 75, 85, 92)
TRIED = {"webp": (60, 65, 70, 75, 80, 85, 90, 95), "avif": (45, 50, 55, 60, 65, 70, 75, 80, 88)}


def serve_folder(folder):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/"


def score(reference, data, scratch):
    Image.open(io.BytesIO(data)).convert("RGB").save(scratch, compress_level=1)
    printed = subprocess.run(["ssimulacra2_rs", "image", reference, scratch], capture_output=True, text=True, check=True)
    return float(re.search(r"-?\d+\.\d+", printed.stdout)[0])


def quality_at(curve, wanted):
    """Between the two qualities whose scores lie around the wanted one."""
    for (low, low_score), (high, high_score) in zip(curve, curve[1:]):
        if low_score <= wanted <= high_score:
            return low + (high - low) * (wanted - low_score) / (high_score - low_score)
    return curve[0][0] if wanted < curve[0][1] else curve[-1][0]


def main(binary, folder, width="512"):
    photos = sorted(p.name for p in pathlib.Path(folder).iterdir() if p.suffix in (".jpg", ".png") and "alpha" not in p.name)
    source, port = serve_folder(folder), free_port()
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen([binary, "serve"], env={
            **os.environ, "IMCAXY_PORT": str(port), "IMCAXY_BIND": "127.0.0.1", "IMCAXY_DATA_DIR": home + "/data",
            "IMCAXY_ALLOW_PRIVATE_SOURCES": "true", "IMCAXY_ACCESS_LOG": "", "IMCAXY_LOG_LEVEL": "error"})

        def resized(photo, query):
            url = f"http://127.0.0.1:{port}/imaginary/resize?width={width}&{query}&url={source}{photo}"
            with urllib.request.urlopen(url, timeout=120) as answer:
                return answer.read()

        def mean(query):
            scored = [(score(f"{home}/{photo}.png", data, home + "/scratch.png"), len(data))
                      for photo in photos for data in [resized(photo, query)]]
            return statistics.mean(s for s, _ in scored), statistics.mean(b for _, b in scored)
        try:
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5)
                    break
                except urllib.error.URLError:
                    time.sleep(0.05)
            for photo in photos:
                pathlib.Path(f"{home}/{photo}.png").write_bytes(resized(photo, "type=png"))
            wanted = {quality: mean(f"type=jpeg&quality={quality}") for quality in JPEG}
            for quality, (points, size) in wanted.items():
                print(f"jpeg {quality}: {points:.1f} points, {size:.0f} bytes", flush=True)
            for kind, tried in TRIED.items():
                curve = [(quality, mean(f"type={kind}&quality={quality}")) for quality in tried]
                for quality, (points, size) in curve:
                    print(f"{kind} {quality}: {points:.1f} points, {size:.0f} bytes", flush=True)
                equal = ", ".join(f"{q}: {quality_at([(n, p) for n, (p, _) in curve], points):.0f}"
                                  for q, (points, _) in wanted.items())
                print(f"{kind} as jpeg at {equal}", flush=True)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
