"""Where a rule comes from, as every page says it: source, of what kind, whether it was checked, which content."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from mengya_health.content.shapes import Sourced
from mengya_health.web.shown.punctuation import bracketed, in_a_row

# How a screening ended → kind of status tag and its word. Not judged and not finished are never shown as normal.
CONCLUSIONS = {
    "severe": ("flag", lazy_gettext("需尽快处理")),
    "positive": ("flag", lazy_gettext("有发现")),
    "watch": ("waiting", lazy_gettext("需留意")),
    "negative": ("met", lazy_gettext("未见问题")),
    "not_applicable": ("note", lazy_gettext("这个月龄不判定")),
    "incomplete": ("note", lazy_gettext("没做完")),
}
BASES = {
    "official": lazy_gettext("规范性文件"),
    "consensus": lazy_gettext("行业共识"),
    "product_default": lazy_gettext("编者默认，待区级确认"),
}


def kept_origin(kept: Mapping, version: str) -> str:
    """Return the same for a finding as an entry keeps it."""
    origin = Sourced(**{name: kept.get(name) for name in ("source", "basis", "verified")})
    return origin_text(origin, version)


def origin_text(origin: Sourced, version: str) -> str:
    """Return "《规范》（规范性文件，原文未核对） · 内容版本 3f2a…". `origin` has source, basis and verified.

    `version` is that of the content a record was judged by, "" where it stands elsewhere on the page.
    """
    kind = str(BASES[origin.basis]) if origin.basis else ""
    checked = "" if origin.verified is not False or origin.basis == "product_default" else _("原文未核对")
    kinds = in_a_row(each for each in (kind, checked) if each)
    source = origin.source or ""
    said = bracketed(source, kinds) if source and kinds else source or kinds or str(BASES["product_default"])
    return said + (" · " + _("内容版本 %(version)s", version=version) if version else "")
