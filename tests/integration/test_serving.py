"""What a client sees of a picture's life: made, kept in memory, read from disk, invalidated, shared."""
import contextlib
import email.utils
import selectors
import socket
import time

from play import Play, image_target, png, png_size, read_all, status_of, wait_until

HELD = "/held.png"


class Life(Play):
    def test_miss_then_memory_then_disk_then_miss_again(self):
        url = self.origin.put("/a.png", png(64, 48))
        server = self.serve()
        first = server.image("resize", url, width=32)
        self.assertServed(first, "miss")
        self.assertEqual("image/png", first.headers["Content-Type"])
        self.assertEqual((32, 24), png_size(first.body))
        self.assertServed(server.image("resize", url, width=32), "hit-memory", first.body)

        server.restart()
        self.assertServed(server.image("resize", url, width=32), "hit-disk", first.body)
        self.assertServed(server.image("resize", url, width=32), "hit-memory", first.body)
        self.assertEqual(1, self.origin.count("/a.png"))

        self.origin.put("/a.png", png(64, 48, seed=1))
        self.assertServed(server.image("resize", url, width=32), "hit-memory", first.body)
        done = server.invalidate(url)
        self.assertStatus(done, 200)
        second = server.image("resize", url, width=32)
        self.assertServed(second, "miss")
        self.assertNotEqual(first.body, second.body)
        self.assertEqual(2, self.origin.count("/a.png"))
        server.restart()
        self.assertServed(server.image("resize", url, width=32), "hit-disk", second.body)

    def test_second_size_needs_no_second_download(self):
        url = self.origin.put("/a.png", png(64, 64))
        server = self.serve()
        self.assertServed(server.image("resize", url, width=32), "miss")
        self.assertServed(server.image("resize", url, width=16), "miss")
        server.restart()
        self.assertServed(server.image("resize", url, width=8), "miss")
        self.assertEqual(1, self.origin.count("/a.png"))

    def test_order_of_parameters_does_not_matter(self):
        url = self.origin.put("/a.png", png(64, 64))
        server = self.serve()
        one = server.get(f"/imaginary/resize?width=20&height=10&url={url}")
        self.assertServed(one, "miss")
        self.assertServed(server.get(f"/imaginary/resize?url={url}&height=10&width=20"), "hit-memory", one.body)

    def test_parameters_that_are_not_utf_8(self):
        url = self.origin.put("/a.png", png(64, 64))
        server = self.serve()
        target = f"/imaginary/resize?width=20&x=%ff&url={url}"
        self.assertServed(server.get(target), "miss")
        server.restart()
        self.assertServed(server.get(target), "hit-disk")

    def test_answers_expire(self):
        url = self.origin.put("/a.png", png(64, 64))
        server = self.serve(cache_ttl=1, stale_while_revalidate_seconds=0, stale_if_error_seconds=0)
        first = server.image("resize", url, width=32)
        self.assertServed(first, "miss")
        wait_until(lambda: server.image("resize", url, width=32).cache == "miss", "the answer has expired")
        self.assertEqual(2, self.origin.count("/a.png"))

    def test_info_is_json(self):
        url = self.origin.put("/a.png", png(64, 48))
        answer = self.serve().image("info", url)
        self.assertServed(answer, "miss")
        self.assertEqual("application/json", answer.headers["Content-Type"])
        self.assertIn('"width":64,"height":48,"type":"png"', answer.text)


