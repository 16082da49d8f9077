"""What `make package` made, installed where there is nothing else, and run there."""
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import unittest

import play
from play import PATIENCE, Play, image_target, png, png_size, process_environment, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGES = ROOT / "build/package"
DEBIAN = ROOT / ".services/debian.tar"
ARCHIVES = ROOT / ".services/debian-archives"  # what apt fetched stays for the next time


def package(pattern):
    found = list(PACKAGES.glob(pattern))
    if len(found) != 1:
        raise RuntimeError(f"there is no {pattern} in {PACKAGES}: run `make package`")
    return found[0]


def output(*words, **named):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=600, **named)
    assert done.returncode == 0, (words, done.returncode, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


class Installed(Play):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="imcaxy-root-"))
        # Mounts below it ended with the processes that made them.
        self.addCleanup(shutil.rmtree, self.root)

    def inside(self, *words):
        """A command line that runs in the root alone, with its own processes; it ends with its last one."""
        user = () if os.getuid() == 0 else ("--map-root-user",)
        (self.root / "proc").mkdir(exist_ok=True)
        return ["unshare", *user, "--mount", "--pid", "--fork", "--kill-child", "--root", str(self.root),
                "--mount-proc", *words]

    def serve_inside(self, program, data, *wrapper, **values):
        """The server in the root; Server starts what `play.binary` names, with what we put in front of it."""
        self.addCleanup(setattr, play, "BINARY", play.BINARY)
        play.BINARY = program
        started = []
        # Who changes his user is not killed with his parent: should a test fail, this ends him.
        self.addCleanup(lambda: [kill(child) for child in started])
        server = self.serve(data=data, wrapper=[*self.inside(*wrapper)], **values)
        started.append(self.child(server))
        return server

    def resized(self, server):
        source = self.origin.put("/a.png", png(300, 200))
        answer = server.get(image_target("resize", source, width=60))
        self.assertServed(answer, "miss")
        self.assertEqual((60, 40), png_size(answer.body))
        again = server.get(image_target("resize", source, width=60))
        self.assertServed(again, "hit-memory", answer.body)

    @staticmethod
    def child(server):
        """The process of imcaxy itself: unshare is its parent."""
        parent = server.process.pid
        [child] = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return int(child)

    def end(self, server):
        os.kill(self.child(server), signal.SIGTERM)
        self.assertEqual(0, server.wait(), server.log())


