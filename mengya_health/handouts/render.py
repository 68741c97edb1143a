"""How a document becomes a PDF. The only importer of WeasyPrint; imported by the worker alone."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mengya_health.config import TEMPLATES
from mengya_health.handouts import marks
from mengya_health.handouts.content import (
    ClosingSummary,
    HomeGuide,
    RecordSummary,
    ReferralLetter,
    SignatureReceipt,
    Urgency,
)
from mengya_health.handouts.fonts import FONTS_CONF
from mengya_health.handouts.limits import MEMORY_MB, SECONDS, RenderFailed, within_limits

os.environ["FONTCONFIG_FILE"] = str(FONTS_CONF)  # fontconfig reads it once, when WeasyPrint is imported

from weasyprint import CSS, HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

Content = HomeGuide | ReferralLetter | RecordSummary | ClosingSummary | SignatureReceipt


@dataclass(frozen=True)
class Document:
    """A kind of printed document: what fills it, and how many pages it may take."""

    content: type
    most_pages: int


DOCUMENTS = {
    "home_guide": Document(HomeGuide, 1),
    "referral_letter": Document(ReferralLetter, 1),
    "record_summary": Document(RecordSummary, 2),
    "closing_summary": Document(ClosingSummary, 1),
    "signature_receipt": Document(SignatureReceipt, 1),
}


# Tried in turn until the pages are enough. “crowded” drops the chart of a home guide and lays its log on its side:
# every safety text must be printed, a picture need not.
DENSITIES = ("roomy", "tight", "tight crowded")


@dataclass(frozen=True)
class Pdf:
    content: bytes = field(repr=False)
    pages: int


class NothingFetched(URLFetcher):
    """Refuses every address: all that a document shows stands in its own text."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)

    def fetch(self, url, headers=None):
        raise ValueError("documents fetch nothing")


def render_document(document: str, content: Content) -> Pdf:
    """Return a document (a key of DOCUMENTS) as a PDF; the same content gives the same bytes.

    Raises RenderFailed when it refers to anything outside itself or takes more pages than its paper allows.
    """
    expected = DOCUMENTS[document]
    if not isinstance(content, expected.content):
        raise TypeError(f"{document} is made from {expected.content.__name__}")
    # What a family says against a paper may take a page more: it is never left out, nor does it keep one from printing.
    for most_pages in (expected.most_pages, expected.most_pages + 1)[: 1 + bool(getattr(content, "objections", ()))]:
        for density in DENSITIES:
            html = _templates().get_template(f"print/{document}.html").render(content=content, density=density)
            pdf = write_pdf(html, _style_sheet())
            if pdf.pages <= most_pages:
                return pdf
    raise RenderFailed(
        "too_many_pages",
        f"内容太长，{expected.most_pages} 页放不下。请缩短文字后再打印。",
        f"Too long for {expected.most_pages} page(s). Shorten the text and print again.",
    )


def render_in_child(document: str, content: Content, *, seconds: float = SECONDS, memory_mb: int = MEMORY_MB) -> Pdf:
    """Like render_document, in a child process held to its limits and without network."""
    answer = within_limits(_render_as_bytes, document, content, seconds=seconds, memory_mb=memory_mb)
    return Pdf(content=answer[1:], pages=answer[0])


def _render_as_bytes(document: str, content: Content) -> bytes:
    pdf = render_document(document, content)
    return bytes([pdf.pages]) + pdf.content


def write_pdf(html: str, css: str) -> Pdf:
    """Return HTML as a PDF with our fonts, fetching nothing. Raises RenderFailed when it asks for anything."""
    nothing = NothingFetched()
    try:
        with _complaints() as complaints:
            style = CSS(string=css, url_fetcher=nothing)
            pages = HTML(string=html, base_url=None, url_fetcher=nothing).render(
                stylesheets=[style], pdf_variant="pdf/ua-1"
            )
            content = pages.write_pdf(pdf_variant="pdf/ua-1")
    except (ValueError, FatalURLFetchingError) as error:
        raise RenderFailed("refused_address") from error
    if complaints:
        raise RenderFailed("incomplete")
    return Pdf(content=content, pages=len(pages.pages))


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what WeasyPrint only logs: it drops a resource it cannot use, and the sheet would lack it silently."""
    log, handler = logging.getLogger("weasyprint"), _Complaints()
    log.addHandler(handler)
    try:
        yield handler.messages
    finally:
        log.removeHandler(handler)


@cache
def _style_sheet() -> str:
    return (TEMPLATES / "print" / "a4.css").read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations(newstyle=True)  # paper is Chinese; partials shared with pages call _()
    environment.filters.update(day_of_week=marks.day_of_week, moment=marks.moment)
    environment.globals.update(qr=marks.qr, steps=marks.STEPS, urgencies=tuple(each.value for each in Urgency))
    return environment