class Validators(Play):
    def check_conditions(self, server, target, cache):
        """Conditional requests, ranges and HEAD for an answer that comes from `cache`."""
        whole = server.get(target, {"X-Request-Id": "same"})
        self.assertServed(whole, cache)
        etag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
        self.assertRegex(etag, r'^"[0-9a-f]{32}"$')
        self.assertEqual("bytes", whole.headers["Accept-Ranges"])

        for condition in ({"If-None-Match": etag}, {"If-None-Match": f'"other", W/{etag}'}, {"If-None-Match": "*"},
                          {"If-Modified-Since": modified}):
            unchanged = server.get(target, condition)
            self.assertEqual((304, b""), (unchanged.status, unchanged.body), (condition, unchanged))
            self.assertEqual(etag, unchanged.headers["ETag"])
            self.assertEqual(whole.headers["Cache-Control"], unchanged.headers["Cache-Control"])
        before = email.utils.formatdate(email.utils.parsedate_to_datetime(modified).timestamp() - 60, usegmt=True)
        for condition in ({"If-None-Match": '"other"'}, {"If-Modified-Since": before},
                          {"If-None-Match": '"other"', "If-Modified-Since": modified}):
            self.assertServed(server.get(target, condition), cache, whole.body)
        self.assertStatus(server.get(target, {"If-Match": '"other"'}), 412)

        size = len(whole.body)
        for text, first, end in (("0-9", 0, 10), ("10-", 10, size), ("-7", size - 7, size), (f"5-{size * 2}", 5, size)):
            part = server.get(target, {"Range": "bytes=" + text})
            self.assertEqual((206, whole.body[first:end]), (part.status, part.body), (text, part))
            self.assertEqual(f"bytes {first}-{end - 1}/{size}", part.headers["Content-Range"])
        beyond = server.get(target, {"Range": f"bytes={size}-"})
        self.assertStatus(beyond, 416)
        self.assertEqual(f"bytes */{size}", beyond.headers["Content-Range"])
        self.assertServed(server.get(target, {"Range": "bytes=0-4", "If-Range": '"other"'}), cache, whole.body)
        self.assertStatus(server.get(target, {"Range": "bytes=0-4", "If-Range": etag}), 206)

        head = server.ask(target, "HEAD", {"X-Request-Id": "same"})
        self.assertEqual((200, b""), (head.status, head.body), head)
        changing = ("date", "server-timing")
        self.assertEqual([h for h in whole.headers.items() if h[0].lower() not in changing],
                         [h for h in head.headers.items() if h[0].lower() not in changing])

    def test_from_memory(self):
        url = self.origin.put("/a.png", png(64, 48))
        server = self.serve()
        server.image("resize", url, width=32)
        self.check_conditions(server, image_target("resize", url, width=32), "hit-memory")

    def test_from_disk(self):
        url = self.origin.put("/a.png", png(64, 48))
        server = self.serve(memory_cache_mb=0)
        target = image_target("resize", url, width=32)
        server.get(target)
        wait_until(lambda: server.get(target).cache == "hit-disk", "the answer is on disk")
        self.check_conditions(server, target, "hit-disk")

    def test_same_validators_in_both_tiers(self):
        url = self.origin.put("/a.png", png(64, 48))
        server = self.serve()
        miss = server.image("resize", url, width=32)
        memory = server.image("resize", url, width=32)
        server.restart()
        disk = server.image("resize", url, width=32)
        self.assertEqual(["miss", "hit-memory", "hit-disk"], [a.cache for a in (miss, memory, disk)])
        for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control"):
            self.assertEqual(1, len({a.headers[name] for a in (miss, memory, disk)}), name)


class Headers(Play):
    def test_server_timing(self):
        url = self.origin.put("/a.png", png(64, 48))
        server = self.serve()
        pattern = r"^cache;dur=[\d.]+, queue;dur=[\d.]+, fetch;dur=[\d.]+, process;dur=[\d.]+$"
        miss = server.image("resize", url, width=32)
        self.assertRegex(miss.headers["Server-Timing"], pattern)
        self.assertNotIn("fetch;dur=0.0,", miss.headers["Server-Timing"])
        memory = server.image("resize", url, width=32)
        self.assertEqual('cache;desc="memory"', memory.headers["Server-Timing"])
        server.restart()
        disk = server.image("resize", url, width=32)
        self.assertRegex(disk.headers["Server-Timing"], pattern)
        self.assertIn("process;dur=0.0", disk.headers["Server-Timing"])

    def test_request_id(self):
        server = self.serve(access_log="")
        self.assertEqual("abc-1.2_3", server.get("/ready", {"X-Request-Id": "abc-1.2_3"}).headers["X-Request-Id"])
        made = {server.get("/ready").headers["X-Request-Id"] for _ in range(20)}
        self.assertEqual(20, len(made))
        for bad in ("with space", "a" * 65, 'quote"', "semi;colon", ""):
            answer = server.get("/ready", {"X-Request-Id": bad})
            self.assertRegex(answer.headers["X-Request-Id"], r"^[0-9a-f]+$")

    def check_cache_control(self, expected, has_expires, **values):
        url = self.origin.put("/a.png", png(16, 16))
        server = self.serve(**values)
        answers = [server.image("resize", url, width=8) for _ in range(2)]
        server.restart()
        answers.append(server.image("resize", url, width=8))
        self.assertEqual(["miss", "hit-memory", "hit-disk"], [a.cache for a in answers])
        for answer in answers:
            self.assertEqual([expected], answer.headers.get_all("Cache-Control"))
            self.assertEqual(1 if has_expires else 0, len(answer.headers.get_all("Expires", [])))
        return answers[0]

    def test_cache_control_unset(self):
        self.check_cache_control("public, max-age=600, stale-while-revalidate=86400", False)

    def test_cache_control_off(self):
        self.check_cache_control("private, no-cache, no-store, must-revalidate", True, http_cache_ttl=0)

    def test_cache_control_timed(self):
        answer = self.check_cache_control("public, s-maxage=77, max-age=77, no-transform", True, http_cache_ttl=77)
        expires = email.utils.parsedate_to_datetime(answer.headers["Expires"]).timestamp()
        date = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
        self.assertAlmostEqual(77, expires - date, delta=2)

    def test_errors_are_kept_for_seconds_only(self):
        server = self.serve()
        self.assertEqual("public, max-age=5", server.get("/imaginary/resize?width=1").headers["Cache-Control"])


