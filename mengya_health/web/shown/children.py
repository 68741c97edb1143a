"""What the pages about who a child is show: its head, search, sheet, consents, invitations."""

from collections.abc import Iterable
from datetime import date

from flask import url_for

from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.locale import gettext as _
from mengya_health.people.facts import ChildFacts
from mengya_health.people.invitations import IssuedInvitation, OpenInvitation
from mengya_health.people.places import ClassChoice
from mengya_health.people.queries import FamilyMember
from mengya_health.people.schemas import ChildInput
from mengya_health.signing.consent_texts import consent_texts, text_digest
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import bracketed, enumerated
from mengya_health.web.shown.qr import qr_code
from mengya_health.work import LOCAL

AT_THE_DESK = ("P1", "P2", "P3")  # asked when a record is opened; the others when they come up
DAYS_PER_WEEK = 7
BIRTH_WEIGHT = "birth_weight_kg"


def child_head(child: ChildFacts, today: date, *, is_clinical: bool = True) -> dict:
    """Return the band above every page about a child; how it was born is the clinic's to know."""
    contacts = enumerated(bracketed(each.name, words.RELATIONS[each.relation]) for each in child.contacts)
    facts = [
        {"label": _("编号"), "text": child.number},
        {"label": _("出生"), "text": child.birth_on.isoformat()},
        {"label": _("托育"), "text": child.class_name or (_("今天在宝宝屋") if child.attends else "")},
        {"label": _("联系人"), "text": contacts, "is_name": True},
        {"label": _("过敏"), "text": child.allergies, "is_warning": True},
    ]
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "sex_age": words.sex_and_age(child, today),
        "birth_note": _birth_note(child, today) if is_clinical else "",
        "closed": [words.closed(name, until) for name, until in child.subject.ended if name in words.CLASSES],
        "facts": [fact for fact in facts if fact["text"]],
    }


def back_to(child: ChildFacts) -> dict:
    """Return the way back from a page about one thing of a child to its record."""
    return {"text": _("档案"), "href": url_for("children.show", child_id=child.id)}


def search_page(work, text: str, found: list[ChildFacts], *, is_search: bool) -> dict:
    """Return the search page: what was found, or nothing yet."""
    may_register = bool(work.actor.places_as("doctor"))
    return {
        "q": text,
        "action": url_for("children.look_for"),
        "searched": is_search,
        "count_text": _("找到 %(n)s 名", n=len(found)),
        "new_href": url_for("children.new") if may_register else "",
        "emergency_href": url_for("emergency.ask") if may_register else "",
        "former_href": url_for("moves.former") if may_register else "",
        "enrolments_href": url_for("children.enrolments") if may_register else "",
        "rows": [_search_row(child, work.today) for child in found],
    }


def new_page(work, form, classes: Iterable[ClassChoice], twins: list[ChildFacts]) -> dict:
    """Return the page of a new record. Nothing about consent is preset."""
    return {
        "action": url_for("children.create"),
        "form": form,
        "weight_guess": _weight_guess(form),
        "groups": _class_options(classes),
        "relations": relation_options(),
        "consents": [paper(work, purpose) for purpose in AT_THE_DESK],
        "twins": [_search_row(child, work.today) for child in twins],
    }


def edit_page(work, child: ChildFacts, form, classes: Iterable[ClassChoice]) -> dict:
    """Return the page on which a child's sheet is corrected and its class changed."""
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "action": url_for("children.update", child_id=child.id),
        "row_version": form.seen(child.row_version),
        "form": form,
        "weight_guess": _weight_guess(form),
        "relations": relation_options(),
        "groups": _class_options(classes),
        "birth_size": _birth_size_note(child),
        "class_name": child.class_name,
        "enrol_action": url_for("children.enrol", child_id=child.id),
    }


