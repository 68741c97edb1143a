"""What one line of an imported file says about a child, and what the lines of one child say together. Pure.

Columns, in any order, by this name or the Chinese one:

    id 编号                        the clinic's own number of the child; needed on every line
    name 姓名                      without the column each child is called 样本 and its id
    sex 性别                       M or 男, F or 女, U or 未定; needed
    birth_date 出生日期            2025-11-20, 2025/11/20 or 2025年11月20日; or instead of it, counted back from the
    age_days 日龄, age_months 月龄   day measured (a month of 30.4375 days); a birth date goes before ages
    measured_date 测量日期         without the column all were measured on the day given with --measured-on
    weight_kg 体重, lenhei_cm 身长身高, headc_cm 头围, hb_g_l 血红蛋白   blank where not measured
    position 体位                  l or 躺, h or 站, blank where it is not known
    oedema 水肿                    y or 是, n or 否
    gestational_weeks 孕周, gestational_days 孕周天数   weeks of pregnancy, and days beyond them
    birth_weight_kg 出生体重, id_no 身份证号
    guardian_name 监护人, guardian_phone 监护人电话     both or neither
    guardian_relation 监护人关系   mother 母亲, father 父亲, grandparent 祖辈, other 其他
    class 班级                     a class by its name, or nursery/class where two nurseries have one of that name

A child measured on several days has a line for each; what stays the same may be left blank after the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from marshmallow import ValidationError

from mengya_health.content import Content
from mengya_health.content.measurements import Metric
from mengya_health.errors import Invalid
from mengya_health.fields import (
    NEEDED,
    DecimalText,
    Form,
    IdNumber,
    LocalDate,
    Phone,
    PlainText,
    WholeNumber,
    birth_on_of,
)
from mengya_health.growth.ages import DAYS_PER_MONTH
from mengya_health.operations.import_table import Problem, Table
from mengya_health.people.schemas import NAME_LONGEST, require_possible_birth, require_possible_day
from mengya_health.screening.measurements import Measurement

ID_LONGEST = 40
ALSO_CALLED = {
    "id": "编号", "name": "姓名", "sex": "性别", "birth_date": "出生日期", "measured_date": "测量日期",
    "age_days": "日龄", "age_months": "月龄", "weight_kg": "体重", "lenhei_cm": "身长身高", "position": "体位",
    "headc_cm": "头围", "oedema": "水肿", "hb_g_l": "血红蛋白", "gestational_weeks": "孕周",
    "gestational_days": "孕周天数", "birth_weight_kg": "出生体重", "id_no": "身份证号", "guardian_name": "监护人",
    "guardian_phone": "监护人电话", "guardian_relation": "监护人关系", "class": "班级",
}  # fmt: skip
NAMES = {name: column for column, chinese in ALSO_CALLED.items() for name in (column, chinese)}
MEASURED = {"weight_kg": "WEIGHT", "lenhei_cm": "LENGTH", "headc_cm": "HEADC", "hb_g_l": "HB"}
COLUMN_OF = {"birth_on": "birth_date", "measured_on": "measured_date", "contacts": "guardian_phone"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: who the child is (only what it says, by the names of `register_child`), and what was measured."""

    number: int
    clinic_no: str
    identity: dict = field(repr=False)
    class_name: str
    measurement: Measurement = field(repr=False)
    hb_g_l: str | None = field(repr=False)

    @property
    def is_measured(self) -> bool:
        return not self.measurement.is_empty or self.hb_g_l is not None or self.measurement.oedema

    @property
    def measured(self) -> tuple:
        """What was measured, to compare with another line."""
        return self.measurement, self.hb_g_l


@dataclass
class ImportedChild:
    """All lines of one child; `identity` is what they say together, `lines` those that measure, one for each day."""

    clinic_no: str
    number: int  # the first line
    identity: dict = field(repr=False)
    class_name: str
    lines: list[Line] = field(default_factory=list)
    repeated: int = 0  # lines that say again what another line says


