"""Somebody at a terminal with an installation of their own, and what they find in its folder before and after."""

import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pysqlite3
import pytest
from click.testing import CliRunner, Result

from mengya_health import cli
from mengya_health.operations import installation as opening


@dataclass
class Operator:
    """Somebody at a terminal, with an installation in a folder of their own."""

    folder: Path
    environ: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ours = (name for name in os.environ if name.startswith("MENGYA_"))
        self.environ = dict.fromkeys((*ours, "DATABASE_URL", "KEYSTORE_URL", "FLASK_DEBUG"))
        self.environ |= {
            "MENGYA_ENV": "test",
            "MENGYA_DATA": str(self.data),
            "MENGYA_KEYRING": str(self.keyring.parent),
            "MENGYA_PASSPHRASE_FILE": str(self.passphrase),
        }

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def keyring(self) -> Path:
        return self.folder / "keys" / "keyring.json"

    @property
    def passphrase(self) -> Path:
        return self.folder / "passphrase"

    def run(self, *command: str, **how) -> Result:
        """Run a command. Should it serve or work after all, it finds its port taken, or is told to stop at once."""
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.MonkeyPatch.context() as patched:
            patched.setattr("mengya_health.worker._stop_on_signals", lambda: [signal.SIGTERM])
            on_taken_port = ("--port", str(taken.getsockname()[1])) if command == ("serve",) else ()
            return CliRunner(env=self.environ).invoke(cli.main, command + on_taken_port, **how)

    def sql(self, statement: str, file: str = "mengya.db") -> None:
        connection = pysqlite3.connect(self.data / file)
        connection.execute(statement)
        connection.commit()
        connection.close()

    def is_refused(self, *command: str, lines: int = 1) -> str:
        """Run a command that must be refused, see that it is as it should be, and return what was said."""
        before = snapshot(self.folder)
        result = self.run(*command)
        assert isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code not in (0, None)
        assert result.stderr.count("\n") == lines, result.stderr
        assert re.search("[一-鿿].*。.*[A-Za-z]{3}", result.stderr, re.DOTALL)
        assert snapshot(self.folder) == before
        return result.stderr


def snapshot(folder: Path) -> dict:
    """Return every file below a folder with its mode and its bytes, and every folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def operator(prepared, tmp_path) -> Iterator[Operator]:
    """An operator of an installation that is ready to start."""
    own = Operator(tmp_path / "installation")
    shutil.copytree(prepared.data_dir, own.data)
    shutil.copytree(prepared.keyring_dir, own.keyring.parent)
    shutil.copy2(prepared.passphrase_file, own.passphrase)
    before = os.umask(0o022)
    yield own
    os.umask(before)


@pytest.fixture
def content_is_loaded(monkeypatch, content) -> None:
    """The shipped content, loaded once for many starts."""
    monkeypatch.setattr(opening, "load_content", lambda _folder, **_which: content)


@pytest.fixture
def newcomer(prepared, tmp_path) -> Iterator[Operator]:
    """An operator who has nothing but a passphrase."""
    own = Operator(tmp_path / "new")
    own.folder.mkdir()
    shutil.copy2(prepared.passphrase_file, own.passphrase)
    before = os.umask(0o022)
    yield own
    os.umask(before)