def sheet_values(identity: dict) -> dict[str, str]:
    """Return a child's sheet as the form's fields would be typed."""
    contact = next(iter(identity["contacts"]), {})
    days = identity["gestational_days"]
    weeks = ("", "") if days is None else divmod(days, DAYS_PER_WEEK)
    typed = {name: identity[name] for name in ("name", "sex", "birth_on", "birth_weight_kg", "id_no", "allergies")}
    typed |= {"gestational_weeks": weeks[0], "gestational_days": weeks[1]}
    typed |= {f"contact_{part}": contact.get(part, "") for part in ("name", "phone", "relation")}
    return {name: "" if value is None else str(value) for name, value in typed.items()}


def invitation_page(
    work,
    child: ChildFacts,
    form,
    waiting: list[OpenInvitation],
    family: list[FamilyMember],
    made: IssuedInvitation | None = None,
) -> dict:
    """Return the page on which a guardian is invited; `made` is the invitation just issued, shown this once."""
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "action": url_for("children.send_invitation", child_id=child.id),
        "form": form,
        "authorities": [
            {"value": "signs", "text": _("监护人，可以签名"), "hint": _("父母或法院指定的监护人")},
            {"value": "reads", "text": _("监护人，只能看"), "hint": _("不负责签名的一方")},
        ],
        "waiting": [
            {
                "text": _("%(day)s 前有效", day=each.expires_at.astimezone(LOCAL).date().isoformat()),
                "action": url_for("children.take_invitation_back", child_id=child.id, invitation_id=each.id),
            }
            for each in waiting
        ],
        "family": [
            {
                "text": bracketed(each.name, words.RELATIONS.get(each.relation, words.RELATIONS["other"])),
                "action": url_for("children.reset_login", child_id=child.id, user_id=each.user_id),
            }
            for each in family
        ],
        "made": _issued(work, made) if made else None,
    }


def advice_page(work, child: ChildFacts, form) -> dict:
    """Return the page for a short word of advice."""
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "action": url_for("children.give_advice", child_id=child.id),
        "class_name": child.class_name,
        "form": form,
    }


def relation_options() -> list[dict]:
    return [{"value": name, "text": str(text)} for name, text in words.RELATIONS.items()]


def may(work, child: ChildFacts, permission: Permission) -> bool:
    """Return whether the reader may do something with this child: what they may not is not offered."""
    return is_allowed(work.actor, permission, child.subject)


def paper(work, purpose: str) -> dict:
    """Return the text of a purpose as a desk page shows it."""
    text = consent_texts()[purpose]
    return {
        "purpose": purpose,
        "title": words.told(text.title),
        "version": text.version,
        "paragraphs": [*text.paragraphs, *text.common],
        "digest": text_digest(work, purpose).hex(),
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _birth_note(child: ChildFacts, today: date) -> str:
    size = child.birth_size()
    told = str(words.BIRTH_SIZES[size.size]) if size and size.size != "AGA" else ""
    return " · ".join(filter(None, (words.gestation(child), told, words.corrected(child, today))))


def _birth_size_note(child: ChildFacts) -> str:
    size = child.birth_size()
    if size is None:
        return ""
    return _("WS/T 800 单胎：%(size)s", size=words.birth_size(size.size, size.percentile_range))


def _weight_guess(form) -> str:
    """Return what a refused birth weight was probably meant to be: grams for kilograms, a point left out."""
    if BIRTH_WEIGHT not in form.errors:
        return ""
    return ChildInput().fields[BIRTH_WEIGHT].guess(str(form.values.get(BIRTH_WEIGHT, ""))) or ""


def _search_row(child: ChildFacts, today: date) -> dict:
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "age": words.sex_and_age(child, today),
        "born": child.birth_on.isoformat(),
        "number": child.number,
        "group": child.class_name,
        "href": url_for("children.show", child_id=child.id),
    }


def _class_options(classes: Iterable[ClassChoice]) -> list[dict]:
    return [{"value": str(each.group_id), "text": f"{each.organisation} {each.name}"} for each in classes]


def _issued(work, made: IssuedInvitation) -> dict:
    address = f"{work.settings.base_url.rstrip('/')}{made.path}"
    return {
        "code": made.code,
        "qr": qr_code(address, _("邀请二维码")),
        "until": made.expires_at.astimezone(LOCAL).date().isoformat(),
    }
