"""Cases: the lists, a new case, one case with its gates, and the doctor's decisions on it."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import closing, commands, follow_ups
from mengya_health.care.case_lists import clinic_cases
from mengya_health.care.queries import (
    OpenCase,
    cases_of,
    cases_of_children,
    facts_of,
    find_case,
    waiting_for_doctor,
    waiting_for_others,
)
from mengya_health.care.raised import raised_to_lead
from mengya_health.care.reach import not_reached
from mengya_health.care.undoing import take_back_step
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid
from mengya_health.fields import Form, LocalDate, PlainText, WholeNumber
from mengya_health.people.queries import find_child
from mengya_health.web.drafts import OF_CASE, of_child, with_draft
from mengya_health.web.sent import ASKED_OF_OTHERS
from mengya_health.web.shown.case_lists import cases_page, new_page, paged, tasks_page
from mengya_health.web.shown.cases import ON_A_PAGE, STOP_FIELDS, case_page
from mengya_health.web.shown.standings import standings_of_items
from mengya_health.web.today import clinic_of

bp = Blueprint("cases", __name__)

# Event → its command, and the fields it takes beside a reason. What needs a page of its own is in ON_A_PAGE.
DECIDED_HERE: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "flag": (commands.flag, ()),
    "rescreen": (commands.rescreen, ("due_on",)),
    "clear": (commands.clear, ("informed",)),
    "release": (commands.release, ("informed",)),
    "meet_goals": (follow_ups.meet_goals, ()),
    "close_unconfirmed": (closing.close_unconfirmed, ()),
    "stop": (commands.stop_case, STOP_FIELDS),
    "reopen": (commands.reopen, ()),
}

LISTS = {"mine": waiting_for_doctor, "others": waiting_for_others, "raised": raised_to_lead}


class RowVersion(Form):
    """The version of the case that was on the page."""

    row_version = WholeNumber(low=1, high=10**9, required=True)


class NewCase(Form):
    pathway_id = PlainText(longest=30, load_default="")
    reason = PlainText(longest=200, lines=True, load_default="")


class Decision(RowVersion):
    """One event with all that any of the events may need."""

    event = PlainText(longest=20, load_default="")
    reason = PlainText(longest=200, lines=True, load_default="")
    due_on = LocalDate(load_default=None)
    informed = PlainText(longest=20, load_default="")
    reason_code = PlainText(longest=4, load_default="")
    not_done = PlainText(longest=20, load_default="")
    not_done_text = PlainText(longest=200, load_default="")


@bp.get("/cases")
@signed_in
def waiting(work):
    tab, number = request.args.get("tab", "mine"), max(1, request.args.get("page", 1, type=int))
    clinic_id = clinic_of(work)
    if tab in ("open", "closed"):
        items = clinic_cases(work, clinic_id, is_closed=tab == "closed", page=number)
        page = cases_page(work, tab, items)
    else:
        tab = tab if tab in LISTS else "mine"
        items = LISTS[tab](work, clinic_id, page=number)
        cases = cases_of_children(work, {item.child.id: item.child for item in items})
        asked = [(item.child, item.task) for item in items if tab == "others" and item.task.kind in ASKED_OF_OTHERS]
        unheard = not_reached(work, asked) if work.settings.channels else frozenset()
        standings = standings_of_items(work, clinic_id, items, cases)
        page = tasks_page(work, tab, items, cases, standings, unheard=unheard)
        page["nobody_is_told"] = bool(asked) and not work.settings.channels
    return render_template("pages/cases/index.html", **page, **paged(tab, items, number))


@bp.get("/children/<uuid:child_id>/cases/new")
@signed_in
def new(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "case")
    form = with_draft(form_state(), work, child, "cases.create")
    return render_template("pages/cases/new.html", **new_page(work, child, cases_of(work, child), form))


@bp.post("/children/<uuid:child_id>/cases/new")
@signed_in(again="cases.new", draft=of_child("health"))
def create(work, child_id: UUID):
    case = commands.open_case(work, child_id, **submitted(NewCase()))
    return redirect(url_for("cases.show", case_id=case.id, saved="stored"), 303)


@bp.get("/cases/<uuid:case_id>")
@signed_in
def show(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    form = with_draft(form_state(), work, opened.child, "cases.decide", row_version=opened.case.row_version)
    page = case_page(work, opened, facts_of(work, opened), form)
    g.undo_href = page["take_back"]["href"] if page["take_back"] else ""
    return render_template("pages/cases/show.html", **page)


@bp.post("/cases/<uuid:case_id>")
@signed_in(again="cases.show", draft=OF_CASE)
def decide(work, case_id: UUID):
    said = submitted(Decision())
    event = said["event"]
    if event in ON_A_PAGE:
        return redirect(url_for(ON_A_PAGE[event], case_id=case_id), 303)
    if event not in DECIDED_HERE:
        raise Invalid(fields={"event": [_("请选下一步。")]})
    command, names = DECIDED_HERE[event]
    wanted = {name: said[name] for name in ("reason", *names)}
    command(work, case_id, seen_version=said["row_version"], **wanted)
    return redirect(url_for("cases.show", case_id=case_id, saved="moved"), 303)


@bp.post("/cases/<uuid:case_id>/take-back")
@signed_in(again="cases.show")
def take_back(work, case_id: UUID):
    take_back_step(work, case_id)
    return redirect(url_for("cases.show", case_id=case_id, saved="withdrawn"), 303)


def case_of_clinic(work, case_id: UUID) -> OpenCase:
    """Return a case for its doctors: families, teachers and receivers have pages of their own."""
    return find_case(work, case_id, permission=Permission.WRITE_HEALTH)
