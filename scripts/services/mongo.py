"""mongo.py <port> ping | add-user: what start.sh has to say to the MongoDB-compatible server. The password is in IMCAXY_PASSWORD, and
in IMCAXY_CA the certificate to believe where it speaks TLS, else nothing."""
import os
import sys

import pymongo

tls = {"tls": True, "tlsCAFile": os.environ["IMCAXY_CA"]} if os.environ["IMCAXY_CA"] else {}
client = pymongo.MongoClient("127.0.0.1", int(sys.argv[1]), serverSelectionTimeoutMS=2000, **tls)
if sys.argv[2] == "ping":
    client.admin.command("hello")
else:
    roles = [{"role": "readWrite", "db": "imcaxy"}, {"role": "readWriteAnyDatabase", "db": "admin"}]
    client.admin.command("createUser", "imcaxy", pwd=os.environ["IMCAXY_PASSWORD"], roles=roles)
