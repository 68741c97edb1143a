"""Messages that leave the system: try a channel."""

from pathlib import Path

import click

from mengya_health.cli.base import data_option, main, settings_of


@main.command()
@data_option
@click.option("--test", "address", required=True, help="邮箱或手机号 A mail address or a mobile number.")
def notify(data_dir: Path | None, address: str) -> None:
    """Send one message to an address, by mail or by the webhook, and say whether it was taken."""
    from mengya_health.operations.messages import try_channel

    try_channel(settings_of(data_dir), address)
    click.echo("已送出，请看有没有收到。 Handed over; look whether it arrived.")
