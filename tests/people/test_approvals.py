"""What nobody may do alone: one asks, another approves, and it is used once, for exactly that."""

import pytest
from sqlalchemy import select, update

from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, NotFound, NotNow, NotPermitted
from mengya_health.people.approvals import (
    Approval,
    approve,
    ask_approval,
    refuse,
    use_approval,
    waiting_approvals,
)

WHAT = "destroy_key"
KEY = new_id()


@pytest.fixture
def asked(work_as, district):
    with work_as(district.doctor) as work:
        return ask_approval(work, WHAT, subject_id=KEY, terms="family", organisation_id=district.clinic_id).id


def use(work_as, actor, **changed) -> Approval:
    with work_as(actor) as work:
        return use_approval(work, WHAT, **({"subject_id": KEY, "terms": "family"} | changed))


def test_two_people_are_needed_and_it_is_used_once(work_as, district, asked):
    """S-44: whoever asks cannot approve; without a second person nothing is done; an approval is spent by using it."""
    with pytest.raises(NotNow):
        use(work_as, district.doctor)
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        approve(work, asked)
    with work_as(district.second_doctor) as work:
        assert [each.id for each in waiting_approvals(work, WHAT, organisation_id=district.clinic_id)] == [asked]
        approve(work, asked)
    with pytest.raises(NotFound), work_as(district.other_doctor) as work:
        approve(work, asked)
    for other in ({"subject_id": new_id()}, {"terms": "health"}, {"child_id": new_id()}):
        with pytest.raises(NotNow):
            use(work_as, district.doctor, **other)
    used = use(work_as, district.doctor)
    assert (used.asked_by, used.approved_by) == (district.doctor.user_id, district.second_doctor.user_id)
    with pytest.raises(NotNow):
        use(work_as, district.doctor)


def test_what_is_refused_or_too_old_is_not_done(work_as, district, asked, clock):
    with work_as(district.second_doctor) as work:
        refuse(work, asked)
        later = ask_approval(work, WHAT, subject_id=KEY, terms="family").id
    with pytest.raises(NotFound), work_as(district.second_doctor) as work:
        approve(work, asked)
    with work_as(district.doctor) as work:
        approve(work, later)
    clock.forward(days=8)
    with pytest.raises(NotNow):
        use(work_as, district.doctor)
    with work_as(district.doctor, writing=False) as work:
        assert waiting_approvals(work, WHAT) == []


def test_an_approval_written_by_sql_approves_nothing(work_as, district, asked, installation):
    with installation.engine.begin() as connection:
        by_sql = {"approved_by": district.second_doctor.user_id, "status": "approved"}
        connection.execute(update(Approval.__table__).values(**by_sql))
    with pytest.raises(NotNow):
        use(work_as, district.doctor)


def test_an_approval_put_back_to_what_it_was_is_not_used_again(work_as, district, asked, owner):
    """S-73: its old seal holds; the history says that it is spent."""
    table = Approval.__table__
    kept = []
    for step in ("asked", "approved"):
        with owner.connect() as connection:
            kept.append(connection.execute(select(table)).mappings().one())
        if step == "asked":
            with work_as(district.second_doctor) as work:
                approve(work, asked)
    use(work_as, district.doctor)
    with owner.begin() as connection:
        connection.execute(update(table).values(**kept[1]))
    with pytest.raises(IntegrityError):
        use(work_as, district.doctor)
    with owner.begin() as connection:
        connection.execute(update(table).values(**kept[0]))
    with pytest.raises(IntegrityError), work_as(district.second_doctor) as work:
        approve(work, asked)
