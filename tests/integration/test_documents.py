"""What the pages name is there: files, anchors, variables, flags, metrics, routes, alerts."""
import functools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import cluster
from play import PATIENCE, Play, image_target, png, run, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/imcaxy.json"
GENERATED = ("pictures/",)  # `make docs` makes these; they are not kept


def pages():
    folders = ("", "docs", "bench", "packages/react", "deploy")
    found = sorted(page for folder in folders for page in (ROOT / folder).glob("*.md"))
    assert len(found) > 10
    return found


def prose(text):
    """Without what stands in blocks of code."""
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)


@functools.cache
def anchors(page):
    """What GitHub calls the headings of a page."""
    found = []
    for heading in re.findall(r"^#+ (.+)$", prose(page.read_text()), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        found.append(name if name not in found else f"{name}-{found.count(name)}")
    return set(found)


def sources():
    """The text of everything that could know a name."""
    folders = ("src", "cmd", "scripts", "cmake", "packages/react/src", "deploy", "tests/integration")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")
             if path.suffix in (".cpp", ".hpp", ".txt", ".sh", ".py", ".ts", ".tsx", ".cmake", ".yml") and path.name != "test_documents.py"]
    return "\n".join(path.read_text() for path in files) + (ROOT / "Makefile").read_text() + (ROOT / "CMakeLists.txt").read_text()


class Links(unittest.TestCase):
    def test_they_lead_somewhere(self):
        wrong, count = [], 0
        for page in pages():
            for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text())):
                if re.match(r"[a-z]+:", target) or target.startswith(GENERATED):
                    continue
                count += 1
                path, _, anchor = target.partition("#")
                there = (page.parent / path).resolve() if path else page
                if not there.exists():
                    wrong.append((page.name, target))
                elif anchor and there.suffix == ".md" and anchor not in anchors(there):
                    wrong.append((page.name, target, sorted(anchors(there))))
        self.assertEqual([], wrong)
        self.assertGreater(count, 100)

    def test_every_page_is_in_the_guide(self):
        guide = (ROOT / "docs/README.md").read_text()
        for page in (ROOT / "docs").glob("*.md"):
            self.assertTrue(page.name == "README.md" or f"({page.name})" in guide, page.name)