class Sharing(Play):
    def setUp(self):
        super().setUp()
        self.url = self.origin.put(HELD, png(64, 48))
        self.target = image_target("resize", self.url, width=32)

    def send(self, server, target):
        sock = socket.create_connection(("127.0.0.1", server.port))
        self.addCleanup(sock.close)
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        return sock

    def test_client_that_leaves_disturbs_nothing(self):
        gate = self.origin.hold(HELD)
        server = self.serve()
        self.send(server, self.target).close()
        gate.wait_for(1)
        gate.release()
        server.wait_metric('imcaxy_cache_entries{tier="disk"}', 1)
        self.assertServed(server.get(self.target), "hit-memory")
        server.restart()
        self.assertServed(server.get(self.target), "hit-disk")
        self.assertEqual(1, self.origin.count(HELD))

    def test_one_of_two_clients_leaves(self):
        gate = self.origin.hold(HELD)
        server = self.serve()
        leaver = self.send(server, self.target)
        gate.wait_for(1)
        stayer = self.in_background(server.get, self.target)
        server.wait_metric("imcaxy_readers", 2)
        leaver.close()
        gate.release()
        self.assertServed(stayer(), "coalesced")
        self.assertServed(server.get(self.target), "hit-memory")
        self.assertEqual(1, self.origin.count(HELD))

    def test_late_readers_join(self):
        gate = self.origin.hold(HELD)
        server = self.serve()
        first = self.in_background(server.get, self.target)
        gate.wait_for(1)
        late = [self.in_background(server.get, self.target) for _ in range(5)]
        other_size = self.in_background(server.image, "resize", self.url, width=16)
        server.wait_metric("imcaxy_readers", 7)
        gate.release()
        answer = first()
        self.assertServed(answer, "miss")
        for join in late:
            self.assertServed(join(), "coalesced", answer.body)
        self.assertServed(other_size(), "miss")
        metrics = server.metrics()
        self.assertEqual(5, metrics["imcaxy_coalesced_total"])
        self.assertEqual(1, metrics['imcaxy_originals_total{from="running fetch"}'])
        self.assertEqual(1, self.origin.count(HELD))

    def test_reader_that_reads_after_all_others(self):
        server = self.serve()
        sock = self.send(server, self.target)
        wait_until(lambda: server.get(self.target).cache == "hit-memory", "the picture is in memory")
        body = read_all(sock).partition(b"\r\n\r\n")[2]
        self.assertEqual(server.get(self.target).body, body)

    def test_invalidation_while_it_is_made(self):
        gate = self.origin.hold(HELD)
        server = self.serve()
        reader = self.in_background(server.get, self.target)
        gate.wait_for(1)
        self.assertStatus(server.invalidate(self.url), 200)
        self.origin.put(HELD, png(64, 48, seed=9))
        gate.release()
        answer = reader()
        self.assertStatus(answer, 200)
        self.assertServed(server.get(self.target), "hit-memory", answer.body)
        server.restart()
        self.assertServed(server.get(self.target), "hit-disk", answer.body)

    def test_thousand_equal_requests_are_one(self):
        count = 1000
        gate = self.origin.hold(HELD)
        server = self.serve(access_log="")
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
            received = {}
            for _ in range(count):
                sock = stack.enter_context(self.send(server, self.target))
                sock.setblocking(False)
                selector.register(sock, selectors.EVENT_READ)
                received[sock] = b""
            server.wait_metric("imcaxy_readers", count)
            gate.release()
            end = time.monotonic() + 120
            open_ones = set(received)
            while open_ones:
                self.assertGreater(end, time.monotonic(), f"{len(open_ones)} answers are missing")
                for key, _ in selector.select(1):
                    piece = key.fileobj.recv(1 << 20)
                    received[key.fileobj] += piece
                    if not piece:
                        selector.unregister(key.fileobj)
                        open_ones.discard(key.fileobj)
        self.assertEqual({200}, {status_of(data) for data in received.values()})
        bodies = {data.partition(b"\r\n\r\n")[2] for data in received.values()}
        self.assertEqual(1, len(bodies))
        self.assertEqual((32, 24), png_size(bodies.pop()))
        self.assertEqual(1, self.origin.count(HELD))
        metrics = server.metrics()
        self.assertEqual(1, metrics["imcaxy_processed_total"])
        self.assertEqual(count - 1, metrics["imcaxy_coalesced_total"])
        self.assertEqual(count, sum(v for k, v in metrics.items()
                                    if k.startswith("imcaxy_requests_total") and 'route="imaginary"' in k))


