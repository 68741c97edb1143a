"""The `mengya` command. What a command needs is imported when it runs: scoring a file must not wait for the web."""

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from mengya_health import db
from mengya_health.config import WORKFLOWS, Settings, settings_from
from mengya_health.errors import Invalid, MengyaError, StartRefused

A_PATH = click.Path(path_type=Path)
DEMO_PASSPHRASE = "passphrase"  # noqa: S105  the name of the file
port_option = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
data_option = click.option("--data", "data_dir", type=A_PATH, help="数据目录 Data folder (MENGYA_DATA; default var/).")


class _OneLineErrors(click.Group):
    """A refusal is a clear line and a code that is not 0; a traceback is for our mistakes, not for a user's."""

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except OperationalError as error:
            _say(db.as_unavailable(error))
        except OSError as error:
            what = f"{error.filename or ''} {error.strerror or error}".strip()
            _say(MengyaError(f"文件或目录用不了：{what}。", "Cannot use this file or folder; check its path and mode."))
        except MengyaError as error:
            _say(error)
            context.exit(2 if isinstance(error, StartRefused) else 1)
        context.exit(1)


def _say(error: MengyaError) -> None:
    click.echo(f"{error.zh} {error.en}", err=True)
    for name, messages in getattr(error, "fields", {}).items():
        for message in messages:
            click.echo(f"  {name}: {message}", err=True)


@click.group(cls=_OneLineErrors)
def main() -> None:
    """童馨档案: the child-health record of families, nurseries and clinics."""
    db.restrict_new_files()


@main.command()
@data_option
@click.option("--admin", help="第一位系统管理员的登录名 Sign-in name of the first administrator.")
def init(data_dir: Path | None, admin: str | None) -> None:
    """Make keyring, keystore and database where they are missing; run again it changes nothing."""
    from mengya_health.operations.first_run import first_sysadmin, initialise, passphrase_for
    from mengya_health.operations.installation import begin_work, clock

    settings = _settings(data_dir)
    made = initialise(settings, passphrase_for(settings), now=clock())
    click.echo("已建好。 Ready." if made.keyring or made.database else "都已经有了，没有改动。 Nothing to do.")
    if admin:
        password = click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
        with _opened(data_dir) as installation, begin_work(installation, None) as work:
            first_sysadmin(work, login=admin, name=admin, password=password)


@main.command()
@data_option
def upgrade(data_dir: Path | None) -> None:
    """Bring the database to the newest migration."""
    from mengya_health.operations import upgrading

    engine = db.open_engine(_settings(data_dir).database_url, "数据库")
    try:
        upgrading.upgrade(engine)
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

    with _opened(data_dir) as installation:
        serve_installation(installation, host=host, port=port)


@main.command()
@data_option
def worker(data_dir: Path | None) -> None:
    """Do the slow work: print papers. `serve` starts one already."""
    from mengya_health import worker as job_runner

    with _opened(data_dir) as installation:
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

    settings = demo_district.demo_settings(_settings(data_dir).data_dir, port)
    installation = open_installation(demo_district.prepare(settings))
    accounts = demo_district.make_demo(installation, today=today.date() if today else None, progress=_progress())
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

    with _opened(data_dir) as installation:
        report = import_as(
            installation,
            source,
            login=login,
            measured_on=measured_on.date() if measured_on else None,
            dry_run=dry_run,
            paper_consent=paper_consent or installation.settings.is_demo,  # nobody real is in a demo
            progress=_progress(),
        )
    for problem in report.problems:
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

    summary = score_file(source, destination, reference=reference, age_rule=age_rule, progress=_progress())
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

    with _opened(data_dir) as installation:
        pdf = print_as(installation, document, login=login, number=number, subject_id=subject)
    out.write_bytes(pdf.content)
    click.echo(f"{out} {pdf.pages} 页 page(s)", err=True)


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
    with _opened(data_dir) as installation:
        add_staff(installation, admin=admin, login=login, name=name, role=role, organisation=code, password=password)
    click.echo("已建好。 Ready.")


@main.command()
@data_option
def check(data_dir: Path | None) -> None:
    """Is this installation healthy? Exit code 0 when it is."""
    from mengya_health.operations.checking import require_healthy

    with _opened(data_dir) as installation:
        require_healthy(installation)
    click.echo("一切正常。 All is well.")


@contextmanager
def _opened(data_dir: Path | None):
    from mengya_health.operations.installation import open_installation

    installation = open_installation(_settings(data_dir))
    try:
        yield installation
    finally:
        installation.close()


def _settings(data_dir: Path | None) -> Settings:
    """Return the settings for a data folder; a demo, which keeps its passphrase beside its keys, is known by that."""
    settings = settings_from(os.environ, data_dir=data_dir)
    passphrase_file = settings.keyring_dir / DEMO_PASSPHRASE
    if "MENGYA_ENV" in os.environ or settings.passphrase_file or not passphrase_file.exists():
        return settings
    as_demo = {"MENGYA_ENV": "demo", "MENGYA_PASSPHRASE_FILE": str(passphrase_file)}
    return settings_from(os.environ | as_demo, data_dir=data_dir)


def _progress():
    """Return what draws a progress bar on a terminal, None in a pipe."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        share = done / total if total else 1
        click.echo(f"\r{'█' * int(share * 30):<30} {share:4.0%}", nl=share >= 1, err=True)

    return show


def _fired(evaluation):
    return list(evaluation.codes) if evaluation.outcome == "found" else evaluation.outcome
