"""What the clinical content says: the loop, the rules, whether the files are in order."""

import json
from pathlib import Path

import click

from mengya_health.cli.base import A_PATH, main
from mengya_health.config import WORKFLOWS
from mengya_health.errors import Invalid


@main.group()
def loop() -> None:
    """The care loop."""


@loop.command("table")
@click.option("--json", "as_json", is_flag=True)
def loop_table(as_json: bool) -> None:
    """Print every state and event of the loop: who decides, and only if what."""
    from mengya_health.care.loop import loop_table as rows_of_the_loop

    rows = rows_of_the_loop()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo(
            f"{row['state'] or '–':<12} {row['event']:<18} → {row['to']:<12} "
            f"by {', '.join(row['by'])}" + (f"  if {', '.join(row['if'])}" if row["if"] else "")
        )


@main.group()
def content() -> None:
    """Clinical content."""


@content.command("check")
def content_check() -> None:
    """Check every file of workflows/: what is wrong is named by file and line."""
    from mengya_health.care.loop import loop_of
    from mengya_health.content import check, load_content
    from mengya_health.signing.agreement import signing_agreement
    from mengya_health.signing.consent_texts import consent_texts

    problems = check(WORKFLOWS)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise Invalid(f"临床内容有 {len(problems)} 处问题。", f"{len(problems)} problem(s) in the clinical content.")
    loop_of(load_content(WORKFLOWS)), consent_texts(), signing_agreement()
    click.echo("临床内容没有问题。 The clinical content is in order.")


@main.group()
def screening() -> None:
    """Screenings."""


@screening.command("evaluate")
@click.argument("source", type=A_PATH)
def screening_evaluate(source: Path) -> None:
    """Print which rules fire for each case of a file, as JSON."""
    from mengya_health.content import load_content
    from mengya_health.screening.rules import evaluate_file

    cases = evaluate_file(source, load_content(WORKFLOWS))
    answers = [{"case": case.id, "result": _fired(case.evaluation)} for case in cases]
    click.echo(json.dumps(answers, ensure_ascii=False, indent=1))


def _fired(evaluation):
    return list(evaluation.codes) if evaluation.outcome == "found" else evaluation.outcome
