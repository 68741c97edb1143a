"""Take files in, score them, print papers into them."""

import sys
from pathlib import Path

import click

from mengya_health.cli.base import A_PATH, data_option, main, opened, progress


@main.command("import")
@data_option
@click.argument("source", type=A_PATH)
@click.option(
    "--as", "login", help="以哪位医生的账号导入 The doctor in whose name it is done (default: who is in charge)."
)
@click.option("--measured-on", type=click.DateTime(["%Y-%m-%d"]), help="文件没有日期时的测量日 Day of measurement.")
@click.option("--dry-run", is_flag=True, help="只检查，不写入 Check only; nothing is written.")
@click.option("--paper-consent", is_flag=True, help="监护人已签纸质同意书 Guardians signed on paper.")
def import_file(
    source: Path, login: str | None, measured_on, dry_run: bool, paper_consent: bool, data_dir: Path | None
) -> None:
    """Take children with measurements out of a CSV or XLSX file: all of them, or none."""
    from mengya_health.operations.import_file import import_as

    with opened(data_dir) as installation:
        report = import_as(
            installation,
            source,
            login=login,
            measured_on=measured_on.date() if measured_on else None,
            dry_run=dry_run,
            paper_consent=paper_consent or installation.settings.is_demo,  # nobody real is in a demo
            progress=progress(),
        )
    for problem in (*report.problems, *report.urgent):
        click.echo(str(problem), err=True)
    click.echo(str(report))
    if report.problems:
        sys.exit(1)


@main.command()
@click.argument("source", type=A_PATH)
@click.argument("destination", type=A_PATH)
@click.option("--reference", required=True, type=click.Choice(["who2006", "who2007", "wst423_2022"]))
@click.option("--age-rule", default="exact", show_default=True, type=click.Choice(["exact", "completed_months"]))
def growth(source: Path, destination: Path, reference: str, age_rule: str) -> None:
    """Score a CSV file of measurements; no database is needed."""
    from mengya_health.operations.growth_file import score_file

    summary = score_file(source, destination, reference=reference, age_rule=age_rule, progress=progress())
    click.echo(
        f"{summary.lines} 行，{summary.scored} 行有结果，{summary.flagged} 行要核对。 "
        f"{summary.lines} lines, {summary.scored} scored, {summary.flagged} to check.",
        err=True,
    )


@main.command("print")
@data_option
@click.argument("document", type=click.Choice(["home_guide", "referral_letter", "record_summary", "closing_summary"]))
@click.option("--child", "number", required=True, help="童馨档案号 The record's number.")
@click.option("--subject", type=click.UUID, help="个案或转诊的编号 Id of the case or referral.")
@click.option(
    "--as", "login", help="以哪位医生的账号打印 The doctor in whose name it is done (default: who is in charge)."
)
@click.option("--out", type=A_PATH, required=True, help="写到哪个文件 The PDF to write.")
def print_paper(document: str, number: str, subject, login: str | None, out: Path, data_dir: Path | None) -> None:
    """Print one paper from the record into a file."""
    from mengya_health.operations.printing import print_as

    with opened(data_dir) as installation:
        pdf = print_as(installation, document, login=login, number=number, subject_id=subject)
    out.write_bytes(pdf.content)
    click.echo(f"{out} {pdf.pages} 页 page(s)", err=True)
