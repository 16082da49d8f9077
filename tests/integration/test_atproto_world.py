"""The AT Protocol servers that other plays use are real: what they answer, and what each command changes.

The program under test takes no part in it.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from atproto_world import World, blob_url, get
from play import PATIENCE, png, wait_until

SHARED, OWN = png(40, 30, seed="shared"), png(20, 10, seed="own")
PICTURES = {"shared.png": SHARED, "alice0/own.png": OWN, "alice0/lie.png": b"no picture"}
NOBODYS_CID = "bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
BLOB_NOT_FOUND = ("InvalidRequest", "Blob not found")


class WorldPlay(unittest.TestCase):
    """The plays of a class share a world; what one of them changes for good belongs to an account or server of its own."""
    servers = 1

    @classmethod
    def setUpClass(cls):
        cls.world = World(PICTURES, cls.servers)
        cls.addClassCleanup(cls.world.close)

    def blob(self, account, file="shared.png", pds=None):
        return get(blob_url(pds or account.pds, account.did, account.cid(file)))

    def assertBlob(self, answer, body, content_type="image/png"):
        self.assertEqual((200, content_type, body), (answer.status, answer.headers["Content-Type"], answer.body), answer)

    def assertRefused(self, answer, error, message):
        self.assertEqual((400, "application/json; charset=utf-8"), (answer.status, answer.headers["Content-Type"]), answer)
        self.assertEqual({"error": error, "message": message}, json.loads(answer.body))

    def document(self, account):
        """As a resolver asks for it."""
        web = re.fullmatch("did:web:localhost%3A([0-9]+)", account.did)
        return get(f"http://localhost:{web[1]}/.well-known/did.json" if web else f"{self.world.plc}/{account.did}")

    def assertLivesOn(self, account, pds):
        answer = self.document(account)
        self.assertEqual(200, answer.status, answer)
        document = json.loads(answer.body)
        self.assertEqual(account.did, document["id"])
        self.assertIn({"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}, document["service"])


class Answers(WorldPlay):
    servers = 2

    def test_accounts_of_every_server_and_one_did_web(self):
        first, second = self.world.servers
        self.assertEqual({"alice0.test": first, "bob0.test": first, "alice1.test": second, "bob1.test": second, "carol.test": first},
                         {account.handle: account.pds for account in self.world.accounts})
        for account in self.world.accounts:
            web = account.handle == "carol.test"
            self.assertRegex(account.did, "^did:web:localhost%3A[0-9]+$" if web else "^did:plc:[a-z2-7]{24}$")
            self.assertLivesOn(account, account.pds)

    def test_pictures_of_everybody_and_of_one(self):
        for account in self.world.accounts:
            self.assertBlob(self.blob(account), SHARED)
        shared = {"file": "shared.png", "cid": self.world.account("bob1").cid("shared.png"), "mimeType": "image/png"}
        self.assertEqual([{**shared, "size": len(SHARED)}], self.world.account("bob1").blobs)
        alice, bob = self.world.account("alice0"), self.world.account("bob0")
        self.assertBlob(self.blob(alice, "own.png"), OWN)
        self.assertRefused(get(blob_url(bob.pds, bob.did, alice.cid("own.png"))), *BLOB_NOT_FOUND)

    def test_unknown_bytes_have_the_type_that_the_uploader_says(self):
        self.assertBlob(self.blob(self.world.account("alice0"), "lie.png"), b"no picture")

    def test_blob_that_nobody_has(self):
        alice = self.world.account("alice0")
        self.assertRefused(get(blob_url(alice.pds, alice.did, NOBODYS_CID)), *BLOB_NOT_FOUND)

    def test_account_of_another_server(self):
        alice = self.world.account("alice0")
        self.assertRefused(self.blob(alice, pds=self.world.servers[1]), "RepoNotFound",
                           f"Could not find repo for DID: {alice.did}")

    def test_malformed_request(self):
        alice = self.world.account("alice0")
        expected = "InvalidRequest", 'Invalid com.atproto.sync.getBlob params: Invalid CID string (got "nonsense")'
        self.assertRefused(get(blob_url(alice.pds, alice.did, "nonsense")), *expected)

    def test_unregistered_did(self):
        did = "did:plc:" + 24 * "a"
        answer = get(f"{self.world.plc}/{did}")
        self.assertEqual((404, {"message": f"DID not registered: {did}"}), (answer.status, json.loads(answer.body)))

    def test_commands_that_make_no_sense_change_nothing(self):
        alice = self.world.account("alice0")
        for words, reason in ((["explode"], "unknown command explode: known are takedown, "),
                              (["remove", alice.did], "usage: remove DID CID"),
                              (["takedown", "did:plc:nobody"], "no account has the DID did:plc:nobody"),
                              (["stop", "7"], "there is no server 7"),
                              (["move", alice.did, "0"], f"alice0.test is on {alice.pds} already")):
            with self.assertRaisesRegex(AssertionError, f"{' '.join(words)}: error {re.escape(reason)}"):
                self.world.tell(*words)
        self.assertBlob(self.blob(alice), SHARED)


class Commands(WorldPlay):
    servers = 3

    def check_hidden(self, account, hide, show, error, message):
        self.world.tell(hide, account.did)
        self.assertRefused(self.blob(account), error, message)
        self.assertLivesOn(account, account.pds)
        self.world.tell(show, account.did)
        self.assertBlob(self.blob(account), SHARED)

    def test_account_is_taken_down_and_restored(self):
        account = self.world.account("alice0")
        self.check_hidden(account, "takedown", "restore", "RepoTakendown", f"Repo has been takendown: {account.did}")

    def test_account_is_deactivated_and_activated(self):
        for name in ("alice0", "carol"):
            account = self.world.account(name)
            self.check_hidden(account, "deactivate", "activate", "RepoDeactivated", f"Repo has been deactivated: {account.did}")

    def test_blob_is_taken_down_and_restored(self):
        alice = self.world.account("alice0")
        self.world.tell("takedown", alice.did, alice.cid("own.png"))
        self.assertRefused(self.blob(alice, "own.png"), *BLOB_NOT_FOUND)
        self.assertBlob(self.blob(alice), SHARED)
        self.world.tell("restore", alice.did, alice.cid("own.png"))
        self.assertBlob(self.blob(alice, "own.png"), OWN)

    def test_blob_is_removed(self):
        alice = self.world.account("alice0")
        self.world.tell("remove", alice.did, alice.cid("lie.png"))
        self.assertRefused(self.blob(alice, "lie.png"), *BLOB_NOT_FOUND)
        self.assertBlob(self.blob(alice), SHARED)

    def test_account_is_deleted(self):
        bob = self.world.account("bob0")
        self.world.tell("delete", bob.did)
        self.assertRefused(self.blob(bob), "RepoNotFound", f"Could not find repo for DID: {bob.did}")
        self.assertLivesOn(bob, bob.pds)

    def check_moves(self, account, here, there):
        """To another server and back, with its blobs."""
        for number, left in ((there, here), (here, there)):
            self.world.tell("move", account.did, number)
            self.assertLivesOn(account, self.world.servers[number])
            self.assertBlob(self.blob(account, pds=self.world.servers[number]), SHARED)
            self.assertRefused(self.blob(account, pds=self.world.servers[left]), "RepoDeactivated",
                               f"Repo has been deactivated: {account.did}")

    def test_account_moves(self):
        self.check_moves(self.world.account("alice1"), here=1, there=0)

    def test_did_web_moves(self):
        self.check_moves(self.world.account("carol"), here=0, there=1)

    def test_moved_account_obeys_at_its_new_server(self):
        bob, (_, left, pds) = self.world.account("bob1"), self.world.servers
        self.world.tell("move", bob.did, 2)
        self.world.tell("takedown", bob.did)
        self.assertRefused(self.blob(bob, pds=pds), "RepoTakendown", f"Repo has been takendown: {bob.did}")
        self.world.tell("restore", bob.did)
        self.assertBlob(self.blob(bob, pds=pds), SHARED)
        self.world.tell("remove", bob.did, bob.cid("shared.png"))
        self.assertRefused(self.blob(bob, pds=pds), *BLOB_NOT_FOUND)

    def test_identity_ends(self):
        alice = self.world.account("alice2")
        self.world.tell("tombstone", alice.did)
        answer = self.document(alice)
        self.assertEqual((404, {"message": f"DID not available: {alice.did}"}), (answer.status, json.loads(answer.body)))
        self.assertBlob(self.blob(alice), SHARED)

    def check_stops(self, name, url):
        self.world.tell("stop", name)
        with self.assertRaises(ConnectionRefusedError):
            get(url)
        self.world.tell("start", name)
        self.assertEqual(200, get(url).status)

    def test_servers_stop_and_start(self):
        alice, bob = self.world.account("alice0"), self.world.account("bob2")
        self.check_stops(2, blob_url(bob.pds, bob.did, bob.cid("shared.png")))
        self.check_stops("plc", f"{self.world.plc}/{alice.did}")
        self.check_stops("web", f"http://localhost:{self.world.account('carol').did.split('%3A')[1]}/.well-known/did.json")

    def test_all_hang_and_wake(self):
        alice = self.world.account("alice0")
        self.world.hang()
        self.addCleanup(self.world.wake)
        for url in (blob_url(alice.pds, alice.did, alice.cid("shared.png")), f"{self.world.plc}/{alice.did}"):
            with self.assertRaises(TimeoutError):
                get(url, patience=0.2)
        self.world.wake()
        self.assertBlob(self.blob(alice), SHARED)


class Ending(unittest.TestCase):
    def check_ends(self, end):
        with World(PICTURES) as world:
            self.assertEqual(1, len(os.listdir(world.state)), "all that is stored lies in one folder")
            self.assertEqual(0, end(world))
            self.assertEqual([], os.listdir(world.state))
            with self.assertRaises(ConnectionRefusedError):
                get(world.plc)

    def test_end_of_input(self):
        self.check_ends(World.stop)

    def test_sigterm(self):
        def terminate(world):
            world.process.terminate()
            return world.process.wait(PATIENCE)
        self.check_ends(terminate)

    def test_dies_with_its_parent_even_while_it_hangs(self):
        parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
        self.addCleanup(parent.stdout.close)
        home, state, plc = parent.stdout.readline().split()
        self.addCleanup(shutil.rmtree, home)
        self.assertNotEqual([], os.listdir(state))
        parent.kill()
        parent.wait()
        wait_until(lambda: not os.listdir(state), "the servers remove what they stored")
        with self.assertRaises(ConnectionRefusedError):
            get(plc)


PARENT = f"""
from atproto_world import World
world = World({PICTURES!r})
world.hang()
print(world.home, world.state, world.plc, flush=True)
world.process.wait()
"""
