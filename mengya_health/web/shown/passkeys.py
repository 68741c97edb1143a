"""What the pages about passkeys show."""

from flask import url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.people.facts import ChildFacts
from mengya_health.people.passkey_keeping import PasskeyFacts, passkeys_of
from mengya_health.people.queries import accounts_of
from mengya_health.web.shown import words


def own(passkey: PasskeyFacts) -> dict:
    """Return one of the reader's own passkeys for pages/passkeys/show.html."""
    used = words.stamp(passkey.last_used_at) if passkey.last_used_at else _("还没有用过")
    lines = [
        _("%(at)s 添加 · 最近用过：%(used)s", at=words.stamp(passkey.created_at), used=used),
        _("核对码 %(code)s · %(state)s", code=spaced(passkey.code), state=standing(passkey)),
    ]
    lines += [_("这把通行密钥可能同步到您的其他设备")] if passkey.is_synced else []
    lines += [_("%(at)s 停用", at=words.stamp(passkey.revoked_at))] if passkey.revoked_at else []
    return {
        "name": passkey.name,
        "lines": lines,
        "is_open": passkey.revoked_at is None,
        "rename": url_for("passkeys.rename", passkey_id=passkey.id),
        "revoke": url_for("passkeys.revoke", passkey_id=passkey.id),
    }


def witness_page(work, child: ChildFacts) -> dict:
    """Return the context of pages/passkeys/witness.html: the passkeys in use of the child's guardians."""
    guardians = [tie.user_id for tie in child.subject.current("guardian") if tie.user_id]
    people = accounts_of(work, guardians)
    audit.read(work, child.id, "passkey")
    return {
        "back": {"href": url_for("children.show", child_id=child.id), "text": _("档案")},
        "child_name": child.name,
        "passkeys": [
            {
                "owner": people[each.user_id].name,
                "name": each.name,
                "code": spaced(each.code),
                "state": standing(each),
                "action": _witness_action(work, child, each),
            }
            for each in (passkeys_of(work, guardians) if guardians else [])
            if each.revoked_at is None
        ],
    }


def standing(passkey: PasskeyFacts) -> str:
    """Return how far a passkey was looked at in person."""
    if passkey.is_in_person:
        return _("已当面核对")
    return _("已有一位工作人员核对，还差一位") if passkey.witness_id else _("自行登记，没有当面核对")


def spaced(code: str) -> str:
    """Return a code in two halves, easier to compare by eye."""
    return f"{code[:4]} {code[4:]}"


def _witness_action(work, child: ChildFacts, passkey: PasskeyFacts) -> str:
    may_look = not passkey.is_in_person and work.actor.user_id not in (passkey.witness_id, passkey.user_id)
    return url_for("passkeys.witness", child_id=child.id, passkey_id=passkey.id) if may_look else ""
