"""An installation behind a port of this machine, for browsers: its clock is the installation's own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from mengya_health.access.actor import Actor
from mengya_health.app import create_app
from mengya_health.entry import cookie_name
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_login
from mengya_health.people.models import User
from mengya_health.people.sessions import open_session
from tests.browser import CHINA
from tests.journeys.people import Person
from tests.web.crawling import NOBODY


class _Silent(WSGIRequestHandler):
    def log(self, *_said) -> None:
        """Say nothing: what goes wrong is seen on the page."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application from this process; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Site:
    """A served installation and the browsers of the people in front of it."""

    installation: Installation
    app: Flask
    address: str
    chromium: Browser
    open_contexts: list[BrowserContext] = field(default_factory=list)

    def somebody(self, who: str | Actor = NOBODY, *, width: int = 1366, script: str = "", **how) -> Person:
        """Return somebody with a browser of their own, signed in by a session row like any other; `who` may be a login.

        `script` runs in every page before its own; `how` are Playwright's options of a context.
        """
        context = self.chromium.new_context(viewport={"width": width, "height": 900}, **(CHINA | how))
        self.open_contexts.append(context)
        if script:
            context.add_init_script(script)
        person = Person(context.new_page(), self.address)
        self.seat(person, who, width=width)
        return person

    def seat(self, person: Person, who: str | Actor, *, width: int) -> None:
        """Let somebody else sit down before a browser: a renderer of their own costs more than ten pages do."""
        context = person.page.context
        context.clear_cookies()
        person.page.set_viewport_size({"width": width, "height": 900})
        if who != NOBODY:
            token = {"name": cookie_name(self.installation), "value": self._token(who), "url": self.address}
            context.add_cookies([token])

    def wants(self, login: str, **choices) -> None:
        """Let somebody's account ask for another language or a larger text: `language="en"`, `large_text=True`."""
        with begin_work(self.installation, None) as work:
            user = work.session.get(User, actor_of_login(work, login).user_id)
            for name, value in choices.items():
                setattr(user, name, value)

    def _token(self, who: str | Actor) -> str:
        with begin_work(self.installation, None) as work:
            user_id = who.user_id if isinstance(who, Actor) else actor_of_login(work, who).user_id
            return open_session(work, user_id, "password")

    def close(self) -> None:
        for context in self.open_contexts:
            context.close()


@contextmanager
def open_site(installation: Installation, chromium: Browser) -> Iterator[Site]:
    """Serve an installation for browsers, which are closed with it."""
    app = create_app(installation)
    with served(app) as address:
        site = Site(installation, app, address, chromium)
        try:
            yield site
        finally:
            site.close()


@pytest.fixture(scope="module")
def demo_site(chromium: Browser, demo_district: Installation) -> Iterator[Site]:
    """The demo district, a copy of the module's own."""
    with open_site(demo_district, chromium) as site:
        yield site
