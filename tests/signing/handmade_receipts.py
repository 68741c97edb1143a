"""Receipts made by hand, byte by byte, from the published formats alone: nothing of the program is used."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CHILD, SIGNER, RECORD = (f"018f0000-0000-7000-8000-{number:012d}" for number in (2, 170, 1))
DEPLOYMENT, SIGNATURE = (f"018f0000-0000-7000-8000-{number:012d}" for number in (9, 7))
AT, TAKEN_BACK_AT = "2026-11-23T01:00:00.000Z", "2026-11-23T04:00:00.000Z"
ORIGIN, HOST = "https://mengya.example.invalid", "mengya.example.invalid"
LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PIN_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
SECOND_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
DIGESTS = {"sha256": hashes.SHA256, "sm3": hashes.SM3}


def raw(key) -> bytes:
    return key.public_key().public_bytes_raw()


LOG_KEY = raw(LOG).hex()


def canonical(value) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def a_receipt(
    level: str = "L1",
    *,
    algorithm: str = "ES256",
    hash: str = "sha256",
    withdrawn: bool = False,
    second=SECOND_KEY,
    **told_instead,
) -> dict:
    """Return a receipt that holds, in a tree of eleven leaves; `told_instead` is what the log says else."""
    digest = _digest(hash)
    said = {
        "v": 1, "purpose": "sign", "deployment": DEPLOYMENT, "child": CHILD, "rec": RECORD, "rec_type": "care_plan",
        "rec_ver": 3, "commit": "ab" * 32, "attachments": [{"id": SIGNATURE, "commit": "cd" * 32}],
        "shown": {"template": "pages/parent/sign", "template_ver": "1", "locale": "zh", "render_digest": "ef" * 32},
        "decision": "agree", "comment_commit": "", "signer": SIGNER, "capacity": "guardian", "basis_id": RECORD,
        "consent_ver": "2026.11-1", "agreement_ver": "2026.11-1", "chain_head": "12" * 32, "level": level, "at": AT,
        "nonce": "34" * 16,
    }  # fmt: skip
    statement = canonical(said).encode()
    proof = _PROOFS[level](statement, digest, algorithm)
    if level == "paper":
        proof |= {"second_public_key": raw(second).hex(), "second_signature": second.sign(statement).hex()}
    signed = statement + bytes.fromhex(proof["signature"]) + bytes.fromhex(proof.get("second_signature", ""))
    told = [("confirm" if level == "paper" else "sign", AT, digest(signed))]
    if withdrawn:
        told.append(("withdraw", TAKEN_BACK_AT, digest(b"txda/withdraw/1\0" + signed + TAKEN_BACK_AT.encode())))
        proof["withdrawn_at"] = TAKEN_BACK_AT
    events = [_event(place, *each, told_instead) for place, each in enumerate(told, start=5)]
    receipt = {"form": "txda/receipt/1", "hash": hash, "statement": statement.decode(), "events": events} | proof
    return receipt | _history(events, digest)


def texts_inside(receipt: dict) -> Iterator[tuple[str, ...]]:
    """Yield the way to each text of a receipt that is JSON itself."""
    yield ("statement",)
    yield from (("events", place, "event") for place in range(len(receipt["events"])))


def _digest(hash: str) -> Callable[[bytes], bytes]:
    def digest(content: bytes) -> bytes:
        hashed = hashes.Hash(DIGESTS[hash]())
        hashed.update(content)
        return hashed.finalize()

    return digest


def _by_pin(statement: bytes, _digest, _algorithm) -> dict:
    return {"public_key": raw(PIN_KEY).hex(), "signature": PIN_KEY.sign(statement).hex()}


def _by_passkey(statement: bytes, digest, algorithm: str) -> dict:
    challenge = base64.urlsafe_b64encode(digest(b"txda/sign/1\0" + statement)).rstrip(b"=").decode()
    client = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": ORIGIN}).encode()
    data = hashlib.sha256(HOST.encode()).digest() + b"\x05" + bytes(4)
    key, sign = _DEVICES[algorithm]()
    return {
        "public_key": key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex(),
        "signature": sign(data + hashlib.sha256(client).digest()).hex(),
        "webauthn": {"authenticator_data": data.hex(), "client_data": client.decode()},
    }


def _es256():
    key = ec.generate_private_key(ec.SECP256R1())
    return key, lambda message: key.sign(message, ec.ECDSA(hashes.SHA256()))


def _rs256():
    key = rsa.generate_private_key(65537, 2048)
    return key, lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256())


_DEVICES = {"ES256": _es256, "RS256": _rs256, "EdDSA": lambda: (PIN_KEY, PIN_KEY.sign)}
_PROOFS = {"L1": _by_pin, "L2": _by_passkey, "paper": _by_pin}


def _event(place: int, op: str, at: str, commit: bytes, told_instead: dict) -> dict:
    told = {
        "v": 1, "actor": SIGNER, "at": at, "child": CHILD, "child_seq": place, "rec": SIGNATURE,
        "rec_type": "signature", "rec_ver": place - 4, "op": op, "commit": commit.hex(),
    }  # fmt: skip
    return {"event": canonical(told | told_instead), "prev": bytes([place] * 32).hex()}


def _history(events: list[dict], digest) -> dict:
    """Put the events among others into a tree, with the way to each; sign a checkpoint over it."""
    contents = [bytes([number] * 32) for number in range(11)]
    for place, each in zip((6, 10), events, strict=False):
        contents[place] = digest(b"txda/event/1\0" + bytes.fromhex(each["prev"]) + each["event"].encode())
        each["leaf_index"] = place
    leaves = [digest(b"\0" + content) for content in contents]
    for each in events:
        each["path"] = [step.hex() for step in _path(each["leaf_index"], leaves, digest)]
    return {"checkpoint": _note(len(leaves), _root(leaves, digest)), "log_key": LOG_KEY}


def _split(leaves: list[bytes]) -> int:
    """Return the largest power of two smaller than the number of leaves. Source: RFC 6962 §2.1."""
    return 1 << (len(leaves) - 1).bit_length() - 1


def _root(leaves: list[bytes], digest) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(leaves)
    return digest(b"\1" + _root(leaves[:middle], digest) + _root(leaves[middle:], digest))


def _path(place: int, leaves: list[bytes], digest) -> list[bytes]:
    """Return the audit path. Source: RFC 6962 §2.1.1."""
    if len(leaves) == 1:
        return []
    middle = _split(leaves)
    if place < middle:
        return [*_path(place, leaves[:middle], digest), _root(leaves[middle:], digest)]
    return [*_path(place - middle, leaves[middle:], digest), _root(leaves[:middle], digest)]


def _note(size: int, root: bytes) -> str:
    """Return a signed checkpoint. Source: C2SP tlog-checkpoint, signed-note."""
    origin, zeros = f"mengya_health/{DEPLOYMENT}", base64.b64encode(bytes(32)).decode()
    lines = [origin, str(size), base64.b64encode(root).decode(), f"prev {zeros}", f"erasures {zeros}", f"time {AT}"]
    text = "\n".join(lines) + "\n"
    key_id = hashlib.sha256(f"{origin}\n".encode() + b"\1" + raw(LOG)).digest()[:4]
    signature = base64.b64encode(key_id + LOG.sign(text.encode())).decode()
    return f"{text}\n\u2014 {origin} {signature}\n"
