"""`work.keys`: what a piece of work seals, opens, tags and signs, each by what it is for."""

import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from mengya_health.crypto import attachments
from mengya_health.crypto.blind_index import BlindIndex
from mengya_health.crypto.canonical import commitment, read_txjson, txjson
from mengya_health.crypto.envelope import (
    Key,
    Place,
    key_id_of,
    length_prefixed,
    open_json,
    open_sealed,
    padded,
    seal,
    seal_json,
)
from mengya_health.crypto.keystore import USER_CLASSES, ClosedClass, Keystore
from mengya_health.crypto.log_key import LogKey
from mengya_health.crypto.signatures import public_key_of, signature_of
from mengya_health.crypto.suites import SUITES, Suite
from mengya_health.errors import IntegrityError

_SALT_BYTES = 32
_TAG_BYTES = 16


class SealedRevision(NamedTuple):
    """What is stored of a revision: the envelope, and the commitment that the history repeats."""

    body: bytes
    commit: bytes


class SealedAttachment(NamedTuple):
    """What is stored of an attachment: what is said of it, the commitment to that, and its bytes in segments."""

    body: bytes
    commit: bytes
    start: bytes
    segments: tuple[bytes, ...]


class Keys:
    """The keys of one unit of work. Nothing read from the keystore outlives it, so an erasure holds at once."""

    def __init__(self, keystore: Keystore, *, opens_sealed: bool = False) -> None:
        self._keystore = keystore
        self._hash = keystore.hash_suite  # of every digest and MAC, whatever the envelopes are sealed with
        self._data_keys = keystore.data_keys(opens_sealed=opens_sealed)
        self._loaded: set[UUID] = set()
        self._wanted: set[UUID] = set()

    @property
    def keystore(self) -> Keystore:
        """Where keys are made and destroyed."""
        return self._keystore

    def closed_classes(self, subject_id: UUID) -> tuple[ClosedClass, ...]:
        """Return the classes of a child that were destroyed or are only stored any more; its keys must be loaded."""
        return self._data_keys.closed_of(subject_id)

    @property
    def index(self) -> BlindIndex:
        """The blind indexes that find a child or an account."""
        return self._keystore.index

    @property
    def log_key(self) -> LogKey:
        """The key that signs the checkpoints of the history."""
        return self._keystore.log_key

    def load(self, subject_ids: Iterable[UUID]) -> None:
        """Fetch the keys of children and users in one statement. A page calls this once, for all."""
        missing = (set(subject_ids) | self._wanted) - self._loaded
        if missing:
            self._data_keys.add(self._keystore.keys_for(missing))
            self._loaded |= missing

    def load_later(self, subject_ids: Iterable[UUID]) -> None:
        """Fetch these keys with the next that are fetched, in the same statement."""
        self._wanted |= set(subject_ids)

    def create_child_keys(self, child_ids: Iterable[UUID]) -> None:
        """Make and commit the data keys of children who are about to be stored."""
        self._keystore.create_keys_of(child_ids)

    def create_user_keys(self, user_ids: Iterable[UUID]) -> None:
        """Make and commit the data keys of accounts that are about to be stored."""
        self._keystore.create_keys_of(user_ids, USER_CLASSES)

    def seal_revision(
        self, child_id: UUID, section: str, entry_id: UUID, version: int, content: Any, *, table: str = "revision"
    ) -> SealedRevision:
        """Return a revision's envelope and commitment; raises NotCanonical for content that has no TXJSON form.

        The salt of the commitment lies inside the envelope: without the key, a guess at the content tests nothing.
        """
        salt, canonical = os.urandom(_SALT_BYTES), txjson(content)
        body = self._seal(Place(table, "body", entry_id, child_id, version), section, salt + padded(canonical))
        return SealedRevision(body, commitment(salt, canonical, self._hash))

    def open_revision(
        self,
        child_id: UUID,
        section: str,
        entry_id: UUID,
        version: int,
        body: bytes,
        commit: bytes,
        *,
        table: str = "revision",
    ) -> Any:
        """Return a revision's content; raises IntegrityError, also where `commit` is not its commitment."""
        opened = self._open(Place(table, "body", entry_id, child_id, version), section, body)
        salt, canonical = opened[:_SALT_BYTES], opened[_SALT_BYTES:].rstrip(b" ")
        if not hmac.compare_digest(commitment(salt, canonical, self._hash), commit):
            raise IntegrityError
        return read_txjson(canonical)

    def seal_body(
        self,
        table: str,
        row_id: UUID,
        subject_id: UUID,
        key_class: str,
        content: Any,
        version: int = 1,
        column: str = "body",
    ) -> bytes:
        """Return the envelope of a JSON value for one row; raises Invalid for text or numbers that cannot be stored.

        `key_class`: identity, health, behaviour, family or special of a child, `user` of an account.
        `version` counts the immutable versions of the content; it is not the row's lock counter.
        """
        key, suite = self._newest(subject_id, key_class)
        return seal_json(key, Place(table, column, row_id, subject_id, version), content, suite)

    def open_body(
        self,
        table: str,
        row_id: UUID,
        subject_id: UUID,
        key_class: str,
        body: bytes | None,
        version: int = 1,
        column: str = "body",
    ) -> Any:
        """Return the JSON value of an envelope; raises IntegrityError, for NULL too."""
        key = self._named(subject_id, key_class, body)
        return open_json(key, Place(table, column, row_id, subject_id, version), body)

    def seal_file(self, table: str, row_id: UUID, child_id: UUID, section: str, content: bytes, column: str) -> bytes:
        """Return the envelope of a file's bytes, a printed document's for one. Its length shows."""
        return self._seal(Place(table, column, row_id, child_id), section, content)

    def open_file(
        self, table: str, row_id: UUID, child_id: UUID, section: str, sealed: bytes | None, column: str
    ) -> bytes:
        """Return a file's bytes; raises IntegrityError."""
        return self._open(Place(table, column, row_id, child_id), section, sealed)

    def seal_attachment(
        self, child_id: UUID, key_class: str, attachment_id: UUID, said: dict, content: bytes
    ) -> SealedAttachment:
        """Return a file sealed in segments, and beside it what is `said` of it, with the digest of its bytes."""
        said = said | {"digest": self._hash.digest(content).hex()}
        salt, canonical = os.urandom(_SALT_BYTES), txjson(said)
        body = self._seal(_attachment_place(attachment_id, child_id, "body"), key_class, salt + padded(canonical))
        start, *segments = self._seal_content(attachment_id, child_id, key_class, content)
        return SealedAttachment(body, commitment(salt, canonical, self._hash), start, tuple(segments))

    def open_attachment_body(
        self, child_id: UUID, key_class: str, attachment_id: UUID, body: bytes | None, commit: bytes
    ) -> dict:
        """Return what is said of an attachment; raises IntegrityError, also where `commit` is not its commitment."""
        opened = self._open(_attachment_place(attachment_id, child_id, "body"), key_class, body)
        salt, canonical = opened[:_SALT_BYTES], opened[_SALT_BYTES:].rstrip(b" ")
        if not hmac.compare_digest(commitment(salt, canonical, self._hash), commit):
            raise IntegrityError
        return read_txjson(canonical)

    def open_attachment(
        self, child_id: UUID, key_class: str, attachment_id: UUID, start: bytes, segments: Iterable[bytes], digest: str
    ) -> bytes:
        """Return all bytes of an attachment whose `digest` is known; raises IntegrityError, and then none of them."""
        self._load_one(child_id)
        key = self._data_keys.named(child_id, key_class, attachments.key_id_of(start))
        content = attachments.opened(key, _attachment_place(attachment_id, child_id, "content"), start, segments)
        if not hmac.compare_digest(self._hash.digest(content).hex(), digest):
            raise IntegrityError
        return content

    def attachment_sealed_anew(
        self, child_id: UUID, attachment_id: UUID, start: bytes, segments: Iterable[bytes]
    ) -> list[bytes] | None:
        """Return start and segments of a file sealed with the newest key; None where it is already, or was destroyed.

        There are as many segments as before.
        """
        self._load_one(child_id)
        key_id = attachments.key_id_of(start)
        key_class = self._data_keys.replacement_of(key_id)
        if key_class is None:
            return None
        key = self._data_keys.named(child_id, key_class, key_id)
        content = attachments.opened(key, _attachment_place(attachment_id, child_id, "content"), start, segments)
        return self._seal_content(attachment_id, child_id, key_class, content)

    def _seal_content(self, attachment_id: UUID, child_id: UUID, key_class: str, content: bytes) -> list[bytes]:
        key, suite = self._newest(child_id, key_class)
        return list(attachments.sealed(key, _attachment_place(attachment_id, child_id, "content"), content, suite))

    def sealed_anew(self, place: Place, envelope: bytes) -> bytes | None:
        """Return an envelope's content sealed with the newest key; None where it is already, or was destroyed."""
        self._load_one(place.child_id)
        key_class = self._data_keys.replacement_of(key_id_of(envelope))
        return key_class and self._seal(place, key_class, self._open(place, key_class, envelope))

    def seal_row(self, table: str, *columns: Any) -> bytes:
        """Return the 32-byte seal over a row's authorising columns, its row_version last."""
        newest = self._keystore.subkeys(f"txda/seal/1|{table}")[0]
        return newest.mac(_row_bytes(columns), self._hash)

    def row_seal_holds(self, table: str, seal: bytes | None, *columns: Any) -> bool:
        """Return whether a row carries the seal of these columns: one written by SQL alone does not."""
        if not isinstance(seal, bytes):
            return False
        return self._is_mac(f"txda/seal/1|{table}", _row_bytes(columns), seal)

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

    def tag_pathway(self, child_id: UUID, pathway: str) -> bytes:
        """Return 16 bytes that are equal for one child's same pathway and say nothing about which it is."""
        return self.tags_of_pathway(child_id, pathway)[0]

    def tags_of_pathway(self, child_id: UUID, pathway: str) -> list[bytes]:
        """Return the tag under every version of the child's key, the one to store first: rows change one by one."""
        self._load_one(child_id)
        subkeys = [
            key.subkey("txda/tag/1|case|pathway", self._hash) for key in self._data_keys.versions(child_id, "health")
        ]
        return [key.mac(pathway.encode(), self._hash)[:_TAG_BYTES] for key in subkeys]

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

    def new_signing_key(self, user_id: UUID) -> tuple[bytes, bytes]:
        """Return a new Ed25519 public key, and its private half sealed under the user's own key."""
        private = os.urandom(32)
        return public_key_of(private), self._seal(_signing_place(user_id), "user", private)

    def sign(self, user_id: UUID, sealed_private: bytes | None, message: bytes) -> bytes:
        """Return the user's 64-byte signature of a message; raises IntegrityError."""
        return signature_of(self._open(_signing_place(user_id), "user", sealed_private), message)

    def _seal(self, place: Place, key_class: str, plaintext: bytes) -> bytes:
        key, suite = self._newest(place.child_id, key_class)
        return seal(key, place, plaintext, suite)

    def _open(self, place: Place, key_class: str, sealed: bytes | None) -> bytes:
        return open_sealed(self._named(place.child_id, key_class, sealed), place, sealed)

    def _newest(self, subject_id: UUID, key_class: str) -> tuple[Key, Suite]:
        self._load_one(subject_id)
        return self._data_keys.newest(subject_id, key_class), self._data_keys.suite_of_newest(subject_id, key_class)

    def _load_one(self, subject_id: UUID) -> None:
        if subject_id not in self._loaded:
            self.load([subject_id])

    def _named(self, subject_id: UUID, key_class: str, sealed: bytes | None) -> Key:
        self._load_one(subject_id)
        return self._data_keys.named(subject_id, key_class, key_id_of(sealed))

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
            return any(hmac.compare_digest(made, mac) for made in self._deployment_macs(info, message))

        return holds() or (self._keystore.refresh() and holds())


def _attachment_place(attachment_id: UUID, child_id: UUID, column: str) -> Place:
    return Place("attachment", column, attachment_id, child_id)


def _signing_place(user_id: UUID) -> Place:
    return Place("user", "signing_private", user_id, user_id)


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


def _row_bytes(columns: Iterable[Any]) -> bytes:
    """Return the bytes a seal covers, for every tie and consent on every page. Raises TypeError for other types."""
    try:
        return length_prefixed(*[_COLUMN_BYTES[type(value)](value) for value in columns])
    except KeyError as error:
        raise TypeError(f"a column of type {error.args[0].__name__} cannot be sealed") from None
