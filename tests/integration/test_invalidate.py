"""`imcaxy invalidate`: real repositories, a real server, and what people do wrong."""
import json
import os
import pathlib
import pty
import re
import subprocess
import tempfile
import time
import urllib.parse

from play import PATIENCE, Play, binary, png, process_environment, run
from repository import Front, Repository

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class Site(Play):
    """A repository of pictures, the origin that publishes them, and the server in front."""

    options = {}  # of the server

    def setUp(self):
        super().setUp()
        self.server = self.serve(**self.options)
        self.repository = Repository()
        self.addCleanup(self.repository.close)
        self.base = f"http://127.0.0.1:{self.server.port}"

    def invalidate(self, *arguments, server=None, rules=True, token=True, repository=None, **values):
        """(exit status, stdout, stderr)"""
        words = ["invalidate", "--server", server or self.base, "--repo", str(repository or self.repository.folder)]
        if rules:
            words += ["--project", "site", "--dir", "public", "--map", "public/(.*)=" + self.origin.url("/$1")]
        if token:
            values.setdefault("invalidate_security_token", self.server.token())
        return run(*words, *arguments, **values)

    def done(self, *arguments, **named):
        """Standard output of a run that has to go well."""
        status, out, err = self.invalidate(*arguments, **named)
        self.assertEqual((0, ""), (status, err), out)
        return out

    def report(self, *arguments, status=0, **named):
        """The JSON of a run."""
        got, out, err = self.invalidate(*arguments, "--json", **named)
        self.assertEqual(status, got, out + err)
        report = json.loads(out)
        self.assertEqual(status, report["exit"])
        return report

    def changes(self, report):
        return {file["path"]: file["change"] for file in report["files"]}

    def known(self):
        answer = self.server.get("/latestInvalidation?projectName=site")
        return json.loads(answer.body)["commitHash"]

    def picture(self, name, **parameters):
        """The public picture at 8 pixels wide, as a page asks for it."""
        return self.server.image("resize", self.origin.url("/" + urllib.parse.quote(name)), width=8, **parameters)

    def begin(self, *names):
        """The pictures are committed, published, known to the server as the beginning, and in its cache."""
        for name in names:
            self.repository.write("public/" + name, png(16, 16, seed=name))
        self.repository.commit()
        self.repository.publish(self.origin)
        self.done("--since", "HEAD")
        for name in names:
            self.assertServed(self.picture(name), "miss")
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', len(names))
        for name in names:
            self.assertServed(self.picture(name), "hit-memory")


