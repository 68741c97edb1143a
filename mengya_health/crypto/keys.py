"""Where the root keys come from: a keyring file behind a passphrase, or the environment for development.

Only a provider touches the root key (K0). It also holds the key of the blind indexes and the key that signs
checkpoints. Whatever else is to be a provider must pass the same contract (tests/crypto/test_providers.py).
"""

from collections.abc import Callable, Mapping
from getpass import getpass
from typing import Self
from uuid import UUID

from mengya_health.config import Settings
from mengya_health.crypto.envelope import Key
from mengya_health.crypto.file_keyring import (
    FILE_NAME,
    FileKeyring,
    PassphraseCost,
    create_keyring,
    has_keyring,
    require_keyring,
)
from mengya_health.crypto.held_keys import HeldKeys, KeyProvider
from mengya_health.crypto.private_files import read_passphrase
from mengya_health.crypto.suites import SUITES, Suite, suite_of
from mengya_health.errors import NotNow, StartRefused

__all__ = [
    "FILE_NAME", "EnvKeyring", "FileKeyring", "KeyProvider", "PassphraseCost", "create_keyring", "has_keyring",
    "provider_for", "read_passphrase", "require_keyring",
]  # fmt: skip

_EXPAND = SUITES[0x01]  # how keys are drawn from the environment, whatever they then seal with


class EnvKeyring(HeldKeys):
    """Root keys drawn from MENGYA_ROOT_KEY (64 hex digits), for development and continuous integration."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, production: bool, suite_id: int = 0x01) -> Self:
        """Return the keyring; raises StartRefused in production unless MENGYA_ALLOW_ENV_KEY=1."""
        if production and environ.get("MENGYA_ALLOW_ENV_KEY") != "1":
            raise StartRefused(
                "正式环境不从环境变量读主密钥。请用密钥环文件，或明确设置 MENGYA_ALLOW_ENV_KEY=1。",
                "Production takes no root key from the environment. Use a keyring file, or set MENGYA_ALLOW_ENV_KEY=1.",
            )
        try:
            secret = bytes.fromhex(environ["MENGYA_ROOT_KEY"])
        except (KeyError, ValueError):
            secret = b""
        if len(secret) != 32:
            raise StartRefused(
                "MENGYA_ROOT_KEY 要写 64 位十六进制数字。", "MENGYA_ROOT_KEY must be 64 hexadecimal digits."
            )

        def drawn(name: str) -> Key:
            id = UUID(bytes=_EXPAND.expand(secret, f"txda/env/id/{name}".encode(), 16))
            return Key(id, _EXPAND.expand(secret, f"txda/env/key/{name}".encode(), 32))

        return cls([drawn("root")], drawn("index"), 1, drawn("log"), suite_of(suite_id))

    def rotate(self) -> UUID:
        raise NotNow(
            "环境变量里的主密钥不能轮换。请换用密钥环文件。",
            "A root key from the environment is not rotated. Use a keyring file.",
        )

    def change_suite(self, suite: Suite) -> None:
        self.suite = suite

    def destroy(self, kid: UUID) -> None:
        raise NotNow(
            "环境变量里的主密钥不能销毁。请换用密钥环文件。",
            "A root key from the environment is not destroyed. Use a keyring file.",
        )


def provider_for(settings: Settings, environ: Mapping[str, str], ask: Callable[[str], str] = getpass) -> KeyProvider:
    """Return the open key provider of this installation; raises StartRefused."""
    if "MENGYA_ROOT_KEY" in environ:
        return EnvKeyring.from_environ(environ, production=settings.is_production, suite_id=settings.suite)
    require_keyring(settings.keyring_dir)
    passphrase = read_passphrase(settings.passphrase_file, ask)
    return FileKeyring.open(settings.keyring_dir, passphrase, data_dir=settings.data_dir)
