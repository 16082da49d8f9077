#!/usr/bin/env python3
"""CPU time of answers that nobody asked for before, beside a peer: each of a hundred widths once, in random order, by three clients.

usage: misses.py BINARY FOLDER_OF_PHOTOS [--oximg PROGRAM] [--case jpeg,photo,webp,png,avif] [--mezzanine] [--chosen] [--rounds 3]
                 [--cache FOLDER]

The folder holds landscape-1920x1080.jpg, photo-2725x2225.jpg and kodim23.png. Servers take turns, each with a new cache; medians of the
rounds, and of their ratios. Where FOLDER is in memory (/dev/shm), what a file system does with new files is left out. Unlike a run over time no answer comes from the cache. Widths of the first case are 400 to 800. The case
avif leaves the format to the Accept header. --chosen asks in turn without quality, so that it is chosen for each picture.
"""
import argparse
import concurrent.futures
import contextlib
import functools
import http.server
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))

CASES = {
    "jpeg": ("landscape-1920x1080.jpg", "jpeg", 400, 800),
    "photo": ("photo-2725x2225.jpg", "jpeg", 400, 800),
    "webp": ("photo-2725x2225.jpg", "webp", 400, 800),
    "png": ("kodim23.png", "png", 200, 600),
    "avif": ("photo-2725x2225.jpg", None, 400, 800),
}
WIDTHS, CLIENTS = 100, 3


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve_folder(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def get(url):
    request = urllib.request.Request(url, headers={"Accept": "image/avif,*/*"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def measure(pid, address, widths):
    get(address(50))  # fetches the original
    before = cpu_seconds(pid)
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        sizes = [len(body) for body in pool.map(lambda w: get(address(w)), widths)]
    return (cpu_seconds(pid) - before) / len(widths) * 1000, statistics.mean(sizes)


def measure_ours(case, origin, widths, options, quality="&quality=80"):
    from play import Server
    file, kind, _, _ = CASES[case]
    with tempfile.TemporaryDirectory(dir=options.cache) as data, \
            Server(data=data, mezzanine=options.mezzanine, **({} if kind else {"auto_format": "avif,webp,jpeg"})) as server:
        written = (f"&type={kind}" if kind else "") + quality
        address = lambda w: f"http://127.0.0.1:{server.port}/imaginary/resize?width={w}{written}&url={origin}/{file}"
        return measure(server.process.pid, address, widths)


@contextlib.contextmanager
def oximg(program, origin):
    """Its process, with its address, while it runs."""
    from play import free_port
    address = f"http://127.0.0.1:{free_port()}"
    process = subprocess.Popen([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "PORT": address.rsplit(":", 1)[1], "OXIMG_BIND": "127.0.0.1",
                                    "OXIMG_SOURCE_BASE_URL": origin})
    try:
        for _ in range(200):
            try:
                get(f"{address}/health")
                break
            except OSError:
                time.sleep(0.05)
        process.address = address
        yield process
    finally:
        process.terminate()
        process.wait()


def measure_oximg(program, case, origin, widths):
    file, kind, _, _ = CASES[case]
    with oximg(program, origin) as peer:
        return measure(peer.pid, lambda w: f"{peer.address}/resize/{w}/0/{file}@{kind}", widths)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("folder")
    parser.add_argument("--oximg")
    parser.add_argument("--case", default="jpeg,photo,webp,png")
    parser.add_argument("--chosen", action="store_true")
    parser.add_argument("--mezzanine", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache")
    options = parser.parse_args()
    os.environ["IMCAXY_BIN"] = str(pathlib.Path(options.binary).resolve())
    import play
    play.BINARY = os.environ["IMCAXY_BIN"]
    origin = serve_folder(options.folder)
    for case in options.case.split(","):
        _, _, low, high = CASES[case]
        widths = list(range(low, high, (high - low) // WIDTHS))
        random.Random(1).shuffle(widths)
        ours, theirs, chosen = [], [], []
        for _ in range(options.rounds):
            ours.append(measure_ours(case, origin, widths, options))
            if options.chosen:
                chosen.append(measure_ours(case, origin, widths, options, quality=""))
            if options.oximg:
                theirs.append(measure_oximg(options.oximg, case, origin, widths))
        line = f"{case:6} {statistics.median(t for t, _ in ours):6.2f} ms {ours[0][1]:8.0f} bytes"
        if theirs:
            ratio = statistics.median(a[0] / b[0] for a, b in zip(ours, theirs))
            line += (f"    oximg {statistics.median(t for t, _ in theirs):6.2f} ms {theirs[0][1]:8.0f} bytes"
                     f"    ratio {ratio:.2f}")
        if chosen:
            ratio = statistics.median(b[0] / a[0] for a, b in zip(ours, chosen))
            line += (f"    quality chosen {statistics.median(t for t, _ in chosen):6.2f} ms {chosen[0][1]:8.0f} bytes"
                     f"    ratio {ratio:.2f}")
        print(line, flush=True)


if __name__ == "__main__":
    main()
