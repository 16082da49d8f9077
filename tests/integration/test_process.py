"""The program as a process: its signals, logs, command line, and the folder that it starts on."""
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from play import PATIENCE, Play, Server, binary, image_target, png, process_environment, raw, read_all, run, status_of
from play import wait_until


class Ending(Play):
    def setUp(self):
        super().setUp()
        self.url = self.origin.put("/a.png", png(32, 32))
        self.gate = self.origin.hold("/a.png")

    def refuses_connections(self, server):
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            return True
        return False

    def check_graceful(self, number):
        server = self.serve()
        reader = self.in_background(server.image, "resize", self.url, width=8)
        self.gate.wait_for(1)
        idle = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.addCleanup(idle.close)
        server.signal(number)
        wait_until(lambda: self.refuses_connections(server), "new connections are refused")
        self.assertEqual(b"", read_all(idle), "an idle connection is closed")
        self.assertIsNone(server.process.poll(), "a request is still running")
        self.gate.release()
        answer = reader()
        self.assertServed(answer, "miss")
        self.assertEqual("close", answer.headers["Connection"])
        self.assertEqual(0, server.wait())
        self.assertIn("stopped", server.log())
        server.start()
        self.assertServed(server.image("resize", self.url, width=8), "hit-disk", answer.body)

    def test_sigterm_finishes_what_runs(self):
        self.check_graceful(signal.SIGTERM)

    def test_a_kill_leaves_nothing_in_shared_memory(self):
        server = self.serve()
        server.kill()
        self.assertEqual([], [name for name in os.listdir("/dev/shm") if name.endswith(f"-{server.process.pid}")])

    def test_what_others_left_in_shared_memory_is_nobodys_trouble(self):
        def leave():
            with open(f"/dev/shm/mongoc-{os.getpid()}", "x"):
                pass

        told = subprocess.run([binary(), "--version"], preexec_fn=leave, capture_output=True, text=True, check=True)
        self.assertEqual("", told.stderr)

    def test_sigint_does_the_same(self):
        self.check_graceful(signal.SIGINT)

    def test_deadline_cuts_off(self):
        server = self.serve(shutdown_timeout_seconds=1)
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sock:
            sock.sendall(f"GET {image_target('resize', self.url, width=8)} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            self.gate.wait_for(1)
            self.assertEqual(0, server.stop())
            self.assertNotEqual(200, status_of(read_all(sock)))

    def test_what_nobody_waits_for_is_stored(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sock:
            sock.sendall(f"GET {image_target('resize', self.url, width=8)} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            self.gate.wait_for(1)
        server.signal(signal.SIGTERM)
        wait_until(lambda: self.refuses_connections(server), "new connections are refused")
        self.gate.release()
        self.assertEqual(0, server.wait())
        server.start()
        self.assertServed(server.image("resize", self.url, width=8), "hit-disk")


class Logs(Play):
    HOSTILE_TARGET = '/x?a="quote"&b=back\\slash&c=%0d%0aforged&d=<script>'
    HOSTILE_AGENT = 'evil" 200 forged\\ \tend'

    def logs(self, **values):
        folder = tempfile.mkdtemp(prefix="imcaxy-play-logs-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        access, application = os.path.join(folder, "access.log"), os.path.join(folder, "imcaxy.log")
        server = self.serve(access_log=access, log_file=application, **values)
        return server, access, application

    def read(self, path):
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            return file.read().decode("utf-8")
        return ""

    def send_hostile(self, server):
        request = (f"GET {self.HOSTILE_TARGET} HTTP/1.1\r\nHost: h\r\nUser-Agent: {self.HOSTILE_AGENT}\r\n"
                   "X-Request-Id: the-hostile-one\r\nConnection: close\r\n\r\n")
        return raw(server.port, request.encode("latin-1"))

    def test_sighup_opens_moved_files_again(self):
        server, access, application = self.logs()
        server.get("/version?before")
        for path in (access, application):
            wait_until(lambda path=path: self.read(path), f"something is in {path}")
            os.rename(path, path + ".1")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "log files opened again" in self.read(application), "the new application log is in use")
        server.get("/version?after")
        wait_until(lambda: "/version?after" in self.read(access), "the new access log is in use")
        wait_until(lambda: "/version?before" in self.read(access + ".1"), "the old one has the old lines")
        self.assertEqual(0, server.stop())
        self.assertNotIn("after", self.read(access + ".1"))
        self.assertNotIn("before", self.read(access))
        self.assertIn("stopped", self.read(application))
        self.assertIn("serves on", self.read(application + ".1"))

    def test_text(self):
        server, access, application = self.logs()
        url = self.origin.put("/a.png", png(32, 32))
        headers = {"X-Request-Id": "the-good-one", "User-Agent": "play"}
        answer = server.get(image_target("resize", url, width=8), headers)
        self.send_hostile(server)
        self.assertEqual(0, server.stop())
        lines = self.read(access).splitlines()
        pattern = (r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 127\.0\.0\.1 \S+ "(?:[^"\\\x00-\x1f]|\\.)*" '
                   r'\d{3} \d+ [\d.]+ms [a-z-]+ "(?:[^"\\\x00-\x1f]|\\.)*" \S+$')
        for line in lines:
            self.assertRegex(line, pattern)
        good = [line for line in lines if line.endswith("the-good-one")]
        self.assertEqual(1, len(good))
        self.assertIn(f'GET "{image_target("resize", url, width=8)}" 200 {len(answer.body)} ', good[0])
        self.assertIn(' miss "play" ', good[0])
        hostile = [line for line in lines if line.endswith("the-hostile-one")]
        self.assertEqual(1, len(hostile))
        self.assertIn(r'"/x?a=\"quote\"&b=back\\slash&c=%0d%0aforged&d=<script>" 404 ', hostile[0])
        self.assertIn(r'"evil\" 200 forged\\ \u0009end"', hostile[0])
        for line in self.read(application).splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warn|warning|error) +\S")

    def test_json(self):
        server, access, application = self.logs(log_format="json")
        self.send_hostile(server)
        self.assertEqual(0, server.stop())
        lines = [json.loads(line) for line in self.read(access).splitlines()]
        hostile = [line for line in lines if line["id"] == "the-hostile-one"]
        self.assertEqual(1, len(hostile))
        self.assertEqual((self.HOSTILE_TARGET, self.HOSTILE_AGENT), (hostile[0]["target"], hostile[0]["agent"]))
        names = ["time", "remote", "method", "target", "status", "bytes", "ms", "cache", "agent", "id"]
        for line in lines:
            self.assertEqual(names, list(line))
        for line in self.read(application).splitlines():
            self.assertEqual(["time", "level", "message"], list(json.loads(line)))

    def test_hostile_bytes_in_both_formats(self):
        for log_format in ("text", "json"):
            server, access, _ = self.logs(log_format=log_format)
            for number in range(1, 256):
                target = b"/version?" + bytes([number]) + b"end"
                raw(server.port, b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nUser-Agent: a" + bytes([number]) +
                    b"z\r\nConnection: close\r\n\r\n")
            self.assertEqual(0, server.stop())
            text = self.read(access)
            self.assertFalse(re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), "control characters in the log")
            for line in text.splitlines():
                if log_format == "json":
                    self.assertEqual("127.0.0.1", json.loads(line)["remote"])
                else:
                    self.assertRegex(line, r"^\d{4}-\S+Z 127\.0\.0\.1 ")

    def test_urls_of_sources_can_not_forge_lines(self):
        server, _, application = self.logs(log_level="debug", fetch_timeout_seconds=5)
        for source in ("http://127.0.0.1:1/a%0aforged%20line", "http://127.0.0.1:1/a%0d%0aforged", "%0aforged://x/"):
            self.assertStatus(server.get("/imaginary/resize?width=5&url=" + source), 400)
            server.get("/invalidate%0aforged")
        self.assertEqual(0, server.stop())
        self.assertFalse([line for line in self.read(application).splitlines() if line.startswith("forged")])

    def test_no_access_log_above_info(self):
        server, access, _ = self.logs(log_level="warn")
        server.get("/version")
        self.assertEqual(0, server.stop())
        self.assertEqual("", self.read(access))

    def test_standard_streams(self):
        server = self.serve()
        server.get("/version?to-stdout")
        self.assertEqual(0, server.stop())
        self.assertIn('"/version?to-stdout"', server.access_log())
        self.assertIn("serves on", server.log())


