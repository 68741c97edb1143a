"""`mengya demo`: a district of sample children, made through the commands that the pages use.

What happened to whom is drawn by chance that depends on the date alone, and written day by day with the clock moved
along. Everything ends on the day before: whatever is done in the demo comes after it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from sqlalchemy import select, update

from mengya_health.config import Settings, settings_from
from mengya_health.crypto.private_files import write_once
from mengya_health.errors import StartRefused
from mengya_health.operations import demo_daily
from mengya_health.operations.demo_children import BABY_HOUSE, draw_children
from mengya_health.operations.demo_conference import confer
from mengya_health.operations.demo_people import (
    FIRST_LOGIN,
    LAST_LOGIN,
    PASSWORD,
    PIN,
    STAFF,
    build_places,
    renew_roles,
)
from mengya_health.operations.demo_stage import AFTERNOON, MORNING, NOON, OPENING, Event, Stage
from mengya_health.operations.demo_stories import STORIES
from mengya_health.operations.demo_tale import Tale
from mengya_health.operations.demo_trust import leave_traces
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import Installation, begin_work, clock
from mengya_health.people.models import Deployment, Region, User

EARLIER_CHECKS = 3  # of each child, before the newest
FIRST_VISIT_DAY = 28  # the first weeks are the maternity ward's and the home visit's
BUSY_DAYS = 45  # after something was found, the child is seen for that
APPROVED_EVERY = 350  # days: a child's place in class is approved anew before its year is over
WITHOUT_BOOKLET = 4  # every fourth family forgot to bring it
BOOKLET_AGO = 20
OBSERVED_AGO = (58, 33, 12, 1)
SEEN_IN_CLASS = ("上下台阶很稳", "追着皮球跑，会停下来", "扶着栏杆自己上楼", "今天蹲下站起好几次")
FAMILY_ACCOUNTS = (
    ("parent", "planning_growth", "家长：有一份计划等签名 parent with a plan to sign"),
    ("parent2", "active_anemia", "家长：有一份评估等签名 parent with an evaluation to sign"),
    ("parent3", "confirming_family", "家长：有一份结案小结等签名 parent with a closing summary to sign"),
    ("parent4", "active_growth", "家长：正在干预 parent of a child under support"),
    ("parent5", "planning_question", "家长：问了医生一个问题 parent who asked the doctor something"),
    ("parent6", "active_development", "家长：孩子在蒲公英班 parent of a child in the other class"),
    ("parent7", "following_growth", "家长：巩固随访中 parent of a child in consolidation"),
    ("parent8", "following_anemia", "家长：今天随访 parent of a child to be seen today"),
    ("parent9", "confirming_class", "家长：等班级确认 parent whose class has still to confirm"),
    ("parent10", "resolved_growth", "家长：已结案 parent of a child whose case is closed"),
)
GRANDMOTHER = ("grandma", "祖辈：只记录，不签名 grandmother, who records and never signs")


@dataclass(frozen=True)
class DemoAccount:
    """A sign-in of the demo, and whose it is."""

    login: str
    what: str


@dataclass(frozen=True)
class DemoAccounts:
    """The accounts of the demo; all have the same password and signing PIN."""

    accounts: tuple[DemoAccount, ...]
    password: str = PASSWORD
    pin: str = PIN


def demo_settings(data_dir: Path, port: int) -> Settings:
    """Return the settings of a demo in a folder: SQLite there, keyring and passphrase file in `<folder>-keys`."""
    data_dir = data_dir.resolve()
    return settings_from(
        {
            "MENGYA_ENV": "demo",
            "MENGYA_PASSPHRASE_FILE": str(data_dir.with_name(data_dir.name + "-keys") / "passphrase"),
            "MENGYA_BASE_URL": f"http://localhost:{port}",
            "MENGYA_DISTRICT": "萌芽示范区",
        },
        data_dir=data_dir,
    )


def prepare(settings: Settings) -> Settings:
    """Make passphrase file, keyring and databases where they are missing, and return the settings.

    Raises StartRefused for a database whose keyring is gone.
    """
    settings.keyring_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.passphrase_file.exists():
        write_once(settings.passphrase_file, secrets.token_urlsafe(24))
    initialise(settings, settings.passphrase_file.read_text(), now=clock(), environ={})
    return settings


def make_demo(
    installation: Installation,
    *,
    today: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> DemoAccounts:
    """Make the demo district as it stands on a day, today by default; where it is made already, change nothing.

    `progress` is called with what is done and all there is to do. Raises StartRefused for an installation that holds
    something else, or a demo that was broken off half-way.
    """
    with begin_work(installation, None, writing=False) as work:
        now_on = work.today
        is_made = _has_account(work, LAST_LOGIN) and _has_account(work, FAMILY_ACCOUNTS[0][0])
        if not is_made and work.session.scalar(select(Region.id)) is not None:
            raise StartRefused(
                "这里已有别的数据，或上次没有建完。请换一个 --data 目录，或删掉这个目录和它的 -keys 目录再来。",
                "There is other data here, or a demo broken off. Choose another --data folder, or remove this one and "
                "its -keys folder first.",
            )
    with begin_work(installation, None) as work:
        work.session.execute(update(Deployment).values(is_demo=True))
    if is_made:
        return _accounts()
    stage = Stage(installation, today or now_on)
    if stage.today > now_on:
        raise StartRefused("演示日期不能晚于今天。", "The demo's day cannot lie in the future.")
    build_places(stage)
    _play(stage, progress or (lambda done, total: None))
    renew_roles(stage)
    confer(stage)
    leave_traces(stage)
    return _accounts()


def _has_account(work, login: str) -> bool:
    return work.session.scalar(select(User.id).where(User.login_index == work.keys.index.login(login))) is not None


def _accounts() -> DemoAccounts:
    staff = [DemoAccount(login, what) for login, _name, _role, _place, what in STAFF]
    families = [DemoAccount(login, what) for login, _story, what in FAMILY_ACCOUNTS]
    admin = DemoAccount(FIRST_LOGIN, "系统管理员 administrator")
    return DemoAccounts((*staff, admin, *families, DemoAccount(*GRANDMOTHER)))


def _play(stage: Stage, progress: Callable[[int, int], None]) -> None:
    """Let everything happen in the order of time."""
    events: list[Event] = []
    logins = {story: login for login, story, _what in FAMILY_ACCOUNTS}
    for sample in draw_children(stage.today):
        tale = Tale(stage, sample, events, login=logins.get(sample.plot.story, ""))
        _childhood(tale)
        if sample.plot.story:
            STORIES[sample.plot.story](tale)
    for ago in demo_daily.DAYS_AGO:
        check = partial(demo_daily.check_mornings, stage)
        events.append(Event(stage.ago(ago), demo_daily.AT, len(events), check))
    for done, event in enumerate(sorted(events), start=1):
        event.act(event.on, event.at)
        progress(done, len(events))


def _childhood(tale: Tale) -> None:
    """What happens to every child: registered, checked at the planned ages, in class, at the baby house."""
    plot = tale.sample.plot
    checked_ago = [] if plot.visit == "no_consent" else _checks_ago(tale)
    registered_ago = max([*checked_ago, plot.found, 1])
    tale.on(registered_ago, OPENING, tale.register, is_consented=plot.visit != "no_consent")
    next_on = tale.stage.today if plot.visit == "today" else None
    for ago in checked_ago:
        is_last = ago == min(checked_ago)
        tale.on(ago, MORNING, tale.check, next_on=next_on if is_last else None)
    if checked_ago and (tale.login or tale.sample.lateness_days % WITHOUT_BOOKLET):
        tale.on(min(*checked_ago, BOOKLET_AGO), NOON, tale.copy_booklet)
    if tale.is_in_class:
        tale.on(registered_ago, NOON, tale.enrol)
        for days_ago in range(registered_ago - APPROVED_EVERY, 0, -APPROVED_EVERY):
            tale.on(days_ago, NOON, tale.approve_enrolment)
        for ago, note in zip(OBSERVED_AGO, SEEN_IN_CLASS, strict=True):
            if ago < registered_ago:
                tale.on(ago, AFTERNOON, tale.observe, note=note)
    if plot.place == BABY_HOUSE:
        _visit_baby_house(tale, registered_ago)


def _checks_ago(tale: Tale) -> list[int]:
    """Return how many days ago the planned checks were done, the longest ago first: the last few, and all since
    something was found. What is found is found at a check of its own."""
    plot = tale.sample.plot
    days = [ago for ago in _came_ago(tale) if ago > 0]
    if plot.visit in ("today", "overdue"):
        days = [ago for ago in days if not _is_newest_visit(tale, ago)]
    before = [ago for ago in days if ago > plot.found]
    since = [] if plot.story.startswith("stopped") else [ago for ago in days if ago < plot.found - BUSY_DAYS]
    return before[-EARLIER_CHECKS - (plot.found == 0) :] + since


def _came_ago(tale: Tale) -> list[int]:
    """Return how many days ago the family came, or will come (negative), to each planned check."""
    sample = tale.sample
    windows = [visit.window(sample.birth_on)[0] for visit in tale.stage.installation.content.visits]
    after_the_first_weeks = [on for on in windows if (on - sample.birth_on).days >= FIRST_VISIT_DAY]
    return [(tale.stage.today - on).days - sample.lateness_days for on in after_the_first_weeks]


def _is_newest_visit(tale: Tale, ago: int) -> bool:
    """Return whether a check so long ago would have been that of the visit which is due now."""
    sample, stage = tale.sample, tale.stage
    newest = [v for v in stage.installation.content.visits if v.window(sample.birth_on)[0] <= stage.today][-1]
    return stage.ago(ago) >= newest.window(sample.birth_on)[0]


def _visit_baby_house(tale: Tale, registered_ago: int) -> None:
    """One visit a while ago, and one today."""
    then = min(registered_ago, 9)
    tale.on(then, NOON, tale.book, for_on=tale.stage.ago(then - 2))
    carer = tale.stage.staff["babyhouse"]
    tale.on(then - 2, AFTERNOON, tale.observe, note="第一次来，玩得开心", actor=carer)
    tale.on(1, NOON, tale.book, for_on=tale.stage.today)
