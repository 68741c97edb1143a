"""Places: regions, organisations, classes."""

from pathlib import Path

import click

from mengya_health.cli.accounts import as_administrator, as_option
from mengya_health.cli.base import data_option, main, opened


@main.group()
def place() -> None:
    """Regions, organisations and classes."""


@place.command("region")
@data_option
@click.argument("code")
@click.argument("name")
@click.option("--in", "parent", help="上级区划编码 The code of the region it lies in.")
@as_option
def region(code: str, name: str, parent: str | None, admin: str, data_dir: Path | None) -> None:
    """Add a 市, 区 or 街镇 by its code (GB/T 2260)."""
    from mengya_health.operations.accounts import region_of
    from mengya_health.people.places import add_region

    with as_administrator(data_dir, admin) as work:
        add_region(work, code=code, name=name, parent_id=region_of(work, parent) if parent else None)
    click.echo("已建好。 Ready.")


@place.command("add")
@data_option
@click.argument("code")
@click.argument("name")
@click.option("--kind", required=True, help="clinic hospital mch_institute kindergarten baby_house …")
@click.option("--in", "region_code", required=True, help="区划编码 The region's code.")
@click.option("--phone", default="", help="前台电话 The desk's number.")
@as_option
def add(code: str, name: str, kind: str, region_code: str, phone: str, admin: str, data_dir: Path | None) -> None:
    """Add a clinic, hospital, kindergarten or baby house."""
    from mengya_health.operations.accounts import region_of
    from mengya_health.people.places import add_organisation

    with as_administrator(data_dir, admin) as work:
        region_id = region_of(work, region_code)
        add_organisation(work, region_id=region_id, kind=kind, code=code, name=name, phone=phone)
    click.echo("已建好。 Ready.")


@place.command("class")
@data_option
@click.argument("code")
@click.argument("name")
@as_option
def group(code: str, name: str, admin: str, data_dir: Path | None) -> None:
    """Add a class to the kindergarten or baby house of that code."""
    from mengya_health.operations.accounts import organisation_of
    from mengya_health.people.places import add_group

    with as_administrator(data_dir, admin) as work:
        add_group(work, organisation_id=organisation_of(work, code).id, name=name)
    click.echo("已建好。 Ready.")


@place.command("lead")
@data_option
@click.argument("code")
@click.argument("login")
@as_option
def lead(code: str, login: str, admin: str, data_dir: Path | None) -> None:
    """Name the lead doctor or teacher of a place."""
    from mengya_health.operations.accounts import organisation_of, user_of
    from mengya_health.people.places import name_lead

    with as_administrator(data_dir, admin) as work:
        name_lead(work, organisation_of(work, code).id, user_of(work, login))
    click.echo("已改好。 Done.")


@place.command("list")
@data_option
def show(data_dir: Path | None) -> None:
    """List regions, organisations and classes, with their codes."""
    from mengya_health.operations.installation import begin_work
    from mengya_health.people.places import all_places

    with opened(data_dir) as installation, begin_work(installation, None, writing=False) as work:
        places = all_places(work)
    for each in places.regions:
        click.echo(f"{each.code:<12} {each.name}")
    for each in places.organisations:
        classes = "、".join(group.name for group in places.groups if group.organisation_id == each.id)
        click.echo(f"{each.code:<12} {each.name} ({each.kind}) {classes}")
