"""Who of the family may do what, what was consented to, and who looked."""

from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.permissions import Permission
from mengya_health.people.break_glass import EmergencyNotice
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import FamilyMember, Viewing
from mengya_health.web.shown import emergency, words
from mengya_health.web.shown.children import may
from mengya_health.web.shown.family_consents import note_of, standing_of, state_text
from mengya_health.web.shown.links import home_link
from mengya_health.work import LOCAL


def people_page(work, child: ChildFacts, members: list[FamilyMember], consents, texts, invited, form) -> dict:
    """Return the context of pages/parent/family.html. `invited` is a code just made, shown once."""
    rights = {"signs": _("可以看、可以记、可以签名"), "reads": _("可以看"), "records": _("可以看、可以记")}
    may_invite = any(
        member.user_id == work.actor.user_id and member.kind == "guardian" and member.authority == "signs"
        for member in members
    )
    return {
        "back": home_link(child),
        "people": [
            {
                "name": member.name,
                "kind": words.RELATIONS.get(member.relation, ""),
                "rights": rights.get(member.authority, ""),
                "until": _("到 %(day)s", day=member.to_on.isoformat()) if member.to_on else "",
                "is_me": member.user_id == work.actor.user_id,
                "remove": {"action": url_for("family.remove", child_id=child.id, user_id=member.user_id)}
                if may_invite and member.kind == "caregiver"
                else None,
                "again": {"action": url_for("family.let_in_until", child_id=child.id, user_id=member.user_id)}
                if may_invite and member.kind == "caregiver"
                else None,
            }
            for member in members
        ],
        "spans": [
            {"value": "month", "text": _("一个月")},
            {"value": "quarter", "text": _("三个月")},
            {"value": "year", "text": _("一年")},
        ],
        "invited": invited,
        "invite": {
            "action": url_for("family.invite", child_id=child.id),
            "form": form,
            "rights": [{"value": value, "text": rights[value]} for value in ("records", "reads")],
        }
        if may_invite
        else None,
        "consents": [_consent_line(work, child, purpose, consents, text) for purpose, text in texts.items()],
    }


def _consent_line(work, child: ChildFacts, purpose: str, consents, text) -> dict:
    given = [each for each in consents if each.purpose == purpose and each.is_in_force]
    standing = standing_of(work, child, text, given)
    return {
        "text": words.told(text.title),
        "state": state_text(standing, given),
        "note": note_of(standing, text, given),
        "href": url_for("family.consent", child_id=child.id, purpose=purpose)
        if may(work, child, Permission.CONSENT)
        else "",
    }


ACTIONS = {
    "R": lazy("看了"),
    "C": lazy("写了"),
    "U": lazy("改了"),
    "P": lazy("打印了"),
    "E": lazy("导出了"),
    "S": lazy("查找到"),
    "Sign": lazy("签了名"),
}


PURPOSES = {"care": lazy("照护"), "emergency": lazy("紧急查阅"), "print": lazy("打印"), "export": lazy("导出")}


def views_page(work, child: ChildFacts, views: list[Viewing], told: list[EmergencyNotice]) -> dict:
    """Return the context of pages/parent/who_viewed.html; `told` are the emergency accesses."""
    days: dict[date, list[dict]] = {}
    for view in views:
        local = view.at.astimezone(LOCAL)
        role, word = words.ROLES.get(view.role, ("mgr", view.role))
        row = {
            "role": role,
            "who": f"{view.organisation} {word}".strip(),
            "what": _("%(did)s档案", did=ACTIONS[view.action]),
            "at": f"{local:%H:%M}",
            "why": str(PURPOSES.get(view.purpose, "")),
        }
        rows = days.setdefault(local.date(), [])
        if row not in rows:  # several pages within a minute are one visit to whoever reads this
            rows.append(row)
    shown = [{"day": f"{on:%m-%d} {words.weekday(on)}", "rows": rows} for on, rows in days.items()]
    return {"back": home_link(child), "notices": emergency.notices(told), "days": shown, "older_href": ""}
