"""The key that signs checkpoints: its private half stays with the key provider, its public half is for everybody."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mengya_health.crypto.suites import SUITES, Suite
from mengya_health.errors import StartRefused

_KEYRING = "keyring.json"


@dataclass(frozen=True)
class LogKey:
    """What signs checkpoints. The private half may lie in a machine of its own."""

    public: bytes  # Ed25519
    sign: Callable[[bytes], bytes] = field(repr=False)


def public_log_key_in(keyring_dir: Path) -> tuple[bytes, Suite]:
    """Return the public half and the suite whose hash the history is made with, as the keyring file states them.

    No passphrase is needed. Raises StartRefused.
    """
    file = keyring_dir / _KEYRING
    try:
        stored = json.loads(file.read_bytes())
        return bytes.fromhex(stored["log"][-1]["public"]), SUITES[stored.get("hash", stored["suite"])]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise StartRefused(
            f"在 {file} 里读不到检查点的公钥，没法核对签名。请用 MENGYA_KEYRING 指到密钥环。",
            f"No public key of the checkpoints in {file}; signatures cannot be checked. Set MENGYA_KEYRING.",
        ) from error
