"""Large pictures cost little memory, and it goes back after a burst."""
import concurrent.futures
import unittest

from play import Play, binary, png, wait_until

MEBIBYTE = 1 << 20


def is_sanitized():
    """A sanitizer keeps a memory of its own beside the program's."""
    with open(binary(), "rb") as file:
        program = file.read()
    return b"__asan_init" in program or b"__tsan_init" in program


@unittest.skipIf(is_sanitized(), "a sanitizer's build takes other memory")
class Memory(Play):
    def large_jpeg(self):
        """48 megapixels."""
        server = self.serve()
        answer = server.ask("/imaginary/enlarge?width=8000&height=6000&type=jpeg&quality=90", "POST",
                            {"Content-Type": "image/png"}, png(400, 300))
        self.assertStatus(answer, 200)
        server.stop()
        return answer.body

    def test_48_megapixels_and_a_burst(self):
        jpeg = self.large_jpeg()
        urls = [self.origin.put(f"/{i}.jpg", jpeg, "image/jpeg") for i in range(3)]
        server = self.serve(memory_cache_mb=0, mezzanine=False)
        idle = server.resident_bytes()
        for kind in ("jpeg", "png", "webp"):
            self.assertStatus(server.image("resize", urls[0], width=800, type=kind), 200)
        self.assertLess(server.peak_bytes() - idle, 40 * MEBIBYTE)

        requests = [(url, width, kind) for url in urls for width in range(300, 420, 10) for kind in ("jpeg", "webp")]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda r: server.image("resize", r[0], width=r[1], type=r[2]), requests)
            self.assertEqual({200}, {answer.status for answer in answers})
        wait_until(lambda: server.resident_bytes() - idle < 20 * MEBIBYTE, "it is back to 20 MiB above idle", 20)


if __name__ == "__main__":
    unittest.main()
