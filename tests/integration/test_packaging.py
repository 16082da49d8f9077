"""What is handed out to run Imcaxy with: environment files, the Docker image, the compose file, nginx' and Helm's."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

import play
from play import Play, binary, image_target, png, free_port, run, wait_until

try:
    import yaml
except ImportError:  # this Python is not Debian's, whose package does for it as well
    sys.path.append("/usr/lib/python3/dist-packages")
    import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY, EXAMPLES, CHART = ROOT / "deploy", ROOT / "config/env/examples", ROOT / "deploy/helm/imcaxy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HELM = shutil.which("helm") or shutil.which("helm", path=ROOT / ".services/bin")
OWN = ("IMCAXY_", "IMAGE_PROXY_")


def variables_of(path):
    """As Docker and systemd read such a file; quotes would be part of the value."""
    found = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            assert re.fullmatch(r"[A-Z][A-Z0-9_]*", name) and value == value.strip().strip("\"'"), line
            found[name] = value
    return found


class Packaging(unittest.TestCase):
    def assertAccepted(self, variables):
        """By `imcaxy config`, without a warning."""
        done = subprocess.run([binary(), "config", "--json"], env=variables, capture_output=True, text=True, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return json.loads(done.stdout)


class Examples(Packaging):
    def test_they_are_accepted(self):
        paths = sorted(EXAMPLES.glob("*.env"))
        self.assertGreaterEqual(len(paths), 6)
        for path in paths:
            with self.subTest(path.name):
                variables = {name: value for name, value in variables_of(path).items()
                             if name.startswith(OWN) and name != "IMCAXY_PUBLISHED_PORT"}
                shown = self.assertAccepted(variables)
                self.assertLessEqual({name for name, value in variables.items() if value}, set(shown))


class Docker(Packaging):
    def setUp(self):
        self.lines = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text()).splitlines()

    def words(self, instruction):
        return [line.split()[1:] for line in self.lines if line.startswith(instruction + " ")]

    def test_what_it_copies_is_there(self):
        stages = {words[2] for words in self.words("FROM") if words[1:2] == ["AS"]}
        for *sources, _ in self.words("COPY"):
            if sources[0].startswith("--from="):
                self.assertIn(sources[0].removeprefix("--from="), stages)
                continue
            for source in sources:
                self.assertTrue((ROOT / source).exists(), source)
        targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        self.assertEqual([["make", "deps"], ["make", "build"]], [words for words in self.words("RUN") if words[0] == "make"])
        self.assertLessEqual({"deps", "build"}, targets)

    def test_it_runs_as_nobody_special_and_probes_itself(self):
        (user,), = self.words("USER")
        self.assertGreater(int(user), 0)
        check = json.loads(re.search(r"CMD (\[.*\])", next(line for line in self.lines if line.startswith("HEALTHCHECK")))[1])
        self.assertEqual("imcaxy", check[0])
        self.assertEqual(0, run(*check[1:], "--help")[0])
        self.assertAccepted(dict(word.split("=", 1) for words in self.words("ENV") for word in words))

    def test_it_has_the_libraries_of_the_programs(self):
        if not shutil.which("dpkg-query"):
            self.skipTest("which package a library is of is Debian's to say")
        last = [line for line in self.lines if line.startswith("RUN apt-get")][-1]
        has = set(last.split("--no-install-recommends")[1].split("&&")[0].split()) | {"libc6", "libgcc-s1"}
        for program in (pathlib.Path(binary()), pathlib.Path(binary()).with_name("imcaxy-codec")):
            needed = re.findall(r"NEEDED\s+(\S+)", subprocess.run(["objdump", "-p", program], capture_output=True, text=True,
                                                                  check=True).stdout)
            places = dict(re.findall(r"(\S+) => (/\S+)", subprocess.run(["ldd", program], capture_output=True, text=True,
                                                                         check=True).stdout))
            for library in needed:
                place = os.path.realpath(places.get(library, "/"))
                if place == "/" or str(ROOT) in place:
                    continue  # the loader itself, and libvips, which lies beside the program
                found = subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True, check=False).stdout
                if not found:
                    found = subprocess.run(["dpkg-query", "-S", place.removeprefix("/usr")], capture_output=True, text=True, check=True).stdout
                self.assertIn(found.split(":")[0], has, library)


class Compose(Packaging):
    def setUp(self):
        self.text = (DEPLOY / "compose.yaml").read_text()
        self.parts = yaml.safe_load(self.text)
        self.given = variables_of(EXAMPLES / "compose.env")

    def substituted(self, value):
        return re.sub(r"\$\{(\w+)(?::[-?][^}]*)?\}", lambda match: self.given[match[1]], value)

    def test_the_example_says_all_that_it_asks_for(self):
        self.assertEqual(set(re.findall(r"\$\{(\w+)", self.text)), set(self.given))

    def test_the_nodes_know_their_variables(self):
        nodes = [part for part in self.parts["services"].values() if "build" in part]
        self.assertEqual(2, len(nodes))
        for node in nodes:
            self.assertTrue((DEPLOY / node["build"]["context"] / node["build"]["dockerfile"]).exists())
            self.assertAccepted({name: self.substituted(value) for name, value in node["environment"].items()})

    def test_what_it_names_is_there(self):
        services = self.parts["services"]
        volumes = set(self.parts["volumes"])
        for name, part in services.items():
            for volume in part.get("volumes", []):
                source = volume.split(":")[0]
                self.assertTrue(source in volumes or (DEPLOY / source).exists(), volume)
            for other in part.get("depends_on", {}):
                self.assertIn(other, services)
                self.assertTrue("healthcheck" in services[other] or "build" in services[other], f"{name} waits for {other}")
            self.assertRegex(part["image"], r":.+|^imcaxy$")
        upstream = re.findall(r"^\s*server (\S+):8080 ", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE)
        self.assertEqual([name for name, part in services.items() if "build" in part], upstream)


@unittest.skipUnless(NGINX, "nginx is not installed")
class Nginx(Play):
    def begin(self, *servers):
        folder = tempfile.mkdtemp(prefix="imcaxy-play-")
        self.addCleanup(shutil.rmtree, folder, True)
        port = free_port()
        text = (DEPLOY / "nginx.conf").read_text().replace("/tmp/", folder + "/")
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};")
        for number, server in enumerate(servers, 1):
            text = text.replace(f"imcaxy-{number}:8080", f"127.0.0.1:{server.port}")
        path = os.path.join(folder, "nginx.conf")
        pathlib.Path(path).write_text(text)
        errors = ["-e", os.path.join(folder, "errors")]
        subprocess.run([NGINX, "-t", "-q", *errors, "-c", path], check=True)
        process = subprocess.Popen([NGINX, *errors, "-c", path, "-g", "daemon off;"])
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def listens():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
        wait_until(listens, "nginx listens")
        return port

    def test_a_picture_is_asked_of_one_node_as_long_as_it_is_there(self):
        picture = self.origin.put("/a.png", png(64, 48))
        nodes = [self.serve(), self.serve()]
        port = self.begin(*nodes)
        targets = [image_target("resize", picture, width=width) for width in range(10, 30)]
        for _ in range(2):
            for target in targets:
                answer = play.ask(port, target)
                self.assertStatus(answer, 200)
        self.assertEqual("hit-memory", answer.cache)
        made = [node.metrics()["imcaxy_processed_total"] for node in nodes]
        self.assertEqual(len(targets), sum(made), "none is made twice")
        self.assertTrue(all(made), "both have some")
        self.assertStatus(play.ask(port, "/metrics"), 404)
        nodes[0].kill()
        for target in targets:
            self.assertStatus(play.ask(port, target), 200)


class Helm(Packaging):
    values = (("replicas=1",), ("replicas=3", "ingress.enabled=true", "ingress.className=nginx", "ingress.tlsSecret=tls",
                                "serviceMonitor.enabled=true", "existingSecret=imcaxy", "config.PATH_PREFIX=/api",
                                "config.MAX_SOURCE_BYTES=33554432", "config.MAX_SOURCE_MEGAPIXELS=0.5",
                                "config.IMAGE_PROXY_ENABLED=true"),
              ("persistence.enabled=false", "podDisruptionBudget.enabled=false"))

    def helm(self, *arguments, settings=()):
        if not HELM:
            self.skipTest("helm is not installed: scripts/services/install.sh says why")
        words = [word for setting in settings for word in ("--set", setting)]
        return subprocess.run([HELM, *arguments, CHART, *words], capture_output=True, text=True, check=False)

    def test_its_files_are_yaml_and_json(self):
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        schema = json.loads((CHART / "values.schema.json").read_text())
        self.assertLessEqual(set(values), set(schema["properties"]))
        self.assertEqual("imcaxy", yaml.safe_load((CHART / "Chart.yaml").read_text())["name"])

    def test_lint(self):
        for settings in self.values:
            done = self.helm("lint", "--strict", settings=settings)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_what_it_makes(self):
        for settings in self.values:
            done = self.helm("template", "images", settings=settings)
            self.assertEqual(0, done.returncode, done.stderr)
            made = {part["kind"] + "/" + part["metadata"]["name"]: part for part in yaml.safe_load_all(done.stdout) if part}
            self.assertAccepted(made["ConfigMap/images-imcaxy"]["data"])
            pod = made["StatefulSet/images-imcaxy"]["spec"]["template"]["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            container, = pod["containers"]
            self.assertEqual(0, run(*container["readinessProbe"]["exec"]["command"][1:], "--help")[0])
            self.assertIn("name: data", yaml.dump(made["StatefulSet/images-imcaxy"]))

    def test_mistakes(self):
        for setting, word in (("config.IMCAXY_PORT=1", "IMCAXY_PORT"), ("replicas=many", "replicas"), ("persistence.size=10", "size"),
                              ("servcie.port=80", "servcie")):
            done = self.helm("template", "images", settings=[setting])
            self.assertNotEqual(0, done.returncode)
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
