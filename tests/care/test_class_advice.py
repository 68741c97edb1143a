"""给老师的建议: it comes with a reply or a word of the doctor's, is read once, and ends with the place in class."""

import pytest
from sqlalchemy import select

from mengya_health.care import class_advice, class_moves
from mengya_health.care.models import Task
from mengya_health.care.queries import tasks_for
from mengya_health.care.tasks import CLASS_ADVICE, open_body
from mengya_health.errors import NotFound
from mengya_health.people.queries import find_child


def suggestions(walk) -> list[Task]:
    with walk.work_as(walk.doctor, writing=False) as work:
        chosen = select(Task).where(Task.child_id == walk.child.id, Task.kind == CLASS_ADVICE).order_by(Task.created_at)
        found = list(work.session.scalars(chosen))
        for task in found:
            assert open_body(work, task)["text"] == "多和孩子说话"
    return found


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])  # a receiver writes on the list of the class
def test_the_reply_to_a_referral_tells_the_class_and_a_case_does_not_wait_for_it(walk):
    walk.flagged()
    walk.answer_referral(walk.refer())
    (task,) = suggestions(walk)
    assert task.case_id is None
    with walk.work_as(walk.teacher, writing=False) as work:
        child = find_child(work, walk.child.id)
        assert task.id in {each.id for each in tasks_for(work, {child.id: child}, "teacher")[child.id]}
    with walk.work_as(walk.teacher) as work:
        class_advice.understand(work, walk.child.id, task.id)
    assert [each.status for each in suggestions(walk)] == ["completed"]
    with walk.work_as(walk.teacher) as work, pytest.raises(NotFound):
        class_advice.understand(work, walk.child.id, task.id)


def test_what_was_not_read_ends_where_the_child_leaves_its_class(walk):
    with walk.work_as(walk.doctor) as work:
        class_advice.give_advice(work, find_child(work, walk.child.id), text="多出门", for_class="多和孩子说话")
    with walk.work_as(walk.doctor) as work:
        class_moves.leave_class(work, walk.child.id)
    assert [each.status for each in suggestions(walk)] == ["cancelled"]
    with walk.work_as(walk.doctor) as work:  # nobody to tell any more
        class_advice.give_advice(work, find_child(work, walk.child.id), text="多出门", for_class="多和孩子说话")
    assert len(suggestions(walk)) == 1