class Tarball(Installed):
    """Nothing is there but the C library."""

    def setUp(self):
        super().setUp()
        # A folder that nobody built for: it runs from anywhere.
        self.folder = self.root / "any where"
        self.folder.mkdir()
        output("tar", "-xzf", str(package("imcaxy-linux-*.tar.gz")), "-C", str(self.folder))
        [self.home] = self.folder.iterdir()
        for name in self.of_c_library():
            target = self.root / str(name).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, target)
        (self.root / "tmp").mkdir()

    @staticmethod
    def of_c_library():
        """The loader and its libraries, where the loader looks for them."""
        program = pathlib.Path("/bin/true")
        loader = re.search(r"interpreter: (\S+?)\]", output("readelf", "-l", str(program)))[1]
        libc = pathlib.Path(re.search(r"libc\.so\.6 => (\S+)", output("ldd", str(program)))[1])
        names = ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libnss_files.so.2",
                 "libnss_dns.so.2")
        return [pathlib.Path(loader), *(libc.parent / name for name in names)]

    def test_it_serves(self):
        program = "/any where/" + self.home.name + "/bin/imcaxy"
        server = self.serve_inside(program, "/data")
        self.resized(server)
        self.assertTrue((self.root / "data/token").exists())
        # All that was bundled is used, and nothing of the system but the C library (nss is opened when names are looked up).
        maps = pathlib.Path(f"/proc/{self.child(server)}/maps").read_text()
        loaded = {pathlib.Path(path).name for path in re.findall(r"(/\S.*\.so[.\d]*)$", maps, re.MULTILINE)}
        bundled = {path.name for path in (self.home / "lib/imcaxy").iterdir()} - {"imcaxy"}
        self.assertGreater(len(bundled), 30)
        self.assertEqual(set(), bundled - loaded)
        self.assertLessEqual(loaded - bundled, {path.name for path in self.of_c_library()})
        self.end(server)

    def test_it_trusts_whom_the_system_trusts(self):
        """Wherever that says so: here as Fedora has it, where the libraries are Debian's."""
        bundle = self.root / "etc/pki/tls/certs/ca-bundle.crt"
        bundle.parent.mkdir(parents=True)
        key = self.root / "key.pem"
        output("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
               "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(bundle))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(bundle, key)
        body = png(20, 10)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        origin.socket = context.wrap_socket(origin.socket, server_side=True)
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        self.addCleanup(origin.server_close)
        self.addCleanup(origin.shutdown)
        server = self.serve_inside("/any where/" + self.home.name + "/bin/imcaxy", "/data")
        answer = server.get(image_target("resize", f"https://127.0.0.1:{origin.server_address[1]}/a.png", width=10))
        self.assertServed(answer, "miss")

    def test_what_else_is_in_it(self):
        # What the GitHub Action and the GitLab job look for.
        found = output("find", str(self.folder), "-type", "f", "-name", "imcaxy", "-perm", "-u+x").splitlines()
        self.assertEqual(1, len(found))
        self.assertRegex(output(found[0], "version"), r"^imcaxy \d+\.\d+\.\d+ \(libvips 8\.")
        for name in ("README.md", "CHANGELOG.md", "licences/imcaxy.txt", "licences/libvips.md", "licences/LGPL-3",
                     "licences/libcurl4.txt", "licences/libboost1.81-dev.txt", "share/man/man1/imcaxy.1.gz"):
            self.assertTrue((self.home / name).stat().st_size > 100, name)
        names = output("tar", "-tvzf", str(package("imcaxy-linux-*.tar.gz")))
        self.assertEqual(set(), {line.split()[1] for line in names.splitlines()} - {"0/0"}, "owners of another machine")


@unittest.skipUnless(os.getuid() == 0, "dpkg and apt need root to install into another root")
class Deb(Installed):
    """A Debian with nothing but what every Debian has."""

    def setUp(self):
        super().setUp()
        if not DEBIAN.exists():
            raise RuntimeError(f"there is no {DEBIAN}: run `make .stamps/debian`")
        output("tar", "-xf", str(DEBIAN), "-C", str(self.root), "--exclude=./dev/*")
        # As a service would be: not started while it is installed.
        policy = self.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        for device in ("null", "zero", "urandom", "random"):
            os.mknod(self.root / "dev" / device, 0o666 | 0o020000, os.stat(f"/dev/{device}").st_rdev)
            (self.root / "dev" / device).chmod(0o666)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        ARCHIVES.mkdir(exist_ok=True)

    def run_inside(self, *words):
        environment = {**process_environment({}), "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                       "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        return output(*self.inside(*words), env=environment)

    def apt(self, *words):
        cache = self.root / "var/cache/apt/archives"
        for kept in ARCHIVES.glob("*.deb"):
            shutil.copy(kept, cache / kept.name)
        out = self.run_inside("apt-get", "-q", "-y", "--no-install-recommends", "-o", "APT::Keep-Downloaded-Packages=true",
                              "-o", "APT::Sandbox::User=root", *words)
        for fetched in cache.glob("*.deb"):
            if not (ARCHIVES / fetched.name).exists():
                shutil.copy(fetched, ARCHIVES / fetched.name)
        return out

    def install(self):
        shutil.copy(package("imcaxy_*.deb"), self.root / "imcaxy.deb")
        return self.apt("install", "/imcaxy.deb")

    def status(self):
        return self.run_inside("dpkg-query", "-W", "-f=${db:Status-Abbrev}", "imcaxy").strip()

    def test_it_is_installed_serves_and_goes(self):
        self.install()
        self.assertEqual("ii", self.status())
        self.assertEqual("", self.run_inside("dpkg", "--verify", "imcaxy"))
        self.assertRegex(self.run_inside("imcaxy", "version"), r"libvips 8\.1[89]")

        wanted = self.root / "etc/systemd/system/multi-user.target.wants/imcaxy.service"
        self.assertTrue(wanted.is_symlink(), "it does not start with the system")

        # The service's own user and command line; only the port is another.
        unit = (self.root / "lib/systemd/system/imcaxy.service").read_text()
        words = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1].split()
        self.assertEqual(["/usr/bin/imcaxy", "serve"], words[:2])
        state = self.root / "var/lib/imcaxy"
        self.assertEqual(0o750, state.stat().st_mode & 0o777)
        user = self.run_inside("id", "-u", "imcaxy").strip()
        self.assertEqual(user, str(state.stat().st_uid))
        server = self.serve_inside("/usr/bin/imcaxy", "/var/lib/imcaxy", "setpriv", "--reuid=imcaxy", "--regid=imcaxy",
                                   "--clear-groups", "--no-new-privs", "--inh-caps=-all", flags=words[2:])
        self.resized(server)
        self.assertEqual(user, str((state / "token").stat().st_uid))
        # Its libraries were left out: all else works.
        self.assertIn("imcaxy-codec does not work", server.log())
        self.end(server)

        # What the administrator wrote stays with the next version, and goes when everything has to.
        settings = self.root / "etc/imcaxy/imcaxy.toml"
        settings.write_text(settings.read_text() + "memory_cache_mb = 7\n")
        self.run_inside("dpkg", "-i", "/imcaxy.deb")
        self.assertIn("memory_cache_mb = 7", settings.read_text())
        shown = self.run_inside("imcaxy", "config", "--json", "--config", "/etc/imcaxy/imcaxy.toml")
        self.assertIn("memory_cache_mb", shown.lower())
        self.run_inside("dpkg", "--remove", "imcaxy")
        self.assertTrue(settings.exists() and state.exists())
        self.assertFalse((self.root / "usr/bin/imcaxy").is_symlink())
        self.run_inside("dpkg", "--purge", "imcaxy")
        self.assertFalse(settings.parent.exists() or state.exists() or wanted.is_symlink())

    def test_with_its_recommended_libraries_it_reads_all_formats(self):
        self.install()
        control = output("dpkg-deb", "-f", str(package("imcaxy_*.deb")), "Recommends")
        self.apt("install", *(re.sub(r" \(.*?\)", "", name) for name in control.strip().split(", ")))
        server = self.serve_inside("/usr/bin/imcaxy", "/var/lib/imcaxy", "setpriv", "--reuid=imcaxy", "--regid=imcaxy",
                                   "--clear-groups", "--no-new-privs", "--inh-caps=-all")
        wait_until(lambda: "imcaxy-codec reads" in server.log(), "imcaxy-codec has started")
        source = self.origin.put("/a.png", png(64, 64))
        answer = server.get(image_target("convert", source, type="jxl"))
        self.assertServed(answer, "miss")
        self.assertEqual("image/jxl", answer.headers["Content-Type"])
        self.end(server)

    def test_its_fields(self):
        deb = str(package("imcaxy_*.deb"))
        depends = output("dpkg-deb", "-f", deb, "Depends")
        for name in ("libc6", "libcurl4", "libgit2-1.5", "adduser", "ca-certificates"):
            self.assertRegex(depends, rf"\b{name}\b")
        self.assertNotIn("libvips", depends)
        self.assertIn("libvips42", output("dpkg-deb", "-f", deb, "Recommends"))
        names = output("dpkg-deb", "-c", deb)
        for name in ("usr/share/man/man1/imcaxy.1.gz", "usr/share/bash-completion/completions/imcaxy",
                     "usr/share/zsh/vendor-completions/_imcaxy", "usr/share/fish/vendor_completions.d/imcaxy.fish",
                     "usr/share/doc/imcaxy/copyright", "usr/share/doc/imcaxy/licences/libvips.md"):
            self.assertIn(f"./{name}\n", names)
        self.assertEqual({"root/root"}, {line.split()[1] for line in names.splitlines()})


class Unit(unittest.TestCase):
    UNIT = ROOT / "deploy/systemd/imcaxy.service"

    def test_systemd_has_nothing_to_say(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("there is no systemd-analyze")
        with tempfile.TemporaryDirectory() as folder:
            # It looks whether the program is there.
            unit = pathlib.Path(folder, "imcaxy.service")
            unit.write_text(self.UNIT.read_text().replace("/usr/bin/imcaxy", play.binary()).replace("=man:imcaxy(1)", "=https://example.com/"))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            own = [line for line in done.stderr.splitlines() if "imcaxy" in line]
            self.assertEqual([], own)
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_its_settings_are_known(self):
        file = ROOT / "deploy/systemd/imcaxy.toml"
        text = re.sub(r"^# (?=\w+ = )", "", file.read_text(), flags=re.MULTILINE)
        with tempfile.TemporaryDirectory() as folder:
            everything = pathlib.Path(folder, "imcaxy.toml")
            everything.write_text(text)
            status, out, err = play.run("config", "--check", "--config", str(everything))
            self.assertEqual((0, "", ""), (status, out, err))


class Npm(unittest.TestCase):
    """In an empty folder, with React beside it."""

    def test_it_is_imported_and_has_types(self):
        modules = ROOT / "packages/react/node_modules"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "package.json").write_text('{"name": "site", "private": true, "type": "module"}')
            output("npm", "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--silent",
                   str(package("imcaxy-react-*.tgz")), cwd=folder)
            for name in ("react", "react-dom", "@types"):
                (path / "node_modules" / name).symlink_to(modules / name)
            (path / "page.tsx").write_text(
                'import { Image } from "@imcaxy/react";\n'
                'import * as server from "@imcaxy/react/server";\nimport * as sign from "@imcaxy/react/sign";\n'
                'import * as network from "@imcaxy/react/network";\nexport const all = [server, sign, network];\n'
                'export const page = <Image src="/cat.jpg" alt="A cat" width={800} height={500} />;\n'
                '// @ts-expect-error: a picture needs its text\nexport const wrong = <Image src="/cat.jpg" width={800} height={500} />;\n')
            for resolution in (("--module", "nodenext"), ("--module", "esnext", "--moduleResolution", "bundler")):
                output(str(modules / ".bin/tsc"), "--noEmit", "--strict", "--jsx", "react-jsx", "--target", "es2022", *resolution,
                       "page.tsx", cwd=folder)
            html = output("node", "--input-type=module", "-e",
                          'import { createElement } from "react"; import { renderToStaticMarkup } from "react-dom/server";'
                          'import { createImage } from "@imcaxy/react/server";'
                          'import * as browser from "@imcaxy/react";'
                          'for (const part of ["server", "sign", "network"]) await import(`@imcaxy/react/${part}`);'
                          'if (!browser.Image) throw Error("no Image");'
                          'console.log(renderToStaticMarkup(createElement(createImage({ server: "https://img.example.com" }),'
                          '{ src: "https://example.com/cat.jpg", alt: "A cat", width: 800, height: 500 })))', cwd=folder)
            self.assertIn("<img", html)
            self.assertIn("/imaginary/", html)
            self.assertIn("LICENSE", os.listdir(path / "node_modules/@imcaxy/react"))
            manifest = json.loads((path / "node_modules/@imcaxy/react/package.json").read_text())
            self.assertEqual(package("imcaxy-react-*.tgz").name, f"imcaxy-react-{manifest['version']}.tgz")


class Release(unittest.TestCase):
    def test_sums(self):
        lines = (PACKAGES / "SHA256SUMS").read_text().splitlines()
        self.assertEqual(3, len(lines))
        for line in lines:
            digest, name = line.split()
            self.assertEqual(hashlib.sha256((PACKAGES / name).read_bytes()).hexdigest(), digest)

    def test_documents_name_what_there_is(self):
        named = set(re.findall(r"imcaxy-linux-\w+\.tar\.gz", (ROOT / "docs/ci-invalidation.md").read_text()))
        self.assertLessEqual({name for name in named if "x64" in name}, {"imcaxy-linux-x64.tar.gz"})
        self.assertTrue(named)
