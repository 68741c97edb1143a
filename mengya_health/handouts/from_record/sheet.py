"""What every paper says about itself, the child and the people around it, fitted to the room there is."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.errors import Invalid, NotFound, NotPermitted
from mengya_health.growth import ages
from mengya_health.handouts import content
from mengya_health.handouts.content import Imprint
from mengya_health.history.checkpoints import newest_checkpoint
from mengya_health.history.notes import printed
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Organisation
from mengya_health.people.queries import accounts_of
from mengya_health.record.queries import OpenEntry
from mengya_health.work import LOCAL

SIGN_IN = "/sign-in"
SEXES = {"F": "女", "M": "男", "U": "性别未定"}
RELATIONS = {"mother": "母亲", "father": "父亲", "grandparent": "祖辈", "other": "其他家人"}
POST_TERM_FROM_DAYS = 42 * 7
# What no paper for a family says; see workflows/README.md.
CLINIC_WORDS = ("阳性", "疑似", "异常")
_NO_ALLERGY = re.compile(r"(无|没有|否认|未发现)(已知)?(药物|食物)?(过敏)?(史)?")


def imprint(
    work, organisation: Organisation, *, number: str, scanned: str = "", sources: Iterable[OpenEntry] = ()
) -> Imprint:
    """Return what a sheet says about itself. `sources` are the entries it was made from.

    `scanned`: the number by which the clinic finds whom the sheet is about, `number` where that is the one. It stands
    behind # in the QR code: whoever opens the address never sends it.
    """
    return Imprint(
        number=number,
        district=fitted(Imprint, "district", work.settings.district),
        organisation=fitted(Imprint, "organisation", organisation.name),
        printed_at=work.now.astimezone(LOCAL),
        printed_by=fitted(Imprint, "printed_by", name_of(work, work.actor.user_id)),
        sign_in_url=f"{work.settings.base_url.rstrip('/')}{SIGN_IN}#{scanned or number}",
        checkpoint=_checkpoint(work),
        sources=tuple(dict.fromkeys(f"{entry.id}@{entry.version}" for entry in sources)),
    )


def child_on_paper(work, child: ChildFacts) -> content.ChildFacts:
    """Return who the child is, as it is printed. Raises Invalid for allergies that do not fit: none is ever cut."""
    with naming(allergies="儿童信息里的过敏"):
        return content.ChildFacts(
            name=fitted(content.ChildFacts, "name", child.name),
            record_number=child.number,
            sex=SEXES[child.sex],
            born_on=child.birth_on,
            age=child.age_text(work.today),
            corrected_age=child.corrected_age_text(work.today) or None,
            gestation=_gestation(child),
            allergies=allergies_in(child.allergies),
        )


def allergies_in(text: str) -> tuple[str, ...] | None:
    """Return each allergy of a text; () where it says there are none, None where nobody wrote anything."""
    parts = [part.strip() for part in re.split(r"[、，,；;。\n]+", text) if part.strip()]
    known = [_what_is_meant(part) for part in parts if not _NO_ALLERGY.fullmatch(part)]
    return tuple(known) if parts else None


def place(work, organisation_id: UUID) -> Organisation:
    """Return a clinic, nursery or hospital. Raises NotFound."""
    found = work.session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    return found


def phone_of(organisation: Organisation) -> str:
    """Return a place's number as it can be printed; "" leaves a line to write on."""
    phone = organisation.phone
    return phone if phone.isascii() and len(phone) <= room(content.HomeGuide, "phone") else ""


def name_of(work, user_id: UUID) -> str:
    """Return the name of an account."""
    return accounts_of(work, [user_id])[user_id].name


def with_relation(name: str, relation: str, longest: int) -> str:
    """Return 样本妈妈（母亲）, where it must be with a shorter name."""
    said = f"（{RELATIONS[relation]}）" if relation in RELATIONS else ""
    return shortened(name, longest - len(said)) + said


def is_for_family(work, child: ChildFacts) -> bool:
    """Return whether the paper needs plain words and no number that tells a pathway: all but the clinic's doctors."""
    return not is_allowed(work.actor, Permission.WRITE_HEALTH, child.subject)


def require_clinic(work, child: ChildFacts) -> None:
    """Raise NotPermitted unless a doctor of the clinic prints: these papers speak to institutions."""
    if is_for_family(work, child):
        raise NotPermitted("这份材料由门诊打印。请联系医生。", "The clinic prints this paper; please ask the doctor.")


def require_plain(text: str, *, field: str, label: str) -> str:
    """Return a text for a family. Raises Invalid when it has a word that frightens and explains nothing."""
    found = [word for word in CLINIC_WORDS if word in text]
    if found:
        message = f"{label}里有“{'”“'.join(found)}”，给家长的纸上请换成白话。 Please use plain words for families."
        raise Invalid(fields={field: [message]})
    return text


@contextmanager
def naming(**labels: str) -> Iterator[None]:
    """Say in a refusal which text of the record is too long, by what people call it."""
    try:
        yield
    except Invalid as error:
        named = {
            name: [f"{labels.get(name, '打印内容')}：{each}" for each in said] for name, said in error.fields.items()
        }
        raise Invalid(fields=named) from error


def room(kind: type, name: str) -> int:
    """Return how many characters or lines a paper has for a field of `handouts.content`."""
    return kind.__dataclass_fields__[name].metadata["at_most"]


def fitted(kind: type, name: str, text: str) -> str:
    """Return a text with at most as many characters as its field holds; what is cut off is marked."""
    return shortened(text, room(kind, name))


def shortened(text: str, longest: int) -> str:
    """Return a text on one line, cut with a mark where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _checkpoint(work) -> str:
    """Return origin, size and root of the newest checkpoint: a paper at home is a witness that nobody changes."""
    newest = newest_checkpoint(work.session)
    return printed(newest.note) if newest else ""


def _gestation(child: ChildFacts) -> str:
    days = child.gestational_days
    if days is None:
        return ""
    if not ages.is_preterm(days) and days < POST_TERM_FROM_DAYS:
        return "足月"
    weeks, rest = divmod(days, 7)
    return f"孕{weeks}周+{rest}天" if rest else f"孕{weeks}周"


def _what_is_meant(part: str) -> str:
    """Return 鸡蛋 for 对鸡蛋过敏."""
    return part.removesuffix("过敏").removeprefix("对") if part.endswith("过敏") and part != "过敏" else part
