"""What becomes of a picture when its time is over: asked after, kept, replaced, served meanwhile."""
import hashlib
import tempfile
import time

from play import Play, png, run, wait_until

REVALIDATED = 'imcaxy_revalidations_total{result="%s"}'
STALE = 'imcaxy_stale_answers_total{why="%s"}'


class Source:
    """A picture with an entity tag, whose source can be made to fail."""

    def __init__(self, origin, path="/a.png", cache_control="max-age=1", validators=True):
        self.origin, self.path, self.cache_control, self.validators = origin, path, cache_control, validators
        self.status = 200
        self.answers = []  # statuses
        self.change(0)
        self.url = origin.answer(path, self.send)

    def change(self, seed):
        self.body = png(64, 64, seed=seed)

    def send(self, handler):
        tag = '"%s"' % hashlib.md5(self.body).hexdigest()
        status = self.status
        if status is None:  # down, also for connections that are open
            handler.close_connection = True
            return
        if status == 200 and self.validators and handler.headers.get("If-None-Match") == tag:
            status = 304
        self.answers.append(status)
        handler.send_response(status)
        body = self.body if status == 200 else b""
        if self.validators:
            handler.send_header("ETag", tag)
        if self.cache_control:
            handler.send_header("Cache-Control", self.cache_control)
        if status == 200:
            handler.send_header("Content-Type", "image/png")
        if status != 304:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class Freshness(Play):
    def ask(self, server, source, width=32):
        return server.image("resize", source.url, width=width)

    def get_old(self, source_time=1.1):
        time.sleep(source_time)

    def test_until_invalidated_unless_told_otherwise(self):
        source, server = Source(self.origin), self.serve()
        first = self.ask(server, source)
        self.assertEqual("public, max-age=600, stale-while-revalidate=86400", first.headers["Cache-Control"])
        source.change(1)
        self.get_old()
        self.assertServed(self.ask(server, source), "hit-memory", first.body)
        self.assertEqual([200], source.answers)

    def test_what_did_not_change_is_kept(self):
        source = Source(self.origin)
        server = self.serve(freshness_rules="*=source", stale_while_revalidate_seconds=0)
        answers = {width: self.ask(server, source, width) for width in (32, 16)}
        self.assertRegex(answers[32].headers["Cache-Control"], "^public, max-age=[01], stale-while-revalidate=0$")
        self.get_old()
        for width, first in answers.items():
            again = self.ask(server, source, width)
            self.assertServed(again, "hit-memory", first.body)
            self.assertEqual((first.headers["ETag"], first.headers["Last-Modified"]),
                             (again.headers["ETag"], again.headers["Last-Modified"]))
        self.assertEqual([200, 304], source.answers, "one question for all that is made of it")
        server.wait_metric(REVALIDATED % "unchanged", 1)
        self.assertEqual(2, server.metrics()["imcaxy_processed_total"])

    def test_nor_over_a_restart(self):
        source = Source(self.origin)
        server = self.serve(freshness_rules="*=source")
        first = self.ask(server, source)
        self.get_old()
        server.restart()
        self.assertServed(self.ask(server, source), "hit-disk", first.body)
        wait_until(lambda: source.answers == [200, 304], "the source is asked")
        self.assertEqual(0, server.metrics()["imcaxy_processed_total"])

    def test_equal_bytes_without_an_entity_tag_are_no_change(self):
        source = Source(self.origin, validators=False)
        server = self.serve(cache_ttl=1, stale_while_revalidate_seconds=0)
        first = self.ask(server, source)
        self.get_old()
        self.assertServed(self.ask(server, source), "hit-memory", first.body)
        self.assertEqual([200, 200], source.answers)

    def test_what_changed_is_replaced(self):
        source = Source(self.origin)
        server = self.serve(freshness_rules="*=source", stale_while_revalidate_seconds=0)
        old = {width: self.ask(server, source, width) for width in (32, 16)}
        source.change(1)
        self.get_old()
        for width in (32, 16):
            new = self.ask(server, source, width)
            self.assertServed(new, "miss")
            self.assertNotEqual((old[width].body, old[width].headers["ETag"]), (new.body, new.headers["ETag"]))
            self.assertServed(self.ask(server, source, width), "hit-memory", new.body)
        self.assertEqual([200, 200], source.answers)
        server.wait_metric(REVALIDATED % "changed", 1)

    def test_nobody_waits_while_the_source_is_asked(self):
        source = Source(self.origin)
        server = self.serve(freshness_rules="*=source")
        old = self.ask(server, source)
        source.change(1)
        gate = self.origin.hold(source.path)
        self.get_old()
        for _ in range(3):
            self.assertServed(self.ask(server, source), "hit-memory", old.body)
        gate.wait_for()
        self.assertEqual(1, gate.waiting, "one question at a time")
        gate.release()
        new = wait_until(lambda: (answer := self.ask(server, source)).body != old.body and answer, "the new one is there")
        self.assertStatus(new, 200)
        self.assertEqual(200, source.answers[1])
        self.assertGreaterEqual(server.metrics()[STALE % "revalidating"], 3)

    def test_many_who_come_at_once_ask_once(self):
        source = Source(self.origin, cache_control="max-age=2")
        server = self.serve(freshness_rules="*=source", stale_while_revalidate_seconds=0)
        first = {width: self.ask(server, source, width) for width in (32, 16)}
        gate = self.origin.hold(source.path)
        self.get_old(2.1)
        asking = [(width, self.in_background(self.ask, server, source, width)) for width in (32, 16) * 5]
        gate.wait_for()
        time.sleep(0.2)
        gate.release()
        for width, join in asking:
            self.assertEqual(first[width].body, join().body)
        self.assertEqual([200, 304], source.answers)

    def test_a_source_that_fails_does_not_take_its_pictures_along(self):
        source = Source(self.origin)
        server = self.serve(freshness_rules="*=source", stale_while_revalidate_seconds=0, negative_ttl_seconds=0)
        first = self.ask(server, source)
        self.get_old()
        source.status = 503
        for _ in range(3):
            self.assertServed(self.ask(server, source), "hit-memory", first.body)
        self.assertEqual([200, 503], source.answers, "it is left alone for a while")
        self.assertServed(self.ask(server, source, 16), "miss")
        self.assertGreaterEqual(server.metrics()[STALE % "error"], 1)
        self.assertGreaterEqual(server.metrics()[REVALIDATED % "failed"], 1)

    def test_one_that_is_down_neither_for_as_long_as_is_allowed(self):
        source = Source(self.origin)
        server = self.serve(freshness_rules="*=source", stale_while_revalidate_seconds=0, stale_if_error_seconds=3)
        first = self.ask(server, source)
        source.status = None
        self.get_old()
        self.assertServed(self.ask(server, source), "hit-memory", first.body)
        wait_until(lambda: self.ask(server, source).status == 400, "its time is over")

    def test_what_is_gone_is_gone(self):
        for swr in (0, 60):
            source = Source(self.origin, path=f"/{swr}.png")
            server = self.serve(freshness_rules="*=source", stale_while_revalidate_seconds=swr, negative_ttl_seconds=0)
            self.ask(server, source)
            self.get_old()
            source.status = 404
            wait_until(lambda: self.ask(server, source).status == 404, "it is gone")
            wait_until(lambda: not server.entry_files("results") + server.entry_files("originals"), "both have left the disk")

    def test_who_forbids_stale_answers_gets_none(self):
        source = Source(self.origin, cache_control="max-age=1, must-revalidate")
        server = self.serve(freshness_rules="*=source", negative_ttl_seconds=0)
        self.ask(server, source)
        self.get_old()
        source.status = 503
        self.assertStatus(self.ask(server, source), 503)

    def test_an_invalidation_wins(self):
        source = Source(self.origin)
        server = self.serve(freshness_rules="*=source")
        old = self.ask(server, source)
        gate = self.origin.hold(source.path, most=1)
        self.get_old()
        self.assertServed(self.ask(server, source), "hit-memory", old.body)
        gate.wait_for()
        source.change(1)
        self.assertStatus(server.invalidate(source.url), 200)
        new = self.ask(server, source)
        self.assertServed(new, "miss")
        self.assertNotEqual(old.body, new.body)
        source.change(0)  # what the question that was held is answered with
        gate.release()
        wait_until(lambda: len(source.answers) == 3, "it is answered")
        time.sleep(0.3)
        self.assertEqual(new.body, self.ask(server, source).body)

    def test_rules_by_source(self):
        news, other = Source(self.origin, "/news/a.png", ""), Source(self.origin, "/b.png", "max-age=1")
        server = self.serve(freshness_rules=f"127.0.0.1:{self.origin.port}/news/*=1", stale_while_revalidate_seconds=0)
        for source in (news, other):
            self.ask(server, source)
        self.get_old()
        for source in (news, other):
            self.ask(server, source)
        self.assertEqual(([200, 304], [200]), (news.answers, other.answers))

    def test_a_rule_that_is_none_stops_the_start(self):
        status, _, log = run("serve", port=0, data_dir=self.folder(), freshness_rules="a.example=soon")
        self.assertNotEqual(0, status)
        self.assertIn("IMCAXY_FRESHNESS_RULES", log)
        self.assertIn("a.example=soon", log)

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name
