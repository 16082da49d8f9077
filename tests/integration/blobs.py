"""A programmable PLC directory and Personal Data Server in one, for what real ones do not do."""
import base64
import hashlib
import json
import urllib.parse

ALICE, BOB = "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:plc:z72i7hdynmk6r22z27h6tvur"


def cid_of(blob):
    """The CID that AT Protocol gives these bytes."""
    raw = b"\x01\x55\x12\x20" + hashlib.sha256(blob).digest()
    return "b" + base64.b32encode(raw).decode().rstrip("=").lower()


def img(preset, did, cid):
    return f"/img/{preset}/plain/{did}/{cid}"


def blob_path(did, cid):
    return "/xrpc/com.atproto.sync.getBlob?" + urllib.parse.urlencode({"did": did, "cid": cid})


def register(origin, did, pds=None):
    """From now on the account is on this server."""
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds or origin.url("")}
    return origin.put("/" + did, json.dumps({"id": did, "service": [service]}).encode(), "application/did+ld+json")


def put_blob(origin, did, blob, content_type="image/png"):
    """The account has this blob; its CID."""
    cid = cid_of(blob)
    origin.put(blob_path(did, cid), blob, content_type)
    return cid