class Loop(Site):
    def test_edit_add_rename_delete(self):
        self.begin("edited.png", "renamed.png", "deleted.png", "same.png", "deep/same.png")
        before = self.picture("edited.png").body
        moved = self.picture("renamed.png").body
        self.repository.write("public/edited.png", png(16, 16, seed="another"))
        self.repository.write("public/added.png", png(16, 16, seed="added"))
        self.repository.git("mv", "public/renamed.png", "public/new name.png")
        self.repository.git("rm", "-q", "public/deleted.png")
        # Somebody was early: that there is no such picture is remembered for a while.
        self.assertStatus(self.picture("added.png"), 404)
        head = self.repository.commit()
        self.repository.publish(self.origin)
        self.assertServed(self.picture("edited.png"), "hit-memory", before)

        report = self.report()
        self.assertEqual({"public/edited.png": "modified", "public/added.png": "added", "public/deleted.png": "deleted",
                          "public/renamed.png": "deleted", "public/new name.png": "added"}, self.changes(report))
        self.assertEqual((5, 3, True), (report["invalidatedUrls"], report["invalidatedImages"], report["recorded"]))
        self.assertEqual((head, head), (report["to"], self.known()))

        after = self.picture("edited.png")
        self.assertServed(after, "miss")
        self.assertNotEqual(before, after.body)
        self.assertStatus(self.picture("renamed.png"), 404)
        self.assertStatus(self.picture("deleted.png"), 404)
        self.assertServed(self.picture("new name.png"), "miss", moved)
        self.assertServed(self.picture("added.png"), "miss")
        for name in ("same.png", "deep/same.png"):
            self.assertServed(self.picture(name), "hit-memory")

        self.assertEqual("0 changed files", self.done().split(": ")[1].split(" from")[0])
        self.assertServed(self.picture("edited.png"), "hit-memory")

    def test_names_that_have_to_be_escaped(self):
        names = ["two words.png", "größe.png", "日本.png", "logo@2x.png", "a(1)[2]'s,b;c&d=e+f$!.png", "100%.png",
                 "#1?.png", "\"<>\\^`{|}.png"]
        self.begin(*names)
        for name in names:
            self.repository.write("public/" + name, png(16, 16, seed=name + "2"))
        # The same pictures as clients spell them that escape less, or more.
        spelled = [urllib.parse.quote(name, safe=kept) for name in names
                   for kept in ("/", "!*'()", "!*'();,:@&=+$", "!*'();,:@&=+$[]|^")]
        spelled += [urllib.parse.quote(names[1]).lower(), *[name for name in names if "%" not in name and "#" not in name]]
        before = {}
        for name in spelled:
            answer = self.server.image("resize", self.origin.url("/" + name), width=8)
            self.assertStatus(answer, 200)
            before[name] = answer.body
        self.repository.commit()
        self.repository.publish(self.origin)
        report = self.report()
        self.assertEqual({"public/" + name: "modified" for name in names}, self.changes(report))
        for name in spelled:
            answer = self.server.image("resize", self.origin.url("/" + name), width=8)
            self.assertStatus(answer, 200)
            self.assertNotEqual(before[name], answer.body, name)

    def test_merge(self):
        self.begin("main.png", "side.png", "same.png")
        self.repository.git("checkout", "-q", "-b", "side")
        self.repository.write("public/side.png", png(16, 16, seed="s"))
        self.repository.commit()
        self.repository.git("checkout", "-q", "main")
        self.repository.write("public/main.png", png(16, 16, seed="m"))
        self.repository.commit()
        self.repository.git("merge", "-q", "--no-edit", "side")
        self.repository.publish(self.origin)
        self.assertEqual({"public/main.png": "modified", "public/side.png": "modified"}, self.changes(self.report()))
        self.assertEqual(["miss", "miss", "hit-memory"],
                         [self.picture(name).cache for name in ("main.png", "side.png", "same.png")])

    def test_what_came_and_went_while_nobody_invalidated(self):
        self.begin("a.png")
        original = self.picture("a.png").body
        self.repository.write("public/a.png", png(16, 16, seed="mistake"))
        self.repository.commit()
        self.repository.publish(self.origin)
        self.server.invalidate(self.origin.url("/a.png"), project="somebody else")
        mistake = self.picture("a.png").body  # seen, and kept
        self.assertNotEqual(original, mistake)
        self.repository.git("revert", "--no-edit", "HEAD")
        self.repository.publish(self.origin)
        self.assertEqual({"public/a.png": "reverted"}, self.changes(self.report()))
        self.assertServed(self.picture("a.png"), "miss", original)

    def test_ten_thousand_files(self):
        pictures = {f"public/images/{i % 100}/picture {i}.png": b"%d" % i for i in range(10000)}
        self.repository.commit_files(pictures)
        self.done("--since", "HEAD")
        head = self.repository.commit_files({name: content + b"+" for name, content in pictures.items()})
        begin = time.monotonic()
        report = self.report()
        took = time.monotonic() - begin
        self.assertEqual((10000, 10000, head), (len(report["files"]), report["invalidatedUrls"], self.known()))
        self.assertLess(took, 10)

    def test_warm(self):
        self.begin("a.png", "deleted.png", "same.png")
        url = self.origin.url("/a.png")
        for width in (4, 12):
            self.server.image("resize", url, width=width)
        self.server.image("resize", self.origin.url("/deleted.png"), width=12)
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', 6)
        self.repository.write("public/a.png", png(16, 16, seed="new"))
        self.repository.git("rm", "-q", "public/deleted.png")
        self.repository.commit()
        self.repository.publish(self.origin)
        report = self.report("--warm", "--rate", "100")
        self.assertEqual(0, report["warmed"]["failed"], report)
        for width in (4, 8, 12):
            self.assertServed(self.server.image("resize", url, width=width), "hit-memory")
        self.assertEqual(0, self.origin.count("/deleted.png") - 1, "what is gone is not asked for")

    def test_warm_for_each_kind_of_client(self):
        self.server = self.serve(auto_format="avif,webp,jpeg", api_key="key-of-the-play")
        self.base = f"http://127.0.0.1:{self.server.port}"
        browser = {"Accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
                   "API-Key": "key-of-the-play"}
        plain = {"Accept": "*/*", "API-Key": "key-of-the-play"}
        self.repository.write("public/a.png", png(64, 64, seed=1))
        self.repository.commit()
        self.repository.publish(self.origin)
        self.done("--since", "HEAD")
        url = self.origin.url("/a.png")
        for headers in (browser, plain):
            self.assertServed(self.server.image("resize", url, headers, width=32), "miss")
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', 2)
        self.repository.write("public/a.png", png(64, 64, seed=2))
        self.repository.commit()
        self.repository.publish(self.origin)
        self.done("--warm", api_key="key-of-the-play")
        for headers in (browser, plain):
            self.assertServed(self.server.image("resize", url, headers, width=32), "hit-memory")


