"""An installation with a keyring of its own, for tests that change it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mengya_health.config import Settings


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(settings.keyring_dir, tmp_path / "keys")
    return replace(settings, keyring_dir=tmp_path / "keys")
