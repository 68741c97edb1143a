"""The files beside an entry, as a list with their sizes, and the form that adds one."""

from collections.abc import Callable

from flask import url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import WRITE_SECTION
from mengya_health.care.queries import SIGNED_KINDS
from mengya_health.people.facts import ChildFacts
from mengya_health.record.attachments import AttachmentFacts, attachments_of, may_keep_photos
from mengya_health.record.files import PDF
from mengya_health.record.queries import OpenEntry
from mengya_health.web.shown import entries as say
from mengya_health.web.shown import words
from mengya_health.web.shown.children import child_head, may
from mengya_health.web.shown.family_record import plain_line


def template(work) -> str:
    """Return the page in the frame its reader is used to."""
    return "pages/children/attachments.html" if work.actor.places_as("doctor") else "pages/parent/attachments.html"


def page(work, child: ChildFacts, entry: OpenEntry, files: list[AttachmentFacts], form) -> dict:
    """Return the context of pages/children/attachments.html and pages/parent/attachments.html."""
    here = {"child_id": child.id, "entry_id": entry.id}
    is_doctor = bool(work.actor.places_as("doctor"))
    told = say.say(work.content, entry) if is_doctor else None
    plain = plain_line(work, entry)
    return {
        "child": child_head(child, work.today) if is_doctor else None,
        "back": _back(work, child, entry),
        "child_name": child.name,
        "title": str(told.title) if told else plain.title,
        "note": f"{entry.happened_on.isoformat()} {'' if told else plain.note}".strip(),
        "items": listed(files),
        "action": url_for("attachments.add", **here) if _may_add(work, child, entry) else "",
        "form": form,
        "photo_note": _photo_note(work, child, entry),
    }


def part_of_entry(work, child: ChildFacts, entry: OpenEntry) -> dict:
    """Return `files` of pages/children/entry.html; None for what is signed: its papers stand with the signatures."""
    if entry.kind in SIGNED_KINDS:
        return {"files": None}
    items = listed(attachments_of(work, child, [entry.id]).get(entry.id, []))
    may_add = _may_add(work, child, entry)
    href = url_for("attachments.show", child_id=child.id, entry_id=entry.id) if may_add else ""
    return {"files": {"items": items, "add_href": href} if items or may_add else None}


def listed(files: list[AttachmentFacts], href: Callable[[AttachmentFacts], str] | None = None) -> list[dict]:
    """Return the lines of partials/attachments.html; `href` where a file is not fetched from the record."""
    href = href or _in_record
    return [
        {
            "name": file.name,
            "note": f"{'PDF' if file.kind == PDF else _('照片')} · {size_text(file.size)}",
            "by": f"{words.stamp(file.recorded_at)} · {words.ROLES[file.author_role][1]}",
            "href": href(file),
        }
        for file in files
    ]


def _in_record(file: AttachmentFacts) -> str:
    return url_for("attachments.download", child_id=file.child_id, attachment_id=file.id)


def size_text(size: int) -> str:
    """Return a size in bytes as people read it: 312 KB, 4.1 MB."""
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, round(size / 1024))} KB"


def _may_add(work, child: ChildFacts, entry: OpenEntry) -> bool:
    return may(work, child, WRITE_SECTION[entry.section]) and entry.kind not in SIGNED_KINDS


def _photo_note(work, child: ChildFacts, entry: OpenEntry) -> str:
    if entry.section == "health" or may_keep_photos(work, child):
        return ""
    return _("孩子的照片，要监护人先同意“照片和视频”才能存；PDF 现在就可以传。")


def _back(work, child: ChildFacts, entry: OpenEntry) -> dict:
    if work.actor.places_as("doctor"):
        return {"text": _("这条记录"), "href": url_for("children.entry", child_id=child.id, entry_id=entry.id)}
    if work.actor.places_as("teacher", "health_staff"):
        return {"text": _("今天记的"), "href": url_for("classes.written")}
    if work.actor.places:
        return {"text": _("首页"), "href": url_for("sign_in.front")}
    return {"text": _("全部记录"), "href": url_for("family.record", child_id=child.id)}