class History(Site):
    def test_first_run_says_what_to_do(self):
        self.repository.write("public/a.png", png(8, 8))
        self.repository.commit()
        status, out, err = self.invalidate()
        self.assertEqual((3, ""), (status, out))
        for word in ("has not invalidated 'site' yet", "--since HEAD", "--all"):
            self.assertIn(word, err)
        self.assertEqual("", self.known())

    def test_begin_here(self):
        self.repository.write("public/a.png", png(8, 8))
        head = self.repository.commit()
        self.assertIn("0 changed files", self.done("--since", "HEAD"))
        self.assertEqual(head, self.known())

    def test_all(self):
        self.begin("a.png", "b.png", "deleted.png")
        self.repository.git("rm", "-q", "public/deleted.png")
        head = self.repository.commit()
        report = self.report("--all")
        self.assertEqual({"public/a.png": "added", "public/b.png": "added", "public/deleted.png": "deleted"},
                         self.changes(report))
        self.assertEqual(("", head, head), (report["from"], report["to"], self.known()))
        self.assertEqual(["miss", "miss"], [self.picture(name).cache for name in ("a.png", "b.png")])

    def test_since(self):
        self.begin("a.png", "b.png")
        first = self.repository.head()
        self.repository.git("tag", "released")
        self.repository.write("public/a.png", png(16, 16, seed="2"))
        self.repository.commit()
        self.done()
        for since in ("released", "HEAD~1", first[:8]):
            self.assertEqual({"public/a.png": "modified"}, self.changes(self.report("--since", since)))

    def test_commit_moves_on_when_no_picture_changed(self):
        self.begin("a.png")
        self.repository.write("readme.txt", "text")
        head = self.repository.commit()
        self.assertIn("0 changed files", self.done())
        self.assertEqual(head, self.known())
        self.assertServed(self.picture("a.png"), "hit-memory")

    def test_shallow_clone(self):
        self.begin("a.png")
        for seed in "23":
            self.repository.write("public/a.png", png(16, 16, seed=seed))
            head = self.repository.commit()
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        clone = os.path.join(place.name, "clone")
        self.repository.git("clone", "-q", "--depth", "1", f"file://{self.repository.folder}", clone)
        known = self.known()
        status, _, err = self.invalidate(repository=clone)
        self.assertEqual(3, status)
        for word in ("shallow", "git fetch --unshallow", "fetch-depth: 0", "--since", "--all", known):
            self.assertIn(word, err)
        self.assertEqual(known, self.known())
        self.repository.git("fetch", "-q", "--unshallow", folder=clone)
        self.assertEqual({"public/a.png": "modified"}, self.changes(self.report(repository=clone)))
        self.assertEqual(head, self.known())

    def test_force_push(self):
        self.begin("a.png", "b.png")
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        # CI sees a fresh clone of a history without the commit that the server knows.
        self.repository.git("checkout", "-q", "--orphan", "rewritten")
        self.repository.write("public/a.png", png(16, 16, seed="2"))
        self.repository.commit()
        clone = os.path.join(place.name, "clone")
        self.repository.git("clone", "-q", "--single-branch", "-b", "rewritten", f"file://{self.repository.folder}",
                            clone)
        status, _, err = self.invalidate(repository=clone)
        self.assertEqual(3, status)
        for word in ("history was rewritten", "--since", "--all"):
            self.assertIn(word, err)
        self.assertNotIn("unshallow", err)
        # Where the old commit is still there, it can be compared with.
        self.assertEqual({"public/a.png": "modified"}, self.changes(self.report()))

    def test_commit_that_is_none(self):
        self.begin("a.png")
        self.server.invalidate(self.origin.url("/a.png"), project="site", commit="release 5")
        status, _, err = self.invalidate()
        self.assertEqual(3, status)
        self.assertIn("'release 5'", err)

    def test_unknown_since(self):
        self.begin("a.png")
        for since in ("nothing", "0" * 40):
            status, _, err = self.invalidate("--since", since)
            self.assertEqual(3, status)
            self.assertIn(since, err)

    def test_submodule(self):
        self.begin("a.png")
        other = Repository()
        self.addCleanup(other.close)
        other.write("b.png", png(8, 8))
        other.commit()
        self.repository.git("submodule", "add", "-q", str(other.folder), "public/shared")
        head = self.repository.commit()
        status, _, err = self.invalidate()
        self.assertEqual(0, status, err)
        self.assertIn("public/shared", err)
        self.assertEqual(head, self.known())


