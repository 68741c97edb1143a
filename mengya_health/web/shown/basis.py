"""What the pages of 依据 show, as plain values for their templates."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _

from mengya_health.content import Content
from mengya_health.errors import NotFound
from mengya_health.screening.basis import BasisLine, BasisSubject
from mengya_health.web.shown import words
from mengya_health.web.shown.origins import BASES


def index_page(content: Content, subjects: Sequence[BasisSubject]) -> dict:
    """Return the list of subjects, each with how many rules it has and how many of them nobody has compared."""
    return {
        "version": content.version,
        "rows": [
            {
                "name": words.told(each.name),
                "href": url_for("basis.subject", subject_id=each.id),
                "version": each.version,
                "count": len(each.lines),
                "unverified": each.unverified,
            }
            for each in subjects
        ],
    }


def subject_page(subjects: Sequence[BasisSubject], subject_id: str) -> dict:
    """Return the rules of one subject. Raises NotFound."""
    subject = next((each for each in subjects if each.id == subject_id), None)
    if subject is None:
        raise NotFound()
    return {
        "name": words.told(subject.name),
        "version": subject.version,
        "rows": [_row(line) for line in subject.lines],
        "unverified": subject.unverified,
        "back": {"href": url_for("basis.index"), "text": _("依据")},
    }


def _row(line: BasisLine) -> dict:
    return {
        "said": line.said,
        "result": line.result,
        "code": line.code,
        "source": line.source or "",
        "basis": str(BASES[line.basis]) if line.basis else "",
        "is_verified": line.verified is True,
        "note": line.verified_note or "",
    }
