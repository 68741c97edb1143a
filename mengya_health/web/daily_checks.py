"""晨午检: a class in one page by exception, one child in full, the sheet that a nursery files."""

from datetime import date
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for

from mengya_health.access.permissions import Permission
from mengya_health.access.rules import teacher_of
from mengya_health.care import daily_checks
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, DecimalText, Form, LocalDate, PlainText, Ticked
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import accounts_of, class_children, find_child
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.shown import daily_checks as shown

bp = Blueprint("daily", __name__)


def children_of(work, group_id: UUID) -> list[ChildFacts]:
    """Return the children of one of the actor's classes. Raises NotFound where it is none of theirs, or empty."""
    children = [child for child in class_children(work, group_id) if teacher_of(work.actor, child.subject)]
    if not children:
        raise NotFound
    return children


@bp.get("/class/<uuid:group_id>/daily/<part>")
@signed_in
def check_class(work, group_id: UUID, part: str):
    children, part, on = children_of(work, group_id), _part(part), _day_of_form(work)
    sheets = daily_checks.sheets_of(work, children, since=on)
    page = shown.class_page(work, group_id, part, children, sheets, form_state(), on)
    return render_template("pages/teacher/daily.html", **page)


@bp.post("/class/<uuid:group_id>/daily/<part>")
@signed_in(again="daily.check_class")
def save_class(work, group_id: UUID, part: str):
    children, part = children_of(work, group_id), _part(part)
    names = {child.id: child.id.hex for child in children}
    pressed = {f"p_{name}": Choice(*daily_checks.PRESSED) for name in names.values()}
    before = {f"w_{name}": PlainText(longest=10, load_default="") for name in names.values()}
    more = {"rest": Ticked(load_default=False), "open": Choice(*names.values()), "on": LocalDate(load_default=None)}
    said = submitted(Form.from_dict(pressed | before | more)())
    kept = daily_checks.check_class(
        work,
        children,
        part,
        pressed={id: said[f"p_{name}"] for id, name in names.items() if said.get(f"p_{name}")},
        shown={id: said[f"w_{name}"] for id, name in names.items()},
        rest=said["rest"],
        on=said["on"],
    )
    if said.get("open"):
        here = {"group_id": group_id, "part": part, "child_id": UUID(said["open"])}
        return redirect(url_for("daily.check_child", **here), 303)
    saved = "some_kept" if kept else "stored"
    return redirect(url_for("daily.check_class", group_id=group_id, part=part, saved=saved), 303)


class ChildCheckForm(Form):
    """What was found of one child, in the morning or at noon."""

    presence = Choice("here", "ill", "leave", required=True)
    temperature = DecimalText(low="34", high="43", places=1, unit="℃", load_default="")
    asked = PlainText(longest=200, load_default="")
    brought = PlainText(longest=100, load_default="")
    handling = PlainText(longest=200, load_default="")
    arrived_at = PlainText(longest=10, load_default="")
    card = Choice(daily_checks.GREEN, daily_checks.YELLOW, daily_checks.RED)
    shown = PlainText(longest=60, load_default="")
    on = LocalDate(load_default=None)


@bp.get("/class/<uuid:group_id>/daily/<part>/<uuid:child_id>")
@signed_in
def check_child(work, group_id: UUID, part: str, child_id: UUID):
    child, part, on = _child(work, group_id, child_id), _part(part), _day_of_form(work)
    check = daily_checks.sheets_of(work, [child], since=on).checks.get((child.id, on, part))
    form = form_state(**({"presence": "here"} | dict(check or {})))
    form = with_draft(form, work, child, "daily.save_child", on=on.isoformat())
    page = shown.child_page(work, group_id, part, child, check, form, on)
    return render_template("pages/teacher/daily_child.html", **page)


# A draft is of one day: yesterday's must not fill in this morning's check.
@bp.post("/class/<uuid:group_id>/daily/<part>/<uuid:child_id>")
@signed_in(again="daily.check_child", draft=of_child("behaviour", told_by=("on",)))
def save_child(work, group_id: UUID, part: str, child_id: UUID):
    child, part = _child(work, group_id, child_id), _part(part)
    said = submitted(ChildCheckForm.from_dict(shown.choices_of(work.content, part))())
    before, on = said.pop("shown"), said.pop("on")
    if said["presence"] == "here" and part == "morning" and not said.get("card"):
        raise Invalid(fields={"card": ["请发一张牌：绿、黄或红。 Please give a card."]})
    check = {name: value for name, value in said.items() if value}
    daily_checks.check_child(work, child, part, check, shown=before, on=on)
    return redirect(url_for("daily.check_class", group_id=group_id, part=part, saved="stored"), 303)


@bp.get("/class/<uuid:group_id>/daily-sheet")
@signed_in
def sheet(work, group_id: UUID):
    children, on = children_of(work, group_id), _day(work)
    sheets = daily_checks.sheets_of(work, children, since=on)
    checkers = {UUID(check["by"]) for (_child, day, _part), check in sheets.checks.items() if day == on}
    page = shown.sheet_page(work, group_id, on, children, sheets, accounts_of(work, checkers))
    return render_template("pages/teacher/daily_sheet.html", **page)


def _day_of_form(work) -> date:
    """Return the day that a refused form is of; today for a fresh page."""
    said = Form.from_dict({"on": LocalDate(load_default=None)})().load({"on": request.form.get("on") or work.today})
    return said["on"]


def _part(part: str) -> str:
    if part not in daily_checks.PARTS:
        raise NotFound
    return part


def _child(work, group_id: UUID, child_id: UUID) -> ChildFacts:
    child = find_child(work, child_id, Permission.WRITE_BEHAVIOUR)
    if child.group_id != group_id:
        raise NotFound
    return child


def _day(work) -> date:
    """Return the day that the address names, today where it names none or one to come."""
    said = Form.from_dict({"on": LocalDate(load_default=None)})().load(request.args)
    return min(said["on"] or work.today, work.today)