def multipart(field, data, filename="a.png"):
    """(headers, body) of a form with one file."""
    boundary = "xXplayXx"
    body = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{filename}\"\r\n"
            f"Content-Type: image/png\r\n\r\n").encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body


class Uploads(Play):
    def test_cached_by_content(self):
        server = self.serve()
        picture = png(64, 48)
        target = "/imaginary/resize?width=32"
        first = server.ask(target, "POST", {"Content-Type": "image/png"}, picture)
        self.assertServed(first, "miss")
        self.assertEqual((32, 24), png_size(first.body))
        self.assertServed(server.ask(target, "POST", {}, picture), "hit-memory", first.body)
        headers, body = multipart("file", picture)
        self.assertServed(server.ask(target, "POST", headers, body), "hit-memory", first.body)
        other = server.ask(target, "POST", {}, png(64, 48, seed=1))
        self.assertServed(other, "miss")
        self.assertNotEqual(first.body, other.body)
        server.restart()
        headers, body = multipart("file", picture, filename="b.png")
        self.assertServed(server.ask(target, "POST", headers, body), "hit-disk", first.body)

    def test_chunked_and_expect_continue(self):
        server = self.serve()
        picture = png(64, 48)
        whole = server.ask("/imaginary/resize?width=32", "POST", {}, picture)
        chunked = server.ask("/imaginary/resize?width=32", "POST", {},
                             iter([picture[:100], picture[100:]]))
        self.assertServed(chunked, "hit-memory", whole.body)
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
            sock.sendall((f"POST /imaginary/resize?width=32 HTTP/1.1\r\nHost: h\r\nContent-Length: {len(picture)}\r\n"
                          "Expect: 100-continue\r\nConnection: close\r\n\r\n").encode())
            self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", sock.recv(100))
            sock.sendall(picture)
            self.assertEqual(200, status_of(read_all(sock)))

    def test_bad_uploads(self):
        server = self.serve()
        target = "/imaginary/resize?width=32"
        self.assertStatus(server.ask(target, "POST", {}, b""), 400)
        self.assertStatus(server.ask(target, "POST", {}, b"no picture at all"), 406)
        headers, body = multipart("picture", png(8, 8))
        self.assertStatus(server.ask(target, "POST", headers, body), 400)
        self.assertStatus(server.ask(target, "POST", {"Content-Type": "multipart/form-data"}, body), 400)


class Negotiation(Play):
    def test_type_auto(self):
        url = self.origin.put("/a.png", png(64, 48))
        server = self.serve()
        target = image_target("resize", url, width=32, type="auto")
        accepts = {"image/webp,*/*": "image/webp", "image/png": "image/png", "image/jpeg;q=0.8": "image/jpeg"}
        for accept, mime in accepts.items():
            first = server.get(target, {"Accept": accept})
            self.assertServed(first, "miss")
            self.assertEqual((mime, "Accept, Save-Data"), (first.headers["Content-Type"], first.headers["Vary"]))
            self.assertServed(server.get(target, {"Accept": accept}), "hit-memory", first.body)
        other = server.get(target, {"Accept": "*/*"})
        self.assertServed(other, "miss")
        self.assertEqual(("image/png", "Accept, Save-Data"), (other.headers["Content-Type"], other.headers["Vary"]))
        server.restart()
        for accept, mime in accepts.items():
            disk = server.get(target, {"Accept": accept})
            self.assertServed(disk, "hit-disk")
            self.assertEqual((mime, "Accept, Save-Data"), (disk.headers["Content-Type"], disk.headers["Vary"]))

    def test_convert(self):
        url = self.origin.put("/a.png", png(64, 48))
        server = self.serve()
        for kind, start in (("jpeg", b"\xff\xd8\xff"), ("webp", b"RIFF"), ("gif", b"GIF8")):
            answer = server.image("convert", url, type=kind)
            self.assertServed(answer, "miss")
            self.assertEqual(f"image/{kind}", answer.headers["Content-Type"])
            self.assertTrue(answer.body.startswith(start), answer)


