"""Who sees which section, in plain words: asked of the same table that decides, so the page cannot say otherwise."""

from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.actor import CLOSABLE, Actor, Place
from mengya_health.access.permissions import READ_SECTION, Permission, is_allowed
from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import FamilyMember
from mengya_health.people.sharing import ClosureFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.children import may
from mengya_health.web.shown.links import home_link

SECTIONS = {
    "health": ("doc", lazy("卫生保健"), lazy("社区医生写的检查、测量、指导和转诊")),
    "behaviour": ("tea", lazy("行为观察"), lazy("老师在班里看到的")),
    "family": ("par", lazy("家庭记录"), lazy("您和家里人记的、问的")),
}
# Section and reader → what they see of it, and why. What is not here nobody of that kind ever sees.
SEEN = {
    ("health", "clinic"): (
        lazy("全部"),
        lazy("门诊依法要为孩子做健康检查、记录并保存，所以不能关。"),
    ),
    ("health", "nursery"): (
        lazy("医生请老师帮忙留意、练习的事。看不到检查数值和诊断"),
        lazy("老师在班里照着做，孩子进步更快。"),
    ),
    ("health", "receiver"): (lazy("转诊单和有关的检查"), lazy("您同意了转诊时共享，接诊医生看诊要用。")),
    ("health", "caregiver"): (lazy("检查结果和医生的话"), lazy("监护人邀请来一起照顾孩子。")),
    ("behaviour", "nursery"): (lazy("班里的观察，也由老师写"), lazy("您同意了和班级老师共享。")),
    ("behaviour", "clinic"): (lazy("老师写的观察"), lazy("医生和老师一起看孩子的变化。")),
    ("behaviour", "caregiver"): (lazy("老师写的观察"), lazy("监护人邀请来一起照顾孩子。")),
    ("family", "clinic"): (lazy("家里记的、问的"), lazy("医生回答您的问题、看在家的变化要用。")),
    ("family", "caregiver"): (lazy("家里记的，也可以一起记"), lazy("监护人邀请来一起照顾孩子。")),
}
CONSENT_OF = {("health", "nursery"): "P2", ("behaviour", "nursery"): "P2", ("behaviour", "clinic"): "P2"}
WITHOUT = {"P2": lazy("没有同意和班级老师共享，所以现在看不到。")}
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Reader:
    """Somebody who may read something of a child: a place, or one of the family."""

    towards: str
    receiver_id: UUID | None  # one of several: a caregiver, an institution
    name: str
    mark: str
    actor: Actor


def sharing_page(
    work, child: ChildFacts, closures: list[ClosureFacts], family: list[FamilyMember], places: dict[UUID, str]
) -> dict:
    """Return the context of pages/parent/sharing.html."""
    readers, changes = _readers(child, family, places), may(work, child, Permission.SHARE)
    return {
        "back": home_link(child),
        "sharing_href": url_for("family.sharing_page", child_id=child.id),
        "sections": [
            {
                "mark": mark,
                "title": str(title),
                "what": str(what),
                "rows": [
                    _row(work, child, section, reader, closures, changes)
                    for reader in readers
                    if (section, reader.towards) in SEEN
                ],
                "hidden_from": _("、").join(reader.name for reader in readers if (section, reader.towards) not in SEEN),
            }
            for section, (mark, title, what) in SECTIONS.items()
        ],
        "conference": _conference(child),
        "consents_href": url_for("family.people", child_id=child.id),
        "viewed_href": url_for("family.viewed", child_id=child.id) if may(work, child, Permission.READ_AUDIT) else "",
    }


def _conference(child: ChildFacts) -> str:
    """Return how many were asked to confer about the child and read that until when; "" where nobody was."""
    asked = child.subject.current("conference")
    if not asked:
        return ""
    until = max(tie.ends_on for tie in asked).isoformat()
    number = len({tie.user_id for tie in asked})
    return _("门诊请了 %(n)s 位一起商量（会商）。不认识孩子的人看不到名字，%(day)s 起都看不到了。", n=number, day=until)


