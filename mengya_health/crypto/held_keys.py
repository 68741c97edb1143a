"""The keys of a provider that holds them in memory once it is open, and what a provider is."""

from typing import Protocol
from uuid import UUID

from mengya_health.crypto.envelope import Key, Place, key_id_of, unwrap_key, wrap_key
from mengya_health.crypto.signatures import public_key_of, signature_of
from mengya_health.crypto.suites import Suite
from mengya_health.errors import IntegrityError


class KeyProvider(Protocol):
    """What holds the root key, of which there may be several versions; the newest wraps."""

    suite: Suite
    index_key: Key
    index_version: int

    def current_kid(self) -> UUID:
        """Return the id of the newest root key."""

    def list_kids(self) -> list[UUID]:
        """Return the ids of all root keys, oldest first."""

    def wrap(self, kid: UUID, key: Key, place: Place) -> bytes:
        """Return `key` sealed under the root key `kid`, bound to `place`."""

    def unwrap(self, id: UUID, sealed: bytes, place: Place) -> Key:
        """Return the key `id`; raises IntegrityError for another place, another root key or changed bytes."""

    def rotate(self) -> UUID:
        """Make a new root key, which wraps from now on, and return its id; raises NotNow where it is made elsewhere."""

    def destroy(self, kid: UUID) -> None:
        """Destroy an old root key for good; raises NotNow for the one that wraps."""

    def change_suite(self, suite: Suite) -> None:
        """Seal with another suite from now on, what the provider itself keeps included."""

    def log_public_key(self) -> bytes:
        """Return the Ed25519 public key that checkpoints are verified with."""

    def sign_log(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a checkpoint."""


class HeldKeys:
    """A provider whose keys are held in memory once it is open."""

    def __init__(self, roots: list[Key], index_key: Key, index_version: int, log_key: Key, suite: Suite) -> None:
        self.suite = suite
        self.index_key, self.index_version = index_key, index_version
        self._roots = {root.id: root for root in roots}
        self._log_key = log_key

    def current_kid(self) -> UUID:
        return list(self._roots)[-1]

    def list_kids(self) -> list[UUID]:
        return list(self._roots)

    def wrap(self, kid: UUID, key: Key, place: Place) -> bytes:
        return wrap_key(self._root(kid), place, key, self.suite)

    def unwrap(self, id: UUID, sealed: bytes, place: Place) -> Key:
        return unwrap_key(self._root(UUID(bytes=key_id_of(sealed))), place, id, sealed)

    def log_public_key(self) -> bytes:
        return public_key_of(self._log_key._secret)

    def sign_log(self, message: bytes) -> bytes:
        return signature_of(self._log_key._secret, message)

    def _root(self, kid: UUID) -> Key:
        if kid not in self._roots:
            raise IntegrityError
        return self._roots[kid]