class Batches(Site):
    """What fails half-way is done again by the next run, whatever it was."""

    def front(self, answers):
        front = Front(self.server.port, answers)
        self.addCleanup(front.close)
        return front

    def edit(self, count=6):
        names = [f"{i}.png" for i in range(count)]
        self.begin(*names)
        before = self.known()
        for name in names:
            self.repository.write("public/" + name, png(16, 16, seed=name + "2"))
        head = self.repository.commit()
        self.repository.publish(self.origin)
        return names, before, head

    def fails_at(self, number, answer):
        """Passes DELETE requests on until the one of this number, which is answered so, as are all that follow."""
        count = [0]

        def answers(method, _path, _body):
            if method != "DELETE":
                return None
            count[0] += 1
            return answer if count[0] >= number else None
        return self.front(answers)

    def test_commit_advances_last(self):
        names, before, head = self.edit()
        commits = []

        def answers(method, _path, body):
            if method == "DELETE":
                commits.append((json.loads(body)["latestCommitHash"], len(json.loads(body)["urls"])))
        report = self.report("--batch", "2", server=self.front(answers).url)
        self.assertEqual([(before, 2)] * 3 + [(head, 0)], commits)
        self.assertEqual((6, head), (report["invalidatedUrls"], self.known()))

    def test_one_batch_is_one_request(self):
        _, _, head = self.edit()
        front = self.front(lambda *_: None)
        self.report(server=front.url)
        self.assertEqual(["GET", "DELETE"], [method for method, _, _ in front.seen])
        self.assertEqual(head, self.known())

    def test_second_of_three_fails(self):
        names, before, head = self.edit()
        failures = ((500, b"no"), (404, b"nothing here"), (200, b"<html>a proxy's page</html>"), "drop",
                    (503, b"later"), (413, b"too large"))
        for answer in failures:
            report = self.report("--batch", "2", "--retries", "0", server=self.fails_at(2, answer).url, status=1)
            self.assertEqual((2, False, before), (report["invalidatedUrls"], report["recorded"], self.known()), answer)
            self.assertIn("2 of 6", report["error"])
        self.assertEqual(6, self.report("--batch", "2")["invalidatedUrls"])
        self.assertEqual(head, self.known())
        self.assertEqual(["miss"] * 6, [self.picture(name).cache for name in names])

    def test_last_request_fails(self):
        _, before, head = self.edit()
        report = self.report("--batch", "2", "--retries", "0", server=self.fails_at(4, (500, b"")).url, status=1)
        self.assertEqual((6, False, before), (report["invalidatedUrls"], report["recorded"], self.known()))
        self.assertEqual(6, self.report("--batch", "2")["invalidatedUrls"])
        self.assertEqual(head, self.known())

    def test_first_all_that_fails(self):
        self.repository.write("public/a.png", png(8, 8))
        self.repository.write("public/b.png", png(8, 8))
        head = self.repository.commit()
        self.report("--all", "--batch", "1", "--retries", "0", server=self.fails_at(2, (500, b"")).url, status=1)
        self.assertEqual(EMPTY_TREE, self.known())
        status, _, err = self.invalidate()
        self.assertEqual(3, status)
        self.assertIn("again with --all", err)
        self.done("--all", "--batch", "1")
        self.assertEqual(head, self.known())

    def test_retries(self):
        _, _, head = self.edit()
        count = [0]

        def answers(method, _path, _body):
            count[0] += method == "DELETE"
            return (503, b"busy") if method == "DELETE" and count[0] < 3 else None
        status, _, err = self.invalidate(server=self.front(answers).url)
        self.assertEqual(0, status, err)
        self.assertEqual(2, err.count("503"), err)
        self.assertEqual(head, self.known())

    def test_what_an_earlier_request_left(self):
        """Another client's invalidation could not do all, and recorded its commit nevertheless."""
        self.begin("a.png", "b.png")
        model = json.loads(self.server.get("/latestInvalidation?projectName=site").body)
        left = [self.origin.url("/b.png"), "ftp://none.example.com/c.png"]
        model |= {"requestedInvalidations": [self.origin.url("/a.png"), *left], "invalidationError": "it did not work",
                  "doneInvalidations": [self.origin.url("/a.png")]}

        def answers(method, path, _body):
            return (200, json.dumps(model).encode()) if method == "GET" and "latest" in path else None
        report = self.report(server=self.front(answers).url)
        self.assertEqual([left[0]], report["urls"])
        self.assertEqual(["hit-memory", "miss"], [self.picture(name).cache for name in ("a.png", "b.png")])


