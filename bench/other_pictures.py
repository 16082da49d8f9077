#!/usr/bin/env python3
"""What is no photograph: alpha, line art, screenshots, animations, and what came small already.

Usage: bench/other_pictures.py [--bin bin/imcaxy] [--settle SECONDS]
The pictures are made here, each as small as its format's usual tools make it. Each is asked for at its own size, by a client that reads AVIF,
one that reads WebP, and one that says nothing, without `type` and `quality`; the answers' bytes are told beside the source's, and then those at
half the width. --settle waits so long in between, and tells the second answers. Exits 1 when an answer of a picture's own size is
larger than the picture. Needs Pillow 11.3 or later.
"""
import argparse
import io
import pathlib
import random
import sys
import time

from PIL import Image, ImageDraw, ImageFilter, ImageFont

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
from play import Origin, Server  # noqa: E402

CLIENTS = {"AVIF": "image/avif,image/webp,*/*;q=0.8", "WebP": "image/webp,*/*;q=0.8", "neither": "*/*"}
WIDTH, HEIGHT = 800, 600


def saved(image, kind, **how):
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def line_art():
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    for i in range(0, WIDTH, 16):
        draw.line((i, 0, WIDTH - i, HEIGHT), fill=(20, 40, 90), width=1 + i // 160)
    for i in range(9):
        draw.ellipse((60 + 70 * i, 200, 180 + 70 * i, 320), outline=(200, 30, 30), width=2)
    return image


def screenshot():
    image = Image.new("RGB", (WIDTH, HEIGHT), (246, 247, 249))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, 48), fill=(32, 60, 110))
    draw.rectangle((0, 48, 180, HEIGHT), fill=(230, 233, 240))
    font = ImageFont.load_default(15)
    words = "the quick brown fox jumps over a lazy dog while nobody looks".split()
    order = random.Random(5)
    for y in range(64, HEIGHT - 20, 22):
        draw.text((200, y), " ".join(order.choices(words, k=11)), font=font, fill=(30, 34, 40))
        draw.text((16, y), order.choice(words), font=font, fill=(70, 80, 110))
    return image


def photograph():
    """Soft shapes and grain."""
    noise = Image.frombytes("RGB", (WIDTH // 16, HEIGHT // 16), random.Random(3).randbytes(WIDTH * HEIGHT * 3 // 256))
    soft = noise.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    grain = Image.frombytes("L", (WIDTH, HEIGHT), random.Random(4).randbytes(WIDTH * HEIGHT)).convert("RGB")
    return Image.blend(soft, grain, 0.06)


def with_soft_edge(image):
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((40, 40, image.width - 40, image.height - 40), fill=255)
    image = image.copy()
    image.putalpha(mask.filter(ImageFilter.GaussianBlur(4)))
    return image


def frames(of_photograph):
    still = photograph().resize((320, 240)) if of_photograph else Image.new("RGB", (320, 240), (250, 250, 240))
    out = []
    for i in range(12):
        frame = still.copy()
        ImageDraw.Draw(frame).ellipse((20 * i, 80, 20 * i + 60, 140), fill=(200, 60, 30))
        out.append(frame)
    return out


def moving(kind, of_photograph, **how):
    first, *rest = frames(of_photograph)
    return saved(first, kind, save_all=True, append_images=rest, duration=80, loop=0, **how)


def pictures():
    art, screen, photo = line_art(), screenshot(), photograph()
    return {
        "line art, PNG": saved(art, "PNG", optimize=True),
        "line art, PNG with a palette": saved(art.quantize(16), "PNG", optimize=True),
        "line art, GIF": saved(art.quantize(64), "GIF"),
        "screenshot, PNG": saved(screen, "PNG", optimize=True),
        "screenshot, PNG with a palette": saved(screen.quantize(256), "PNG", optimize=True),
        "screenshot, WebP without loss": saved(screen, "WEBP", lossless=True, method=6),
        "logo with alpha, PNG": saved(with_soft_edge(art), "PNG", optimize=True),
        "logo with alpha, WebP": saved(with_soft_edge(art), "WEBP", lossless=True, method=6),
        "photograph with alpha, PNG": saved(with_soft_edge(photo), "PNG", optimize=True),
        "photograph with alpha, WebP": saved(with_soft_edge(photo), "WEBP", quality=75, method=6),
        "animated drawing, GIF": moving("GIF", False, optimize=True),
        "animated photograph, GIF": moving("GIF", True, optimize=True),
        "animated photograph, WebP": moving("WEBP", True, quality=60, method=6),
        "photograph, PNG": saved(photo, "PNG", optimize=True),
        "photograph, JPEG 40": saved(photo, "JPEG", quality=40, optimize=True, progressive=True),
        "photograph, JPEG 75": saved(photo, "JPEG", quality=75, optimize=True, progressive=True),
        "photograph, WebP 40": saved(photo, "WEBP", quality=40, method=6),
        "photograph, AVIF 40": saved(photo, "AVIF", quality=40, speed=4),
    }


def client_reads(client, data):
    if data[4:12] == b"ftypavif":
        return client == "AVIF"
    return client != "neither" or data[:4] != b"RIFF"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin")
    parser.add_argument("--settle", type=float, default=0)
    options = parser.parse_args()
    if options.bin:
        import play
        play.BINARY = options.bin
    larger = []
    with Origin() as origin, Server(auto_format="avif,webp,jpeg", optimiser=options.settle > 0) as server:
        def ask(name, client, width):
            answer = server.image("resize", url_of[name], {"Accept": CLIENTS[client]}, width=width)
            assert answer.status == 200, (name, client, answer)
            return len(answer.body), answer.headers["Content-Type"].partition("/")[2]
        made = pictures()
        url_of = {name: origin.put(f"/{i}", data) for i, (name, data) in enumerate(made.items())}
        width_of = {name: Image.open(io.BytesIO(data)).width for name, data in made.items()}
        asked = [(name, client, width_of[name] // part) for name in made for client in CLIENTS for part in (1, 2)]
        if options.settle:
            for one in asked:
                ask(*one)
            time.sleep(options.settle)
        found = {one: ask(*one) for one in asked}
    print("| picture | source | " + " | ".join(f"{client}: own size, half" for client in CLIENTS) + " |\n| --- |" + " --- |" * (len(CLIENTS) + 1))
    for name, data in made.items():
        cells = []
        for client in CLIENTS:
            own, half = found[name, client, width_of[name]], found[name, client, width_of[name] // 2]
            cells.append(f"{own[0]:,} {own[1]}, {half[0]:,}")
            if own[0] > len(data) and client_reads(client, data):
                larger.append((name, client, own, len(data)))
        print(f"| {name} | {len(data):,} | " + " | ".join(cells) + " |")
    for name, client, own, source in larger:
        print(f"larger than its source: {name} for {client}: {own[0]} {own[1]}, not {source}", file=sys.stderr)
    sys.exit(bool(larger))


if __name__ == "__main__":
    main()
