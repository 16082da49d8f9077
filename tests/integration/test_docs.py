"""The documentation's examples are requests that work, and it knows of everything that there is."""
import json
import pathlib
import re
import sys

from play import Play

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import api_pictures  # noqa: E402

API, MOVING = ROOT / "docs/api.md", ROOT / "docs/from-imaginary.md"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def shown_fields(text):
    """JSON's fields; of placeholders only which there are: processors differ in their last bits."""
    placeholders = ("blurhash", "thumbhash", "lqip", "color")
    return {name: len(value) > 6 if name in placeholders else value for name, value in json.loads(text).items()}


class Api(Play):
    def test_every_example_works(self):
        server = self.serve()
        origin = api_pictures.Origin()
        self.addCleanup(origin.server.server_close)
        self.addCleanup(origin.server.shutdown)
        api_pictures.fill(origin, server.port)
        examples = api_pictures.examples()
        self.assertGreater(len(examples), 15)
        for target, picture in examples:
            answer = server.get(api_pictures.target_on(target, origin.url))
            self.assertStatus(answer, 200)
            self.assertNotIn("X-Imcaxy-Fallback", answer.headers, target)
            if picture:
                self.assertEqual(TYPES[picture.rsplit(".", 1)[1]], answer.headers["Content-Type"], target)
            else:
                shown = re.search(re.escape(target) + r"\n```\n\n```json\n(.*)\n```", API.read_text())[1]
                self.assertEqual(shown_fields(shown), shown_fields(answer.body))

    def test_every_operation_has_an_example(self):
        source = (ROOT / "src/processor/imaginary/operations.cpp").read_text()
        operations = set(re.findall(r'Operation\{"(\w+)"', source))
        self.assertGreater(len(operations), 15)
        self.assertEqual(operations, {target.split("/")[2].split("?")[0] for target, _ in api_pictures.examples()})

    def test_every_parameter_is_explained(self):
        source = (ROOT / "src/processor/imaginary/params.cpp").read_text()
        parameters = set(re.findall(r'Rule\{"(\w+)"', source))
        self.assertGreater(len(parameters), 30)
        table = API.read_text().split("## Parameters")[1].split("## Formats")[0]
        self.assertEqual(set(), parameters - set(re.findall(r"`(\w+)`", table)))


class FromImaginary(Play):
    def test_it_names_options_that_exist(self):
        known = set(re.findall(r"`(IMCAXY_\w+)`", (ROOT / "docs/configuration.md").read_text()))
        named = set(re.findall(r"`(IMCAXY_\w+)[=`]", MOVING.read_text() + API.read_text()))
        self.assertGreater(len(named), 20)
        self.assertEqual(set(), named - known)
