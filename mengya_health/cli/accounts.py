"""Staff accounts: made, given roles, closed. Nobody's password is ever typed here but by its owner."""

from contextlib import contextmanager
from pathlib import Path

import click

from mengya_health.cli.base import data_option, main, opened

as_option = click.option(
    "--as", "admin", required=True, help="哪位系统管理员 The administrator in whose name it is done."
)
place_option = click.option("--organisation", "code", help="机构编码 The organisation's code.")
class_option = click.option("--class", "group", help="班级名 The class's name.")


@contextmanager
def as_administrator(data_dir: Path | None, admin: str):
    """Open the installation and a unit of work in the name of an administrator."""
    from mengya_health.operations.accounts import acting_as

    with opened(data_dir) as installation, acting_as(installation, admin) as work:
        yield work


@main.group()
def user() -> None:
    """Staff accounts."""


@user.command("add")
@data_option
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", required=True)
@place_option
@class_option
@as_option
def user_add(
    login: str, name: str, role: str, code: str | None, group: str | None, admin: str, data_dir: Path | None
) -> None:
    """Make a staff account; prints the link with which its owner chooses a password."""
    from mengya_health.operations.accounts import add_staff

    with as_administrator(data_dir, admin) as work:
        handed = add_staff(work, login=login, name=name, role=role, organisation=code, group=group)
    _say(handed)


@user.command("link")
@data_option
@click.argument("login")
@as_option
def user_link(login: str, admin: str, data_dir: Path | None) -> None:
    """Print a fresh link: an invitation, or a reset for who has a password. It never replaces the second factor."""
    from mengya_health.operations.accounts import new_link, user_of

    with as_administrator(data_dir, admin) as work:
        handed = new_link(work, user_of(work, login))
    _say(handed)


@user.command("role")
@data_option
@click.argument("login")
@click.option("--add", "added", help="给一个角色，一年 Give a role, for a year.")
@click.option("--end", "ended", help="结束一个角色，从今天起 End a role, from today.")
@click.option("--renew", is_flag=True, help="所有角色再续一年 Renew every role for a year.")
@place_option
@class_option
@as_option
def user_role(
    login: str,
    added: str | None,
    ended: str | None,
    renew: bool,
    code: str | None,
    group: str | None,
    admin: str,
    data_dir: Path | None,
) -> None:
    """Give, end or renew roles."""
    from mengya_health.operations import accounts

    if [added is not None, ended is not None, renew].count(True) != 1:
        raise click.UsageError("--add、--end、--renew 选一个。 Choose one of --add, --end and --renew.")
    with as_administrator(data_dir, admin) as work:
        user_id = accounts.user_of(work, login)
        if added:
            accounts.give_role(work, user_id, role=added, organisation=code, group=group)
        elif ended:
            accounts.end_roles(work, user_id, role=ended)
        else:
            accounts.renew_roles(work, user_id)
    click.echo("已改好。 Done.")


@user.command("close")
@data_option
@click.argument("login")
@click.option("--open", "again", is_flag=True, help="重新打开 Open it again.")
@as_option
def user_close(login: str, again: bool, admin: str, data_dir: Path | None) -> None:
    """Close an account at once, its sign-ins and phones too; or open it again."""
    from mengya_health.operations.accounts import user_of
    from mengya_health.people import accounts

    with as_administrator(data_dir, admin) as work:
        change = accounts.enable_user if again else accounts.disable_user
        change(work, user_of(work, login))
    click.echo("已改好。 Done.")


@user.command("lost-app")
@data_option
@click.argument("login")
@as_option
def user_lost_app(login: str, admin: str, data_dir: Path | None) -> None:
    """Take a lost authenticator app off an account. Whoever started a reset the same day may not."""
    from mengya_health.operations.accounts import user_of
    from mengya_health.people.account_links import take_off_second_factor

    with as_administrator(data_dir, admin) as work:
        take_off_second_factor(work, user_of(work, login))
    click.echo("已取下，下次登录要重新设。 Taken off; it is set up anew at the next sign-in.")


def _say(handed) -> None:
    click.echo(f"请把链接当面交给本人，{handed.until} 前有效，只能用一次。 Hand this link to its owner; it works once.")
    click.echo(handed.address)
