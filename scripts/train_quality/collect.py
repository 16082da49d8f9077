#!/usr/bin/env python3
"""Fetches photographs and measures how codecs do with them: what train.py learns from.

usage: collect.py SAMPLES_PROGRAM FOLDER [--photos FOLDER] [--repository ADDRESS]

SAMPLES_PROGRAM is build/release/bench/imcaxy_quality_samples. FOLDER gets the photographs (600 MB) and `samples`, a file for each dozen of them;
files that are there are not made again. It takes 25 minutes on two cores. Photographs are those of Debian's packages of wallpapers, and of a
collection of what cameras wrote, which anybody may use as they like. --photos adds those in a folder of yours; --repository takes the
collection from elsewhere. Needs Debian, git and Pillow.
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import subprocess
import warnings

from PIL import Image

PACKAGES = ("gcompris-qt-data", "gnome-backgrounds", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "mate-backgrounds",
            "plasma-workspace-wallpapers", "ukui-wallpapers")
REPOSITORY = "https://github.com/drewnoakes/metadata-extractor-images"
COMMIT = "4beba640487802442bc9931fb01274e908102d3a"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
# In turn, and each picture at two of them; most answers are about as wide as the middle ones.
WIDTHS = (512, 320, 800, 400, 640, 240, 1024, 512, 160, 640)
OF_ONE_FILE = 6


def run(*command, cwd=None):
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def fetch_packages(folder):
    packages, pictures = folder / "packages", folder / "debian"
    packages.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        if not list(packages.glob(f"{name}_*.deb")):
            run("apt-get", "download", name, cwd=packages)
        run("dpkg-deb", "-x", next(packages.glob(f"{name}_*.deb")), pictures)
    return pictures


def fetch_collection(folder, repository):
    pictures = folder / "cameras"
    if not (pictures / "webp").exists():
        run("git", "clone", "--quiet", "--filter=blob:none", "--no-checkout", repository, pictures)
        run("git", "checkout", "--quiet", COMMIT, "--", "jpg", "png", "webp", cwd=pictures)
    return pictures


def find_photos(roots):
    """Paths and sizes of what is large enough to be made smaller."""
    Image.MAX_IMAGE_PIXELS = None
    warnings.filterwarnings("ignore")
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_symlink() or not path.is_file() or path.suffix.lower() not in SUFFIXES or path.stat().st_size < 40_000:
                continue
            try:
                with Image.open(path) as image:
                    width, height = image.size
                    image.draft("RGB", (64, 64))
                    image.load()
            except Exception:  # pylint: disable=broad-except  # some are broken on purpose
                continue
            if width >= 400 and height >= 300 and width * height <= 60e6:
                yield path, width


def jobs(photos):
    """Widths, and what is to be measured at them."""
    photos = list(photos)
    random.Random(7).shuffle(photos)
    of_width = {}
    for turn in range(2):
        for i, (path, width) in enumerate(photos):
            wanted = WIDTHS[(i * 3 + turn * 5) % len(WIDTHS)]
            if width * 0.9 < wanted:
                wanted = min(320, int(width * 0.8))
            of_width.setdefault((turn, wanted), []).append(path)
    for (turn, width), paths in sorted(of_width.items()):
        for first in range(0, len(paths), OF_ONE_FILE):
            yield f"{turn}-{width}-{first // OF_ONE_FILE}.tsv", width, paths[first:first + OF_ONE_FILE]


def measure(program, folder, job):
    name, width, paths = job
    target, unfinished = folder / name, folder / (name + ".part")
    if target.exists():
        return
    with unfinished.open("wb") as out:
        subprocess.run([program, str(width), "all", *map(str, paths)], stdout=out, env={**os.environ, "VIPS_CONCURRENCY": "1"}, check=True)
    unfinished.rename(target)
    print(target, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--photos", type=pathlib.Path)
    parser.add_argument("--repository", default=REPOSITORY)
    options = parser.parse_args()
    program, folder = str(options.program.resolve()), options.folder.resolve()
    roots = [fetch_packages(folder), fetch_collection(folder, options.repository)]
    if options.photos:
        roots.append(options.photos)
    samples = folder / "samples"
    samples.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for job in [pool.submit(measure, program, samples, job) for job in jobs(find_photos(roots))]:
            job.result()


if __name__ == "__main__":
    main()
