"""Our stylesheets, scripts and drawings: packed on their way, kept for good under an address that names them."""

import gzip
import re

import pytest

from mengya_health.app import create_app
from mengya_health.operations.installation import begin_work
from mengya_health.people.acting import actor_of_login
from mengya_health.web.own_files import FOR_A_YEAR, FOR_AN_HOUR
from tests.factories import client_of
from tests.test_architecture import ROOT

STATIC = ROOT / "mengya_health" / "web" / "static"
FIRST_VIEW_BYTES = 60 * 1024
SCRIPT_BYTES = 60 * 1024
PACKED = {"Accept_Encoding": "gzip, br"}


@pytest.fixture
def client(installation):
    return create_app(installation).test_client()


def fetched(client, address: str, **headers: str):
    """Return an answer with its bytes read and its file closed."""
    with client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()}) as answer:
        answer.get_data()
        return answer


def test_a_file_comes_packed_to_whoever_takes_it_so_and_plain_to_others(client):
    plain = fetched(client, "/static/app.css")
    packed = fetched(client, "/static/app.css", **PACKED)
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert gzip.decompress(packed.data) == plain.data == (STATIC / "app.css").read_bytes()
    assert len(packed.data) < len(plain.data) / 3
    refused = fetched(client, "/static/app.css", Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in refused.headers


def test_what_the_browser_has_already_is_not_sent_again(client):
    first = fetched(client, "/static/icons.svg", **PACKED)
    again = fetched(client, "/static/icons.svg", **PACKED, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


def test_an_address_that_names_its_content_is_kept_for_good(client):
    page = client.get("/sign-in").get_data(as_text=True)
    addresses = re.findall(r'(?:href|src)="(/static/[^"#]+)"', page)
    assert len(addresses) >= 5
    assert {fetched(client, each).headers["Cache-Control"] for each in addresses} == {FOR_A_YEAR}
    named, _mark, mark = addresses[1].partition("?")
    assert fetched(client, named).headers["Cache-Control"] == FOR_AN_HOUR
    assert fetched(client, f"{named}?{mark[::-1]}x").headers["Cache-Control"] == FOR_AN_HOUR
    assert fetched(client, "/static/nothing.css?" + mark).headers["Cache-Control"] == "no-store"


def test_pages_are_not_packed_because_they_hold_a_token(client, installation, district):
    doctor = client_of(installation, district.doctor)
    for answer in (fetched(client, "/sign-in", **PACKED), fetched(doctor, "/today", **PACKED)):
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers


def test_no_script_is_longer_than_sixty_kilobytes():
    lengths = {path.name: path.stat().st_size for path in STATIC.glob("*.js")}
    assert lengths
    assert [name for name, length in lengths.items() if length > SCRIPT_BYTES] == []


def test_a_parents_first_view_fits_sixty_kilobytes(demo_district):
    """Everything the first page of a phone loads, as it leaves us: see journeys/test_family.py for a real browser."""
    for login in ("parent", "parent2", "parent10", "grandma"):
        with begin_work(demo_district, None, writing=False) as work:
            actor = actor_of_login(work, login)
        client = client_of(demo_district, actor)
        page = fetched(client, "/home", **PACKED)
        text = page.get_data(as_text=True)
        files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
        assert {"icons.svg", "app.css", "phone.js"} <= {each.rpartition("/")[2].partition("?")[0] for each in files}
        loaded = {each: len(fetched(client, each, **PACKED).data) for each in files}
        assert len(page.data) + sum(loaded.values()) <= FIRST_VIEW_BYTES, (login, len(page.data), loaded)