class _Word(PlainText):
    """One of a few words, any case; several may mean the same."""

    def __init__(self, meanings: dict, **kwargs) -> None:
        super().__init__(longest=20, **kwargs)
        self.meanings = meanings

    def _deserialize(self, value, attr, data, **kwargs):
        word = super()._deserialize(value, attr, data, **kwargs).lower()
        if word not in self.meanings:
            listed = "、".join(self.meanings)
            raise ValidationError(f"要写其中一个：{listed}。 Must be one of these words.")
        return self.meanings[word]


class _LineForm(Form):
    """A line as it is typed; `line_form` adds the columns whose limits come from the content."""

    id = PlainText(longest=ID_LONGEST, required=True)
    name = PlainText(longest=NAME_LONGEST)
    sex = _Word({"m": "M", "男": "M", "f": "F", "女": "F", "u": "U", "未定": "U"})
    birth_date = LocalDate()
    measured_date = LocalDate()
    age_days = DecimalText(low="0", high="2557", places=2)
    age_months = DecimalText(low="0", high="84", places=4)
    position = _Word({"l": "l", "躺": "l", "h": "h", "站": "h"})
    oedema = _Word({"y": True, "是": True, "n": False, "否": False})
    gestational_weeks = WholeNumber(low=22, high=44)
    gestational_days = WholeNumber(low=0, high=6)
    birth_weight_kg = DecimalText(low="0.3", high="8", places=3, unit="kg")
    id_no = IdNumber()
    guardian_name = PlainText(longest=NAME_LONGEST)
    guardian_phone = Phone()
    guardian_relation = _Word(
        {"mother": "mother", "母亲": "mother", "father": "father", "父亲": "father", "grandparent": "grandparent",
         "祖辈": "grandparent", "other": "other", "其他": "other"}
    )  # fmt: skip


def line_form(content: Content) -> Form:
    """Return the form of a line, with the same hard limits for measurements as the pages have."""
    limited = {column: _number(content.metrics[code]) for column, code in MEASURED.items()}
    return _LineForm.from_dict(limited | {"class": PlainText(longest=80)}, name="ImportedLine")()


def read_children(
    table: Table, content: Content, *, today: date, measured_on: date
) -> tuple[list[ImportedChild], list[Problem]]:
    """Return the children of a table in its order, and everything that is wrong with its lines."""
    form, problems = line_form(content), list(table.problems)
    children: dict[str, ImportedChild] = {}
    for number, cells in table.lines:
        try:
            line = _line(number, form.load(cells), table.columns, measured_on)
            _join(children, line, today, is_named="name" in table.columns)
        except Invalid as error:
            found = error.fields or {"": [str(error)]}
            problems += [
                Problem(number, COLUMN_OF.get(name, name), text) for name, texts in found.items() for text in texts
            ]
    return list(children.values()), problems


def _number(metric: Metric) -> DecimalText:
    low, high = metric.hard
    return DecimalText(low=str(low), high=str(high), places=metric.decimals, unit=metric.unit)


def _line(number: int, typed: dict, columns: frozenset[str], measured_on: date) -> Line:
    missing = {}
    if ("guardian_name" in typed) != ("guardian_phone" in typed):
        missing["guardian_phone" if "guardian_name" in typed else "guardian_name"] = [NEEDED]
    if "gestational_days" in typed and "gestational_weeks" not in typed:
        missing["gestational_weeks"] = [NEEDED]
    is_measured = any(column in typed for column in (*MEASURED, "age_days", "age_months"))
    if is_measured and "measured_date" in columns and "measured_date" not in typed:
        missing["measured_date"] = [NEEDED]
    if missing:
        raise Invalid(fields=missing)
    on = typed.get("measured_date", measured_on)
    measurement = Measurement(
        measured_on=on,
        position=typed.get("position"),
        oedema=typed.get("oedema", False),
        **{column: typed.get(column) for column in ("weight_kg", "lenhei_cm", "headc_cm")},
    )
    return Line(
        number=number,
        clinic_no=typed["id"],
        identity=_identity(typed, on),
        class_name=typed.get("class", ""),
        measurement=measurement,
        hb_g_l=typed.get("hb_g_l"),
    )


