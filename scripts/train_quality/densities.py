#!/usr/bin/env python3
"""Which score all the pixels of a picture have when it has a given one at half, and at a third of its sides: as dense screens show it.

usage: densities.py SAMPLES_FOLDER

Samples are what collect.py writes. Means of all pictures that are large enough for a score at that size; where even the lowest quality is
better than wanted, that one counts. `QualityTargets::on_screen` has their means.
"""
import pathlib
import statistics
import sys

CODECS = ("jpeg", "webp", "avif")
SCORES = (70, 75, 80, 85, 90)
LEAST_SIDE = 128  # as in train.py


def curves(folder, codec, density):
    """For each picture the scores at that density with those of all pixels, rising."""
    for file in sorted(pathlib.Path(folder).glob("*.tsv")):
        points, side = [], 0
        for line in [*file.read_text(encoding="utf-8").splitlines(), "picture\t\t0\t0"]:
            kind, *fields = line.split("\t")
            if kind == "picture":
                if len(points) > 1 and side // density >= LEAST_SIDE:
                    yield points
                points, side = [], min(int(fields[1]), int(fields[2]))
            elif fields[0] == codec:
                points.append((float(fields[2 + density]), float(fields[3])))


def whole_at(points, score):
    if points[0][0] >= score:
        return points[0][1]
    for (low, low_whole), (high, high_whole) in zip(points, points[1:]):
        if low < score <= high:
            return low_whole + (high_whole - low_whole) * (score - low) / (high - low)
    return None


def main(folder):
    for score in SCORES:
        print(score, end="")
        for density in (2, 3):
            means = []
            for codec in CODECS:
                found = [whole_at(points, score) for points in curves(folder, codec, density)]
                means.append(statistics.mean(value for value in found if value is not None))
            print(f"    at {density}: {statistics.mean(means):.1f} ({', '.join(f'{c} {m:.1f}' for c, m in zip(CODECS, means))})", end="")
        print()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
