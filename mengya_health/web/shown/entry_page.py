"""One entry at one version, with every version beside it, and the form that corrects it."""

from collections.abc import Callable

from flask import url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import may_correct
from mengya_health.record.queries import OpenEntry
from mengya_health.record.versions import Version
from mengya_health.screening.commands import is_judged_check
from mengya_health.screening.corrections import (
    TEXTS,
    answered,
    is_corrected_here,
    is_measured,
    typed_of,
    urgent_in_correction,
)
from mengya_health.screening.measurements import MEASURED
from mengya_health.signing.queries import SignatureFacts
from mengya_health.signing.receipts import may_hold
from mengya_health.web.drafts import with_draft
from mengya_health.web.shown import entries as say
from mengya_health.web.shown import entries_in_full as full
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head, may
from mengya_health.web.shown.punctuation import bracketed
from mengya_health.web.shown.urgent import banner


def entry_page(
    work,
    child: ChildFacts,
    versions: list[Version],
    shown: Version,
    signatures: list[SignatureFacts],
    disputes: list[dict],
    correct,
) -> dict:
    """Return one entry at one version, with every version beside it; `correct` is its form, or None."""
    entry = shown.entry
    section = words.HANDS[entry.section][1]
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "entry": {
            "title": say.say(work.content, entry).title,
            "role": words.ROLES[entry.author_role][0],
            "by": f"{words.ROLES[entry.author_role][1]} {shown.author}",
            "section_text": str(section),
            "kind_text": f"{words.KINDS[entry.kind]} · {entry.happened_on.isoformat()}",
        },
        "shown": full.in_full(work.content, entry),
        "versions": [_version(work, child, each, shown, signatures, versions) for each in versions],
        "disputes": disputes,
        "correct": correct,
        "check_href": _check_href(child, entry) if may(work, child, Permission.WRITE_HEALTH) else "",
    }


def correction_form(work, child: ChildFacts, entry: OpenEntry, form_state: Callable) -> dict | None:
    """Return the form that corrects an entry; None where it is not this reader's, or corrected elsewhere."""
    if not (is_corrected_here(entry) and may_correct(work, child, entry)):
        return None
    typed, here = typed_of(entry), {"child_id": child.id, "entry_id": entry.id}
    form = form_state(**typed | answered(entry))
    if entry.section == "health":  # what others wrote is corrected in a sentence, on their own pages
        form = with_draft(form, work, child, "children.correct", row_version=entry.row_version)
    return {
        "action": url_for("children.correct", **here),
        "form": form,
        "row_version": form.seen(entry.row_version),
        "urgent": banner(work, urgent_in_correction(work, child, entry, form.values)),
        "urgent_href": url_for("urgent.in_correction", **here) if is_measured(entry) else "",
        "urgent_fields": " ".join(typed),
        "fields": [_correction_field(work, entry, name) for name in typed],
    }


def _correction_field(work, entry: OpenEntry, name: str) -> dict:
    if name in TEXTS:
        return {"name": name, "label": str(full.TEXTS[name]), "unit": "", "kind": "long"}
    code = next(code for code, field in MEASURED.items() if field == name)
    label, _value = say.reading(work.content, code, "", entry.content["position"])
    return {"name": name, "label": label, "unit": words.told(work.content.metrics[code].unit), "kind": "number"}


def _check_href(child: ChildFacts, entry: OpenEntry) -> str:
    """Return the page of a whole check or sheet, on which it is also corrected; "" for other entries."""
    return url_for("checks.show", child_id=child.id, entry_id=entry.id) if is_judged_check(entry) else ""


def _version(
    work,
    child: ChildFacts,
    version: Version,
    shown: Version,
    signatures: list[SignatureFacts],
    versions: list[Version],
) -> dict:
    entry = version.entry
    signed = [each for each in signatures if each.version == entry.version]
    is_newest = entry is versions[0].entry
    here = url_for("children.entry", child_id=child.id, entry_id=entry.id, version=None if is_newest else entry.version)
    return {
        "number": entry.version,
        "at": words.stamp(entry.recorded_at),
        "by": f"{words.ROLES[entry.author_role][1]} {version.author}",
        "note": entry.content.get("correction_reason", ""),
        "href": here,
        "is_current": entry is shown.entry,
        "signatures": [_signature(work, child, each) for each in signed],
        "signed_before": _signed_before(signatures, entry.version) if is_newest else "",
    }


def _signature(work, child: ChildFacts, signature: SignatureFacts) -> dict:
    who = words.TURNS[signature.capacity][1]
    said = words.DECIDED[signature.decision]
    text = _("%(who)s %(at)s 签：%(said)s", who=who, at=words.stamp(signature.signed_at), said=said)
    text = bracketed(text, words.level(signature)) + (_("，已撤回") if signature.withdrawn_at else "")
    if not signature.is_witnessed:
        return {"text": text + _("，等第二位见证人"), "href": ""}
    here = {"child_id": child.id, "signature_id": signature.id}
    return {"text": text, "href": url_for("receipts.show", **here) if may_hold(work, child, signature) else ""}


def _signed_before(signatures: list[SignatureFacts], current: int) -> str:
    signed = max((each.version for each in signatures), default=current)
    return words.signed_before(signed, current)