class Refusals(Site):
    def test_wrong_token(self):
        self.begin("a.png")
        self.repository.write("public/a.png", png(16, 16, seed="2"))
        self.repository.commit()
        known = self.known()
        status, out, err = self.invalidate(invalidate_security_token="wrong-token-of-the-play")
        self.assertEqual((1, ""), (status, out))
        self.assertIn("does not accept the token", err)
        self.assertNotIn("wrong-token-of-the-play", err)
        self.assertEqual(known, self.known())
        self.assertServed(self.picture("a.png"), "hit-memory")

    def test_no_token(self):
        self.begin("a.png")
        status, _, err = self.invalidate(token=False)
        self.assertEqual(2, status)
        self.assertIn("IMCAXY_INVALIDATE_SECURITY_TOKEN", err)
        self.assertIn("--token-file", err)

    def test_token_file(self):
        self.begin("a.png")
        self.done("--token-file", os.path.join(self.server.data, "token"), token=False)
        for content, about in (("", "empty"), ("two words", "blank"), (None, "can't be read")):
            path = os.path.join(self.server.home, "token")
            if content is not None:
                pathlib.Path(path).write_text(content)
            else:
                os.remove(path)
            status, _, err = self.invalidate("--token-file", path, token=False)
            self.assertEqual(2, status)
            self.assertIn(about, err)

    def test_unreachable_server(self):
        self.begin("a.png")
        status, _, err = self.invalidate("--retries", "1", server="http://127.0.0.1:9")
        self.assertEqual(1, status)
        self.assertIn("http://127.0.0.1:9", err)
        self.assertIn("trying again", err)

    def test_other_servers(self):
        self.begin("a.png")
        self.origin.put("/latestInvalidation?projectName=site", b"hello", "text/html")
        status, _, err = self.invalidate(server=self.origin.url(""))
        self.assertEqual(1, status)
        self.assertIn("no Imcaxy", err)
        self.origin.put("/latestInvalidation?projectName=site", b"", status=301,
                        headers={"Location": "https://img.example.com/"})
        status, _, err = self.invalidate(server=self.origin.url(""))
        self.assertEqual(1, status)
        self.assertIn("sends elsewhere", err)

    def test_max(self):
        self.begin("a.png", "b.png", "c.png")
        known = self.known()
        for name in "abc":
            self.repository.write(f"public/{name}.png", png(16, 16, seed=name + "2"))
        head = self.repository.commit()
        status, out, err = self.invalidate("--max", "2")
        self.assertEqual((1, ""), (status, out))
        for word in ("3 files changed", "--dry-run", "--max 3"):
            self.assertIn(word, err)
        self.assertEqual(known, self.known())
        self.assertEqual(3, self.report("--max", "2", "--dry-run")["files"].__len__())
        self.assertEqual(1, self.invalidate("--all", "--max", "2")[0])
        self.done("--max", "3")
        self.assertEqual(head, self.known())

    def test_dry_run(self):
        self.begin("a.png", "b.png")
        known = self.known()
        self.repository.write("public/a.png", png(16, 16, seed="2"))
        self.repository.commit()
        out = self.done("--dry-run", token=False)
        self.assertIn("modified  " + self.origin.url("/a.png"), out)
        self.assertIn("would be invalidated", out)
        self.assertEqual(known, self.known())
        self.assertServed(self.picture("a.png"), "hit-memory")
        # With a beginning it needs no server at all.
        self.assertEqual(["public/a.png"], list(self.changes(
            self.report("--dry-run", "--since", "HEAD~1", token=False, server="http://127.0.0.1:9"))))

    def test_wrong_usage(self):
        self.begin("a.png")
        given = ["--project", "site", "--dir", "public", "--map", "public/(.*)=http://example.com/$1"]
        for words, about in (
                (["--dir", "public", "--map", "(.*)=http://e/$1"], "--project"),
                (["--project", "site", "--map", "(.*)=http://e/$1"], "--dir"),
                (["--project", "site", "--dir", "public"], "--map"),
                ([*given, "--map", "no rule"], "=http"),
                ([*given, "--map", "(a=http://e/$1"], "missing )"),
                ([*given, "--map", "(.*)=http://e/$2"], "'$2' is no group"),
                ([*given, "--map", "(.*)=http://e/$"], "no group"),
                ([*given, "--map", "(.*)=http://user:pw@e/$1"], "no address"),
                ([*given, "--match", "["], "'['"),
                ([*given, "--dir", "../other"], "../other"),
                ([*given, "--dir", "/public"], "/public"),
                ([*given, "--dir", "publik"], "no folder 'publik'"),
                ([*given, "--max", "0"], "--max"),
                ([*given, "--since", "HEAD", "--all"], "--all"),
                ([*given, "--rules", "/nowhere.toml"], "/nowhere.toml"),
                ([*given, "--token", "secret"], "--token"),
                ([*given, "extra"], "extra")):
            status, out, err = self.invalidate(*words, rules=False)
            self.assertEqual((2, ""), (status, out), (words, err))
            self.assertIn(about, err)
        for server in ("example.com:x", "ftp://example.com", "http://u:p@example.com", ""):
            status, _, err = self.invalidate(server=server or " ")
            self.assertEqual(2, status, err)
        status, _, err = self.invalidate(repository="/")
        self.assertEqual(2, status)
        self.assertIn("--repo", err)

    def test_help_and_documentation_know_the_same_flags(self):
        helped = set()
        for command in ("invalidate", "warm", "sign"):
            status, out, _ = run(command, "--help")
            self.assertEqual(0, status)
            self.assertIn("Examples:", out)
            helped |= set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", out.split("Examples:")[0]))
        page = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/ci-invalidation.md"
        told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page.read_text()))
        self.assertGreater(len(helped), 20)
        self.assertEqual({"--help", "--cdn-api"}, helped - told)
        self.assertEqual({"--filter", "--unshallow"}, told - helped)


