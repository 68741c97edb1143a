"""Our requests, on a real installation in a folder: a doctor with a list of 20, a child with 200 entries, one save."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from uuid import uuid4

from flask import Flask

from mengya_health.app import create_app
from mengya_health.crypto.passwords import Passwords
from mengya_health.entry import cookie_name
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import Installation, begin_work, open_installation
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import open_session
from mengya_health.record.commands import record_entry
from mengya_health.screening.commands import plan_first_visits, record_measurement
from mengya_health.screening.measurements import Measurement
from tests.bench.measure import Comparison, request_to
from tests.conftest import CHEAP, CHEAP_HASHES, PASSPHRASE, settings_in
from tests.factories import a_child, a_district, a_guardian

ENTRIES = 200
LISTED = 20
TODAY = "/today?show=all"  # without it the page stops at a screenful
SESSIONS = 500  # live ones of one account, without the cap
NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"


@dataclass(frozen=True)
class Pages:
    """What the pages measured are of: the installation, three children, and who looks at them."""

    installation: Installation
    known: ChildFacts  # with the long record
    written: ChildFacts  # what its mother saves goes here: the child that is read must not grow while it is measured
    measured: ChildFacts
    others: list[ChildFacts]  # what the doctor saves goes to one after the other: a child has tens of measurements
    doctor: str  # a cookie
    family: str
    writer: str
    crowd: str  # of an account with many sessions


def made_in(folder: Path) -> Pages:
    """Make the installation and everything in it."""
    installation = _installation(folder)
    district = a_district(installation)
    known, written, measured, *others = _children(installation, district)
    mother = a_guardian(installation, district, known)
    other_mother = a_guardian(installation, district, written)
    write_entries(installation, district, mother, known)
    _measure(installation, district, measured)
    return Pages(
        installation,
        known,
        written,
        measured,
        others,
        doctor=_signed_in(installation, district.doctor.user_id),
        family=_signed_in(installation, mother.user_id),
        writer=_signed_in(installation, other_mother.user_id),
        crowd=_signed_in(installation, district.second_doctor.user_id, sessions=SESSIONS),
    )


def comparisons(folder: Path) -> list[Comparison]:
    """Return what is measured, each with the bound it is held to."""
    pages = made_in(folder)
    app = create_app(pages.installation)
    doctor, family, crowd = (as_a_browser(app, each) for each in (pages.doctor, pages.family, pages.crowd))
    record, home_log = f"/children/{pages.known.id}", f"/home/{pages.written.id}/record"
    return [
        Comparison("今日, 20 rows", request_to(app, "GET", TODAY, Cookie=doctor), "rows20", 3),
        Comparison(
            f"今日, in one of {SESSIONS} sessions",
            request_to(app, "GET", TODAY, Cookie=crowd),
            "今日, 20 rows",
            1.05,
        ),
        Comparison(f"record, newest 20 of {ENTRIES}", request_to(app, "GET", record, Cookie=doctor), "enc20", 3),
        Comparison(
            f"record, all {ENTRIES}", request_to(app, "GET", f"{record}?entries=all", Cookie=doctor), "enc200", 3
        ),
        # One of the five is drawn, the others stand behind their tabs; each of the points is on all of them.
        Comparison(
            f"growth page, five charts of {ENTRIES} points",
            request_to(app, "GET", f"/children/{pages.measured.id}?chart=lhfa", Cookie=doctor),
            "enc200",
            4,
        ),
        Comparison("family home", request_to(app, "GET", "/home", Cookie=family), "enc200"),
        *_saving(app, pages.doctor, pages.others),
        Comparison("saving a home record", post_form(app, home_log, pages.writer, milk="usual"), "insert5"),
    ]


def as_a_browser(app: Flask, cookie: str) -> str:
    """Return a session's cookie with that of the form token, as a browser sends them from its second page on."""
    client = app.test_client()
    client.set_cookie(*cookie.split("=", 1))
    client.get("/account")
    return f"{cookie}; txf={client.get_cookie('txf').value}"


