"""Pictures that the plays make themselves, beside the PNGs of play.py. JPEGs are made by the program under test."""
import random
import struct
import zlib

from play import Server, png_chunk

DELAYS = (30, 40, 500, 70)  # milliseconds


def gif(width, height, delays=DELAYS, loop=3):
    """An animation whose frames are grey, each brighter: codes of nine bits, cleared before the table grows."""
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xf7, 0, 0) + bytes(v for i in range(256) for v in (i, i, i))
    out += b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loop) + b"\0"
    for number, delay in enumerate(delays):
        codes = []
        for pixel in range(width * height):
            if pixel % 200 == 0:
                codes.append(256)
            codes.append(40 + 50 * number)
        bits = sum(code << (9 * place) for place, code in enumerate([*codes, 257]))
        data = bits.to_bytes((9 * (len(codes) + 1) + 7) // 8, "little")
        blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
        out += b"\x21\xf9\x04\x04" + struct.pack("<H", delay // 10) + b"\0\0"
        out += b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x08" + blocks + b"\0"
    return out + b"\x3b"


def png_of(width, height, colour_type, pixel):
    """A PNG of `pixel(x, y)`: 3 bytes with colour type 2, 4 with 6."""
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows, 1)) +
            png_chunk(b"IEND", b""))


def half_clear_png(width, height):
    """Green on the right, nothing on the left."""
    return png_of(width, height, 6, lambda x, y: (0, 160, 0, 255 if x >= width // 2 else 0))


def photograph_png(width, height, seed=1):
    """Noise on a gradient: what a camera sees, to a codec."""
    dice = random.Random(seed)

    def pixel(x, y):
        return [min(255, max(0, int(value + dice.gauss(0, 6)))) for value in (x * 200 / width, y * 200 / height, 90)]
    return png_of(width, height, 2, pixel)


def quarters_png(size):
    """Red, green, blue and white, from the upper left to the lower right."""
    colours = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))
    return png_of(size, size, 2, lambda x, y: colours[2 * (y >= size // 2) + (x >= size // 2)])


def jpegs(*pngs):
    """The same pictures as JPEGs."""
    with Server() as server:
        answers = [server.ask("/imaginary/convert?type=jpeg&quality=95", "POST", {"Content-Type": "image/png"}, data)
                   for data in pngs]
    for answer in answers:
        assert answer.status == 200, answer
    return [answer.body for answer in answers]


def with_orientation(jpeg, orientation):
    """The JPEG with EXIF data: how the camera was held, and where (GPS)."""
    entry = struct.pack(">HHII", 0x0112, 3, 1, orientation << 16)
    gps_at = 8 + 2 + 2 * 12 + 4
    pointer = struct.pack(">HHII", 0x8825, 4, 1, gps_at)
    gps = struct.pack(">H", 1) + struct.pack(">HHI4s", 1, 2, 2, b"N\0\0\0") + struct.pack(">I", 0)
    tiff = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 2) + entry + pointer + struct.pack(">I", 0) + gps
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def rgb_pixels(png):
    """The pixels of a small RGB PNG, row by row, as (red, green, blue)."""
    width, height, depth, colour_type = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour_type) == (8, 2), (depth, colour_type)
    at, data = 8, b""
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += 12 + length
    raw, stride, above, out = zlib.decompress(data), 3 * width, bytes(3 * width), []
    for y in range(height):
        kind, row = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = (row[i - 3] if i >= 3 else 0), above[i], (above[i - 3] if i >= 3 else 0)
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda value: abs(guess - value))
            row[i] = row[i] + (0, left, up, (left + up) // 2, paeth)[kind] & 255
        above = bytes(row)
        out += [tuple(row[3 * x:3 * x + 3]) for x in range(width)]
    return out
