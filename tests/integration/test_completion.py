"""Completions in the shells that they are for, and the manual as man shows it."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from play import PATIENCE, process_environment, run

COMMANDS = {"audit", "serve", "invalidate", "warm", "sign", "config", "migrate", "completion", "man", "version"}


def needed(program):
    if not shutil.which(program):
        raise RuntimeError(f"there is no program {program}: `make package-deps` installs what this test needs")
    return program


def output(*words, **named):
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL,
                          env=process_environment({}), **named)
    assert done.returncode == 0 and not done.stderr, (words, done.returncode, done.stderr)
    return done.stdout


def flags_of(command):
    """The long flags that --help shows."""
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", run(command, "--help")[1], re.MULTILINE))


class Completion(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def script(self, shell):
        status, out, err = run("completion", shell)
        self.assertEqual((0, ""), (status, err))
        path = self.folder / shell
        path.write_text(out)
        return path

    def offers(self, complete):
        """What all shells have in common; `complete(*words)` gives what may stand for the last word."""
        self.assertLessEqual(COMMANDS, complete("imcaxy", ""))
        self.assertEqual({"invalidate"}, complete("imcaxy", "inv"))
        for command in ("serve", "invalidate", "warm", "audit", "config"):
            self.assertEqual(flags_of(command), {word for word in complete("imcaxy", command, "--") if word.startswith("--")}, command)
        self.assertEqual({"text", "json"}, complete("imcaxy", "serve", "--log-format", ""))
        self.assertEqual({"bash", "zsh", "fish"}, {word for word in complete("imcaxy", "completion", "") if not word.startswith("-")})
        (self.folder / "only one.toml").write_text("")
        self.assertEqual({f"{self.folder}/only one.toml"}, complete("imcaxy", "config", "--config", f"{self.folder}/only"))

    def test_bash(self):
        script = self.script("bash")
        # What compopt says is for readline alone.
        asked = 'compopt() { :; }; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _imcaxy; printf "%s\\n" "${COMPREPLY[@]}"'

        def complete(*words):
            return set(output("bash", "--norc", "-c", asked, "bash", str(script), *words).splitlines()) - {""}
        self.offers(complete)
        self.assertEqual({"json"}, complete("imcaxy", "serve", "--log-format", "=", "j"))
        self.assertEqual({"text", "json"}, complete("imcaxy", "serve", "--log-format", "="))
        self.assertIn("complete -F _imcaxy imcaxy", output("bash", "--norc", "-c", f"source {script}; complete -p imcaxy"))

    def test_fish(self):
        script = self.script("fish")
        home = {**process_environment({}), "HOME": str(self.folder)}

        def complete(*words):
            line = " ".join(words)
            done = subprocess.run([needed("fish"), "--no-config", "-c", 'source $argv[1]; complete -C $argv[2]', str(script), line],
                                  capture_output=True, text=True, timeout=PATIENCE, check=True, env=home)
            self.assertEqual("", done.stderr)
            return {found.split("\t")[0].replace("\\ ", " ") for found in done.stdout.splitlines()}
        self.offers(complete)

    def test_zsh(self):
        script = self.script("zsh")
        with Zsh(script, self.folder) as zsh:
            for typed, completed in (("imcaxy inv", "imcaxy invalidate "), ("imcaxy serve --log-fo", "imcaxy serve --log-format="),
                                     ("imcaxy serve --log-format=js", "imcaxy serve --log-format=json "),
                                     ("imcaxy serve --log-format js", "imcaxy serve --log-format json "),
                                     ("imcaxy completion fi", "imcaxy completion fish "),
                                     ("imcaxy invalidate --dry", "imcaxy invalidate --dry-run "),
                                     (f"imcaxy config --config {script.parent}/zs", f"imcaxy config --config {script} ")):
                self.assertEqual(completed, zsh.complete(typed))
            for command in ("serve", "invalidate", "warm", "audit", "config"):
                listed = zsh.listed(f"imcaxy {command} --")
                for flag in flags_of(command):
                    self.assertRegex(listed, re.escape(flag) + r"\b", command)

    def test_mistakes(self):
        status, _, err = run("completion", "tcsh")
        self.assertEqual(2, status)
        self.assertIn("bash, zsh and fish, not for 'tcsh'", err)


class Zsh:
    """An interactive zsh on a terminal of its own, which reads the completion as its user would."""

    def __init__(self, script, folder):
        self.shown = folder / "shown"
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.execvpe(needed("zsh"), ["zsh", "-f", "-i"], {**process_environment({}), "TERM": "xterm", "LINES": "500", "COLUMNS": "200",
                                                            "LC_ALL": "C.UTF-8"})
        self.pid = pid
        # The widget writes what the line has become; ctrl-U in front of it empties the line.
        self.write(f"autoload -Uz compinit; compinit -u -d {folder}/dump; source {script}; LISTMAX=1000; unsetopt LIST_BEEP\n"
                   f"show() {{ print -rn -- \"<$BUFFER>\" > {self.shown}; }}; zle -N show; bindkey '^Xp' show\n")
        self.complete("imcax")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.terminal)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)

    def write(self, text):
        os.write(self.terminal, text.encode())

    def read(self, seconds):
        text = b""
        while select.select([self.terminal], [], [], seconds)[0]:
            text += os.read(self.terminal, 65536)
        return text.decode("utf-8", "replace")

    def complete(self, typed):
        """What the line is after the tab key."""
        self.shown.unlink(missing_ok=True)
        self.write(f"\x15{typed}\t\x18p")
        end = time.monotonic() + PATIENCE
        while not (self.shown.exists() and self.shown.read_text().endswith(">")):
            self.read(0.02)
            assert time.monotonic() < end, f"zsh did not complete {typed!r}"
        return self.shown.read_text()[1:-1]

    def listed(self, typed):
        """What it writes below the line."""
        self.read(0.2)
        self.write(f"\x15{typed}\t\t")
        return self.read(1.5)


class Manual(unittest.TestCase):
    def test_page(self):
        status, page, err = run("man")
        self.assertEqual((0, ""), (status, err))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "imcaxy.1")
            path.write_text(page)
            environment = {**process_environment({}), "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-ww"}
            done = subprocess.run([needed("man"), "--warnings=w", "-l", str(path)], capture_output=True, text=True,
                                  timeout=PATIENCE, check=True, env=environment)
            self.assertEqual("", done.stderr)
            checked = subprocess.run([needed("groff"), "-man", "-ww", "-b", "-Tutf8", "-z", str(path)], capture_output=True,
                                     text=True, timeout=PATIENCE, check=True)
            self.assertEqual("", checked.stderr)
        text = re.sub("\x1b\\[[0-9;]*m|.\b", "", done.stdout)
        for heading in ("NAME", "SYNOPSIS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT"):
            self.assertRegex(text, rf"(?m)^{heading}$")
        for command in COMMANDS - {"version"}:
            self.assertRegex(text, rf"(?m)^   {command}$")
            for flag in flags_of(command):
                self.assertIn(flag, text)
        # Lines of examples are as --help has them: whoever copies one runs it.
        for line in run("invalidate", "--help")[1].split("Examples:\n")[1].splitlines():
            self.assertIn(line.strip(), text)
