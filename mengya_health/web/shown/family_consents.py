"""What a guardian reads of one purpose: the text, where it stands, and the answers that can be given now."""

from flask import url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.content.consent_texts import LAPSED, RENEW, ConsentText, consent_texts
from mengya_health.people.facts import ChildFacts
from mengya_health.signing.consents import ConsentFacts
from mengya_health.signing.levels import LEVEL_LABELS
from mengya_health.web.shown import words
from mengya_health.web.shown.children import may
from mengya_health.work import LOCAL

DISPUTED, AGREED, OTHERS, OLD, NONE = "disputed", "agreed", "others", "old", "none"


def consent_page(work, child: ChildFacts, text: ConsentText, given: list[ConsentFacts], form, digest: str) -> dict:
    """Return the context of pages/consent.html; `given` is what is in force for this purpose."""
    standing = standing_of(work, child, text, given)
    has_said_no = work.actor.user_id in child.subject.refusing(text.purpose)
    has_said_yes = standing == AGREED or (standing == DISPUTED and not has_said_no)
    return {
        "back": {"href": url_for("family.people", child_id=child.id), "text": _("家里人")},
        "title": words.told(text.title),
        "paragraphs": text.paragraphs,
        "common": text.common,
        "version": _("第 %(version)s 版", version=text.version),
        "state": state_text(standing, given),
        "note": note_of(standing, text, given),
        "action": url_for("family.answer_consent", child_id=child.id, purpose=text.purpose),
        "form": form,
        "may_agree": not has_said_yes,
        "may_decline": not has_said_yes and not has_said_no,
        "may_withdraw": has_said_yes,
        "level": words.told(LEVEL_LABELS["L1"]),
        "shown_digest": digest,
    }


def standing_of(work, child: ChildFacts, text: ConsentText, given: list[ConsentFacts]) -> str:
    """Return where a purpose stands for the guardian who looks."""
    if child.subject.is_disputed(text.purpose):
        return DISPUTED
    worth = {text.standing(each.text_version, work.today): each for each in given}
    if worth and set(worth) <= {LAPSED, RENEW}:
        return OLD
    if any(each.given_by in (None, work.actor.user_id) for each in given):
        return AGREED
    return OTHERS if given else NONE


def state_text(standing: str, given: list[ConsentFacts]) -> str:
    """Return where a purpose stands in a few words; neutral where guardians disagree, and without a name."""
    if standing == AGREED:
        return _("%(day)s 已同意", day=given[0].given_at.astimezone(LOCAL).date().isoformat())
    return {
        DISPUTED: _("监护人意见不一致"),
        OTHERS: _("已由另一位监护人同意"),
        OLD: _("请再看一次"),
        NONE: _("没有同意"),
    }[standing]


def note_of(standing: str, text: ConsentText, given: list[ConsentFacts]) -> str:
    """Return what this means for the family and what comes next; "" where nothing needs saying."""
    if standing == DISPUTED:
        return _("决定以前，不新增共享；孩子的健康检查照常。门诊会了解情况后决定，理由写在记录里。")
    if standing == OLD:
        day = max((each for each in map(text.renew_by, (one.text_version for one in given)) if each), default=None)
        said = _("文字有了新的一版。原来的同意只管原来的事，")
        return said + (_("到 %(day)s 为止。", day=day.isoformat()) if day else _("现在已经失效。"))
    return ""


def renewals(work, child: ChildFacts) -> list[dict]:
    """Return the purposes whose text has changed so that the guardian who looks has to answer again."""
    if not may(work, child, Permission.CONSENT):
        return []
    found = []
    for purpose, text in consent_texts().items():
        mine = [
            text.standing(held.text_version, work.today)
            for held in child.subject.consents
            if held.purpose == purpose and held.answer != "refused"
        ]
        if mine and set(mine) <= {LAPSED, RENEW} and work.actor.user_id not in child.subject.refusing(purpose):
            href = url_for("family.consent", child_id=child.id, purpose=purpose)
            found.append({"text": _("同意书有了新的一版：%(title)s", title=words.told(text.title)), "href": href})
    return found