class Fallback(Play):
    def setUp(self):
        super().setUp()
        self.broken = png(200, 200)[:8] + b"no chunk of a PNG" * 20
        self.url = self.origin.put("/broken.png", self.broken)

    def test_original_instead(self):
        server = self.serve()
        for _ in range(2):
            answer = server.image("resize", self.url, width=32)
            self.assertServed(answer, "miss", self.broken)
            self.assertEqual("image/png", answer.headers["Content-Type"])
            self.assertIn("Error while processing the image", answer.headers["X-Imcaxy-Fallback"])
            self.assertEqual("public, max-age=10", answer.headers["Cache-Control"])
        metrics = server.metrics()
        self.assertEqual(2, metrics["imcaxy_fallbacks_total"])
        self.assertEqual(0, metrics['imcaxy_cache_entries{tier="disk"}'])
        self.assertEqual(0, metrics['imcaxy_cache_entries{tier="memory"}'])

    def test_error_when_it_is_off(self):
        answer = self.serve(fallback="none").image("resize", self.url, width=32)
        self.assertStatus(answer, 400)
        self.assertIn("Error while processing the image", answer.text)
        self.assertNotIn("X-Imcaxy-Fallback", answer.headers)


class Permissions(Play):
    def setUp(self):
        super().setUp()
        self.url = self.origin.put("/a.png", png(16, 16))

    def test_allowed_domains(self):
        server = self.serve(allowed_domains="*.example.com,127.0.0.*")
        self.assertServed(server.image("resize", self.url, width=8), "miss")
        refused = server.image("resize", self.url.replace("127.0.0.1", "localhost"), width=8)
        self.assertStatus(refused, 403)
        self.assertEqual("source image domain not allowed", refused.text)
        self.assertStatus(server.image("resize", "http://example.com/a.png", width=8), 403)

    def test_refused_also_when_it_is_cached(self):
        server = self.serve()
        self.assertServed(server.image("resize", self.url, width=8), "miss")
        server.values["allowed_domains"] = "example.com"
        server.restart()
        self.assertStatus(server.image("resize", self.url, width=8), 403)

    def test_allowed_origins(self):
        server = self.serve(allowed_origins="https://*.example.com")
        good = {"Origin": "https://www.example.com"}
        for expected in ("miss", "hit-memory"):
            answer = server.image("resize", self.url, good, width=8)
            self.assertServed(answer, expected)
            self.assertEqual("https://www.example.com", answer.headers["Access-Control-Allow-Origin"])
            self.assertIn("Origin", answer.headers.get_all("Vary"))
        refused = server.image("resize", self.url, {"Origin": "https://evil.org"}, width=8)
        self.assertStatus(refused, 403)
        self.assertEqual("request origin not allowed", refused.text)
        self.assertNotIn("Access-Control-Allow-Origin", refused.headers)
        upload = server.ask("/imaginary/resize?width=8", "POST", {"Origin": "https://evil.org"}, png(8, 8))
        self.assertStatus(upload, 403)
        none = server.image("resize", self.url, width=8)
        self.assertServed(none, "hit-memory")
        self.assertNotIn("Access-Control-Allow-Origin", none.headers)
        self.assertIn("Origin", none.headers.get_all("Vary"))

    def test_any_origin(self):
        server = self.serve()
        for expected in ("miss", "hit-memory"):
            answer = server.image("resize", self.url, {"Origin": "https://evil.org"}, width=8)
            self.assertServed(answer, expected)
            self.assertEqual(["*"], answer.headers.get_all("Access-Control-Allow-Origin"))
            self.assertEqual("*", answer.headers["Timing-Allow-Origin"])

    def test_path_prefix(self):
        server = self.serve(path_prefix="/api/v1")  # the helper puts it in front of all targets
        self.assertServed(server.image("resize", self.url, width=8), "miss")
        self.assertServed(server.image("resize", self.url, width=8), "hit-memory")
        self.assertStatus(server.get("/health"), 200)
        self.assertStatus(server.get("/imaginary/health"), 200)
        self.assertStatus(server.get(""), 200)
        self.assertStatus(server.get("/metrics"), 200)
        self.assertStatus(server.invalidate(self.url), 200)
        self.assertServed(server.image("resize", self.url, width=8), "miss")
        server.values["path_prefix"] = ""  # from here on without it; the running server still has it
        for outside in (image_target("resize", self.url, width=8), "/ready", "/", "/api", "/api/v2/ready"):
            self.assertStatus(server.get(outside), 404)