class Rules(Site):
    def rules(self, text):
        self.repository.write(".imcaxy.toml", text)

    def test_file(self):
        self.begin("a.png")
        self.rules(f"""
[invalidate]
project = "site"
dir = ["public", "static"]
match = '\\.(png|bin)$'
map = ['public/(.*)={self.origin.url("/$1")}', 'static/(.*)=https://static.example.com/$1']
max = 2
""")
        self.repository.write("public/a.png", png(16, 16, seed="2"))
        self.repository.write("static/b.bin", "x")
        self.repository.write("static/c.txt", "x")
        self.repository.commit()
        # From below the root, too.
        report = self.report(rules=False, repository=self.repository.folder / "public")
        self.assertEqual([self.origin.url("/a.png"), "https://static.example.com/b.bin"], report["urls"])
        self.repository.write("static/b.bin", "y")
        self.repository.write("public/a.png", "y")
        self.repository.commit()
        self.assertEqual(1, self.invalidate("--max", "1", rules=False)[0], "a flag wins")
        self.assertEqual([], self.report("--match", "nothing", rules=False)["urls"])

    def test_mistakes(self):
        self.begin("a.png")
        for text, about in (("[invalidate]\nprojekt = 'x'", ":2: 'projekt' is not known"),
                            ("[invalidate]\ndir = 1", ":2: dir has to be"), ("[invalidate]\ndir = [1]", ":2: dir has"),
                            ("[invalidate]\nmax = 'x'", ":2: max has to be"), ("\nproject = 'x'", ":2: 'project'"),
                            ("[invalidate]\nserver = 'https://evil.example.com'", "could read the token"),
                            ("[invalidate]\ntoken = 'x'", "could read the token"), ("[", ":1:"), ("\xff", ".imcaxy.toml")):
            self.rules(text.encode("latin-1"))
            status, _, err = self.invalidate()
            self.assertEqual(2, status, (text, err))
            self.assertIn(about, err)

    def test_first_map_that_fits(self):
        self.begin("a.png", "b/c.png")
        report = self.report("--dry-run", "--all", "--project", "p", "--dir", ".", "--map", "public/b/(.*)=https://b.example.com/$1",
                             "--map", "public/(.*)\\.png=https://a.example.com/$$/$1$0", rules=False)
        self.assertEqual(["https://a.example.com/$/apublic/a.png", "https://b.example.com/c.png"], report["urls"])

    def test_files_that_no_map_fits(self):
        self.begin("a.png")
        self.repository.write("other/\x1b[2Jx.png", png(8, 8))
        self.repository.commit()
        status, out, err = self.invalidate("--dir", "other")
        self.assertEqual(0, status, err)
        self.assertIn("no --map fits 1 changed file", err)
        self.assertNotIn("\x1b", err + out, "a name can't write to the terminal")

    def test_lists_of_flags(self):
        self.begin("a.png", "b.jpg", "c.gif")
        report = self.report("--dry-run", "--all", "--match", "[a]\\.png$", "--match", "b\\.jpg")
        self.assertEqual(["public/a.png", "public/b.jpg"], list(self.changes(report)))

    def test_endings_by_default(self):
        names = ["a.PNG", "b.jpeg", "c.webp", "d.avif", "e.svg", "f.pdf", "g.heic", "h.TIF"]
        for name in [*names, "i.txt", "j.png.bak", "png"]:
            self.repository.write("public/" + name, "x")
        self.repository.commit()
        self.assertEqual(["public/" + name for name in names],
                         list(self.changes(self.report("--dry-run", "--all", token=False))))


class Progress(Site):
    def test_on_a_terminal_only(self):
        self.begin("a.png")
        self.repository.write("public/a.png", png(16, 16, seed="2"))
        self.repository.commit()
        ours, theirs = pty.openpty()
        words = [binary(), "invalidate", "--server", self.base, "--repo", str(self.repository.folder), "--project",
                 "site", "--dir", "public", "--map", "public/(.*)=" + self.origin.url("/$1")]
        environment = process_environment({"invalidate_security_token": self.server.token()})
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, stderr=theirs, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, check=False)
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual(0, done.returncode, shown)
        self.assertIn("invalidated 1 of 1", shown)
        self.assertNotIn(b"\r", done.stdout)