def _installation(folder: Path) -> Installation:
    settings = settings_in(folder)
    initialise(settings, PASSPHRASE, now=datetime.now(UTC), cost=CHEAP, environ={})
    return open_installation(settings, passwords=Passwords(CHEAP_HASHES), environ={})


def _children(installation: Installation, district) -> list[ChildFacts]:
    """Return 20 children whose next check is due."""
    born_on = datetime.now(UTC).date() - timedelta(days=369)
    found = []
    for name in NAMES[:LISTED]:
        with begin_work(installation, district.doctor) as work:
            child = a_child(work, district, name=f"样本{name}", birth_on=born_on)
            plan_first_visits(work, child)
            found.append(child)
    return found


def write_entries(installation: Installation, district, mother, child: ChildFacts) -> None:
    """Write as many entries as a long record has, each by another of its three hands, as they write them."""
    hands = (
        (district.doctor, "health", "advice", {"text": "今天称重，长得不错，继续每天一份肉。"}),
        (
            district.teacher,
            "behaviour",
            "observation",
            {
                "domain": "move",
                "items": [],
                "logs": [],
                "note": "今天午睡一小时四十分，醒来情绪平稳。",
                "setting": "class",
            },
        ),
        (mother, "family", "home_record", {"milk": "usual", "meal": "more", "note": "晚饭吃完一碗。"}),
    )
    for number in range(ENTRIES):
        actor, section, kind, content = hands[number % 3]
        with begin_work(installation, actor) as work:
            found = find_child(work, child.id)
            happened_on = work.today - timedelta(days=number % 300)
            record_entry(work, found, section=section, kind=kind, content=content, happened_on=happened_on)


def _measure(installation: Installation, district, child: ChildFacts) -> None:
    """Measure a child as often as there are entries, on one day after another up to today."""
    for days_ago in range(ENTRIES, 0, -1):
        weight, length, head = 9.5 - days_ago / 200, 76 - days_ago / 40, 46 - days_ago / 100
        with begin_work(installation, district.doctor) as work:
            taken = {
                "weight_kg": f"{weight:.2f}",
                "lenhei_cm": f"{length:.1f}",
                "position": "l",
                "headc_cm": f"{head:.1f}",
            }
            on = work.today - timedelta(days=days_ago)
            record_measurement(work, find_child(work, child.id), Measurement(measured_on=on, **taken))


def _saving(app: Flask, cookie: str, children: list[ChildFacts]) -> list[Comparison]:
    """One measurement: validated, scored, sealed, history and audit written, one commit."""
    fields = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "weight_kg": "9.1",
        "length_cm": "74.6",
        "position": "l",
    }
    next_child = cycle([post_form(app, f"/children/{child.id}/measurement", cookie, **fields) for child in children])

    def save() -> None:
        next(next_child)()

    return [
        Comparison("saving one measurement", save, "insert5", 3),
        Comparison("saving one measurement, to one row", save, "insert"),
    ]


def post_form(app: Flask, path: str, cookie: str, **fields: str):
    """Return what sends a form: the page's token with its cookie, a fresh key for each request."""
    client = app.test_client()
    client.set_cookie(*cookie.split("=", 1))
    page = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    cookies = f"{cookie}; txf={client.get_cookie('txf').value}"
    return request_to(
        app,
        "POST",
        path,
        form=lambda: {"csrf_token": token, "idem_key": str(uuid4()), **fields},
        expect=303,
        Cookie=cookies,
    )


def _signed_in(installation: Installation, user_id, *, sessions: int = 1) -> str:
    with begin_work(installation, None) as work:
        work.settings = replace(work.settings, session_cap=None)
        for _ in range(sessions):
            token = open_session(work, user_id, "password")
    return f"{cookie_name(installation)}={token}"
