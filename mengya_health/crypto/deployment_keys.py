"""What the keys of the whole deployment vouch for: seals of rows, MACs of forms and codes; and its plain hashes."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from mengya_health.crypto.envelope import length_prefixed
from mengya_health.crypto.keystore import Keystore
from mengya_health.crypto.suites import SUITES
from mengya_health.errors import IntegrityError

MOST_SEALS_SEEN = 20_000  # some 10 MB; a clinic of five thousand children has as many rows


class DeploymentKeys:
    """Keys that are nobody's: drawn from the wrapping keys and the index key."""

    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore
        self._hash = keystore.hash_suite  # of every digest and MAC, whatever the envelopes are sealed with

    def seal_row(self, table: str, *columns: Any) -> bytes:
        """Return the 32-byte seal over a row's authorising columns, its row_version last."""
        newest = self._keystore.subkeys(f"txda/seal/1|{table}")[0]
        return newest.mac(_row_bytes(columns), self._hash)

    def row_seal_holds(self, table: str, seal: bytes | None, *columns: Any) -> bool:
        """Return whether a row carries the seal of these columns: one written by SQL alone does not."""
        if not isinstance(seal, bytes):
            return False
        known = self._keystore.seals_seen
        if known.get(seal) == (table, columns):
            return True
        holds = self._is_mac(f"txda/seal/1|{table}", _row_bytes(columns), seal)
        if holds:
            if len(known) >= MOST_SEALS_SEEN:
                known.clear()
            known[seal] = table, columns
        return holds

    def sealed_by(self, table: str, seal: bytes | None, *columns: Any) -> UUID | None:
        """Return the id of the wrapping key that a row's seal was made with; None for a seal that does not hold."""
        message, info = _row_bytes(columns), f"txda/seal/1|{table}"
        for key, mac in zip(self._keystore.subkeys(info), self._deployment_macs(info, message), strict=True):
            if isinstance(seal, bytes) and hmac.compare_digest(mac, seal):
                return key.id
        return None

    def check_row_seal(self, table: str, seal: bytes | None, *columns: Any) -> None:
        """Raise IntegrityError unless the seal holds."""
        if not self.row_seal_holds(table, seal, *columns):
            raise IntegrityError

    def body_mac(self, body: bytes) -> bytes:
        """Return the keyed MAC of a sent form: a plain hash of a short form could be guessed."""
        return self._deployment_macs("txda/mac/1|idempotency", body)[0]

    def body_mac_holds(self, mac: bytes, body: bytes) -> bool:
        """Return whether this is the MAC of a sent form."""
        return self._is_mac("txda/mac/1|idempotency", body, mac)

    def session_hash(self, token: str) -> bytes:
        """Return the SHA-256 (or SM3) under which a random 256-bit token is stored."""
        return self._hash.digest(token.encode())

    def code_hash(self, code: str) -> bytes:
        """Return the keyed hash of a short typed code: its 50 bits could be searched through without a key."""
        return self.code_hashes(code)[0]

    def code_hashes(self, code: str) -> list[bytes]:
        """Return the hash of a short code under every key it may have been made with, the one to store first."""
        return self._lasting_macs("txda/mac/1|code", code.encode())

    def link_tokens(self, link_id: UUID) -> list[str]:
        """Return the 256-bit token of a link under every key it may have been made with, the one to use first.

        It can be worked out again for the paper it is printed on, and only with the keys: no row holds it.
        """
        made = self._lasting_macs("txda/mac/1|link", link_id.bytes)
        return [urlsafe_b64encode(mac).rstrip(b"=").decode() for mac in made]

    def decoy_tags(self, child_id: UUID) -> list[bytes]:
        """Return what a decoy of this id is known by, under every version of the key, the newest first."""
        return self._lasting_macs("txda/mac/1|decoy", child_id.bytes)

    def draft_id(self, user_id: UUID, address: str) -> UUID:
        """Return the id of one person's draft of the form at an address: it tells neither, and nobody else's is equal.

        Sealed into the envelope with the row's id, it binds a draft to its author and its form.
        """
        return UUID(bytes=self._lasting_macs("txda/mac/1|draft", user_id.bytes + address.encode())[0][:16])

    def queue_owner(self, user_id: UUID) -> str:
        """Return what one person's entries in the waiting queue of a device are known by; it tells nobody who it is."""
        return self._lasting_macs("txda/mac/1|queue-owner", user_id.bytes)[0][:16].hex()

    def queue_key(self, user_id: UUID) -> bytes:
        """Return the 256-bit key (AES-GCM, by WebCrypto) that seals one person's waiting queue in a browser.

        Drawn from the index key by HMAC under a purpose of its own, as in NIST SP 800-108: no row holds it. It seals
        nothing else, and what it seals is sent or given up within days, so it is drawn from the current key only.
        """
        return self._lasting_macs("txda/mac/1|queue-key", user_id.bytes)[0]

    def form_secret(self) -> bytes:
        """Return the secret that the web application signs its form tokens with, the same in every process."""
        # Of the oldest wrapping key: a page opened before a rotation may be sent after it.
        return self._deployment_macs("txda/mac/1|forms", b"")[-1]

    @property
    def hash_name(self) -> str:
        """The name of the profile's hash: sha256 or sm3."""
        return self._hash.hash.name

    def digest(self, content: bytes) -> bytes:
        """Return the plain hash of the deployment's profile: SHA-256, or SM3."""
        return self._hash.digest(content)

    def digests(self, content: bytes) -> tuple[bytes, ...]:
        """Return the plain hash of each profile: what was made before a change of profile is read after it."""
        return tuple(suite.digest(content) for suite in SUITES.values())

    def _deployment_macs(self, info: str, message: bytes) -> list[bytes]:
        return [key.mac(message, self._hash) for key in self._keystore.subkeys(info)]

    def _lasting_macs(self, info: str, message: bytes) -> list[bytes]:
        """Return MACs that nobody can make again when a wrapping key goes: of the index key, which stays.

        Those of the wrapping keys behind it are what was stored before.
        """
        lasting = self._keystore.provider.index_key.subkey(info, self._hash)
        return [lasting.mac(message, self._hash), *self._deployment_macs(info, message)]

    def _is_mac(self, info: str, message: bytes, mac: bytes) -> bool:
        """Return whether a MAC is ours, under a wrapping key that another process made perhaps."""

        def holds() -> bool:
            return any(hmac.compare_digest(key.mac(message, self._hash), mac) for key in self._keystore.subkeys(info))

        return holds() or (self._keystore.refresh() and holds())


# A value's kind goes before it, so that no two different rows give the same bytes.
_COLUMN_BYTES = {
    type(None): lambda nothing: b"-",
    bytes: lambda value: b"b" + value,
    UUID: lambda value: b"u" + value.bytes,
    str: lambda value: b"s" + value.encode(),
    int: lambda value: b"i%d" % value,
    datetime: lambda value: b"t" + value.astimezone(UTC).isoformat().encode(),
    date: lambda value: b"d" + value.isoformat().encode(),
}
_START_OF_ID, _NOTHING = length_prefixed(bytes(17))[:4] + b"u", length_prefixed(b"-")


def _row_bytes(columns: Iterable[Any]) -> bytes:
    """Return the bytes a seal covers, for every tie and consent on every page. Raises TypeError for other types."""
    parts = []
    try:
        for value in columns:
            if value is None:
                parts.append(_NOTHING)
            elif type(value) is UUID:  # most columns are one of these two
                parts.append(_START_OF_ID + value.int.to_bytes(16))
            else:
                said = _COLUMN_BYTES[type(value)](value)
                parts.append(len(said).to_bytes(4) + said)
    except KeyError as error:
        raise TypeError(f"a column of type {error.args[0].__name__} cannot be sealed") from None
    return b"".join(parts)