class Names(unittest.TestCase):
    def test_variables(self):
        documented = set(re.findall(r"`((?:IMCAXY|IMAGE_PROXY)_\w+)`", (ROOT / "docs/configuration.md").read_text()))
        documented |= {name + "_FILE" for name in documented}
        code, unknown, count = sources(), [], 0
        for page in pages():
            for name in set(re.findall(r"(?<!secrets\.)\b((?:IMCAXY|IMAGE_PROXY)_\w+[A-Z])\b(?!_?\*)", page.read_text())):
                count += 1
                if name not in documented and not re.search(rf"\b{name}\b", code):
                    unknown.append((page.name, name))
        self.assertEqual([], unknown)
        self.assertGreater(count, 60)

    def test_commands_and_flags(self):
        helps, wrong, count = {}, [], 0
        commands = set(re.findall(r"^  (\w+) ", run("--help")[1].split("Subcommands:")[1], re.MULTILINE))
        for page in pages():
            # A command line goes on behind a backslash.
            for line in page.read_text().replace("\\\n", " ").splitlines():
                for command, rest in re.findall(r"\bimcaxy ([a-z]+)((?: [^`|#]*)?)", line):
                    flags = re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", rest)
                    if command not in commands:
                        if flags:
                            wrong.append((page.name, command, line))
                        continue
                    if command not in helps:
                        helps[command] = run(command, "--help")[1]
                    for flag in flags:
                        count += 1
                        if not re.search(rf"{flag}\b(?!-)", helps[command]):
                            wrong.append((page.name, command, flag))
        self.assertEqual([], wrong)
        self.assertGreater(count, 20)

    def test_targets_of_make(self):
        known = set(re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        known = {name for names in known for name in names.split()}
        for page in pages():
            text = page.read_text()
            blocks = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
            for target in re.findall(r"`make ([a-z-]+)", text) + re.findall(r"^make ([a-z-]+)", blocks, re.MULTILINE):
                self.assertIn(target, known, page.name)


class Server(Play):
    """What a server that has something to tell says."""

    def metrics_text(self):
        """Of a node among others where their parts can be started, else of one that is alone."""
        if cluster.missing():
            server = self.serve()
        else:
            parts = cluster.Parts()
            self.addCleanup(parts.close)
            server = self.serve(**parts.values, invalidate_security_token=cluster.TOKEN)
        server.get(image_target("resize", self.origin.put("/a.png", png(30, 20)), width=10))
        # What is counted when an answer has left comes a moment after it.
        wait_until(lambda: 'imcaxy_requests_total{route="imaginary"' in server.get("/metrics").text, "the answer is counted")
        return server.get("/metrics").text

    def test_metrics(self):
        there = set(re.findall(r"^(imcaxy_\w+?)(?:_bucket|_sum|_count)?[{ ]", self.metrics_text(), re.MULTILINE))
        if cluster.missing():
            there |= {name for name in re.findall(r"\bimcaxy_\w+", (ROOT / "docs/operations.md").read_text())
                      if name.startswith(("imcaxy_shared_", "imcaxy_cluster_", "imcaxy_mongo_", "imcaxy_s3_"))}
        self.assertGreater(len(there), 30)
        text = {path.name: path.read_text() for path in (ROOT / "docs/operations.md", ROOT / "docs/tuning.md", ALERTS, DASHBOARD)}
        for name, content in text.items():
            named = set(re.findall(r"\b(imcaxy_[a-z0-9_]+?)(?:_bucket)?(?![a-z0-9_*])", content))
            self.assertEqual(set(), named - there, name)
        documented = set(re.findall(r"\b(imcaxy_[a-z0-9_]+)\b", text["operations.md"]))
        self.assertEqual(set(), there - documented, "not in docs/operations.md")
        shown = set(re.findall(r"\b(imcaxy_[a-z0-9_]+?)(?:_bucket)?(?![a-z0-9_])", text["imcaxy.json"]))
        self.assertGreater(len(shown), 25)

    def test_labels(self):
        """A label that nobody sends selects nothing, and nobody would notice."""
        lines = re.findall(r"^(imcaxy_\w+)(?:\{(.*)\})? ", self.metrics_text(), re.MULTILINE)
        labels = {name: set() for name, _ in lines}
        for name, pairs in lines:
            labels[name] |= set(re.findall(r'(\w+)="', pairs))
        for expression in re.findall(r'"expr": "(.*)"', DASHBOARD.read_text().replace('\\"', "'")) + [ALERTS.read_text().replace('"', "'")]:
            for name, selected in re.findall(r"\b(imcaxy_\w+)\{([^}]*)\}", expression):
                self.assertLessEqual(set(re.findall(r"(\w+)[=!]", selected)) - {"instance"}, labels[name], (name, selected))

    def test_routes(self):
        server = self.serve()
        count = 0
        for page in pages():
            for method, path in set(re.findall(r"`(GET|HEAD|POST|DELETE) (/[^\s`?,]*)", page.read_text())):
                count += 1
                concrete = path.replace("<operation>", "resize").replace("{preset}", "avatar")
                concrete = re.sub(r"\{did\}", "did:plc:z72i7hdynmk6r22z27h6tvur", concrete).replace("{cid}", "bafkrei")
                answer = server.ask(concrete, method)
                unknown = answer.status in (404, 405, 501) and "projectName" not in answer.text
                self.assertFalse(unknown, (page.name, method, path, answer))
        self.assertGreater(count, 12)


class Monitoring(unittest.TestCase):
    def promtool(self, *words):
        promtool = shutil.which("promtool") or ROOT / ".services/bin/promtool"
        if not pathlib.Path(promtool).exists():
            raise RuntimeError(f"there is no {promtool}: run `make .stamps/promtool`")
        done = subprocess.run([str(promtool), *words], capture_output=True, text=True, timeout=PATIENCE, check=False,
                              cwd=pathlib.Path(__file__).parent)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def test_alerts_fire_when_they_should(self):
        self.promtool("check", "rules", str(ALERTS))
        self.promtool("test", "rules", "alerts.yml")

    def test_each_alert_is_tried_and_explained(self):
        alerts = set(re.findall(r"alert: (\w+)", ALERTS.read_text()))
        tried = set(re.findall(r'alertname="(\w+)"', pathlib.Path(__file__).with_name("alerts.yml").read_text()))
        explained = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/operations.md").read_text().split("## Alerts")[1], re.MULTILINE))
        self.assertEqual(alerts, tried)
        self.assertEqual(alerts, explained)

    def test_dashboard(self):
        dashboard = json.loads(DASHBOARD.read_text())
        variables = {name["name"] for name in dashboard["templating"]["list"]}
        self.assertEqual(len(dashboard["panels"]), len({panel["id"] for panel in dashboard["panels"]}))
        taken, rules = set(), []
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken or place["x"] + place["w"] > 24, panel["title"])
            taken |= cells
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "5m")
                self.assertLessEqual(set(re.findall(r"\$(\w+)", expression)), variables)
                rules.append({"record": f"panel:{len(rules)}", "expr": expression})
        self.assertGreater(len(rules), 30)
        # promtool reads expressions in rules only; JSON is YAML.
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "rules.yml")
            file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
            self.promtool("check", "rules", "--lint=none", str(file))

    def test_metrics_have_the_form_that_prometheus_wants(self):
        from play import Server as Running
        with Running() as server:
            text = server.get("/metrics").text
        promtool = shutil.which("promtool") or str(ROOT / ".services/bin/promtool")
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
