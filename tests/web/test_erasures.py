"""S-13 on the pages: the family asks, two people decide, and every page of the child works afterwards."""

import re
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import select

from mengya_health.care import disputes
from mengya_health.handouts import from_record
from mengya_health.jobs import Job
from mengya_health.operations.installation import begin_work
from mengya_health.people.queries import find_child
from mengya_health.worker import run_job
from tests.factories import PIN, client_of
from tests.keys.erased import a_family
from tests.web.browsing import Browser


@pytest.fixture
def settings(settings, tmp_path):
    shutil.copytree(settings.keyring_dir, tmp_path / "keys")
    return replace(settings, keyring_dir=tmp_path / "keys")


def browsers(installation, family) -> dict[str, Browser]:
    people = {
        "mother": family.guardian,
        "doctor": family.district.doctor,
        "teacher": family.district.teacher,
        "officer": family.district.security_officer,
    }
    return {name: Browser(client_of(installation, actor)) for name, actor in people.items()}


def approve(installation, family, people, scope: str) -> None:
    """Walk the three pages, and let the worker do it."""
    home, record = f"/home/{family.child.id}", f"/children/{family.child.id}"
    assert people["mother"].send(f"{home}/rights", scope=scope, pin="000000").status_code == 422
    assert people["mother"].send(f"{home}/rights", scope=scope, pin=PIN).status_code == 303
    assert "家长要求删除" in people["doctor"].open("/today?tab=decision")
    page = people["doctor"].open(f"{record}/erasure")
    assert "安全审计员复核" in page
    assert people["doctor"].send(f"{record}/erasure").status_code == 303
    waiting = people["officer"].open("/erasures")
    assert family.child.number in waiting
    assert family.child.name not in waiting
    action = re.search(r'action="(/erasures/[^"]+/approval)"', waiting).group(1)
    assert people["officer"].send("/erasures", action).status_code == 303
    with begin_work(installation, None, writing=False) as work:
        job_id = work.session.scalar(select(Job.id).where(Job.kind == "erase"))
    run_job(installation, job_id)


@pytest.mark.parametrize("scope", ["family", "record"])
def test_every_page_of_a_child_works_after_its_family_had_it_deleted(installation, district, scope):
    """S-13: a plain sentence where something was, no error; and the family reads what was destroyed, what is sealed."""
    family = a_family(installation, district)
    people = browsers(installation, family)
    home, record = f"/home/{family.child.id}", f"/children/{family.child.id}"
    approve(installation, family, people, scope)
    gone = "家长互动（家里写的）：已应家长要求删除"
    sealed = "卫生保健（医生写的）：已封存到 2041-11-23"
    for path in ("/home", f"{home}/record", f"{home}/rights"):
        page = people["mother"].open(path)
        assert gone in page
        assert (sealed in page) == (scope == "record")
    for path in (f"{home}/family", f"{home}/views", f"{home}/signed"):
        people["mother"].open(path)
    for path in (record, f"{record}/erasure", f"{record}/edit", f"{record}/consents"):
        page = people["doctor"].open(path)
        assert gone in page
        assert (sealed in page) == (scope == "record")
    for path in ("/today", "/today?tab=decision", "/today?tab=done", "/cases", "/children"):
        people["doctor"].open(path)
    people["teacher"].open("/class")
    people["teacher"].open(record)
    assert "没有等复核的删除" in people["officer"].open("/erasures")
    said = people["doctor"].open(f"{record}/entries/{family.entries['family']}", status=403)
    assert "已经应家长的要求删除，谁也恢复不了" in said
    prints = people["doctor"].open(f"{record}/papers", status=200 if scope == "family" else 403)
    assert "2041-11-23" in prints or scope == "family"
    assert "家里的一句" not in people["doctor"].open(record)


def test_what_nobody_asked_for_cannot_be_submitted_and_only_the_right_people_come_here(installation, district):
    family = a_family(installation, district)
    people = browsers(installation, family)
    home, record = f"/home/{family.child.id}", f"/children/{family.child.id}"
    assert "没有提过删除要求" in people["doctor"].open(f"{record}/erasure")
    for name in ("mother", "teacher"):
        people[name].open(f"{record}/erasure", status=403)
    for name in ("mother", "teacher", "doctor"):
        people[name].open("/erasures", status=403)
    people["doctor"].open(f"{home}/rights", status=403)
    people["officer"].open(f"{record}/erasure", status=404)


def test_a_disagreement_that_was_deleted_leaves_the_entry_it_was_about_whole(installation, district):
    """S-13: the family's words are gone from the clinic's page and print; the clinic's own words stay."""
    family = a_family(installation, district)
    with begin_work(installation, family.guardian) as work:
        disputes.raise_dispute(work, family.child.id, family.entries["health"], version=1, text="量的时候穿着棉袄")
    people = browsers(installation, family)
    entry = f"/children/{family.child.id}/entries/{family.entries['health']}"
    assert "量的时候穿着棉袄" in people["doctor"].open(entry)
    approve(installation, family, people, "family")
    page = people["doctor"].open(entry)
    assert "health 的一句" in page
    assert "量的时候穿着棉袄" not in page
    assert "health 的一句" in people["mother"].open(f"/home/{family.child.id}/entries/{family.entries['health']}")
    with begin_work(installation, family.district.doctor, writing=False) as work:
        found = find_child(work, family.child.id)
        assert not from_record.DOCUMENTS["record_summary"](work, found, None).objections
