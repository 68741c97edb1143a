"""A checkpoint as text: small enough for a printed code, and readable by tools that are not ours.

Source: C2SP tlog-checkpoint and signed-note (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note). Its key
ids are SHA-256 whatever the deployment's profile. Our extension lines are `prev` (hash of the checkpoint before),
`erasures` (hash of the erasure ledger) and `time`.
"""

import binascii
import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from mengya_health.crypto.log_key import LogKey
from mengya_health.crypto.signatures import verify_signature
from mengya_health.errors import Invalid
from mengya_health.history.canonical import time_text

_ED25519 = b"\x01"
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_SIGNATURE = "\u2014 "  # an em dash and a space open a signature line


class NotOurs(Invalid):
    """A text that is no checkpoint of this installation."""

    zh = "这不是本系统的检查点：格式不对，或签名不符。"
    en = "This is no checkpoint of this installation: its form is wrong, or its signature."


@dataclass(frozen=True)
class Note:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes
    previous: bytes  # hash of the checkpoint before this one; zeros in the first
    erasures: bytes
    at: datetime


def origin_of(deployment_id: UUID) -> str:
    """Return the name under which this installation signs."""
    return f"mengya_health/{deployment_id}"


def signed(note: Note, key: LogKey) -> bytes:
    """Return the text of a checkpoint with its signature."""
    text = "\n".join(
        (
            note.origin,
            str(note.size),
            b64encode(note.root).decode(),
            f"prev {b64encode(note.previous).decode()}",
            f"erasures {b64encode(note.erasures).decode()}",
            f"time {time_text(note.at)}",
            "",
        )
    )
    signature = _key_id(note.origin, key.public) + key.sign(text.encode())
    return f"{text}\n{_SIGNATURE}{note.origin} {b64encode(signature).decode()}\n".encode()


def read_signed(stored: bytes, *, origin: str, public_key: bytes) -> Note:
    """Return what a checkpoint says; raises NotOurs unless it is whole, of this origin, and signed with this key."""
    try:
        text, signature_line = stored.decode().split("\n\n")
        note = _read(text)
        name, encoded = signature_line.removeprefix(_SIGNATURE).removesuffix("\n").split(" ")
        key_id_and_signature = b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotOurs from error
    is_own = note.origin == name == origin and key_id_and_signature[:4] == _key_id(origin, public_key)
    # The signature covers everything up to the empty line, with its line end.
    if not is_own or not verify_signature(public_key, f"{text}\n".encode(), key_id_and_signature[4:]):
        raise NotOurs
    return note


def read_printed(stored: bytes, *, origin: str) -> Note:
    """Return what the code on one of our papers says: origin, size and root. Raises NotOurs.

    Nothing signs it but the paper it stands on, which nobody changes.
    """
    try:
        name, size, root = stored.decode().split()
        note = Note(name, int(size), b64decode(root, validate=True), b"", b"", _NO_TIME)
    except (ValueError, binascii.Error) as error:
        raise NotOurs from error
    if name != origin:
        raise NotOurs
    return note


def printed(signed_note: bytes) -> str:
    """Return what a paper shows of a checkpoint: its first three lines."""
    return "".join(signed_note.decode().splitlines(keepends=True)[:3])


def _read(text: str) -> Note:
    origin, size, root, *extensions = text.split("\n")
    named = dict(line.split(" ", 1) for line in extensions)
    if set(named) != {"prev", "erasures", "time"} or len(extensions) != 3 or size != str(int(size)):
        raise ValueError(text)
    decoded = [b64decode(value, validate=True) for value in (root, named["prev"], named["erasures"])]
    return Note(origin, int(size), *decoded, datetime.fromisoformat(named["time"]))


def _key_id(name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + _ED25519 + public_key).digest()[:4]
