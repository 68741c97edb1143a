"""Says which parts of an English page are Chinese: names, what people wrote, clinical content that has no English.

A reading voice then speaks them, and a browser draws them, as what they are (WCAG 3.1.2). It is done once, where the
page leaves: a template cannot know which of its values are Chinese today. So is the Chinese term of a step of the loop,
which stands in brackets where a page first names it.
"""

import re

from flask import Response

from mengya_health.locale import language

# The steps of the loop: everybody around a child, whatever they read, meets their Chinese names on paper.
STEPS = {"Prevention": "预防", "Screening": "筛查", "Intervention": "干预", "Consolidation": "巩固"}
_LETTER = r"\u2e80-\u2fff\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# From a Chinese letter to the last one before anything of another language, with the digits and marks between.
_CHINESE = re.compile(rf"[{_LETTER}](?:[^<>&;A-Za-z]*[{_LETTER}])?")
# A tag; or a part that is no text of the page, or that may hold no element.
_MARKUP = re.compile(r"(<(script|style|title|textarea)\b.*?</\2>|<!--.*?-->|<[^>]*>)", re.DOTALL)
_OPENING = re.compile(r"<([a-z][a-z0-9]*)\b[^>]*(?<!/)>")
_PLAIN = ("option", "text", "tspan", "desc")  # hold text only: of these the whole is marked


def mark_chinese(response: Response) -> Response:
    """Put lang="zh-CN" on what is Chinese in a page that somebody reads in English."""
    if response.mimetype == "text/html" and not response.is_streamed and language() == "en":
        response.set_data(marked(with_terms(response.get_data(as_text=True))))
    return response


def with_terms(html: str) -> str:
    """Return a page in English with the Chinese term beside each step of the loop, where the page first names it."""
    head, main, rest = html.partition("<main")
    parts, still = _MARKUP.split(main + rest), dict(STEPS)
    del parts[2::3]
    is_drawn = False
    for at in range(1, len(parts), 2):
        is_drawn = parts[at].startswith("<svg") or (is_drawn and parts[at] != "</svg>")
        if not is_drawn and not parts[at].startswith("<option") and at + 1 < len(parts):
            parts[at + 1] = _named_once(parts[at + 1], still)
    return head + "".join(parts)


def _named_once(text: str, still: dict[str, str]) -> str:
    for step in [step for step in still if step in text]:
        place = re.search(rf"\b{step}\b(?P<is_there> \({still[step]}\))?", text)
        if place:
            term = still.pop(step)
            text = text if place["is_there"] else f"{text[: place.end()]} ({term}){text[place.end() :]}"
    return text


def marked(html: str) -> str:
    """Return a page in English with its Chinese parts marked; an element that is all Chinese is marked itself."""
    parts = _MARKUP.split(html)
    del parts[2::3]  # what the inner group found
    for at in range(2, len(parts), 2):
        opening = _OPENING.fullmatch(parts[at - 1])
        if not _CHINESE.search(parts[at]):
            continue
        name = opening[1] if opening else ""
        is_alone = name and at + 1 < len(parts) and parts[at + 1] == f"</{name}>"
        if name in _PLAIN or (is_alone and _CHINESE.sub("", parts[at]).strip() == ""):
            parts[at - 1] = _with_lang(parts[at - 1], name)
        elif name != "svg":
            parts[at] = _CHINESE.sub(r'<bdi lang="zh-CN">\g<0></bdi>', parts[at])
    return "".join(parts)


def _with_lang(opening: str, name: str) -> str:
    return opening if " lang=" in opening else f'<{name} lang="zh-CN"{opening[len(name) + 1 :]}'
