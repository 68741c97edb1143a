"""What every command shares: the group, the data folder, errors as one line, an opened installation."""

import os
import resource
import sys
from contextlib import contextmanager
from pathlib import Path

import click

from mengya_health.config import Settings, settings_from
from mengya_health.errors import MengyaError, StartRefused

A_PATH = click.Path(path_type=Path)
DEMO_PASSPHRASE = "passphrase"  # noqa: S105  the name of the file
port_option = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
data_option = click.option("--data", "data_dir", type=A_PATH, help="数据目录 Data folder (MENGYA_DATA; default var/).")


class _OneLineErrors(click.Group):
    """A refusal is a clear line and a code that is not 0; a traceback is for our mistakes, not for a user's."""

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except _of_the_database() as error:
            from mengya_health import db

            _say(db.as_unavailable(error))
        except OSError as error:
            what = f"{error.filename or ''} {error.strerror or error}".strip()
            _say(MengyaError(f"文件或目录用不了：{what}。", "Cannot use this file or folder; check its path and mode."))
        except MengyaError as error:
            _say(error)
            context.exit(2 if isinstance(error, StartRefused) else 1)
        context.exit(1)


def _of_the_database() -> tuple[type[Exception], ...]:
    """Return what a database in trouble raises; nothing where no command has needed one: loading it takes 0.4 s."""
    loaded = sys.modules.get("sqlalchemy.exc")
    return (loaded.OperationalError,) if loaded else ()


def _say(error: MengyaError) -> None:
    click.echo(f"{error.zh} {error.en}", err=True)
    for name, messages in getattr(error, "fields", {}).items():
        for message in messages:
            click.echo(f"  {name}: {message}", err=True)


@click.group(cls=_OneLineErrors)
def main() -> None:
    """童馨档案: the child-health record of families, nurseries and clinics."""
    _restrict_new_files()


def _restrict_new_files() -> None:
    """Make every file this process creates readable by its owner only, and its memory none at all."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the keys


@contextmanager
def opened(data_dir: Path | None, *, checks_keys: bool = True):
    from mengya_health.operations.installation import open_installation

    installation = open_installation(settings_of(data_dir), checks_keys=checks_keys)
    try:
        yield installation
    finally:
        installation.close()


def settings_of(data_dir: Path | None) -> Settings:
    """Return the settings for a data folder; a demo, which keeps its passphrase beside its keys, is known by that."""
    settings = settings_from(os.environ, data_dir=data_dir)
    passphrase_file = settings.keyring_dir / DEMO_PASSPHRASE
    if "MENGYA_ENV" in os.environ or settings.passphrase_file or not passphrase_file.exists():
        return settings
    as_demo = {"MENGYA_ENV": "demo", "MENGYA_PASSPHRASE_FILE": str(passphrase_file)}
    return settings_from(os.environ | as_demo, data_dir=data_dir)


def progress():
    """Return what draws a progress bar on a terminal, None in a pipe."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        share = done / total if total else 1
        click.echo(f"\r{'█' * int(share * 30):<30} {share:4.0%}", nl=share >= 1, err=True)

    return show
