"""What README.md and docs/get-started.md tell people to type is typed, in a machine that has nothing else to do."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

import document_world
from play import binary

ROOT = document_world.ROOT
EXECUTED = [ROOT / "README.md", ROOT / "docs/get-started.md"]


def type_all(page):
    user = () if os.getuid() == 0 else ("--map-root-user",)
    return subprocess.run(["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
                           document_world.__file__, str(page)], capture_output=True, text=True, timeout=580, check=False,
                          env={**os.environ, "IMCAXY_BIN": binary()}, cwd=pathlib.Path(__file__).parent)


class ShellBlocks(unittest.TestCase):
    def typed(self, page, at_least):
        count = sum(language == "sh" for language, _ in document_world.blocks(page))
        self.assertGreaterEqual(count, at_least)
        done = type_all(page)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_readme(self):
        self.typed(ROOT / "README.md", 4)

    def test_get_started(self):
        self.typed(ROOT / "docs/get-started.md", 8)

    def test_hardly_anything_is_left_out(self):
        """A `console` block is for what no test can type: it needs a registry, or another machine."""
        left_out = [text for page in EXECUTED for language, text in document_world.blocks(page) if language == "console"]
        self.assertLessEqual(len(left_out), 2, left_out)
        for page in EXECUTED:
            for language, text in document_world.blocks(page):
                self.assertIn(language, ("sh", "console", "text", "html", "tsx", "toml", "yaml", "nginx", "json"), text)

    def test_other_pages_have_no_mistakes_of_grammar(self):
        for page in sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("packages/*/README.md"), ROOT / "bench/README.md"]):
            for language, text in document_world.blocks(page):
                if language in ("sh", "bash"):
                    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
                    self.assertEqual("", done.stderr, (page.name, text))

    def test_a_line_that_fails_fails_the_page(self):
        """Else all this would prove nothing."""
        for text in ("```sh\nfalse\n```\n", "```sh\necho one\n```\n```text\ntwo\n```\n", "```sh\nimcaxy serve --no-such-flag\n```\n"):
            page = pathlib.Path(self.enterContext(Folder()), "page.md")
            page.write_text(text)
            done = type_all(page)
            self.assertEqual(1, done.returncode, text + done.stdout + done.stderr)
            self.assertTrue(re.search("### (failed|shown|the server)", done.stdout), done.stdout)


class Folder:
    def __enter__(self):
        import tempfile
        self.folder = tempfile.TemporaryDirectory()
        return self.folder.name

    def __exit__(self, *_):
        self.folder.cleanup()
