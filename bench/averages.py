#!/usr/bin/env python3
"""What it costs to average pixels of a JPEG before they are resized: points of SSIMULACRA2, by how much is reduced.

usage: averages.py BUILD_FOLDER JPEG...     (JPEGs whose colour is stored at a quarter of the pixels)

Needs pillow, and ssimulacra2_rs on PATH (`cargo install ssimulacra2_rs --no-default-features`).
"""
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

from PIL import Image

RATIOS = (3.0, 3.2, 3.5, 3.9, 4.0, 4.5, 5.0, 6.0, 8.0, 12.0)


def score(reference, picture, folder):
    with Image.open(picture) as image:
        image.convert("RGB").save(folder / "scored.png", compress_level=1)
    output = subprocess.run(["ssimulacra2_rs", "image", reference, folder / "scored.png"], check=True,
                            capture_output=True, text=True).stdout
    return float(re.search(r"-?\d+\.\d+", output)[0])


def main():
    program, pictures = pathlib.Path(sys.argv[1]) / "bench/imcaxy_averages", sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        print("reduced    every pixel    averages    cost    (JPEG of quality 80)")
        for ratio in RATIOS:
            exact, averaged = [], []
            for picture in pictures:
                with Image.open(picture) as image:
                    width = int(image.width / ratio)
                subprocess.run([program, picture, str(width), folder], check=True)
                exact.append(score(folder / "exact.png", folder / "exact.jpg", folder))
                averaged.append(score(folder / "exact.png", folder / "averaged.jpg", folder))
            costs = [a - b for a, b in zip(exact, averaged)]
            print(f"{ratio:7.1f}    {statistics.mean(exact):11.2f}    {statistics.mean(averaged):8.2f}    "
                  f"{statistics.mean(costs):4.2f}    (worst {max(costs):.2f})", flush=True)


if __name__ == "__main__":
    main()
