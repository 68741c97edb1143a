"""TX1, the envelope around everything that is stored sealed.

    magic "TX" · version 0x01 · suite · key id (16) · salt (32) · key commitment (32) · ciphertext and tag

Each envelope has a key of its own, derived from the data key and a fresh salt, so the nonce may be constant. Plain GCM
does not commit to its key: one ciphertext can be made that opens under two. The commitment, checked before anything is
decrypted, rules that out.
"""

import hmac
import json
import os
import struct
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag

from mengya_health.crypto.suites import SUITES, TAG_BYTES, Suite
from mengya_health.errors import IntegrityError, Invalid

_START = b"TX\x01"
_INFO = b"txda/rec/1"
_KEY_ID = slice(4, 20)
_HEADER_BYTES = 52
_CIPHERTEXT_AT = 84
_SALT_BYTES = _COMMITMENT_BYTES = 32
_NONCE = bytes(12)
_SMALL_SIZES = (64, 128, 256, 512, 1024)
_PLACE_TAIL = struct.Struct(">I16sI16sIQII")


class Key:
    """32 secret bytes with an id. They show in no text and no pickle; only the functions of this package use them."""

    __slots__ = ("_secret", "id", "id_bytes")

    def __init__(self, id: UUID, secret: bytes) -> None:
        self.id, self.id_bytes, self._secret = id, id.bytes, secret

    def __repr__(self) -> str:
        return f"<Key {self.id}>"

    def __reduce_ex__(self, protocol: int):
        raise TypeError("a key is never pickled or copied")

    def subkey(self, info: str, suite: Suite) -> "Key":
        """Return the key derived from this one for the purpose `info` names."""
        return Key(self.id, suite.expand(self._secret, info.encode(), 32))

    def mac(self, message: bytes, suite: Suite) -> bytes:
        """Return the 32-byte HMAC of a message."""
        return suite.mac(self._secret, message)


class Place(NamedTuple):
    """Where an envelope lives. An envelope moved anywhere else does not open."""

    table: str
    column: str
    row_id: UUID
    child_id: UUID  # a user's id where no child is meant
    content_version: int = 1
    schema_version: int = 1


def new_key(id: UUID) -> Key:
    """Return a fresh random key."""
    return Key(id, os.urandom(32))


def seal(key: Key, place: Place, plaintext: bytes, suite: Suite) -> bytes:
    """Return the envelope of `plaintext` for `place`: 100 bytes longer, different each time."""
    header = _START + bytes((suite.id,)) + key.id_bytes + os.urandom(_SALT_BYTES)
    aead, commitment = record_key(key, header, suite)
    return header + commitment + aead.encrypt(_NONCE, plaintext, associated_bytes(header, commitment, place))


def open_sealed(key: Key, place: Place, sealed: bytes | None) -> bytes:
    """Return the plaintext of an envelope; raises IntegrityError for anything that is not exactly ours."""
    suite = SUITES.get(sealed[3]) if _is_envelope(sealed) else None
    if suite is None or sealed[_KEY_ID] != key.id_bytes:
        raise IntegrityError
    header, claimed = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:_CIPHERTEXT_AT]
    aead, commitment = record_key(key, header, suite)
    if not hmac.compare_digest(commitment, claimed):
        raise IntegrityError
    try:
        return aead.decrypt(_NONCE, sealed[_CIPHERTEXT_AT:], associated_bytes(header, commitment, place))
    except InvalidTag:
        raise IntegrityError from None


def key_id_of(sealed: bytes | None) -> bytes:
    """Return the 16-byte id of the key an envelope names; raises IntegrityError when it is none of ours."""
    if not _is_envelope(sealed):
        raise IntegrityError
    return sealed[_KEY_ID]


def wrap_key(wrapping: Key, place: Place, key: Key, suite: Suite) -> bytes:
    """Return the envelope of a key under another key."""
    return seal(wrapping, place, key._secret, suite)


def unwrap_key(wrapping: Key, place: Place, id: UUID, sealed: bytes) -> Key:
    """Return the key from its envelope; raises IntegrityError."""
    return Key(id, open_sealed(wrapping, place, sealed))


def seal_json(key: Key, place: Place, content: Any, suite: Suite) -> bytes:
    """Return the envelope of a JSON value (finite numbers, NFC text); raises Invalid for any other.

    The text is padded, so that its length says little. "Nothing there" is the envelope of None.
    """
    return seal(key, place, padded(plain_json(content)), suite)


def open_json(key: Key, place: Place, sealed: bytes | None) -> Any:
    """Return the JSON value of an envelope; raises IntegrityError."""
    return json.loads(open_sealed(key, place, sealed))


def plain_json(content: Any) -> bytes:
    """Return the compact UTF-8 JSON of a value with sorted keys; raises Invalid."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        encoded = text.encode()
    except ValueError as error:  # not finite, or a lone surrogate
        raise Invalid("内容里有不能保存的数字或字符。", "A number or character here cannot be stored.") from error
    if not unicodedata.is_normalized("NFC", text):
        raise Invalid("内容里有不能保存的字符（非 NFC）。", "A character here is not in the NFC form.")
    return encoded


def padded(text: bytes) -> bytes:
    """Return JSON text with spaces up to 64, 128, 256, 512, 1024 bytes, then to the next multiple of 1024."""
    size = next((size for size in _SMALL_SIZES if len(text) <= size), -(-len(text) // 1024) * 1024)
    return text.ljust(size, b" ")


def length_prefixed(*items: bytes) -> bytes:
    """Return the items, each after its length as a 32-bit big-endian number."""
    return b"".join([part for item in items for part in (len(item).to_bytes(4), item)])


def record_key(key: Key, header: bytes, suite: Suite, info: bytes = _INFO) -> tuple[Any, bytes]:
    """Return the cipher of one envelope and its commitment. The bytes of the key stay in this frame."""
    okm = suite.expand(key._secret, info + header, suite.key_bytes + _COMMITMENT_BYTES)
    return suite.aead(okm[: suite.key_bytes]), okm[suite.key_bytes :]


def associated_bytes(header: bytes, commitment: bytes, place: Place) -> bytes:
    """Return what an envelope is bound to besides its content: its own start, and where it lives."""
    tail = _PLACE_TAIL.pack(
        16, place.row_id.bytes, 16, place.child_id.bytes, 8, place.content_version, 4, place.schema_version
    )
    return b"".join((header, commitment, _place_start(place.table, place.column), tail))


def _is_envelope(sealed: object) -> bool:
    return isinstance(sealed, bytes) and sealed.startswith(_START) and len(sealed) >= _CIPHERTEXT_AT + TAG_BYTES


@lru_cache(maxsize=256)
def _place_start(table: str, column: str) -> bytes:
    return length_prefixed(b"txda/aad/1", table.encode(), column.encode())