def closing_page(page: dict, section: str, towards: str, receiver_id: UUID | None, form) -> dict:
    """Return the context of pages/parent/close_section.html. Raises NotFound for what cannot be closed."""
    rows = [row for each in page["sections"] for row in each["rows"]]
    wanted = [row for row in rows if row["key"] == (section, towards, receiver_id) and row["close_href"]]
    if not wanted:
        raise NotFound
    return {
        "back": {"href": page["sharing_href"], "text": _("谁能看")},
        "title": _("%(section)s：不让%(who)s看", section=str(SECTIONS[section][1]), who=wanted[0]["name"]),
        "sees": wanted[0]["sees"],
        "action": wanted[0]["close_href"],
        "form": form,
        "spans": [
            {"value": "month", "text": _("一个月")},
            {"value": "quarter", "text": _("三个月")},
            {"value": "year", "text": _("一年")},
            {"value": "day", "text": _("到某一天")},
        ],
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _readers(child: ChildFacts, family: list[FamilyMember], places: dict[UUID, str]) -> list[Reader]:
    """Return everybody outside the guardians who has to do with the child today."""
    subject = child.subject
    found = [
        Reader("clinic", None, places.get(tie.organisation_id) or _("社区医生"), "doc", _staff("doctor", tie))
        for tie in subject.current("care")
    ]
    attended = subject.current("enrolment") + subject.current("visit")
    for tie in attended[:1]:  # the nursery is closed as one
        name = _("%(place)s的老师", place=places.get(tie.organisation_id, ""))
        found.append(Reader("nursery", None, name, "tea", _staff("teacher", tie)))
    for place_id in dict.fromkeys(tie.organisation_id for tie in subject.current("receiver")):
        tie = next(each for each in subject.current("receiver") if each.organisation_id == place_id)
        found.append(Reader("receiver", place_id, places.get(place_id, ""), "mgr", _staff("specialist", tie)))
    for member in family:
        if member.kind == "caregiver":
            name = f"{words.RELATIONS.get(member.relation, '')} {member.name}".strip()
            found.append(Reader("caregiver", member.user_id, name, "par", Actor(member.user_id, "caregiver")))
    return found


def _staff(role: str, tie) -> Actor:
    return Actor(NOBODY, role, (Place(role, tie.organisation_id, tie.group_id),))


def _row(work, child: ChildFacts, section: str, reader: Reader, closures: list[ClosureFacts], changes: bool) -> dict:
    sees, why = SEEN[section, reader.towards]
    permission = Permission.READ_CASE if (section, reader.towards) == ("health", "nursery") else READ_SECTION[section]
    is_open = is_allowed(reader.actor, permission, child.subject)
    held = [each for each in closures if (each.section, each.towards) == (section, reader.towards)]
    held = [each for each in held if each.receiver_id in (None, reader.receiver_id)]
    mine = [each for each in held if each.closed_by == work.actor.user_id]
    closable = changes and section in CLOSABLE[reader.towards] and not mine and (is_open or held)
    of = {"of": reader.receiver_id} if reader.receiver_id else {}
    here = {"child_id": child.id, "section": section, "towards": reader.towards}
    return {
        "key": (section, reader.towards, reader.receiver_id),
        "name": reader.name,
        "mark": reader.mark,
        "is_open": is_open,
        "sees": str(sees),
        "why": _closed_until(held, mine) if held else _why(child, section, reader, is_open, str(why)),
        "close_href": url_for("family.closing_page", **here, **of) if closable else "",
        "open_action": url_for("family.open_section", child_id=child.id, closure_id=mine[0].id)
        if mine and changes
        else "",
    }


def _closed_until(held: list[ClosureFacts], mine: list[ClosureFacts]) -> str:
    day = max(each.to_on for each in held).isoformat()
    return _("您关到 %(day)s", day=day) if mine else _("另一位监护人关到 %(day)s", day=day)


def _why(child: ChildFacts, section: str, reader: Reader, is_open: bool, why: str) -> str:
    if is_open:
        return why
    purpose = CONSENT_OF.get((section, reader.towards), "")
    if purpose and not child.subject.has_consent(purpose):
        return str(WITHOUT[purpose])
    return _("现在没有您的同意，看不到。")
