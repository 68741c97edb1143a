"""Children move: to another class, to another clinic, out of the district; and families change their minds."""

from mengya_health.care import class_moves, commands, consents, handovers, moving_away
from mengya_health.people import renewals
from mengya_health.people.queries import find_child
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import consents_of
from mengya_health.worker import after_places_ended
from tests.care.simulated import rules
from tests.care.simulated.book import NOWHERE, Child, Due
from tests.care.simulated.district import SimulatedDistrict
from tests.factories import PIN


def changes_class(sim: SimulatedDistrict, child: Child) -> None:
    group = 0 if child.group is None else 1 - child.group
    with sim.act("change class", child, sim.doctor_of(child)) as work:
        class_moves.change_class(work, child.id, sim.groups[group])
    child.group, child.enrolled_on = group, sim.book.today
    sim.book.class_work_follows(child)


def leaves_class(sim: SimulatedDistrict, child: Child) -> None:
    with sim.act("leave class", child, sim.doctor_of(child)) as work:
        class_moves.leave_class(work, child.id)
    child.group = child.enrolled_on = None
    sim.book.class_work_follows(child)


def places_are_renewed(sim: SimulatedDistrict, clinic: int) -> None:
    """Once a month a clinic goes through the places in class that end soon; it approves most of them anew."""
    with sim.work_as(sim.doctors[clinic][0]) as work:
        ending = sorted(renewals.endings(work, sim.clinics[clinic]), key=lambda each: each.child.name)
        chosen = [each for each in ending if sim.may(0.4)]
        class_moves.approve_places(work, sim.clinics[clinic], [each.tie_id for each in chosen])
    for each in chosen:
        child = sim.book.children[each.child.id]
        child.group, child.enrolled_on = sim.groups.index(each.group_id), sim.book.today
        sim.book.class_work_follows(child)
        sim.touched.add(child.id)
        sim.done["renew place"] += 1


def places_end(sim: SimulatedDistrict) -> None:
    """Whoever's year in class is over is in no class from that day on; the worker looks every hour."""
    for child in sim.book.children.values():
        if child.group is not None and sim.class_place_ended(child):
            child.group = child.enrolled_on = None
            sim.book.class_work_follows(child)
            sim.touched.add(child.id)
            sim.done["place ended"] += 1
    after_places_ended(sim.installation)


def asks_for_another_clinic(sim: SimulatedDistrict, child: Child) -> None:
    to = 1 - child.clinic
    with sim.act("ask for clinic", child, sim.mother_of(child)) as work:
        handovers.ask_as_guardian(work, child.id, clinic_id=sim.clinics[to], pin=PIN)
    child.going_to = to
    sim.book.begin(child, "handover", "doctor", rules.due_for("handover", sim.book.today), at_clinic=to)


def goes_on_with_handover(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    """The new clinic accepts, refuses, or looks through what came along; or the family stays after all."""
    if child.going_to is None:
        with sim.act("finish handover", child, sim.doctor_of(child)) as work:
            handovers.finish_handover(work, child.id)
        sim.book.end(due)
        return
    new, drawn = sim.doctors[child.going_to][0], sim.chance.random()
    if drawn < 0.7:
        with sim.act("accept handover", child, new) as work:
            handovers.accept_handover(work, child.id)
        child.clinic = child.going_to
        for done in (each for part in (child, *child.cases) for each in part.dues if each.ended_on == sim.book.today):
            done.at_clinic = NOWHERE  # a day's list is of the children a clinic looks after, and of what it did itself
    elif drawn < 0.85:
        with sim.act("refuse handover", child, new) as work:
            handovers.refuse_handover(work, child.id, text="不在我们辖区")
        sim.book.end(due, "other")
    else:
        with sim.act("withdraw handover", child, sim.mother_of(child)) as work:
            handovers.withdraw_handover(work, child.id)
        sim.book.end(due, "declined")
    child.going_to = None


def leaves_district(sim: SimulatedDistrict, child: Child) -> None:
    reason = sim.chance.choice(moving_away.REASONS)
    with sim.act("leave district", child, sim.doctor_of(child)) as work:
        moving_away.leave_district(work, child.id, why=reason, text="搬到外省")
    for due in child.open("handover") if child.going_to is not None else ():
        sim.book.end(due, "declined")
    child.is_here, child.group, child.enrolled_on, child.going_to = False, None, None, None
    sim.book.gone(child, reason)


def comes_back(sim: SimulatedDistrict, child: Child) -> None:
    with sim.act("come back", child, sim.doctor_of(child)) as work:
        moving_away.come_back(work, child.id)
    child.is_here = True
    sim.book.plan_visit(child)


def record_is_refused(sim: SimulatedDistrict, child: Child) -> None:
    """The mother no longer agrees that the record is kept, whatever was signed on paper before."""
    with sim.act("refuse record", child, sim.doctor_of(child)) as work:
        facts = find_child(work, child.id)
        held = next(each for each in consents_of(work, facts) if each.purpose == "P1" and each.is_in_force)
        consents.end_at_the_desk(work, child.id, held.id)
    child.is_kept = False
    sim.book.begin(child, "consent_ended", "doctor", rules.due_for("consent", sim.book.today))


def what_is_open_stops(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    with sim.act("stop what is open", child, sim.doctor_of(child)) as work:
        consents.stop_what_is_open(work, child.id)
    sim.book.end(due)
    sim.book.gone(child, "declined")


def record_is_agreed(sim: SimulatedDistrict, child: Child) -> None:
    with sim.act("agree to record", child, sim.doctor_of(child)) as work:
        consents.take_paper(work, child.id, "P1", shown_digest=text_digest(work, "P1"))
    child.is_kept = True
    sim.book.end_all(child, "consent_ended")
    sim.book.plan_visit(child)


def dies(sim: SimulatedDistrict, child: Child) -> None:
    """The worst: every case is stopped, everything else is cancelled for the same reason."""
    with sim.act("die", child, sim.doctor_of(child)) as work:
        case = child.open_cases[0]
        commands.stop_case(work, case.id, reason_code="8", reason="", not_done="deceased")
    child.is_alive = False
    for case in child.open_cases:
        sim.book.closed(case, "stopped", "deceased")
    sim.book.end_all(child, how="deceased")
