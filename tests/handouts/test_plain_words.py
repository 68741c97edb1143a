"""What a family takes home or is sent says nothing that frightens and explains nothing."""

import re
from dataclasses import fields, is_dataclass

import pytest

from mengya_health.care.queries import cases_of
from mengya_health.config import TEMPLATES
from mengya_health.errors import Invalid, NotNow, NotPermitted
from mengya_health.handouts.from_record import DOCUMENTS
from mengya_health.operations.installation import begin_work
from mengya_health.operations.messages import wording
from mengya_health.people.acting import actor_of_login
from mengya_health.people.message_models import CODE, DIGEST, URGENT
from mengya_health.people.queries import my_children
from tests.web.test_every_page import NEVER, NOT_FOR_FAMILIES, TOO_CLINICAL, TOO_CLINICAL_IN_ENGLISH

PARENTS = ("parent", "parent2", "parent3", "parent4", "parent5", "parent7", "parent9", "parent10")
PAPERS = ("home_guide", "record_summary", "closing_summary")
NO_WORDS = (NEVER, NOT_FOR_FAMILIES, TOO_CLINICAL)


def words_in(content) -> list[str]:
    """Return every text of a paper's content, of whatever it holds."""
    if isinstance(content, str):
        return [content]
    if is_dataclass(content):
        # Where a paper comes from is an id; a chart is drawn from numbers under names of its own.
        kept = [field.name for field in fields(content) if field.name not in ("sources", "chart", "checkpoint")]
        return [text for name in kept for text in words_in(getattr(content, name))]
    if isinstance(content, tuple | list):
        return [text for each in content for text in words_in(each)]
    return []


def not_plain(text: str) -> list[str]:
    return [found for pattern in NO_WORDS for found in pattern.findall(text)]


@pytest.fixture(scope="module")
def papers(demo_district) -> dict[tuple, str]:
    """Return the words of every paper that the demo's parents can print, by whose it is and what."""
    found = {}
    for login in PARENTS:
        with begin_work(demo_district, None, writing=False) as work:
            actor = actor_of_login(work, login)
        with begin_work(demo_district, actor, writing=False) as work:
            for child in my_children(work):
                subjects = [None, *(case.id for case in cases_of(work, child))]
                for name, subject in [(name, subject) for name in PAPERS for subject in subjects]:
                    try:
                        found[login, name, subject] = "\n".join(words_in(DOCUMENTS[name](work, child, subject)))
                    except (NotNow, Invalid, NotPermitted, TypeError):
                        continue  # nothing of that kind to print now
    return found


def test_every_paper_of_a_family_is_in_plain_words(papers):
    assert {name for _login, name, _subject in papers} >= {"home_guide", "record_summary"}
    assert {whose: said for whose, text in papers.items() if (said := not_plain(text))} == {}


def test_a_papers_own_words_are_plain():
    for name in PAPERS[:2]:
        text = re.sub(
            r"{#.*?#}", "", (TEMPLATES / "print" / f"{name}.html").read_text(encoding="utf-8"), flags=re.DOTALL
        )
        assert not_plain(text) == [], name


@pytest.mark.parametrize("kind", [DIGEST, URGENT, CODE])
def test_a_message_names_nobody_and_stays_plain(kind):
    for language in ("zh", "en"):
        subject, text = wording(kind, 3, language=language, base_url="https://example.test", code="123456")
        assert not_plain(subject + text) == []
        assert not TOO_CLINICAL_IN_ENGLISH.search(subject + text)
