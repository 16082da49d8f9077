#!/usr/bin/env python3
"""How far our scores are from those of ssimulacra2_rs, and from the metric's definition in double precision.

usage: scores.py IMCAXY_SCORES [FOLDER_OF_PHOTOS]

Pictures that are drawn here, and photographs where a folder is given, go through JPEG, WebP and AVIF at many qualities and
through noise, blur and banding, at several sizes. Prints the worst and the mean difference. Fails when we are further than
half a point from ssimulacra2_rs, unless we are within 0.01 of the definition: the tool blurs recursively in single precision, and
above 90 points its rounding alone may cost one and more. Needs pillow and numpy, and ssimulacra2_rs on PATH (`cargo install ssimulacra2_rs --no-default-features`); without them it
skips.
"""
import concurrent.futures
import io
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ALLOWED, ALLOWED_BY_DEFINITION = 0.5, 0.01
KERNEL = (0.00941436781, 0.0360111147, 0.109335373, 0.212928592, 0.264621105, 0.212928592, 0.109335373, 0.0360111147, 0.00941436781)
OPSIN = ((0.3, 0.622, 0.078), (0.23, 0.692, 0.078), (0.24342269, 0.20476745, 0.55180986))
# By channel * scales + scale: the means of what differs in structure, was added, was lost; then their fourth roots.
WEIGHTS = {
    1: (0, 0, 0, 1.104172642665735, 0, 0), 2: (0, 0, 0, 1.842245552053930, 11.44117260375767, 0),
    3: (0, 0, 0, 1.878759497954639, 10.94906990605142, 0), 4: (0, 0.9677937080626833, 0, 0, 0.9981766977854967, 0),
    6: (0, 0, 0, 7.466890328078848, 0, 17.44583398413126), 7: (0, 0, 0, 6.683678146179332, 0, 1.027889937768264),
    8: (225.2051530084927, 0, 0, 19.21323818614302, 0, 0), 9: (176.3931759845069, 0, 0, 24.43300999870476, 0.2852080261211776, 0),
    10: (0, 0, 0, 34.77906344483772, 44.83562532887790, 0), 15: (0, 0, 0, 8.826982764996862, 23.19243343998926, 0),
    16: (95.10804988110860, 0.9863978034400682, 0.9834382792465353, 0, 171.2667255897307, 0.9807858872435379)}


