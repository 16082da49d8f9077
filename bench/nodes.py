#!/usr/bin/env python3
"""What it costs to share: hits among what other nodes made, three nodes beside one, bytes to the bucket.

usage: nodes.py BINARY FOLDER_OF_PHOTOS      (after `make services`; the folder holds landscape-1920x1080.jpg)

Medians of three rounds, servers in turn. All of it runs on this machine, so three nodes share its cores with MinIO and the database: what the
ratio of throughput shows is that nodes do not hold each other up, not that they add up.
"""
import concurrent.futures
import functools
import http.server
import os
import pathlib
import statistics
import sys
import threading
import time

os.environ["IMCAXY_BIN"] = sys.argv[1]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
import cluster  # noqa: E402
import play  # noqa: E402

ROUNDS, PICTURES, CLIENTS = 3, 120, 6


def serve_folder(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def targets(origin, first):
    url = origin + "/landscape-1920x1080.jpg"
    return [play.image_target("resize", url, width=first + number, type="jpeg") for number in range(PICTURES)]


def fetch(ports, wanted):
    """Asks for all of them, the nodes in turn: (answers a second, times in ms, bytes, how X-Cache counts)."""
    times, sizes, results = [], [], {}

    def some(index):
        client = [play.Client(port) for port in ports]
        for number in range(index, len(wanted), CLIENTS):
            begun = time.perf_counter()
            answer = client[number % len(ports)].get(wanted[number])
            times.append(1000 * (time.perf_counter() - begun))
            sizes.append(len(answer.body))
            results[answer.cache] = results.get(answer.cache, 0) + 1
        for each in client:
            each.close()

    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(some, range(CLIENTS)))
    return len(wanted) / (time.perf_counter() - begun), times, sum(sizes), results


def cpu_seconds(pid):
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def settle(node):
    node.wait_metric('imcaxy_productions{kind="results"}', 0)


def main():
    origin, parts = serve_folder(sys.argv[2]), cluster.Parts()
    rates, p50, p99, sent = {"alone": [], "one": [], "three": []}, [], [], []
    cost = {"alone": [], "one": [], "three": [], "parts": []}  # CPU milliseconds of a miss
    try:
        for turn in range(ROUNDS):
            with play.Server() as alone:
                rates["alone"].append(fetch([alone.port], targets(origin, 400))[0])
                settle(alone)
                cost["alone"].append(1000 * cpu_seconds(alone.process.pid) / PICTURES)
            for name, count in (("one", 1), ("three", 3)):
                values = {**parts.values, "minio_bucket": f"bench-{name}-{turn}", "invalidate_security_token": cluster.TOKEN,
                          "mongo_connection_string": parts.connection_string(f"bench_{name}_{turn}")}
                nodes = [cluster.Node(**values) for _ in range(count)]
                wanted = targets(origin, 400)
                services = [parts.pid("minio"), parts.pid("mongo")]
                before = sum(map(cpu_seconds, services))
                rate, _, size, results = fetch([node.port for node in nodes], wanted)
                rates[name].append(rate)
                assert results == {"miss": PICTURES}, results
                for node in nodes:
                    settle(node)
                cost[name].append(1000 * sum(cpu_seconds(node.process.pid) for node in nodes) / PICTURES)
                cost["parts"].append(1000 * (sum(map(cpu_seconds, services)) - before) / PICTURES)
                sent.append(sum(node.metrics()["imcaxy_s3_sent_bytes_total"] for node in nodes) / size)
                other = cluster.Node(**values)
                _, times, _, results = fetch([other.port], wanted)
                assert results == {"hit-shared": PICTURES}, results
                times.sort()
                p50.append(times[len(times) // 2])
                p99.append(times[len(times) * 99 // 100])
                for node in [*nodes, other]:
                    node.close()
    finally:
        parts.close()
    median = statistics.median
    print(f"hit-shared, {CLIENTS} clients: p50 {median(p50):.1f} ms, p99 {median(p99):.1f} ms")
    for name in ("alone", "one", "three"):
        print(f"{name:5s}: {median(rates[name]):.1f} misses a second, {median(cost[name]):.1f} ms of CPU of nodes for each")
    print(f"MinIO and the database: {median(cost['parts']):.1f} ms of CPU for each miss")
    ratios = [three / one for three, one in zip(rates["three"], rates["one"])]
    shares = [one / alone for one, alone in zip(rates["one"], rates["alone"])]
    print(f"three nodes to one: {median(ratios):.2f}; a node that shares to one that does not: {median(shares):.2f}")
    print(f"bytes to the bucket per byte of answer: {median(sent):.3f}")


if __name__ == "__main__":
    main()
