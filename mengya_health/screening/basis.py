"""依据: every rule the program judges by, with where it comes from and whether anybody has seen it there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.content import Content
from mengya_health.content.pathway_rules import Escalation
from mengya_health.content.pathways import Pathway
from mengya_health.content.screening_rules import Alert, Disposition, Profile
from mengya_health.content.screenings import Screening
from mengya_health.content.shapes import Sourced
from mengya_health.growth.reference_files import reference_heads
from mengya_health.screening.wording import in_words

# What a disposition is for, where it names nothing closer.
_LEVELS = {None: "有发现时", "negative": "未见问题时", "watch": "需要关注时", "positive": "阳性时", "severe": "重度时"}
DEFAULT = "product_default"  # whatever names no source of its own is the makers' choice, until the district confirms it


@dataclass(frozen=True, kw_only=True)
class BasisLine(Sourced):
    """One rule: `said` in words, what it leads to (`result`, "" for a plain statement), its code if it has one."""

    said: str
    result: str = ""
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class BasisSubject:
    """What belongs together: one screening, one pathway, one schedule; with the version of the file it stands in."""

    id: str
    name: str
    version: str
    lines: tuple[BasisLine, ...]

    @property
    def unverified(self) -> int:
        """How many of its lines nobody has compared with their source."""
        return sum(line.verified is not True for line in self.lines)


def basis_subjects(work) -> list[BasisSubject]:
    """Return every rule of the content in force, by subject. Raises NotPermitted for whom clinical words are not."""
    require(work.actor, Permission.READ_BASIS, PlaceSubject(None))
    return subjects_of(work.content)


def subjects_of(content: Content) -> list[BasisSubject]:
    """Return the subjects of a content in the order in which a clinician meets them."""
    found = [_subject("growth", "生长标准", "", list(_growth()))]
    found += [_of(content, "screenings.yaml", each.id, each.name, _screening) for each in _judging(content)]
    for file, name, lines in LISTS:
        found.append(_subject(file, name, content.versions[f"{file}.yaml"], list(lines(content))))
    for each in content.pathways.values():
        lines = list(_pathway(content, each))
        found.append(_subject(each.id, each.name, each.version, lines))
    return found


# --- inside -----------------------------------------------------------------------------------------------------------


def _subject(identity: str, name: str, version: str, lines: list[BasisLine]) -> BasisSubject:
    return BasisSubject(id=identity.lower(), name=name, version=version, lines=tuple(lines))


def _of(content: Content, file: str, identity: str, name: str, lines: Callable) -> BasisSubject:
    return _subject(identity, name, content.versions[file], list(lines(content, content.screenings[identity])))


def _judging(content: Content) -> list[Screening]:
    return [each for each in content.screenings.values() if not each.alias_of]


def _line(said: str, origin: Any, *, result: str = "", code: str = "", within: Sourced | None = None) -> BasisLine:
    """Return a line; what it does not say of its origin is said by what stands around it (`within`)."""
    around = within or Sourced()
    source = origin.source or around.source
    return BasisLine(
        said=said,
        result=result,
        code=code,
        source=source,
        basis=origin.basis or around.basis or (None if source else DEFAULT),
        verified=around.verified if origin.verified is None else origin.verified,
        verified_note=origin.verified_note or around.verified_note,
    )


def _growth() -> Iterator[BasisLine]:
    for head in reference_heads():
        yield _line(head["title"], Sourced(source=head["edition"], verified=True))


def _screening(content: Content, screening: Screening) -> Iterator[BasisLine]:
    for name in screening.profiles or (None,):
        yield from _rules(content, screening, screening.profile(name), name or "")
    for disposition in screening.dispositions:
        yield _line(_who(disposition), disposition, result=_do(disposition), within=screening)
    for alert in screening.alerts:
        yield _line(alert.text, alert, result=_after(alert), code=alert.code, within=screening)
    for told in _told(screening.reference):
        yield _line(told["text"], Sourced(**{k: told[k] for k in Sourced.__dataclass_fields__ if k in told}))


def _rules(content: Content, screening: Screening, profile: Profile, name: str) -> Iterator[BasisLine]:
    around = Sourced(
        source=profile.source or screening.source,
        verified=screening.verified if profile.verified is None else profile.verified,
        verified_note=profile.verified_note or screening.verified_note,
    )
    for rule in profile.rules:
        ages = rule.ages_m or profile.ages_m or screening.ages_m
        said = [rule.text or in_words(rule.condition, content)]
        said += [f"{ages[0]}–{ages[1] - 1} 月龄"] if ages else []
        said += [f"口径 {name}"] if name else []
        yield _line("，".join(said), rule, result=rule.result, code=rule.code, within=around)


def _who(disposition: Disposition) -> str:
    named = (*disposition.codes, disposition.when, disposition.stage, disposition.tier, _LEVELS[disposition.level])
    return " · ".join(each for each in named if each)


def _do(disposition: Disposition) -> str:
    days = disposition.first_days
    limit = "" if days is None else ("（当日）" if days == 0 else f"（{days} 天内）")
    return f"{disposition.action}{limit}"


def _after(alert: Alert) -> str:
    days = alert.within_days if alert.within_days is not None else alert.rescreen_within_days
    return "" if days is None else ("当日处理" if days == 0 else f"{days} 天内复测")


def _told(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what a screening states beside its rules: each mapping with a text and a source of its own."""
    if isinstance(value, Mapping):
        if "text" in value and "source" in value:
            yield value
        else:
            for each in value.values():
                yield from _told(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _told(each)


def _pathway(content: Content, pathway: Pathway) -> Iterator[BasisLine]:
    rules, own = pathway.rules, Sourced(basis=DEFAULT, verified=False)
    for name, condition in (
        ("进入", rules.entry or rules.case_entry),
        ("可选进入", rules.entry_optional),
        ("转诊", rules.referral_entry),
        ("重点关注", rules.watch),
        ("同时查听力", rules.requires_hearing_check_if),
    ):
        if condition:
            yield _line(in_words(condition, content), pathway if name == "进入" else own, result=name)
    yield _line("；".join(pathway.success_text), pathway.success_origin, result="转入巩固", within=own)
    yield _line(pathway.relapse_text, own, result="复发")
    yield _line(pathway.closing_text, pathway.closing_origin, result="结案", within=own)
    for each in pathway.escalation:
        yield _line(each.when, each, result=_sent_on(content, each), within=own)
    told = {key: pathway.follow_up[key] for key in ("intervention", "consolidation") if pathway.follow_up.get(key)}
    origin = Sourced(**{k: pathway.follow_up.get(k) for k in Sourced.__dataclass_fields__})
    for stage, text in told.items():
        yield _line(text, origin, result="干预期随访" if stage == "intervention" else "巩固期随访", within=own)


def _sent_on(content: Content, escalation: Escalation) -> str:
    if escalation.to_pathway:
        return f"进入{content.pathways[escalation.to_pathway].name}"
    to = "、".join(content.institutions.get(each, each) for each in escalation.to)
    return f"转 {to}" + (f"（{content.time_limits[escalation.within].what}）" if escalation.within else "")


def _signs(content: Content) -> Iterator[BasisLine]:
    signs = content.warning_signs
    yield _line(signs.rule_text, signs, result="初筛")
    yield _line(signs.regression.prompt, signs.regression, result="任何月龄都问", code=signs.regression.code)
    for group in signs.groups:
        for item in group.items:
            yield _line(item.text, signs, result=group.label, code=item.code)


def _visits(content: Content) -> Iterator[BasisLine]:
    for visit in content.visits:
        yield _line("、".join(visit.must_do), visit, result=visit.name, code=visit.id)


def _vaccines(content: Content) -> Iterator[BasisLine]:
    for vaccine in (*content.vaccination.vaccines, *content.vaccination.local):
        ages = "、".join(f"第 {dose.dose} 剂满 {dose.age_months} 月龄" for dose in vaccine.doses)
        yield _line(ages, vaccine, result=vaccine.name, code=vaccine.code)


def _behaviours(content: Content) -> Iterator[BasisLine]:
    for band in content.behaviours.bands:
        yield _line("、".join(item.text for item in band.items), band, result=band.label)
    for infection in content.behaviours.infections.values():
        yield _line(infection.exclude, infection, result=infection.name, code=infection.code)


def _limits(content: Content) -> Iterator[BasisLine]:
    for limit in content.time_limits.values():
        length = (
            f"{limit.days} 天" if limit.days is not None else f"{limit.months} 个月" if limit.months else limit.rule
        )
        said = f"{length}；{limit.escalate}" if limit.escalate else length
        yield _line(limit.what, limit, result=said, code=limit.id)


def _menu(content: Content) -> Iterator[BasisLine]:
    for task in content.tasks.values():
        yield _line(task.title, task, code=task.id)


def _keeping(content: Content) -> Iterator[BasisLine]:
    report = content.mandatory_report
    yield _line(report.trigger, report, result="强制报告")
    for each in content.retention.values():
        yield _line(each.what, each, result="保存期限", code=each.id)


LISTS: tuple[tuple[str, str, Callable[[Content], Iterator[BasisLine]]], ...] = (
    ("warning_signs", "预警征象", _signs),
    ("visit_schedule", "检查时间表", _visits),
    ("vaccine_schedule", "免疫程序", _vaccines),
    ("behaviours", "观察条目与返园", _behaviours),
    ("time_limits", "时限", _limits),
    ("service_menu", "服务菜单", _menu),
    ("retention", "强制报告与保存", _keeping),
)
