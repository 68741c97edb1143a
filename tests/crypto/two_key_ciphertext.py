"""The attack that a key commitment is there for: one GCM ciphertext that opens under two keys.

With a single block C of ciphertext the tag is  C·H² + A(H) + L·H + E(nonce), everything in GF(2^128), where A(H) is the
part of the additional data. Both tags are equal for the C that solves a linear equation.
Source of the formulas: NIST SP 800-38D §6.
"""

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from mengya_health.crypto.envelope import Key, Place, associated_bytes
from mengya_health.crypto.suites import SUITES

REDUCTION = 0xE1 << 120
NONCE = bytes(12)


@dataclass(frozen=True)
class Crafted:
    """A whole envelope with the first key's commitment, and the second record key to show that GCM alone opens it."""

    sealed: bytes
    second_record_key: bytes
    aad: bytes

    def opened_by_second_without_commitment(self) -> bytes:
        return AESGCM(self.second_record_key).decrypt(NONCE, self.sealed[84:], self.aad)


def opens_under_both(first: Key, second: Key, place: Place) -> Crafted:
    """Return an envelope whose ciphertext authenticates under both keys."""
    header = b"TX\x01\x01" + first.id_bytes + os.urandom(32)
    derived = [SUITES[1].expand(key._secret, b"txda/rec/1" + header, 64) for key in (first, second)]
    record_keys, commitment = [okm[:32] for okm in derived], derived[0][32:]
    aad = associated_bytes(header, commitment, place)
    squares, rests = zip(*(_tag_parts(key, aad) for key in record_keys), strict=True)
    block = _multiply(rests[0] ^ rests[1], _inverse(squares[0] ^ squares[1]))
    tag = _multiply(block, squares[0]) ^ rests[0]
    sealed = header + commitment + block.to_bytes(16) + tag.to_bytes(16)
    return Crafted(sealed, record_keys[1], aad)


def _tag_parts(key: bytes, aad: bytes) -> tuple[int, int]:
    """Return H² and what the tag is besides C·H², for one block of ciphertext."""
    h = _encrypt(key, bytes(16))
    hashed = 0
    for start in range(0, len(aad), 16):
        hashed = _multiply(hashed ^ int.from_bytes(aad[start : start + 16].ljust(16, b"\0")), h)
    h_squared = _multiply(h, h)
    lengths = (len(aad) * 8) << 64 | 128
    rest = _multiply(hashed, h_squared) ^ _multiply(lengths, h) ^ _encrypt(key, NONCE + b"\0\0\0\1")
    return h_squared, rest


def _encrypt(key: bytes, block: bytes) -> int:
    return int.from_bytes(Cipher(AES(key), ECB()).encryptor().update(block))  # noqa: S305 the bare block cipher


def _multiply(a: int, b: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        if b >> bit & 1:
            product ^= a
        a = a >> 1 ^ (REDUCTION if a & 1 else 0)
    return product


def _inverse(a: int) -> int:
    """Return a^(2^128 - 2)."""
    result, power = 1 << 127, a
    for _ in range(127):
        power = _multiply(power, power)
        result = _multiply(result, power)
    return result
