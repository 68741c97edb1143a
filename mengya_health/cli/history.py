"""The history: verify it, checkpoint it."""

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click

from mengya_health.cli.base import A_PATH, data_option, main, opened, settings_of
from mengya_health.errors import MengyaError, StartRefused


@main.command()
@data_option
@click.option("--child", help="只核对一个孩子：档案号或编号 One child only: its number or id.")
@click.option("--checkpoint", "checkpoints", type=A_PATH, multiple=True, help="存在别处的检查点 One kept elsewhere.")
@click.option("--receipt", "receipts", type=A_PATH, multiple=True, help="签名回执 The receipt of a signature (JSON).")
@click.option("--json", "as_json", is_flag=True)
@click.option("--no-keys", is_flag=True, help="不用密钥：不核对封印，不打开内容 Without keys: nothing is opened.")
def verify(child, checkpoints, receipts, as_json: bool, no_keys: bool, data_dir: Path | None) -> None:
    """Recompute the whole history. Exit code 0: it holds, 1: it was tampered with, 2: it cannot be checked."""
    from mengya_health.operations.verifying import verify_files

    with _cannot_check(), _engine_and_keys(data_dir, no_keys) as (engine, keystore, settings):
        report = verify_files(
            engine, settings, keystore=keystore, child=child, checkpoints=checkpoints, receipts=receipts
        )
    if as_json:
        faults = [{name: _plain(value) for name, value in asdict(fault).items()} for fault in report.faults]
        click.echo(json.dumps({"ok": not faults, "faults": faults, "counts": report.counts}, indent=1))
    else:
        click.echo(" ".join(f"{name} {count}" for name, count in report.counts.items()))
        for fault in report.faults:
            click.echo(str(fault), err=True)
        click.echo("历史被动过。 The history was tampered with." if report.faults else "历史完整。 The history holds.")
    sys.exit(1 if report.faults else 0)


def _plain(value):
    return str(value) if isinstance(value, UUID) else value


@contextmanager
def _cannot_check():
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except StartRefused:
        raise
    except (MengyaError, OSError, SQLAlchemyError) as error:
        zh, en = (error.zh, error.en) if isinstance(error, MengyaError) else (str(error), "")
        raise StartRefused(f"没法核对：{zh}", f"Cannot check. {en}") from error


@contextmanager
def _engine_and_keys(data_dir: Path | None, no_keys: bool):
    from mengya_health import db

    if not no_keys:
        # An envelope whose key is gone is a fault to be named, not a reason not to look.
        with opened(data_dir, checks_keys=False) as installation:
            yield installation.engine, installation.keystore, installation.settings
        return
    settings = settings_of(data_dir)
    engine = db.open_engine(settings.database_url, "数据库")
    try:
        yield engine, None, settings
    finally:
        engine.dispose()


@main.command()
@data_option
def checkpoint(data_dir: Path | None) -> None:
    """Make a checkpoint now, print it, and put it into the witness folder."""
    from mengya_health.operations.checkpointing import take_checkpoint

    with opened(data_dir) as installation:
        made = take_checkpoint(installation)
    click.echo(made.note.decode() if made else "没有新的记录。 Nothing is new.", nl=made is None)
