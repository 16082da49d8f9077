"""`imcaxy health`: what containers and units probe the server with."""
import signal
import subprocess
import unittest

from play import Play, free_port, run


class Health(Play):
    def test_ready(self):
        server = self.serve(path_prefix="/api")
        self.assertEqual((0, "ready\n", ""), run("health", port=server.port, path_prefix="/api"))
        self.assertEqual(0, run("health", "--port", str(server.port), path_prefix="/api", bind="0.0.0.0")[0])
        self.assertEqual(1, run("health", port=server.port)[0], "without the prefix it is another server")

    def test_tls(self):
        server = self.serve()
        folder = server.home
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=img.example.com", "-keyout", folder + "/key", "-out", folder + "/cert"],
                       check=True, capture_output=True)
        files = {"tls_cert": folder + "/cert", "tls_key": folder + "/key"}
        secure = self.serve(**files)
        self.assertEqual((0, "ready\n", ""), run("health", port=secure.port, **files))

    def test_not_ready(self):
        status, _, err = run("health", port=free_port())
        self.assertEqual(1, status)
        self.assertIn("/ready: ", err)
        server = self.serve()
        server.signal(signal.SIGSTOP)
        self.addCleanup(server.signal, signal.SIGCONT)
        self.assertEqual(1, run("health", "--timeout", "1", port=server.port)[0])
        self.assertEqual(2, run("health", "--timeout", "0", port=server.port)[0])


if __name__ == "__main__":
    unittest.main()
