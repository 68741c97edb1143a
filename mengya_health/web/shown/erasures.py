"""What is deleted and what is kept until when, in plain words, for the family, the doctor and the security officer."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.permissions import Permission
from mengya_health.operations.erasing import OPEN, SCOPES, endings_for
from mengya_health.people.erasure_models import Ending, Erasure
from mengya_health.people.facts import ChildFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head, may
from mengya_health.web.shown.links import home_link
from mengya_health.work import LOCAL

BACKUP_DAYS = 35  # how long a copy of the keystore is kept
SCOPE_NAMES = {"family": lazy("只删除家里写的"), "record": lazy("删除整份档案")}
STATES = {
    "asked": lazy("等医生核对"),
    "proposed": lazy("等安全审计员复核"),
    "approved": lazy("正在销毁"),
    "done": lazy("已办好"),
}


def closed_lines(child: ChildFacts) -> list[str]:
    """Return one sentence for each class of a record that nobody reads any more."""
    return [words.closed(name, until) for name, until in child.subject.ended if name in words.CLASSES]


def rights_page(work, child: ChildFacts, erasures: list[Erasure], form) -> dict:
    """Return the context of pages/parent/rights.html."""
    endings = {scope: found for scope in SCOPES if (found := endings_for(work, child, scope))}
    under_way = any(each.status in OPEN for each in erasures)
    return {
        "back": home_link(child),
        "child_name": child.name,
        "closed": closed_lines(child),
        "copy_action": url_for("family.take_copy", child_id=child.id),
        "print_action": url_for("papers.ask", child_id=child.id) if may(work, child, Permission.PRINT_HEALTH) else "",
        "wishes": [_wish(each) for each in erasures],
        "ask": None
        if under_way or not endings or not may(work, child, Permission.CONSENT)
        else {
            "action": url_for("family.ask_erasure", child_id=child.id),
            "form": form,
            "scopes": [{"value": scope, "text": str(SCOPE_NAMES[scope])} for scope in endings],
            "outcomes": [
                {
                    "title": str(SCOPE_NAMES[scope]),
                    "lines": [_sentence(each, is_done=False) for each in found],
                }
                for scope, found in endings.items()
            ],
            "backup_days": BACKUP_DAYS,
        },
    }


def decision_page(work, child: ChildFacts, erasures: list[Erasure], form) -> dict:
    """Return the context of pages/children/erasure.html."""
    waiting = next((each for each in erasures if each.status == "asked"), None)
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "closed": closed_lines(child),
        "wishes": [_wish(each) for each in erasures],
        "form": form,
        "decide": waiting
        and {
            "title": str(SCOPE_NAMES[waiting.scope]),
            "action": url_for("erasures.propose", child_id=child.id),
            "lines": [_sentence(each, is_done=False) for each in endings_for(work, child, waiting.scope)],
        },
    }


def waiting_page(work, waiting: list[tuple[Erasure, str]], form) -> dict:
    """Return the context of pages/officer/erasures.html: numbers and classes, nobody's name."""
    return {
        "form": form,
        "wishes": [
            {
                "number": number,
                "state": str(STATES[erasure.status]),
                "asked": _day(erasure),
                "lines": [_sentence(each, is_done=False) for each in erasure.decided()],
                "approve": url_for("erasures.approve", erasure_id=erasure.id),
                "refuse": url_for("erasures.refuse", erasure_id=erasure.id),
                "is_waiting": erasure.status == "proposed",
            }
            for erasure, number in waiting
        ],
    }


def _wish(erasure: Erasure) -> dict:
    is_done = erasure.status == "done"
    return {
        "title": str(SCOPE_NAMES[erasure.scope]),
        "asked": _day(erasure),
        "state": str(STATES[erasure.status]),
        "is_done": is_done,
        "lines": [_sentence(each, is_done=is_done) for each in erasure.decided()],
    }


def _day(erasure: Erasure) -> str:
    return erasure.asked_at.astimezone(LOCAL).date().isoformat()


def _sentence(ending: Ending, *, is_done: bool) -> str:
    if is_done:
        return words.closed(ending.key_class, ending.sealed_until)
    name = words.CLASSES[ending.key_class]
    if ending.sealed_until:
        return _(
            "%(name)s：法律要求保存，封存到 %(until)s。只保存，没有人查看、使用，到期销毁。",
            name=name,
            until=ending.sealed_until,
        )
    return _("%(name)s：删除，谁也恢复不了。", name=name)
