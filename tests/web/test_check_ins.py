"""Checking in a task at home and in class: one tap, then what the task asks for; photos only under consent."""

import re

import pytest

from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import give_consent
from tests.care.walking import STORIES, Walk


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.plan["tasks"] = [{"item": "BB01", "who": "guardian"}, {"item": "BB05", "who": "teacher"}]
    walk.in_support()
    return walk


def written(walk: Walk) -> list:
    with walk.work_as(walk.doctor) as work:
        return entries_of_kind(work, find_child(work, walk.child.id), "check_in")


def test_one_tap_says_it_was_done_and_what_the_task_asks_is_added_to_it(walk, browse):
    mother = browse(walk.mother)
    home = f"/home/{walk.child.id}"
    page = mother.get(home)
    task = re.search(rf'action="({home}/tasks/[^"]+)"', page)[1]
    assert mother.post(task, page=home, done="done").location.startswith(home)
    page = mother.get(home)
    assert "记好了，改一改" in page
    assert f'action="{task}"' not in page  # nothing more is wanted today
    asked = mother.get(task)
    assert "没有同意保存照片和视频" in asked
    assert "concern" in asked  # where it has to be stopped
    assert 'name="log_3"' not in asked  # the photo is no text
    mother.post(task, done="done", log_1="面条、鸡蛋")
    (entry,) = written(walk)
    assert entry.content["log"] == [{"name": "食物种类", "value": "面条、鸡蛋"}]
    with walk.work_as(walk.mother) as work:
        child = find_child(work, walk.child.id)
        give_consent(work, child, "P5", pin="739146", shown_digest=text_digest(work, "P5"))
    assert "保存后加照片" in mother.get(task)
    to = mother.post(task, done="done", with_photo="yes").location
    assert to.startswith(f"/children/{walk.child.id}/entries/{entry.id}/attachments")
    mother.get(to)


def test_a_teacher_checks_in_with_one_tap_on_the_child_s_page(walk, browse):
    teacher = browse(walk.teacher)
    here = f"/class/{walk.district.group_id}/children/{walk.child.id}"
    page = teacher.get(here)
    task = re.search(rf'action="({here}/tasks/[^"]+)"', page)[1]
    teacher.post(task, page=here, done="done")
    assert [entry.author_role for entry in written(walk)] == ["teacher"]
    page = teacher.get(here)
    assert "今天记好了" in page
    assert f'action="{task}"' not in page