def drawn(numpy, image, width, height, seed):
    """Gradients, edges, waves and noise: what codecs find hard and easy."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    bands = []
    for band in range(3):
        a, b, c = random.uniform(0.02, 0.4, 3)
        waves = numpy.sin(x * a + band) * numpy.cos(y * b)
        edges = ((x // (5 + seed % 17) + y // (9 + band)) % 3 == 0) * (seed % 3)
        slope = (x * c + y) / (width + height) * 2
        bands.append(128 + 45 * waves + 40 * edges * (band != 1) + 70 * (slope - 0.7) + random.normal(0, 1 + seed % 12, x.shape))
    return image.fromarray(numpy.clip(numpy.stack(bands, -1), 0, 255).astype("uint8"))


def originals(numpy, image, folder):
    """(name, picture): of every kind several sizes, odd and tiny ones among them."""
    for seed, size in enumerate([(8, 8), (8, 40), (9, 13), (15, 15), (16, 16), (31, 33), (57, 8), (64, 64), (100, 75), (112, 112),
                                 (113, 113), (127, 300), (200, 200), (257, 131), (401, 299), (640, 480), (800, 601)]):
        yield f"drawn {size[0]}x{size[1]}", drawn(numpy, image, *size, seed)
    yield "flat", image.new("RGB", (120, 90), (30, 140, 200))
    yield "black", image.new("RGB", (64, 64))
    yield "noise", image.fromarray(numpy.random.default_rng(1).integers(0, 256, (160, 211, 3), dtype="uint8"))
    photos = sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix in (".png", ".jpg")) if folder else []
    for i, path in enumerate(photos):
        picture = image.open(path).convert("RGB")
        width = (800, 512, 333, 97)[i % 4]
        yield path.stem, picture.resize((width, max(8, round(width * picture.height / picture.width))), image.Resampling.LANCZOS)


def damaged(numpy, image, filters, name, picture):
    """(how, picture)."""
    def through(how, **options):
        file = io.BytesIO()
        picture.save(file, how, **options)
        return image.open(io.BytesIO(file.getvalue())).convert("RGB")
    i = sum(map(ord, name))
    for quality in ((5, 30, 60, 75, 90, 97) if i % 2 else (15, 45, 70, 82, 95)):
        yield f"JPEG {quality}", through("JPEG", quality=quality)
    for quality in ((10, 60, 90) if i % 2 else (40, 80)):
        yield f"WebP {quality}", through("WEBP", quality=quality)
    for quality in ((20, 65) if i % 3 else (45, 90)):
        yield f"AVIF {quality}", through("AVIF", quality=quality, speed=9)
    values = numpy.asarray(picture).astype(float)
    noise = numpy.random.default_rng(i).normal(0, 2 + i % 20, values.shape)
    yield "noise", image.fromarray(numpy.clip(values + noise, 0, 255).astype("uint8"))
    yield "blur", picture.filter(filters.GaussianBlur(0.5 + i % 3))
    yield "banding", image.fromarray((values // 16 * 16).astype("uint8"))
    one = numpy.asarray(picture).copy()
    one[one.shape[0] // 2, one.shape[1] // 2] ^= 3
    yield "one pixel", image.fromarray(one)
    blue = numpy.asarray(picture).copy()
    blue[..., 2] ^= 8
    yield "blue", image.fromarray(blue)
    yield "nothing", picture


def defined(numpy, original, other):
    """The score of two arrays, slowly."""
    def blur(plane):
        height, width = plane.shape
        padded = numpy.pad(plane, 4)
        across = sum(w * padded[:, i:i + width] for i, w in enumerate(KERNEL))
        return sum(w * across[i:i + height] for i, w in enumerate(KERNEL))

    def opsin(light):
        l, m, s = (numpy.cbrt(light @ numpy.array(row) + 0.0037930734) for row in OPSIN)
        return 7 * (l - m) + 0.42, (l + m) / 2 - 0.0037930734 ** (1 / 3) + 0.01, s - (l + m) / 2 + 0.55

    def halved(light):
        even = numpy.pad(light, ((0, light.shape[0] % 2), (0, light.shape[1] % 2), (0, 0)), mode="edge")
        return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4

    def errors(a, b):
        mean_a, mean_b = blur(a), blur(b)
        variances = blur(a * a) - mean_a ** 2 + blur(b * b) - mean_b ** 2 + 0.0009
        structure = 1 - (1 - (mean_a - mean_b) ** 2) * (2 * (blur(a * b) - mean_a * mean_b) + 0.0009) / variances
        edges = (1 + abs(b - mean_b)) / (1 + abs(a - mean_a)) - 1
        maps = [numpy.maximum(m, 0) for m in (structure, edges, -edges)]
        return [m.mean() for m in maps] + [(m ** 4).mean() ** 0.25 for m in maps]
    samples = [numpy.asarray(p) / 255 for p in (original, other)]
    light = [numpy.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4) for s in samples]
    scales = []
    while len(scales) < 6 and (not scales or min(light[0].shape[:2]) >= 8):
        light = [halved(p) for p in light] if scales else light
        scales.append([errors(a, b) for a, b in zip(*map(opsin, light))])
    total = 0.9562382616834844 * sum(
        weight * error for channel in range(3) for scale, of_channels in enumerate(scales)
        for weight, error in zip(WEIGHTS.get(channel * len(scales) + scale, ()), of_channels[channel]))
    total = total * (2.326765642916932 + total * (6.248496625763138e-05 * total - 0.020884521182843837))
    return 100 - 10 * max(total, 0) ** 0.6276336467831387


def theirs(pair):
    printed = subprocess.run(["ssimulacra2_rs", "image", *pair], capture_output=True, text=True, check=True)
    return float(re.search(r"Score: (\S+)", printed.stdout)[1])


def main(program, folder=None):
    try:
        import numpy
        from PIL import Image, ImageFilter
    except ImportError as error:
        return print(f"skipped: {error}")
    if shutil.which("ssimulacra2_rs") is None:
        return print("skipped: ssimulacra2_rs is not on PATH; cargo install ssimulacra2_rs --no-default-features")
    with tempfile.TemporaryDirectory() as scratch:
        names, pairs, definition = [], [], []
        for name, picture in originals(numpy, Image, folder):
            original = f"{scratch}/{len(pairs)}.png"
            picture.save(original, compress_level=1)
            for how, other in damaged(numpy, Image, ImageFilter, name, picture):
                names.append(f"{name}, {how}")
                pairs.append((original, f"{scratch}/{len(pairs)}-other.png"))
                other.save(pairs[-1][1], compress_level=1)
                definition.append(defined(numpy, picture, other))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            expected = list(pool.map(theirs, pairs))
        lines = "".join("\t".join(pair) + "\n" for pair in pairs)
        printed = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout
    ours = [float(line) for line in printed.split()]
    table = sorted(((abs(a - b), abs(a - c), a, b, c, name)
                    for a, b, c, name in zip(ours, expected, definition, names, strict=True)), reverse=True)
    for difference, _, a, b, c, name in table[:12]:
        print(f"{difference:7.4f}  ours {a:9.4f}  ssimulacra2_rs {b:9.4f}  definition {c:9.4f}  {name}")
    near = [row for row in table if row[0] <= ALLOWED]
    seen = [row[0] for row in table if row[3] < 90]
    print(f"{len(table)} pairs, scores from {min(expected):.1f} to {max(expected):.1f}. From ssimulacra2_rs: {len(near)} within "
          f"{ALLOWED}, worst {table[0][0]:.4f} (of {len(seen)} below 90: {max(seen):.4f}), mean {statistics.mean(row[0] for row in table):.4f}. From the definition: worst "
          f"{max(row[1] for row in table):.4f}, mean {statistics.mean(row[1] for row in table):.5f}")
    return 1 if any(row[0] > ALLOWED and row[1] > ALLOWED_BY_DEFINITION for row in table) else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
