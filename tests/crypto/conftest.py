"""A keystore for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mengya_health.crypto.keystore import Keystore
from tests.crypto.keyring import a_keystore


@pytest.fixture
def keystore(tmp_path: Path) -> Iterator[Keystore]:
    opened = a_keystore(tmp_path)
    yield opened
    opened.dispose()
