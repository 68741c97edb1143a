"""TA, the envelope of a file: the same start as TX1, then segments of 64 KiB.

    magic "TA" · version 0x01 · suite · key id (16) · salt (32) · key commitment (32)       the start, 84 bytes
    ciphertext and tag, one after the other                                                 the segments

The nonce of a segment is seven zero bytes, its index (u32) and whether it is the last (u8): the construction of
STREAM (Hoang, Reyhanitabar, Rogaway & Vizár, CRYPTO 2015). So a file cut short, put in another order or spliced from
two does not open. Each file has a key of its own, as each TX1 envelope has.
"""

import hmac
import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag

from mengya_health.crypto.envelope import Key, Place, associated_bytes, record_key
from mengya_health.crypto.suites import SUITES, TAG_BYTES, Suite
from mengya_health.errors import IntegrityError

SEGMENT_BYTES = 64 * 1024

_MAGIC = b"TA\x01"
_INFO = b"txda/att/1"
_KEY_ID = slice(4, 20)
_HEADER_BYTES, _START_BYTES = 52, 84
_SALT_BYTES = 32


def sealed(key: Key, place: Place, content: bytes, suite: Suite) -> Iterator[bytes]:
    """Yield the start of the envelope, then its segments; an empty file has one, empty."""
    header = _MAGIC + bytes((suite.id,)) + key.id_bytes + os.urandom(_SALT_BYTES)
    cipher, commitment = record_key(key, header, suite, _INFO)
    bound = associated_bytes(header, commitment, place)
    yield header + commitment
    count = max(1, -(-len(content) // SEGMENT_BYTES))
    for index in range(count):
        part = content[index * SEGMENT_BYTES : (index + 1) * SEGMENT_BYTES]
        yield cipher.encrypt(_nonce(index, is_last=index == count - 1), part, bound)


def opened(key: Key, place: Place, start: bytes | None, segments: Iterable[bytes]) -> bytes:
    """Return the whole file; raises IntegrityError for anything that is not exactly ours, and then nothing of it."""
    suite = SUITES.get(start[3]) if _is_start(start) else None
    if suite is None or start[_KEY_ID] != key.id_bytes:
        raise IntegrityError
    header, claimed = start[:_HEADER_BYTES], start[_HEADER_BYTES:]
    cipher, commitment = record_key(key, header, suite, _INFO)
    if not hmac.compare_digest(commitment, claimed):
        raise IntegrityError
    bound, sealed_ones = associated_bytes(header, commitment, place), list(segments)
    last = len(sealed_ones) - 1
    if last < 0 or any(len(each) < TAG_BYTES for each in sealed_ones):
        raise IntegrityError
    try:
        return b"".join(
            [
                cipher.decrypt(_nonce(index, is_last=index == last), each, bound)
                for index, each in enumerate(sealed_ones)
            ]
        )
    except InvalidTag:
        raise IntegrityError from None


def key_id_of(start: bytes | None) -> bytes:
    """Return the 16-byte id of the key a file's envelope names; raises IntegrityError when it is none of ours."""
    if not _is_start(start):
        raise IntegrityError
    return start[_KEY_ID]


def _is_start(start: object) -> bool:
    return isinstance(start, bytes) and start.startswith(_MAGIC) and len(start) == _START_BYTES


def _nonce(index: int, *, is_last: bool) -> bytes:
    return bytes(7) + index.to_bytes(4) + bytes((is_last,))
