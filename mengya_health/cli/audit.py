"""The audit: take it out as FHIR, put decoys in."""

import sys
from pathlib import Path

import click

from mengya_health.cli.base import A_PATH, data_option, main, opened

A_DAY = click.DateTime(["%Y-%m-%d"])


@main.group()
def audit() -> None:
    """Who looked at what."""


@audit.command("export")
@data_option
@click.argument("out", type=A_PATH)
@click.option("--fhir", is_flag=True, required=True, help="FHIR R4 AuditEvent（IHE BALP），一行一条 one a line.")
@click.option("--from", "from_on", type=A_DAY, help="从哪一天 First day.")
@click.option("--to", "to_on", type=A_DAY, help="到哪一天（含） Last day, included.")
@click.option("--child", "number", default="", help="只要这个童馨档案号 Only this record's.")
@click.option("--as", "login", required=True, help="哪位安全审计员 The security officer in whose name it is done.")
def audit_export(out: Path, fhir: bool, from_on, to_on, number: str, login: str, data_dir: Path | None) -> None:
    """Write audit rows into a file. That they were read is in the audit, too."""
    from mengya_health.operations.audit_export import export_audit
    from mengya_health.people.oversight import Wanted

    wanted = Wanted(from_on=from_on.date() if from_on else None, to_on=to_on.date() if to_on else None)
    with opened(data_dir) as installation:
        count = export_audit(installation, out, login=login, wanted=wanted, child_number=number, progress=_progress())
    click.echo(f"{out}：{count} 条。 {count} event(s).")


@audit.command("decoys")
@data_option
@click.option("--as", "login", required=True, help="哪位系统管理员 The administrator in whose name it is done.")
def audit_decoys(login: str, data_dir: Path | None) -> None:
    """Make a decoy record for each place that has none: whoever reads one raises an alarm."""
    from mengya_health.operations.decoys import make_decoys

    with opened(data_dir) as installation:
        count = make_decoys(installation, login=login)
    click.echo(f"做好 {count} 份蜜罐档案。 {count} decoy(s) made.")


def _progress():
    """Return what shows how far it is on a terminal, None in a pipe."""
    if not sys.stderr.isatty():
        return None
    return lambda count: click.echo(f"\r{count}", nl=False, err=True)
