"""A device with passkeys, made of software: makes them and answers challenges; wrongly, where it is told to."""

import base64
import json
import os
from dataclasses import dataclass, field
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mengya_health.access.actor import Actor
from mengya_health.people import passkeys
from mengya_health.people.passkey_models import Passkey

PRESENT, VERIFIED, MAY_BACK_UP, BACKED_UP, WITH_KEY = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN = "http://localhost:8000"  # the tests' settings


@dataclass
class Kept:
    """One passkey inside the device."""

    id: bytes
    key: ec.EllipticCurvePrivateKey
    host: str
    user: bytes
    count: int


@dataclass
class Device:
    """Answers as the browser's script would send it. `counts` is False for a device that syncs: its counter stays 0."""

    origin: str = ORIGIN
    counts: bool = True
    passkeys: dict[bytes, Kept] = field(default_factory=dict)

    def create(self, options: dict, **wrong) -> str:
        """Make a passkey for `navigator.credentials.create`. `wrong` may set origin, host, flags."""
        key, made = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        kept = Kept(made, key, options["rp"]["id"], bytes_of(options["user"]["id"]), 0)
        self.passkeys[made] = kept
        numbers = key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(made).to_bytes(2, "big") + made + cbor2.dumps(cose)
        data = self._data(kept, WITH_KEY, wrong) + attested
        response = {
            "clientDataJSON": text_of(self._client_data("webauthn.create", options, wrong)),
            "attestationObject": text_of(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return _answer(made, response)

    def get(self, options: dict, **wrong) -> str:
        """Answer `navigator.credentials.get`. `wrong` may set origin, host, flags, count, challenge, passkey, user."""
        allowed = [bytes_of(each["id"]) for each in options.get("allowCredentials", ())]
        kept = wrong.get("passkey") or next(
            each for each in self.passkeys.values() if not allowed or each.id in allowed
        )
        kept.count = wrong.get("count", kept.count + 1 if self.counts else 0)
        data, client_data = self._data(kept, 0, wrong), self._client_data("webauthn.get", options, wrong)
        signed = kept.key.sign(data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": text_of(client_data),
            "authenticatorData": text_of(data),
            "signature": text_of(signed),
            "userHandle": text_of(wrong.get("user", kept.user)),
        }
        return _answer(kept.id, response)

    def _data(self, kept: Kept, flags: int, wrong: dict) -> bytes:
        synced = 0 if self.counts else MAY_BACK_UP | BACKED_UP
        flags = wrong.get("flags", PRESENT | VERIFIED | synced) | flags
        host = wrong.get("host", kept.host)
        return sha256(host.encode()).digest() + bytes([flags]) + kept.count.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict, wrong: dict) -> bytes:
        challenge = wrong.get("challenge", options["challenge"])
        said = {"type": kind, "challenge": challenge, "origin": wrong.get("origin", self.origin)}
        return json.dumps(said | wrong.get("said", {})).encode()


def enrolled(work_as, actor: Actor, name: str = "我的手机", **kind) -> Device:
    """Enrol a new device as an actor who has just confirmed who they are, and return it."""
    device = Device(**kind)
    enrol_on(device, work_as, actor, name)
    return device


def enrol_on(device: Device, work_as, actor: Actor, name: str = "我的手机") -> Passkey:
    """Make a passkey on a device and store it."""
    with work_as(actor) as work:
        options = passkeys.enrolment_options(work, name="样本")
    with work_as(actor) as work:
        return passkeys.enrol(work, device.create(options), name=name)


def bytes_of(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(value: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _answer(passkey_id: bytes, response: dict) -> str:
    name = text_of(passkey_id)
    return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
