"""The cipher suites of the envelope, each a row of one registry. Nothing outside asks which suite it is."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as generic_hmac
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from mengya_health.errors import StartRefused

TAG_BYTES = 16


class SM4GCM:
    """SM4-GCM with the shape of `AESGCM`. Source: GB/T 32907—2016, RFC 8998."""

    def __init__(self, key: bytes) -> None:
        self._cipher = SM4(key)

    def encrypt(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Return the ciphertext followed by its 16-byte tag."""
        encryptor = Cipher(self._cipher, GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        ciphertext = encryptor.update(plaintext) + encryptor.finalize()
        return ciphertext + encryptor.tag

    def decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Return the plaintext; raises InvalidTag, and then nothing of it leaves this function."""
        decryptor = Cipher(self._cipher, GCM(nonce, sealed[-TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(aad)
        return decryptor.update(sealed[:-TAG_BYTES]) + decryptor.finalize()


@dataclass(frozen=True)
class Suite:
    """One choice of cipher and hash. `digest` and `mac` are those of its profile (intl: SHA-256, gm: SM3)."""

    id: int
    name: str
    key_bytes: int
    aead: Callable[[bytes], Any]
    hash: hashes.HashAlgorithm
    digest: Callable[[bytes], bytes]
    mac: Callable[[bytes, bytes], bytes]

    def expand(self, secret: bytes, info: bytes, length: int) -> bytes:
        """Return `length` bytes of HKDF-Expand (RFC 5869) from a uniformly random secret."""
        return HKDFExpand(self.hash, length, info).derive(secret)


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _hmac_sha256(secret: bytes, message: bytes) -> bytes:
    return hmac.digest(secret, message, "sha256")


# SM3 comes from `cryptography`: the interpreter's own OpenSSL may have been built without it.
def _sm3(message: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(message)
    return state.finalize()


def _hmac_sm3(secret: bytes, message: bytes) -> bytes:
    state = generic_hmac.HMAC(secret, hashes.SM3())
    state.update(message)
    return state.finalize()


# 0x02 (AES-256-GCM-SIV) is reserved: it is neither written nor read.
SUITES = {
    suite.id: suite
    for suite in (
        Suite(0x01, "AES-256-GCM/SHA-256", 32, AESGCM, hashes.SHA256(), _sha256, _hmac_sha256),
        Suite(0x11, "SM4-GCM/SM3", 16, SM4GCM, hashes.SM3(), _sm3, _hmac_sm3),
    )
}


def suite_of(suite_id: int) -> Suite:
    """Return the suite that new envelopes are written with; raises StartRefused for one we do not have."""
    if suite_id not in SUITES:
        known = "、".join(f"0x{known:02x}" for known in SUITES)
        raise StartRefused(
            f"MENGYA_SUITE 只能是 {known}，现在是 0x{suite_id:02x}。",
            f"MENGYA_SUITE must be one of {known}, not 0x{suite_id:02x}.",
        )
    return SUITES[suite_id]
