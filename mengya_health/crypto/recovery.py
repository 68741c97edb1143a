"""Three recovery codes, of which any two open the root keys when the passphrase is lost.

The root keys are sealed under a recovery key, and that under three keys, one for each pair of codes: HKDF(A‖B),
HKDF(A‖C), HKDF(B‖C) (HKDF-Expand, RFC 5869: the codes are uniformly random). It is sealed under the newest root key,
too, so that a root key made later joins without the codes. One code alone opens nothing, and no code is stored.
"""

import hashlib
import os
from collections.abc import Mapping
from itertools import combinations
from uuid import UUID

from mengya_health.crypto.envelope import Key, Place, key_id_of, new_key, unwrap_key, wrap_key
from mengya_health.crypto.suites import SUITES, Suite
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, Invalid

ROLES = ("A", "B", "C")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U (Crockford's base 32)
_READ_AS = str.maketrans("ILO", "110")
_CODE_BYTES = 20  # 160 bits
_CODE_LETTERS, _CHECK_LETTERS, _GROUP = 32, 4, 4
_EXPAND = SUITES[0x01]  # how a pair of codes becomes a key, whatever that then seals with


def new_codes(ring: UUID, roots: list[Key], suite: Suite) -> tuple[tuple[str, ...], dict]:
    """Return three new codes as they are typed, and what the keyring stores."""
    secrets = {role: os.urandom(_CODE_BYTES) for role in ROLES}
    key = new_key(new_id())
    stored = {"id": str(key.id), "pairs": {}, "roots": []}
    for pair in combinations(ROLES, 2):
        opener = _pair_key(ring, pair, secrets)
        stored["pairs"]["".join(pair)] = wrap_key(opener, _place(ring, "pair", key.id), key, suite).hex()
    _put(stored, ring, key, roots, suite)
    return tuple(_typed(role, secret) for role, secret in secrets.items()), stored


def open_roots(stored: dict, ring: UUID, codes: list[str]) -> list[Key]:
    """Return the root keys, oldest first, by two codes; raises Invalid for codes that do not open them."""
    secrets = dict(_read(code) for code in codes)
    if len(secrets) != 2:
        raise _wrong("需要两个不同的恢复码，例如 A 和 C。", "Two different recovery codes are needed, A and C for one.")
    pair, id = tuple(sorted(secrets)), UUID(stored["id"])
    try:
        opener = _pair_key(ring, pair, secrets)
        key = unwrap_key(opener, _place(ring, "pair", id), id, bytes.fromhex(stored["pairs"]["".join(pair)]))
    except IntegrityError as error:
        raise _wrong(
            "这两个恢复码打不开密钥环。请核对是不是这个系统最近一次打印的。",
            "These two recovery codes do not open the keyring. Check that they are the ones printed last.",
        ) from error
    return [
        unwrap_key(key, _place(ring, "root", UUID(entry["id"])), UUID(entry["id"]), bytes.fromhex(entry["wrapped"]))
        for entry in stored["roots"]
    ]


def add_root(stored: dict, ring: UUID, roots: Mapping[UUID, Key], root: Key, suite: Suite) -> None:
    """Let the codes open one more root key, under which the recovery key lies from now on."""
    _put(stored, ring, _recovery_key(stored, ring, roots), [*roots.values(), root], suite)


def drop_root(stored: dict, kid: UUID) -> None:
    """Take a root key out of what the codes open."""
    stored["roots"] = [entry for entry in stored["roots"] if UUID(entry["id"]) != kid]


def reseal(stored: dict, ring: UUID, roots: Mapping[UUID, Key], suite: Suite) -> None:
    """Seal the root keys and the recovery key with another suite. The pairs stay: nobody has the codes at hand."""
    _put(stored, ring, _recovery_key(stored, ring, roots), list(roots.values()), suite)


def _put(stored: dict, ring: UUID, key: Key, roots: list[Key], suite: Suite) -> None:
    stored["wrapped"] = wrap_key(roots[-1], _place(ring, "self", key.id), key, suite).hex()
    stored["roots"] = [
        {"id": str(root.id), "wrapped": wrap_key(key, _place(ring, "root", root.id), root, suite).hex()}
        for root in roots
    ]


def _recovery_key(stored: dict, ring: UUID, roots: Mapping[UUID, Key]) -> Key:
    sealed, id = bytes.fromhex(stored["wrapped"]), UUID(stored["id"])
    return unwrap_key(roots[UUID(bytes=key_id_of(sealed))], _place(ring, "self", id), id, sealed)


def _pair_key(ring: UUID, pair: tuple[str, ...], secrets: Mapping[str, bytes]) -> Key:
    both = b"".join(secrets[role] for role in pair)
    return Key(ring, _EXPAND.expand(both, f"txda/recovery/1|{''.join(pair)}".encode() + ring.bytes, 32))


def _place(ring: UUID, kind: str, key_id: UUID) -> Place:
    return Place("keyring.recovery", kind, key_id, ring)


def _typed(role: str, secret: bytes) -> str:
    """Return a code in groups of four: role, 160 bits, 20 bits of checksum."""
    letters = _letters(int.from_bytes(secret), _CODE_LETTERS) + _checksum(role, secret)
    return "-".join([role, *(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))])


def _read(code: str) -> tuple[str, bytes]:
    """Return the role and the bits of a typed code; raises Invalid for a slip of the pen."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    role, letters = typed[:1], typed[1:].translate(_READ_AS)
    if role not in ROLES or len(letters) != _CODE_LETTERS + _CHECK_LETTERS or not set(letters) <= set(_ALPHABET):
        raise _wrong(
            "恢复码写得不完整，请照纸上重新输入。", "That is not a whole recovery code; type it again from the paper."
        )
    number = 0
    for letter in letters[:_CODE_LETTERS]:
        number = number * len(_ALPHABET) + _ALPHABET.index(letter)
    secret = number.to_bytes(_CODE_BYTES)
    if _checksum(role, secret) != letters[_CODE_LETTERS:]:
        raise _wrong(
            f"恢复码 {role} 有字输错了，请对照纸上再看一遍。", f"Recovery code {role} has a slip; compare it again."
        )
    return role, secret


def _checksum(role: str, secret: bytes) -> str:
    digest = hashlib.sha256(b"txda/code/1\0" + role.encode() + secret).digest()
    return _letters(int.from_bytes(digest[:3]) >> 4, _CHECK_LETTERS)


def _letters(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[rest] + letters
    return letters


def _wrong(zh: str, en: str) -> Invalid:
    return Invalid(zh, en)
