"""`work.keys`: what a piece of work seals, opens, tags and signs, each by what it is for."""

import hmac
import os
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from mengya_health.crypto import attachments
from mengya_health.crypto.blind_index import BlindIndex
from mengya_health.crypto.canonical import commitment, read_txjson, txjson
from mengya_health.crypto.data_keys import ClosedClass
from mengya_health.crypto.deployment_keys import DeploymentKeys
from mengya_health.crypto.envelope import (
    Key,
    Place,
    key_id_of,
    open_json,
    open_sealed,
    padded,
    seal,
    seal_json,
)
from mengya_health.crypto.keystore import USER_CLASSES, Keystore
from mengya_health.crypto.log_key import LogKey
from mengya_health.crypto.signatures import public_key_of, signature_of
from mengya_health.crypto.suites import Suite
from mengya_health.errors import IntegrityError

_SALT_BYTES = 32
_READ: set[bytes] = set()  # the commitments to what this process has read and found canonical
_MOST_READ = 50_000
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


class Keys(DeploymentKeys):
    """The keys of one unit of work. Nothing read from the keystore outlives it, so an erasure holds at once."""

    def __init__(self, keystore: Keystore, *, opens_sealed: bool = False) -> None:
        super().__init__(keystore)
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
        return self._committed(opened, commit)

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
        return self._committed(opened, commit)

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

    def _committed(self, opened: bytes, commit: bytes) -> Any:
        """Return what an envelope holds behind its salt; raises IntegrityError unless `commit` is its commitment."""
        salt, canonical = opened[:_SALT_BYTES], opened[_SALT_BYTES:].rstrip(b" ")
        if not hmac.compare_digest(commitment(salt, canonical, self._hash), commit):
            raise IntegrityError
        # One commitment, one sequence of bytes: what was canonical once is so the next time. Digests only are kept.
        content = read_txjson(canonical, is_known=commit in _READ)
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        _READ.add(commit)
        return content

    def _newest(self, subject_id: UUID, key_class: str) -> tuple[Key, Suite]:
        self._load_one(subject_id)
        return self._data_keys.newest(subject_id, key_class), self._data_keys.suite_of_newest(subject_id, key_class)

    def _load_one(self, subject_id: UUID) -> None:
        if subject_id not in self._loaded:
            self.load([subject_id])

    def _named(self, subject_id: UUID, key_class: str, sealed: bytes | None) -> Key:
        self._load_one(subject_id)
        return self._data_keys.named(subject_id, key_class, key_id_of(sealed))


def _attachment_place(attachment_id: UUID, child_id: UUID, column: str) -> Place:
    return Place("attachment", column, attachment_id, child_id)


def _signing_place(user_id: UUID) -> Place:
    return Place("user", "signing_private", user_id, user_id)
