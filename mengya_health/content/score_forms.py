"""score_forms.yaml: what is kept of each scale: its scores and its result, never its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from marshmallow import fields

from mengya_health.content.documents import Documents, Problem
from mengya_health.content.shapes import AgeRange, Meta, Shape, Sourced, many, word_list, words


@dataclass(frozen=True, kw_only=True)
class ScoreForm(Sourced):
    """What is kept of one scale.

    `metrics` are judged by the rules of its screening; `scores` (code → name) and `results` (code → word) are only
    kept. It is meant for the whole months in `ages_m`, [from, to).
    """

    instrument: str
    screening: str
    ages_m: tuple[int, int]
    metrics: tuple[str, ...] = ()
    scores: Mapping[str, str] | None = None
    results: Mapping[int, str] | None = None


class ScoreFormShape(Shape):
    makes = ScoreForm

    instrument = words(required=True)
    screening = words(required=True, pattern=r"SCR_[A-Z_]+")
    ages_m = AgeRange(required=True)
    metrics = word_list()
    scores = fields.Dict(keys=words(pattern=r"[a-z_]+"), values=words())
    results = fields.Dict(keys=fields.Integer(strict=True), values=words())


class ScoreFormsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    forms = many(ScoreFormShape, required=True)


def strange_scales(documents: Documents) -> Iterator[Problem]:
    """Yield what the file names that screenings.yaml does not have, and scales named twice."""
    document, known = documents["score_forms.yaml"], documents["screenings.yaml"].value
    instruments = {each["id"] for each in known["instruments"]}
    metrics = {each["code"] for each in known["metrics"]}
    seen: set[str] = set()
    for position, form in enumerate(document.value["forms"]):
        place = ("forms", position)
        if form["instrument"] not in instruments - seen:
            zh, en = (
                f"量表 {form['instrument']} 没有登记或写了两次。",
                "Unknown, or given twice.",
            )
            yield document.problem((*place, "instrument"), zh, en)
        seen.add(form["instrument"])
        for code in form.get("metrics", ()):
            if code not in metrics:
                yield document.problem((*place, "metrics"), f"指标 {code} 没有登记。", f"{code} is not defined.")
