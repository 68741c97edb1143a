"""What people outside a child's circle may read of it: age in months, sex, and findings; nothing that says who it is.

A check of free text cannot find every hint. It refuses what says outright who a child is, so that nobody writes it by
habit; whoever writes goes on being responsible for the rest.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.content import Content
from mengya_health.errors import Invalid
from mengya_health.fields import is_id_number
from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import names_of
from mengya_health.people.queries import family_of, identity_of
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.measurements import MEASURED
from mengya_health.screening.wording import answers_of

KINDS = ("screening", "follow_up", "referral_feedback")  # entries whose findings have a form of their own
_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_ID_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9xX](?![0-9])")
_DAY = re.compile(r"([0-9]{4})[^0-9]{1,3}([0-9]{1,2})[^0-9]{1,3}([0-9]{1,2})(?![0-9])")
_DAY_WITHOUT_YEAR = re.compile(r"(?<![0-9年])([0-9]{1,2})月([0-9]{1,2})[日号]")
_LATIN = re.compile(r"[a-z]{5}")
_COMPOUND = 4  # a name of four characters has a surname of two


@dataclass(frozen=True)
class Identity:
    """What says who a child is, and must not stand in a text that others read."""

    child: ChildFacts = field(repr=False)
    id_no: str = field(default="", repr=False)
    family: tuple[str, ...] = field(default=(), repr=False)  # names of the child's people
    places: tuple[str, ...] = ()  # its clinic, nursery and class


def identifying(text: str, identity: Identity | None) -> list[str]:
    """Return what in a text says who a child is, in Chinese words for the writer; nothing where nothing was found.

    Without `identity` only what identifies anybody is looked for: a writer who is not told the name must not be able to
    find it out by trying.
    """
    plain = unicodedata.normalize("NFKC", text)
    found = []
    if _MOBILE.search(plain) or any(map(is_id_number, _ID_NUMBER.findall(plain))):
        found.append("电话或证件号")
    if identity is None:
        return found
    said = _letters(plain)
    child = identity.child
    if any(name in said for name in _names_of(child.name)) or _says_in_pinyin(said, child.name):
        found.append("孩子的名字")
    if any(_letters(name) in said for name in identity.family if len(_letters(name)) > 1):
        found.append("家人的名字")
    numbers = [_letters(each) for each in (child.number, identity.id_no) if each]
    if any(number in said for number in numbers) or any(_letters(c.phone) in said for c in child.contacts if c.phone):
        found.append("编号或电话")
    if _says_birthday(plain, child):
        found.append("出生日期")
    if any(_letters(place) in said for place in identity.places if len(_letters(place)) > 1):
        found.append("门诊、园所或班级")
    return list(dict.fromkeys(found))


def findings_in(
    content: Content, child: ChildFacts, entries: Iterable[OpenEntry], *, about: Iterable[str] = ()
) -> list[dict[str, object]]:
    """Return what entries of `KINDS` found: {entry, age_months, text}, of their readings and findings alone.

    Of a whole check only what was measured, Hb, and the metrics `about` which the case is. No day, place, author or
    free text; entries without a finding of that form are left out.
    """
    told = {*MEASURED, "HB", *about}
    return [
        {"entry": str(each.id), "age_months": child.age_months(each.happened_on), "text": text}
        for each in entries
        if each.kind in KINDS
        and (text := _found_text(content, each.content, told if each.content.get("visit") else None))
    ]


def require_nameless(work, child: ChildFacts, texts: dict[str, str]) -> None:
    """Raise Invalid for a text that says who the child is; of a writer who is not told that, less is looked at."""
    identity = _identity(work, child) if is_allowed(work.actor, Permission.READ_CHILD, child.subject) else None
    wrong = {}
    for name, text in texts.items():
        found = identifying(text, identity)
        if found:
            said = "、".join(found)
            message = f"这里写出了{said}，请改成“孩子”“家长”“园所”。 This says who the child is; please rephrase."
            wrong[name] = [message]
    if wrong:
        raise Invalid(fields=wrong)


# --- inside -----------------------------------------------------------------------------------------------------------


def _found_text(content: Content, said: Mapping, told: set[str] | None) -> str:
    read = [each for each in said.get("readings", ()) if told is None or each["code"] in told]
    readings = [_reading(content, each["code"], each["value"]) for each in read]
    findings = [f"{each['name']}：{each['result']}" for each in said.get("findings", ())]
    return "；".join([*filter(None, ["，".join(filter(None, readings))]), *findings])


def _reading(content: Content, code: str, value: object) -> str:
    metric = content.metrics.get(code)
    if metric is None or metric.kind == "derived" or value in ("", None):
        return ""  # what was measured speaks for itself; how it compares, the findings say
    answers = answers_of(code, content)
    if answers:
        return f"{metric.name} {answers[int(str(value))]}"
    return f"{metric.name} {value} {metric.unit}".strip()


def _letters(text: str) -> str:
    """Return a text without what only parts it: blanks, points, dashes; letters small and of one width."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())


def _names_of(name: str) -> list[str]:
    """Return how a child may be called: whole name, given name, and the usual short forms."""
    whole = _letters(name)
    if len(whole) < 2:
        return [whole] if whole else []
    given = whole[2:] if len(whole) >= _COMPOUND else whole[1:]
    last = whole[-1]
    short = [f"小{last}", f"阿{last}", f"{last}{last}", f"{last}宝"]
    return [whole, *([given] if len(given) > 1 else []), *short]


def _says_in_pinyin(said: str, name: str) -> bool:
    if not _LATIN.search(said):
        return False
    from pypinyin import lazy_pinyin  # slow to import: only where somebody writes words in Latin letters

    return "".join(lazy_pinyin(_letters(name))).casefold() in said


def _says_birthday(text: str, child: ChildFacts) -> bool:
    born = child.birth_on
    days = [tuple(map(int, found)) for found in _DAY.findall(text)]
    short = [tuple(map(int, found)) for found in _DAY_WITHOUT_YEAR.findall(text)]
    return (born.year, born.month, born.day) in days or (born.month, born.day) in short or f"{born:%Y%m%d}" in text


def _identity(work, child: ChildFacts) -> Identity:
    keeps = is_allowed(work.actor, Permission.KEEP_CHILD, child.subject)
    ties = [tie for kind in ("care", "enrolment", "visit") for tie in child.subject.current(kind)]
    places = names_of(work, {tie.organisation_id for tie in ties})
    return Identity(
        child=child,
        id_no=(identity_of(work, child)["id_no"] or "") if keeps else "",
        family=(*(each.name for each in child.contacts), *(each.name for each in family_of(work, child))),
        places=tuple(filter(None, (*places.values(), child.class_name))),
    )
