"""Staff accounts."""

from pathlib import Path

import click

from mengya_health.cli.base import data_option, main, opened


@main.group()
def user() -> None:
    """Staff accounts."""


@user.command("add")
@data_option
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", required=True)
@click.option("--organisation", "code", help="机构编码 The organisation's code.")
@click.option("--as", "admin", required=True, help="哪位系统管理员 The administrator in whose name it is done.")
def user_add(login: str, name: str, role: str, code: str | None, admin: str, data_dir: Path | None) -> None:
    """Make a staff account; its first password is asked for."""
    from mengya_health.operations.accounts import add_staff

    password = click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
    with opened(data_dir) as installation:
        add_staff(installation, admin=admin, login=login, name=name, role=role, organisation=code, password=password)
    click.echo("已建好。 Ready.")