class Start(Play):
    def fails(self, *arguments, **values):
        status, out, err = run(*arguments, **values)
        self.assertNotEqual(0, status, out)
        self.assertNotIn("terminate called", err)
        return status, err

    def folder(self):
        path = tempfile.mkdtemp(prefix="imcaxy-play-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def test_second_process_on_the_same_folder(self):
        server = self.serve()
        status, err = self.fails("serve", data_dir=server.data, port=0, bind="127.0.0.1")
        self.assertEqual(1, status, err)
        self.assertIn(f"imcaxy: the data folder {server.data} is in use by another imcaxy", err)
        self.assertIn("IMCAXY_DATA_DIR", err)
        self.assertStatus(server.get("/ready"), 200)

    def assertPortRefused(self, port):
        status, err = self.fails("serve", data_dir=self.folder(), port=port, bind="127.0.0.1", patience=30)
        self.assertEqual(1, status, err)
        self.assertIn(f"imcaxy: cannot listen on 127.0.0.1:{port}: Address already in use", err)
        self.assertIn("IMCAXY_PORT", err)

    def test_port_in_use(self):
        self.assertPortRefused(self.origin.port)

    def test_port_in_use_by_another_imcaxy(self):
        self.assertPortRefused(self.serve().port)

    def test_port_in_use_on_all_addresses(self):
        server = self.serve()
        status, err = self.fails("serve", data_dir=self.folder(), port=server.port, bind="0.0.0.0", patience=30)
        self.assertEqual(1, status, err)
        self.assertIn("Address already in use", err)

    def test_port_zero_takes_a_free_one(self):
        with tempfile.TemporaryFile() as log:
            with subprocess.Popen([binary(), "serve"], stdout=subprocess.DEVNULL, stderr=log, env=process_environment(
                    {"port": 0, "bind": "127.0.0.1", "data_dir": self.folder()})) as process:
                self.addCleanup(process.kill)

                def port():
                    log.seek(0)
                    return re.search(rb"serves on http://127\.0\.0\.1:(\d+)/", log.read())
                try:
                    found = wait_until(port, "the log says the port")
                    self.assertEqual(200, status_of(raw(int(found[1]), b"GET /ready HTTP/1.0\r\n\r\n")))
                finally:
                    process.terminate()
                self.assertEqual(0, process.wait(PATIENCE))

    def test_folder_that_can_not_be_used(self):
        for path in ("/proc/imcaxy", "/dev/null/data"):
            status, err = self.fails("serve", data_dir=path, port=0)
            self.assertEqual(1, status, err)
            self.assertIn(f"the data folder {path} can't be used", err)

    def test_log_that_can_not_be_opened(self):
        for name in ("log_file", "access_log"):
            status, err = self.fails("serve", data_dir=self.folder(), port=0, **{name: "/proc/no/such.log"})
            self.assertEqual(1, status, err)
            self.assertIn("can't be opened", err)

    def test_bad_options(self):
        for name, value in (("port", "eighty"), ("port", "70000"), ("max_frames", "0"), ("log_level", "loud"),
                            ("bind", "nowhere"), ("path_prefix", "api"), ("allow_private_sources", "10.0.0.0/99"),
                            ("http_cache_ttl", "-1"), ("mongo_connection_string", "mongodb://h")):
            status, err = self.fails("serve", data_dir=self.folder(), **{name: value})
            self.assertEqual(1, status, err)
            self.assertIn("IMCAXY_" + name.upper(), err)

    def test_wrong_usage(self):
        for arguments in (["nonsense"], ["serve", "--no-such-flag"], [], ["serve", "extra"], ["serve", "--port"],
                          ["config", "--json", "--check"]):
            status, err = self.fails(*arguments)
            self.assertEqual(2, status, (arguments, err))
            self.assertTrue(err.strip(), arguments)

    def test_help_and_versions(self):
        for arguments in (["--help"], ["serve", "--help"], ["config", "--help"], ["--version"], ["version"]):
            status, out, err = run(*arguments)
            self.assertEqual((0, ""), (status, err), arguments)
            self.assertTrue(out.strip(), arguments)
        status, out, _ = run("version", "--json")
        self.assertEqual((0, {"imcaxy", "libvips"}), (status, set(json.loads(out))))

    def test_configuration_is_shown(self):
        status, out, err = run("config", port=9123)
        self.assertEqual((0, ""), (status, err))
        self.assertRegex(out, r"(?m)^IMCAXY_PORT=9123 +environment$")
        self.assertRegex(out, r"(?m)^IMCAXY_BIND=0\.0\.0\.0 +default$")
        status, out, _ = run("config", "--json", "--bind", "::1", port=9123, invalidate_security_token="hidden")
        self.assertEqual(0, status)
        shown = json.loads(out)
        self.assertEqual({"value": "9123", "origin": "environment"}, shown["IMCAXY_PORT"])
        self.assertEqual({"value": "::1", "origin": "flag"}, shown["IMCAXY_BIND"])
        self.assertEqual({"value": "***", "origin": "environment"}, shown["IMCAXY_INVALIDATE_SECURITY_TOKEN"])
        self.assertNotIn("hidden", out)

    def test_configuration_is_checked(self):
        self.assertEqual((0, "", ""), run("config", "--check"))
        status, out, err = run("config", "--check", porrt=1)
        self.assertEqual((1, ""), (status, out))
        self.assertIn("did you mean IMCAXY_PORT?", err)
        status, _, err = run("config", "--check", port="x")
        self.assertEqual(1, status)
        self.assertIn("IMCAXY_PORT=x", err)

    def test_configuration_is_documented(self):
        status, out, _ = run("config", "--markdown")
        self.assertEqual(0, status)
        path = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "configuration.md")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), out)

    def test_file_and_flags(self):
        path = os.path.join(self.folder(), "imcaxy.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write('http_cache_ttl = 7\nfallback = "none"\nport = 1\n')
        with Server(flags=["--config", path, "--fallback", "original"]) as server:
            url = self.origin.put("/a.png", png(8, 8))
            self.assertIn("max-age=7,", server.image("resize", url, width=4).headers["Cache-Control"])
            broken = self.origin.put("/b.png", png(8, 8)[:8] + b"broken")
            self.assertIn("X-Imcaxy-Fallback", server.image("resize", broken, width=4).headers)

    def test_unknown_variable_is_told(self):
        server = self.serve(memory_cach_mb=5)
        self.assertIn("IMCAXY_MEMORY_CACH_MB is not known and has no effect; did you mean IMCAXY_MEMORY_CACHE_MB?",
                      server.log())


class Damage(Play):
    """What is found at a start may be damaged; it costs the cache at most, never a right answer."""

    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.bodies = {}
        for seed in range(5):
            url = self.origin.put(f"/{seed}.png", png(40, 40, seed=seed))
            self.bodies[url] = self.server.image("resize", url, width=20).body
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', 5)
        self.server.wait_metric('imcaxy_cache_entries{tier="originals"}', 5)

    def stop(self):
        self.assertEqual(0, self.server.stop())

    def index(self):
        return os.path.join(self.server.data, "index.db")

    def damage(self, path, change):
        with open(path, "rb") as file:
            data = bytearray(file.read())
        with open(path, "wb") as file:
            file.write(change(data))

    def assertAll(self, cache):
        for url, body in self.bodies.items():
            self.assertServed(self.server.image("resize", url, width=20), cache, body)

    def check_index(self):
        """All is served from disk, and invalidation finds it."""
        self.server.start()
        self.assertAll("hit-disk")
        url = next(iter(self.bodies))
        answer = self.server.invalidate(url)
        self.assertStatus(answer, 200)
        self.assertEqual(1, len(json.loads(answer.body)["invalidatedImages"]))
        self.assertServed(self.server.image("resize", url, width=20), "miss", self.bodies[url])
        self.server.restart()
        self.assertAll("hit-disk")

    def test_deleted_index(self):
        self.stop()
        for path in glob.glob(self.index() + "*"):
            os.remove(path)
        self.check_index()

    def test_index_that_is_no_database(self):
        self.stop()
        self.damage(self.index(), lambda data: b"this is no database " * 1000)
        self.check_index()

    def test_index_of_zeros(self):
        self.stop()
        self.damage(self.index(), lambda data: data[:100] + bytes(len(data) - 100))
        self.check_index()

    def test_index_cut_short(self):
        self.stop()
        self.damage(self.index(), lambda data: data[:len(data) // 2])
        self.check_index()

    def test_empty_index(self):
        self.stop()
        self.damage(self.index(), lambda data: b"")
        self.check_index()

    def test_damaged_entries(self):
        def flip_last(data):
            data[-1] ^= 1
            return data
        changes = [flip_last, lambda data: data[:-1], lambda data: data + b"more", lambda data: b"",
                   lambda data: b"X" + data[1:]]
        self.stop()
        files = self.server.entry_files()
        self.assertEqual(len(changes), len(files))
        for path, change in zip(files, changes):
            self.damage(path, change)
        self.server.start()
        self.assertAll("miss")
        self.assertEqual(5, self.server.metrics()['imcaxy_cache_damaged_total{tier="disk"}'])
        self.assertEqual([1] * 5, [self.origin.count(f"/{seed}.png") for seed in range(5)])
        self.server.restart()
        self.assertAll("hit-disk")

    def test_damaged_while_it_runs(self):
        self.server.restart()
        for path in self.server.entry_files():
            self.damage(path, lambda data: data[:len(data) // 2] + bytes(len(data) - len(data) // 2))
        self.assertAll("miss")
        self.assertAll("hit-memory")

    def test_damaged_originals(self):
        self.stop()
        for path in self.server.entry_files("originals"):
            self.damage(path, lambda data: data[:-3])
        self.server.start()
        for url in self.bodies:
            self.assertServed(self.server.image("resize", url, width=10), "miss")
        self.assertEqual([2] * 5, [self.origin.count(f"/{seed}.png") for seed in range(5)])

    def test_deleted_entries(self):
        self.stop()
        for path in self.server.entry_files():
            os.remove(path)
        self.server.start()
        self.assertAll("miss")
        self.server.restart()
        self.assertAll("hit-disk")

    def test_damaged_without_index(self):
        self.stop()
        os.remove(self.index())
        for path in self.server.entry_files():
            self.damage(path, lambda data: data[:20])
        self.server.start()
        self.assertAll("miss")

    def test_strangers_in_the_folder(self):
        self.stop()
        root = os.path.join(self.server.data, "cache", "results")
        os.makedirs(os.path.join(root, "staging"), exist_ok=True)
        for name in ("stranger", "staging/left.1", "0"):
            path = os.path.join(root, name)
            if not os.path.exists(path):
                with open(path, "wb") as file:
                    file.write(b"left over")
        self.server.start()
        self.assertAll("hit-disk")
        self.assertEqual([], self.server.staged_files())
        self.assertFalse(os.path.exists(os.path.join(root, "stranger")))
