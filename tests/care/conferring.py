"""A case conference with its people: the district's manager keeps the rota, the doctor calls, others are asked."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from mengya_health.access.actor import Actor
from mengya_health.care.conference_points import add_point
from mengya_health.care.conferences import CLINIC, Conference, find_conference
from mengya_health.care.conferring import call_conference
from mengya_health.people.rota import name_chair
from mengya_health.record.queries import entries_of_kind
from tests.care.walking import Walk
from tests.factories import a_member

QUESTION = "在家和在班里都吃得慢，三个月没有变化，想商量下一步。"


@dataclass
class Table:
    """Who sits at it: the chair works at another clinic, `invited` at another class, `stranger` was not asked."""

    walk: Walk
    manager: Actor
    chair: Actor
    invited: Actor
    stranger: Actor
    held_on: date

    def call(self, **changed) -> UUID:
        """Call a conference about the case as its doctor; return its id."""
        with self.walk.as_(self.walk.doctor) as work:
            checks = [each.id for each in entries_of_kind(work, self.walk.child, "screening")]
            wanted = {
                "held_on": self.held_on,
                "question": QUESTION,
                "entry_ids": checks,
                "reader_ids": [self.invited.user_id, self.walk.teacher.user_id],
                "is_family_told": True,
            }
            return call_conference(work, self.walk.case_id, **(wanted | changed)).id

    def find(self, actor: Actor, conference_id: UUID) -> Conference:
        with self.walk.work_as(actor) as work:
            return find_conference(work, conference_id)

    def add(self, actor: Actor, conference_id: UUID, **changed) -> str:
        """Write down a point as somebody; return its id."""
        with self.walk.as_(actor) as work:
            found = find_conference(work, conference_id)
            wanted = {
                "sort": "conclusion",
                "text": "先换勺子和坐姿，四周后再看",
                "owner": CLINIC,
                "due_on": work.today + timedelta(days=7),
                "row_version": found.entry.row_version,
            }
            add_point(work, conference_id, **(wanted | changed))
        return self.find(actor, conference_id).points[-1].id


def sit_down(walk: Walk) -> Table:
    """Return the table for a walk whose case is open, with a rota that begins today."""
    district = walk.district
    with walk.work_as(district.sysadmin) as work:
        manager = a_member(work, "manager", district.mch_institute_id)
        stranger = a_member(work, "specialist", district.mch_institute_id)
    with walk.work_as(manager) as work:
        today = work.today
        chair = district.other_doctor
        name_chair(work, user_id=chair.user_id, from_on=today, to_on=today + timedelta(days=60))
    return Table(walk, manager, chair, district.specialist, stranger, today)