def _identity(typed: dict, measured_on: date) -> dict:
    """Return what a line says of who the child is, as keyword arguments of `register_child`."""
    identity = {name: typed[name] for name in ("name", "sex", "birth_weight_kg", "id_no") if name in typed}
    birth_on = typed.get("birth_date") or _counted_back(typed, measured_on)
    if birth_on:
        identity["birth_on"] = birth_on
    if "gestational_weeks" in typed:
        identity["gestational_days"] = typed["gestational_weeks"] * 7 + typed.get("gestational_days", 0)
    if "guardian_phone" in typed:
        relation = typed.get("guardian_relation", "other")
        contact = {"name": typed["guardian_name"], "phone": typed["guardian_phone"], "relation": relation}
        identity["contacts"] = [contact]
    return identity


def _counted_back(typed: dict, measured_on: date) -> date | None:
    """Return the birth date by an age: whole days, rounded half up, as WHO looks ages up."""
    if "age_days" in typed:
        days = Fraction(Decimal(typed["age_days"]))
    elif "age_months" in typed:
        days = Fraction(Decimal(typed["age_months"])) * DAYS_PER_MONTH
    else:
        return None
    return measured_on - timedelta(days=int((2 * days + 1) // 2))


def _join(children: dict[str, ImportedChild], line: Line, today: date, *, is_named: bool) -> None:
    """Put a line to its child. Raises Invalid where it leaves something out or contradicts an earlier line."""
    child = children.get(line.clinic_no)
    if child is None:
        child = _begun(line, is_named=is_named)
    _require_same(child, line)
    merged = child.identity | line.identity
    _require_possible(merged, line.measurement.measured_on, today)
    child.identity = merged
    child.class_name = child.class_name or line.class_name
    children[line.clinic_no] = child
    if line.is_measured:
        _add_measurement(child, line)


def _begun(line: Line, *, is_named: bool) -> ImportedChild:
    identity = line.identity if is_named else {"name": f"样本{line.clinic_no}"} | line.identity
    missing = [name for name in ("name", "sex", "birth_on") if name not in identity]
    if missing:
        raise Invalid(fields={name: [NEEDED] for name in missing})
    return ImportedChild(line.clinic_no, line.number, identity, line.class_name)


def _require_same(child: ImportedChild, line: Line) -> None:
    said = line.identity | {"class": line.class_name or child.class_name}
    before = child.identity | {"class": child.class_name or line.class_name}
    differing = [name for name, value in said.items() if before.get(name, value) != value]
    if differing:
        text = f"和第 {child.number} 行同一个孩子写的不一样。 Differs from line {child.number} about the same child."
        raise Invalid(fields={name: [text] for name in differing})


def _require_possible(identity: dict, measured_on: date, today: date) -> None:
    require_possible_birth(identity["birth_on"], today)
    require_possible_day(measured_on, birth_on=identity["birth_on"], today=today, field="measured_on")
    if "id_no" in identity and birth_on_of(identity["id_no"]) != identity["birth_on"]:
        message = "身份证号里的出生日期和这一行的不一样。 The birth date inside the ID number is another one."
        raise Invalid(fields={"id_no": [message]})


def _add_measurement(child: ImportedChild, line: Line) -> None:
    on = line.measurement.measured_on
    same_day = next((each for each in child.lines if each.measurement.measured_on == on), None)
    if same_day is None:
        child.lines.append(line)
    elif same_day.measured == line.measured:
        child.repeated += 1
    else:
        text = f"和第 {same_day.number} 行是同一天，数值却不一样。 Another value on the day of line {same_day.number}."
        raise Invalid(fields={"measured_on": [text]})
