#!/usr/bin/env python3
"""What a reduced form saves, and what it costs: answers to sizes of large pictures with IMCAXY_MEZZANINE on and off.

usage: mezzanine.py BINARY PICTURE...

For each picture: the server's CPU time and the processing time of an answer (JPEG; medians of 20 neighbouring widths), and
SSIMULACRA2 between the lossless answers that are made both ways. Needs ssimulacra2_rs on PATH for the last
(`cargo install ssimulacra2_rs --no-default-features`).
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
import play  # noqa: E402

WIDTHS, ANSWERS = (100, 300, 600), 20
MADE = "imcaxy_mezzanine_made_total"


def cpu_ms(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000


def process_ms(answer):
    return float(re.search(r"process;dur=([\d.]+)", answer.headers["Server-Timing"])[1])


def measure(server, url):
    """(CPU ms, process ms) of an answer by width, after two sizes were asked for."""
    server.image("resize", url, width=401, type="jpeg")
    server.image("resize", url, width=399, type="jpeg")
    if server.values["mezzanine"]:
        server.wait_metric(MADE, 1)
    out = {}
    for width in WIDTHS:
        before = cpu_ms(server)
        took = [process_ms(server.image("resize", url, width=width + i, type="jpeg")) for i in range(ANSWERS)]
        out[width] = ((cpu_ms(server) - before) / ANSWERS, statistics.median(took))
    return out


def score(folder, one, other):
    for name, body in (("one.png", one), ("other.png", other)):
        pathlib.Path(folder, name).write_bytes(body)
    done = subprocess.run(["ssimulacra2_rs", "image", f"{folder}/one.png", f"{folder}/other.png"], capture_output=True, text=True)
    return float(re.search(r"(-?\d+\.\d+)", done.stdout)[1])


def main():
    play.BINARY = os.path.abspath(sys.argv[1])
    scores = shutil.which("ssimulacra2_rs")
    with play.Origin() as origin, tempfile.TemporaryDirectory() as folder:
        for path in map(pathlib.Path, sys.argv[2:]):
            url = origin.put("/" + path.name, path.read_bytes(), "image/jpeg")
            with play.Server(mezzanine=False) as plain, play.Server(mezzanine=True) as server:
                off, on = measure(plain, url), measure(server, url)
                for width in WIDTHS:
                    line = (f"{path.name} {width:4} px: CPU {off[width][0]:6.1f} -> {on[width][0]:5.1f} ms, "
                            f"process {off[width][1]:6.1f} -> {on[width][1]:5.1f} ms")
                    if scores:
                        same = [s.image("resize", url, width=width, type="png").body for s in (plain, server)]
                        line += f", score {score(folder, *same):.1f}"
                    print(line, flush=True)


if __name__ == "__main__":
    main()
