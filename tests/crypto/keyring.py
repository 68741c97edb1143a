"""Real keyrings and keystores for tests, at the lowest cost of the passphrase."""

from pathlib import Path

from mengya_health.crypto.keys import FileKeyring, PassphraseCost, create_keyring
from mengya_health.crypto.keystore import Keystore, create_keystore
from mengya_health.crypto.models import KeystoreBase
from mengya_health.db import make_engine

PASSPHRASE = "只用于测试的口令 only for tests"
CHEAP = PassphraseCost(time_cost=1, memory_kib=8)


def a_keyring(folder: Path, *, suite_id: int = 0x01) -> FileKeyring:
    """Make a keyring in `folder`/keys and open it."""
    keys, data = folder / "keys", folder / "data"
    create_keyring(keys, PASSPHRASE, data_dir=data, cost=CHEAP, suite_id=suite_id)
    return FileKeyring.open(keys, PASSPHRASE, data_dir=data)


def a_keystore(folder: Path, *, suite_id: int = 0x01, url: str | None = None) -> Keystore:
    """Make a keyring and a keystore (SQLite unless `url` says otherwise), and open it."""
    keyring = a_keyring(folder, suite_id=suite_id)
    engine = make_engine(url or f"sqlite:///{folder / 'keystore.db'}")
    KeystoreBase.metadata.create_all(engine)
    create_keystore(engine, keyring, suite_id=suite_id)
    return Keystore.open(engine, keyring)
