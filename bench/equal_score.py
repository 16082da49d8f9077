#!/usr/bin/env python3
"""Bytes of WebP beside a peer's at the same score (SSIMULACRA 2), of the quality at which ours reaches what theirs has.

usage: equal_score.py BINARY BUILD_FOLDER PICTURE... --oximg PROGRAM

BUILD_FOLDER has bench/imcaxy_scores. Pictures lie in one folder; each is asked for 320 and 600 pixels wide, and compared with our own lossless
answer. Between two qualities bytes are interpolated.
"""
import argparse
import math
import os
import pathlib
import statistics
import subprocess
import tempfile

from misses import get, oximg, serve_folder

WIDTHS, QUALITIES = (320, 600), range(50, 92, 2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("build")
    parser.add_argument("pictures", nargs="+", type=pathlib.Path)
    parser.add_argument("--oximg", required=True)
    options = parser.parse_args()
    os.environ["IMCAXY_BIN"] = str(pathlib.Path(options.binary).resolve())
    import play
    scores = pathlib.Path(options.build, "bench/imcaxy_scores").resolve()
    origin = serve_folder(options.pictures[0].parent)

    def score(original, other):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder, name) for name in ("original.png", "other")]
            for file, data in zip(files, (original, other)):
                file.write_bytes(data)
            text = subprocess.run([scores, *files], check=True, capture_output=True, text=True).stdout
        return float(text.split(":")[1].split()[0])

    ratios = []
    with play.Server(mezzanine=False) as server, oximg(options.oximg, origin) as peer:
        for picture in options.pictures:
            for width in WIDTHS:
                ours = lambda more: get(f"http://127.0.0.1:{server.port}/imaginary/resize?width={width}{more}"
                                        f"&url={origin}/{picture.name}")
                lossless, theirs = ours("&type=png"), get(f"{peer.address}/resize/{width}/0/{picture.name}@webp")
                wanted, below = score(lossless, theirs), None
                for quality in QUALITIES:
                    webp = ours(f"&type=webp&quality={quality}")
                    reached = score(lossless, webp)
                    if reached >= wanted:
                        break
                    below = reached, len(webp)
                part = (wanted - below[0]) / (reached - below[0])
                size = math.exp(math.log(below[1]) * (1 - part) + math.log(len(webp)) * part)
                ratios.append(size / len(theirs))
                print(f"{picture.name} {width}: {wanted:.1f} points in {len(theirs)} bytes, ours {size:.0f}, "
                      f"ratio {ratios[-1]:.2f}, below quality {quality}", flush=True)
    print(f"mean {statistics.mean(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
