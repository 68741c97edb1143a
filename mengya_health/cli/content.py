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
    from mengya_health.care.loop_shown import loop_table as rows_of_the_loop

    rows = rows_of_the_loop()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo(
            f"{row['state'] or '–':<12} {row['event']:<18} → {row['to']:<12} "
            f"by {', '.join(row['by'])}" + (f"  if {', '.join(row['if'])}" if row["if"] else "")
        )


@loop.command("picture")
def loop_picture() -> None:
    """Print the loop as a Mermaid state diagram, from the same file."""
    from mengya_health.care.loop_shown import loop_picture as picture

    click.echo(picture())


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
    """Print as JSON what each case of a file comes to: the codes that fire, "none", or "not_applicable"."""
    from mengya_health.content import load_content
    from mengya_health.screening.rule_cases import evaluate_file

    cases = evaluate_file(source, load_content(WORKFLOWS))
    lines = ",\n ".join(json.dumps(_answer(case), ensure_ascii=False) for case in cases)
    click.echo(f"[{lines}]")
    wrong = [case.problem for case in cases if case.problem]
    for problem in wrong:
        click.echo(str(problem), err=True)
    if wrong:
        raise Invalid(f"有 {len(wrong)} 个用例不能判定。", f"{len(wrong)} case(s) cannot be judged.")


def _answer(case) -> dict:
    """Return one case as it is printed; what it leaves unanswered stands in `missing`: none is then no clean result."""
    if case.problem:
        return {"id": case.id, "result": None, "problem": str(case.problem)}
    answer = {"id": case.id, "result": list(case.codes) or case.result}
    return answer | ({"missing": " ".join(case.evaluation.missing)} if case.evaluation.missing else {})
