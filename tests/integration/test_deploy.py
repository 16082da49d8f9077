"""What deploy/ hands to CI systems: run as they would run it, in real repositories, against a real server."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from play import PATIENCE, Play, png, process_environment
from repository import Repository

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"
ACTION = DEPLOY / "github-action"
GITLAB = DEPLOY / "gitlab/imcaxy-invalidate.yml"


class Ci(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.repository = Repository()
        self.addCleanup(self.repository.close)
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.repository.write("public/a b.png", png(16, 16, seed=1))
        self.repository.write("static/c.png", png(16, 16, seed=2))
        self.repository.commit()

    def tarball(self):
        """(address, SHA-256) of the release's."""
        path = next((DEPLOY.parent / "build/package").glob("imcaxy-linux-*.tar.gz"), None)
        if not path:
            raise RuntimeError("there is no tarball: run `make package`")
        return path.as_uri(), hashlib.sha256(path.read_bytes()).hexdigest()

    def run_script(self, words, environment):
        done = subprocess.run(words, cwd=self.repository.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False,
                              env={**process_environment({"invalidate_security_token": self.server.token()}), **environment})
        return done.returncode, done.stdout, done.stderr

    def known(self):
        return self.server.get("/latestInvalidation?projectName=site").text


class GitHub(Ci):
    def action(self, path=os.environ["PATH"], **inputs):
        """The step of action.yml, with its defaults and these inputs."""
        text = (ACTION / "action.yml").read_text()
        defaults = {name: default for name, default in re.findall(
            r'^  ([a-z0-9-]+):\n    description:(?:.*\n)(?:      .*\n)*    default: "(.*)"$', text, re.MULTILINE)}
        given = {**defaults, "server": f"http://127.0.0.1:{self.server.port}",
                 **{name.replace("_", "-"): value for name, value in inputs.items()}}
        environment = {"GITHUB_ACTION_PATH": str(ACTION), "RUNNER_TEMP": str(self.folder), "PATH": path}
        for variable, name in re.findall(r"^        (INPUT_\w+): \$\{\{ inputs\.([a-z0-9-]+) \}\}$", text, re.MULTILINE):
            environment[variable] = given[name]
        command = re.search(r"^      run: '(.*)'$", text, re.MULTILINE)[1]
        return self.run_script(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command], environment)

    def test_every_input_reaches_the_script(self):
        text, script = (ACTION / "action.yml").read_text(), (ACTION / "invalidate.sh").read_text()
        declared = set(re.findall(r"^  ([a-z0-9-]+):$", text.split("runs:")[0], re.MULTILINE))
        used = {name.lower().replace("_", "-") for name in re.findall(r"INPUT_(\w+)", script)}
        self.assertGreater(len(declared), 10)
        self.assertEqual(declared - {"token"}, used)
        self.assertNotIn("${{", re.search(r"run: (.*)", text)[1], "an input in a script's text could be a command")

    def test_loop(self):
        download, digest = self.tarball()
        rules = {"project": "site", "dir": "public\n  static  \n\n", "download": download, "sha256": digest,
                 "map": f"\n public/(.*)={self.origin.url('/$1')}\nstatic/(.*)=https://static.example.com/$1\n"}
        status, out, err = self.action(**rules)
        self.assertEqual(3, status, out + err)
        status, out, err = self.action(**rules, since="HEAD")
        self.assertEqual(0, status, err)
        self.repository.write("public/a b.png", png(16, 16, seed=3))
        self.repository.write("static/c.png", png(16, 16, seed=4))
        head = self.repository.commit()
        status, out, err = self.action(**rules, dry_run="true")
        self.assertEqual(0, status, err)
        self.assertNotIn(head, self.known())
        status, out, err = self.action(**rules, warm="true", rate="50", max="2")
        self.assertEqual(0, status, err)
        self.assertIn(self.origin.url("/a%20b.png"), out)
        self.assertIn("https://static.example.com/c.png", out)
        self.assertIn(head, self.known())

    def test_mistakes(self):
        download, digest = self.tarball()
        bare = self.folder / "bin"
        bare.mkdir()
        for name in ("bash", "env"):
            (bare / name).symlink_to(shutil.which(name))
        for inputs, about in (({"download": download, "sha256": "0" * 64}, digest), ({"download": download + "x"}, "curl"),
                              ({"all": "yes"}, "true or false"), ({"path": str(bare)}, "'download'")):
            status, _, err = self.action(**inputs)
            self.assertNotEqual(0, status)
            self.assertIn(about, err)

    def test_nothing_of_an_input_is_a_command(self):
        marker = self.folder / "marker"
        hostile = f"$(touch {marker})`touch {marker}`; touch {marker} '\""
        download, _ = self.tarball()
        status, _, _ = self.action(project=hostile, dir=hostile, match=hostile, map=hostile, since=hostile, max=hostile,
                                   repo=hostile, rate=hostile, download=download)
        self.assertEqual(2, status)
        self.assertFalse(marker.exists())


class GitLab(Ci):
    def job(self, **variables):
        text = GITLAB.read_text()
        script = re.search(r"  script:\n    - \|\n((?:      .*\n?)+)", text)[1]
        script = re.sub(r"^      ", "", script, flags=re.MULTILINE)
        environment = dict(re.findall(r'^    ([A-Z_]+): "(.*?)"', text, re.MULTILINE))
        return self.run_script(["sh", "-c", script], {**environment, **variables})

    def test_loop(self):
        download, digest = self.tarball()
        self.repository.write(".imcaxy.toml", "[invalidate]\nproject = 'site'\ndir = 'public'\n"
                              f"map = 'public/(.*)={self.origin.url('/$1')}'\n")
        head = self.repository.commit()
        variables = {"INVALIDATE_SERVER": f"http://127.0.0.1:{self.server.port}", "INVALIDATE_DOWNLOAD": download,
                     "INVALIDATE_SHA256": digest}
        self.assertEqual(3, self.job(**variables)[0])
        status, out, err = self.job(**variables, INVALIDATE_ARGUMENTS="--since HEAD --warm")
        self.assertEqual(0, status, err)
        self.assertIn(head, self.known())
        self.assertNotEqual(0, self.job(**{**variables, "INVALIDATE_SHA256": "0" * 64})[0])
