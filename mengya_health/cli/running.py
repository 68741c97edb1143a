"""Make an installation, bring it up to date, run it, ask how it is."""

import sys
from pathlib import Path

import click

from mengya_health.cli.base import data_option, main, opened, port_option, progress, settings_of


@main.command()
@data_option
@click.option("--admin", help="第一位系统管理员的登录名 Sign-in name of the first administrator.")
def init(data_dir: Path | None, admin: str | None) -> None:
    """Make keyring, keystore and database where they are missing; run again it changes nothing."""
    from mengya_health.cli.keys import print_codes
    from mengya_health.operations.first_run import first_sysadmin, initialise, passphrase_for
    from mengya_health.operations.installation import begin_work, clock

    settings = settings_of(data_dir)
    made = initialise(settings, passphrase_for(settings), now=clock())
    if made.codes:
        print_codes(made.codes)
    click.echo("已建好。 Ready." if made.keyring or made.database else "都已经有了，没有改动。 Nothing to do.")
    if admin:
        password = click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
        with opened(data_dir) as installation, begin_work(installation, None) as work:
            first_sysadmin(work, login=admin, name=admin, password=password)


@main.command()
@data_option
def upgrade(data_dir: Path | None) -> None:
    """Bring database and keystore to their newest migrations."""
    from sqlalchemy import make_url

    from mengya_health import db
    from mengya_health.operations import upgrading

    settings = settings_of(data_dir)
    for url, name, migrations in (
        (settings.owner_url or settings.database_url, "数据库", upgrading.DATA),
        (settings.keystore_url, "密钥库", upgrading.KEYSTORE),
    ):
        engine = db.open_engine(url, name)
        try:
            upgrading.upgrade(engine, migrations)
            if url == settings.owner_url:
                upgrading.grant(engine, make_url(settings.database_url).username)
        finally:
            engine.dispose()
    click.echo("数据库已是最新。 The database is up to date.")


@main.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True)
@port_option
def serve(data_dir: Path | None, host: str, port: int) -> None:
    """Serve the pages, with one worker process beside them."""
    from mengya_health.serving import serve as serve_installation

    with opened(data_dir) as installation:
        serve_installation(installation, host=host, port=port)


@main.command()
@data_option
def worker(data_dir: Path | None) -> None:
    """Do the slow work: print papers. `serve` starts one already."""
    from mengya_health import worker as job_runner

    with opened(data_dir) as installation:
        job_runner.run(installation)


@main.command()
@data_option
@port_option
@click.option("--no-serve", is_flag=True, help="只建好，不启动 Make it, do not serve it.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="演示数据以哪一天为准 The day the samples end.")
def demo(data_dir: Path | None, port: int, no_serve: bool, today) -> None:
    """Make the demo district (sample children only) and serve it on this machine."""
    from mengya_health.operations import demo as demo_district
    from mengya_health.operations.installation import open_installation

    settings = demo_district.demo_settings(settings_of(data_dir).data_dir, port)
    installation = open_installation(demo_district.prepare(settings))
    accounts = demo_district.make_demo(installation, today=today.date() if today else None, progress=progress())
    click.echo(f"\n童馨档案演示 Demo: http://localhost:{port}/")
    click.echo(f"所有账号的密码 Password of every account: {accounts.password}")
    click.echo(f"签名密码 Signing PIN: {accounts.pin}")
    for account in accounts.accounts:
        click.echo(f"  {account.login:<12} {account.what}")
    if no_serve:
        return
    from mengya_health.serving import serve as serve_installation

    sys.stdout.flush()
    serve_installation(installation, host="127.0.0.1", port=port)


@main.command()
@data_option
def check(data_dir: Path | None) -> None:
    """Is this installation healthy? Exit code 0 when it is."""
    from mengya_health.operations.channels import channels_of
    from mengya_health.operations.checking import channels_line, last_witness, require_healthy

    with opened(data_dir) as installation:
        click.echo(last_witness(installation))
        channels_of(installation.settings)  # a file of theirs that cannot be read is a fault, too
        click.echo(channels_line(installation.settings))
        require_healthy(installation)
    click.echo("一切正常。 All is well.")
