"""Follows the links of somebody's pages, a few of each kind, and keeps what came."""

import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from mengya_health.app import create_app
from tests.district import Statements

NOBODY = "nobody"
ENTRANCES = ("/sign-in", "/phone", "/invitations", "/invitations/AAAAA-AAAAA", "/join/somebody", "/letter/somebody")
LOST = "/nowhere"
ALIKE = 4  # pages looked at of each kind
OFTEN = {"cases.show": 40, "cases.follow_up": 12}  # these look different in every state of the loop
MOST_PAGES = 300
FILES = ("static", "attachments.download")
READ_ALOUD = ("aria-label", "title", "alt", "placeholder")


class Text(HTMLParser):
    """What a person reads or is read of a page, without the number under which an error is kept."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(re.sub(r"<code>.*?</code>", "", html))

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.parts += [text for name, text in attrs if name in READ_ALOUD and text]

    def handle_data(self, text: str) -> None:
        self.parts.append(text)

    def __str__(self) -> str:
        return "\n".join(self.parts)


@dataclass(frozen=True)
class Page:
    """One page as one person got it."""

    login: str
    path: str
    kind: tuple[str, ...]
    status: int
    html: str
    statements: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{self.login} {self.path}"

    @property
    def endpoint(self) -> str:
        return self.kind[0]

    @property
    def text(self) -> str:
        return str(Text(self.html))

    @property
    def links(self) -> list[str]:
        found = (unescape(link).partition("#")[0] for link in re.findall(r'href="([^"]+)"', self.html))
        return [link for link in found if link.startswith("/") and not link.endswith((".pdf", ".json", ".py"))]

    @property
    def ids(self) -> list[str]:
        return re.findall(r'\sid="([^"]+)"', self.html)


def kind_of_path(app: Flask) -> Callable[[str], tuple[str, ...]]:
    """Return a function that gives what all pages of a kind share: the endpoint, and the names of what it is asked."""
    addresses = app.url_map.bind("localhost")

    def kind_of(path: str) -> tuple[str, ...]:
        parts = urlsplit(path)
        try:
            endpoint = addresses.match(parts.path)[0]
        except HTTPException:
            endpoint = ""
        return endpoint, *sorted(name for name, _value in parse_qsl(parts.query))

    return kind_of


class Crawler:
    """Follows the links of one person's pages, a few of each kind."""

    def __init__(self, installation, statements: Statements, *, once: bool = False) -> None:
        self.installation, self.statements, self.once = installation, statements, once
        self.app = create_app(installation)
        self.kind_of = kind_of_path(self.app)

    def crawl(self, login: str, client, *starts: str) -> list[Page]:
        pages, waiting, seen, counts = [], deque(starts), set(starts), Counter()
        while waiting and len(pages) < MOST_PAGES:
            path = waiting.popleft()
            kind = self.kind_of(path)
            counts[kind] += 1
            if kind[0] in FILES or counts[kind] > (1 if self.once else OFTEN.get(kind[0], ALIKE)):
                continue
            pages.append(self._open(login, client, path, kind))
            found = [link for link in pages[-1].links if link not in seen]
            seen.update(found)
            waiting.extend(dict.fromkeys(found))
        return pages

    def _open(self, login: str, client, path: str, kind: tuple[str, ...]) -> Page:
        self.statements.seen.clear()
        answer = client.get(path)
        return Page(login, path, kind, answer.status_code, answer.get_data(as_text=True), tuple(self.statements.seen))
