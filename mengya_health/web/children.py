"""Children: find one, open a record, see it and its entries; the sheet, class, consents and invitations at the desk."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import class_advice
from mengya_health.care.class_moves import change_class, leave_class
from mengya_health.care.due import open_tasks_of
from mengya_health.care.queries import SIGNED_KINDS, cases_of
from mengya_health.entry import form_state, posted, signed_in, submitted
from mengya_health.errors import Conflict, Invalid, NotFound
from mengya_health.people.commands import correct_child, register_child
from mengya_health.people.invitations import invite_guardian, open_invitations, revoke_invitation
from mengya_health.people.places import classes
from mengya_health.people.queries import family_of, find_child, find_children, identity_of
from mengya_health.people.search import MOST_FOUND, search_children
from mengya_health.people.sessions import require_fresh
from mengya_health.record.disputes import disputes_about
from mengya_health.record.queries import record_page
from mengya_health.record.versions import versions_of
from mengya_health.screening.commands import plan_first_visits
from mengya_health.screening.corrections import correct_written
from mengya_health.screening.measurements import READING_KINDS
from mengya_health.screening.queries import SCHEDULE_KINDS
from mengya_health.signing.consents import give_consent
from mengya_health.signing.queries import signatures_of
from mengya_health.web import child_forms as forms
from mengya_health.web.drafts import of_child, of_sheet, with_draft
from mengya_health.web.scanned import is_one_number, number_in, page_of
from mengya_health.web.shown import attachments as shown_files
from mengya_health.web.shown import children as shown
from mengya_health.web.shown import disputes as shown_disputes
from mengya_health.web.shown import entry_page as shown_entry
from mengya_health.web.shown import record as shown_record
from mengya_health.web.shown.growth import AGES, BESIDE, CHARTS
from mengya_health.web.today import clinic_of

bp = Blueprint("children", __name__)

CHECKED_TWINS = "可能已经有这个孩子的档案，请先核对。 This child may have a record already; please check first."


@bp.get("/children/search")
@bp.get("/children")
@signed_in
def search(work):
    asked = request.args.get("found", "")
    ids = _ids(asked)
    children = find_children(work, ids) if ids else {}
    found = [children[child_id] for child_id in ids if child_id in children]
    audit.read(work, list(children), "search")
    form = form_state()
    page = shown.search_page(work, form.values.get("q", ""), found, is_search=bool(asked))
    return render_template("pages/children/search.html", form=form, **page)


@bp.post("/children/search")
@signed_in(again="children.search")
def look_for(work):
    text = number_in(submitted(forms.Search())["q"], work.settings)
    is_number = is_one_number(text)
    if is_number and (page := page_of(work, text)):  # nothing is left to choose
        endpoint, named = page
        return redirect(url_for(endpoint, **named), 303)
    found = search_children(work, text) if text and not is_number else []
    if not found:
        page = shown.search_page(work, text, [], is_search=bool(text))
        return render_template("pages/children/search.html", form=form_state(), **page)
    # What was typed is somebody's name: the address that a browser keeps holds ids alone.
    return redirect(url_for("children.search", found=",".join(child.id.hex for child in found)), 303)


@bp.get("/children/new")
@signed_in
def new(work):
    clinic_of(work)
    form = form_state()
    page = shown.new_page(work, form, classes(work), _twins(work, form) if "not_the_same" in form.errors else [])
    return render_template("pages/children/new.html", **page)


@bp.post("/children")
@signed_in(again="children.new")
def create(work):
    wanted = submitted(forms.NewChild())
    consents, is_checked = wanted.pop("consents"), wanted.pop("not_the_same")
    if not is_checked and _same_children(work, wanted["name"], wanted["birth_on"]):
        raise Invalid(fields={"not_the_same": [CHECKED_TWINS]})
    child = register_child(work, clinic_id=clinic_of(work), **wanted)
    for purpose, digest in consents.items():
        give_consent(work, child, purpose, how="paper", shown_digest=digest)
    if "P1" in consents:
        plan_first_visits(work, find_child(work, child.id))
    return redirect(url_for("children.show", child_id=child.id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>")
@signed_in
def show(work, child_id: UUID):
    if not work.actor.places:
        return redirect(url_for("family.home"))
    if work.actor.role == "reviewer":  # who was asked about one case reads that, on a page of its own
        return redirect(url_for("releases.waiting"))
    child = find_child(work, child_id)
    audit.read(work, child.id, "child")
    asked = _asked()
    record = record_page(
        work, child, limit=asked["limit"], kinds=asked["kinds"], also=(*READING_KINDS, *SCHEDULE_KINDS)
    )
    # Without the family's consent a clinic knows the child, not what was found.
    reads_cases = shown.may(work, child, Permission.READ_CASE)
    cases, tasks = (cases_of(work, child), open_tasks_of(work, child)) if reads_cases else ([], [])
    page = shown_record.record_page(work, child, record, cases, tasks, asked)
    return render_template("pages/children/show.html", **page)


@bp.get("/children/<uuid:child_id>/edit")
@signed_in
def edit(work, child_id: UUID):
    child = find_child(work, child_id, Permission.KEEP_CHILD)
    audit.read(work, child.id, "child")
    form = form_state(**shown.sheet_values(identity_of(work, child)))
    form = with_draft(form, work, child, "children.update", row_version=child.row_version)
    return render_template("pages/children/edit.html", **shown.edit_page(work, child, form, classes(work)))


@bp.post("/children/<uuid:child_id>/edit")
@signed_in(again="children.edit", draft=of_sheet())
def update(work, child_id: UUID):
    find_child(work, child_id, Permission.KEEP_CHILD)
    try:
        correct_child(work, child_id, **submitted(forms.SheetCorrection()))
    except Conflict as conflict:
        theirs = shown.sheet_values(conflict.theirs)
        raise Conflict(theirs=theirs, row_version=conflict.row_version) from conflict
    return redirect(url_for("children.show", child_id=child_id, saved="stored"), 303)


@bp.post("/children/<uuid:child_id>/class")
@signed_in(again="children.edit")
def enrol(work, child_id: UUID):
    find_child(work, child_id, Permission.KEEP_CHILD)
    wanted = submitted(forms.ClassForm())
    if wanted["leaves"]:
        leave_class(work, child_id)
    else:
        change_class(work, child_id, wanted["group_id"])
    return redirect(url_for("children.edit", child_id=child_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/invitation")
@signed_in
def invite(work, child_id: UUID):
    child = find_child(work, child_id, Permission.INVITE_GUARDIAN)
    audit.read(work, child.id, "child")
    page = shown.invitation_page(work, child, form_state(), open_invitations(work, child), family_of(work, child))
    return render_template("pages/children/invitation.html", **page)


@bp.post("/children/<uuid:child_id>/invitation")
@signed_in(again="children.invite")
def send_invitation(work, child_id: UUID):
    child = find_child(work, child_id, Permission.INVITE_GUARDIAN)
    require_fresh(work)
    made = invite_guardian(work, child, authority=submitted(forms.InvitationForm())["authority"])
    page = shown.invitation_page(work, child, form_state(), [], [], made)
    return render_template("pages/children/invitation.html", **page)


@bp.post("/children/<uuid:child_id>/invitations/<uuid:invitation_id>/revoke")
@signed_in
def take_invitation_back(work, child_id: UUID, invitation_id: UUID):
    revoke_invitation(work, find_child(work, child_id, Permission.INVITE_GUARDIAN), invitation_id)
    return redirect(url_for("children.invite", child_id=child_id, saved="withdrawn"), 303)


@bp.get("/children/<uuid:child_id>/entries/<uuid:entry_id>")
@signed_in
def entry(work, child_id: UUID, entry_id: UUID):
    child = find_child(work, child_id)
    versions = versions_of(work, child, entry_id)
    number = request.args.get("version", type=int)
    chosen = next((each for each in versions if each.entry.version == number), versions[0])
    newest = versions[0].entry
    signed = signatures_of(work, child, [entry_id]) if newest.kind in SIGNED_KINDS else {}
    correction = shown_entry.correction_form(work, child, newest, form_state) if chosen is versions[0] else None
    said = shown_disputes.beside(work, child, newest, disputes_about(work, child, [newest]))
    page = shown_entry.entry_page(work, child, versions, chosen, signed.get(entry_id, []), said, correction)
    page |= shown_files.part_of_entry(work, child, newest)
    return render_template("pages/children/entry.html", **page)


@bp.post("/children/<uuid:child_id>/entries/<uuid:entry_id>")
@signed_in(again="children.entry", draft=of_child("health", compares=True))
def correct(work, child_id: UUID, entry_id: UUID):
    correct_written(work, find_child(work, child_id), entry_id, posted())
    return redirect(url_for("children.entry", child_id=child_id, entry_id=entry_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/advice")
@signed_in
def advise(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "child")
    form = with_draft(form_state(), work, child, "children.give_advice")
    return render_template("pages/children/advice.html", **shown.advice_page(work, child, form))


@bp.post("/children/<uuid:child_id>/advice")
@signed_in(again="children.advise", draft=of_child("health"))
def give_advice(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    class_advice.give_advice(work, child, **submitted(forms.AdviceForm()))
    return redirect(url_for("children.show", child_id=child_id, saved="stored"), 303)


def _asked() -> dict:
    """Return what the address chose of a record: chart, ages, a second standard, how much of the timeline."""
    chart, ages, beside = (request.args.get(name) for name in ("chart", "ages", "beside"))
    return {
        "chart": chart if chart in CHARTS else "wfa",
        "ages": ages if ages in AGES else "both",
        "beside": beside if beside in BESIDE else "none",
        "limit": shown_record.ALL if request.args.get("entries") == "all" else shown_record.NEWEST,
        "kinds": shown_record.DECISIONS if request.args.get("only") == "decisions" else (),
    }


def _ids(text: str) -> list[UUID]:
    """Return the ids an address names, in its order. Raises NotFound for anything else."""
    try:
        return [UUID(each) for each in text.split(",")[:MOST_FOUND]] if text else []
    except ValueError as error:
        raise NotFound from error


def _same_children(work, name: str, birth_on) -> list:
    return [child for child in search_children(work, name) if child.birth_on == birth_on]


def _twins(work, form) -> list:
    """Return whom the refused form may mean: the same name on the same birthday."""
    found = search_children(work, form.values.get("name", ""))
    return [child for child in found if child.birth_on.isoformat() == form.values.get("birth_on")]
