"""The words on growth charts, in Chinese and English: clinical ones for staff, plain ones for families.

Families never read SD or a diagnosis.
"""

from __future__ import annotations

from typing import NamedTuple

from mengya_health.growth.visits import Score

STAFF, FAMILY = "staff", "family"
# Where a family's two dashed lines run, and where their words change.
COMMON_SD = 2
Both = tuple[str, str]


class Reader(NamedTuple):
    """Who reads a chart: `audience` "staff" or "family", `language` "zh" or "en"."""

    audience: str = STAFF
    language: str = "zh"

    @property
    def is_family(self) -> bool:
        return self.audience == FAMILY

    def read(self, both: Both) -> str:
        """Return a text in this reader's language."""
        return both[self.language == "en"]

    def aside(self, text: str) -> str:
        """Return a text in the brackets of this reader's language, ready to follow a word."""
        return f" ({text})" if self.language == "en" else f"（{text}）"


class Words(NamedTuple):
    """What an indicator is called, its unit for staff and for families, and what families read above and below."""

    name: Both
    unit: str
    family_unit: Both
    high: Both
    low: Both


KG, CM = ("公斤", "kg"), ("厘米", "cm")
HEAVY, LIGHT = ("偏重", "heavier"), ("偏轻", "lighter")
WORDS = {
    "wfa": Words(("体重", "Weight"), "kg", KG, HEAVY, LIGHT),
    "lhfa": Words(("身长/身高", "Length/height"), "cm", CM, ("偏高", "taller"), ("偏矮", "shorter")),
    "wflh": Words(("体重", "Weight"), "kg", KG, HEAVY, LIGHT),
    "bfa": Words(("体质指数（BMI）", "Body mass index (BMI)"), "kg/m²", ("公斤/米²", "kg/m²"), HEAVY, LIGHT),
    "hcfa": Words(("头围", "Head circumference"), "cm", CM, ("偏大", "larger"), ("偏小", "smaller")),
}
SHORT_NAMES = {
    "wfa": ("体重", "Weight"),
    "lhfa": ("身长/身高", "Length/height"),
    "wflh": ("体重/身长", "Weight/length"),
    "bfa": ("BMI", "BMI"),
    "hcfa": ("头围", "Head"),
}
MOST_CHILDREN = (("大多数", "most"), ("孩子在这", "children"))
MEDIAN = ("中位", "median")
LYING, STANDING = ("身长（躺着量）", "length (lying)"), ("身高（站着量）", "height (standing)")
BEFORE_TERM = ("足月前", "before term")
MONTHS, TODAY = ("月龄", "months"), ("今天", "today")
# What is marked of a child's cases: the clinic reads all of it, a family when its plan began.
TURNING_POINTS = {
    "open": ("立案", "Case opened"),
    "agree": ("开始干预", "Plan agreed"),
    "refer": ("转诊", "Referred"),
    "relapse": ("再次干预", "Plan resumed"),
    "reopen": ("再次打开", "Case reopened"),
    "resolved": ("结案", "Case closed"),
    "stopped": ("中止", "Case stopped"),
}
FAMILY_TURNING_POINTS = {"agree": ("开始在家做", "Began at home")}
# The five levels of WS/T 423—2022, Table 2.
LEVELS = {
    "上": ("上", "high"),
    "中上": ("中上", "above average"),
    "中": ("中", "average"),
    "中下": ("中下", "below average"),
    "下": ("下", "low"),
}
DATE, AGE, ON_CHART, JUDGED = ("日期", "Date"), ("月龄", "Age"), ("在图上", "On the chart"), ("评价", "Level")
CORRECTED, BY_DUE_DATE = ("矫正月龄", "Corrected age"), ("按预产期", "By due date")
NOT_GRADED = ("足月前不评级", "Before term: no level")
NOTHING_MEASURED = ("还没有测量", "Nothing measured yet")
BY_DUE_DATE_NOTE = ("图上按预产期算月龄", "Ages on the chart count from the due date")
BEFORE_TERM_NOTE = (
    "0 月龄（足月）以前：INTERGROWTH-21st 早产儿标准，只看不评级",
    "Before month 0 (term): INTERGROWTH-21st for preterm infants, to look at only",
)
BEFORE_TERM_FAMILY_NOTE = (
    "预产期以前的曲线用早产儿的标准（INTERGROWTH-21st）",
    "Before the due date the curves are those for children born early (INTERGROWTH-21st)",
)
SEX_UNKNOWN = (
    "性别未定：测量照常记录，不评价，不画曲线",
    "Sex undetermined: measurements are kept, not judged, and drawn without curves",
)
SEX_UNKNOWN_FAMILY = (
    "图上只有孩子自己的测量，没有对照的曲线",
    "The chart shows your child's measurements alone, without curves",
)
AGE_RULES = {
    "exact": ("按精确月龄插值", "read at exact age, between the table's rows"),
    "completed_months": ("按满月龄", "read at completed months"),
}
MINUS_0_7 = (
    "2 岁前量的身长已减 0.7 厘米",
    "0.7 cm was taken off lengths measured before the age of 2",
)
WHO_BREAK = (
    "61 月龄起为 WHO 2007，两份标准不相接",
    "From 61 months WHO 2007: the two references do not meet",
)
WHY_THEY_DIFFER = (
    "两份标准调查的人群不同：国家标准的 −2 SD 大约是 WHO 的 −1.2 到 −1.9 SD，"
    "同一个孩子可以在一份里偏低、在另一份里不低。超重的界线也不同：国家标准从 +1 SD 起，WHO 5 岁以下从 +2 SD 起。"
    "评价以国家标准为准。",
    "The two references measured different children: −2 SD of the national standard is about −1.2 to −1.9 SD of WHO, "
    "so the same child can be low in one and not in the other. Overweight begins elsewhere, too: at +1 SD in the "
    "national standard, at +2 SD in WHO under 5 years. The national standard decides.",
)


class Legend(NamedTuple):
    """What each kind of mark means: today's point, earlier ones, and the same measurement at the age by birth date."""

    today: str
    past: str
    twin: str


def legend_of(reader: Reader, *, has_twins: bool) -> Legend:
    """Return the words of the legend; with twins today's point says which age it stands at."""
    today = ("今天（矫正月龄，用于评价）", "Today (corrected age, used to judge)") if has_twins else ("今天", "Today")
    twin = ("同一次，按实足月龄", "Same measurement at actual age")
    return Legend(reader.read(today), reader.read(("以往", "Earlier")), reader.read(twin))


def turning_point_words(kind: str, reader: Reader) -> str:
    """Return what is written at a mark; "" where this reader sees none."""
    shown = FAMILY_TURNING_POINTS if reader.is_family else TURNING_POINTS
    return reader.read(shown[kind]) if kind in shown else ""


def chart_title(indicator: str, reader: Reader) -> str:
    """Return what the chart shows, as a sentence part."""
    if indicator == "wflh":
        return reader.read(("体重随身长、身高变化图", "Weight by length or height"))
    zh, en = WORDS[indicator].name
    return reader.read((f"{zh}随月龄变化图", f"{en} by age"))


def short_name(indicator: str, reader: Reader) -> str:
    """Return the chart's name on a tab."""
    return reader.read(SHORT_NAMES[indicator])


def unit_of(indicator: str, reader: Reader) -> str:
    words = WORDS[indicator]
    return reader.read(words.family_unit) if reader.is_family else words.unit


def line_words(indicator: str, reader: Reader) -> dict[int, tuple[str, ...]]:
    """Return the end label of each SD line that this reader sees, line by line."""
    if reader.is_family:
        words, middle = WORDS[indicator], tuple(map(reader.read, MOST_CHILDREN))
        return {COMMON_SD: (reader.read(words.high),), 0: middle, -COMMON_SD: (reader.read(words.low),)}
    return {sd: (f"{sd_text(sd, 0)} SD" if sd else reader.read(MEDIAN),) for sd in (3, 2, 1, 0, -1, -2, -3)}


def place_words(score: Score, indicator: str, reader: Reader) -> str:
    """Return in words where a score lies: 上 … 下 (else its z) for staff, a plain word for families."""
    if reader.is_family:
        words = WORDS[indicator]
        if abs(score.z) <= COMMON_SD:
            return reader.read(("", " ")).join(map(reader.read, MOST_CHILDREN))
        return reader.read(words.high if score.z > 0 else words.low)
    return reader.read(LEVELS[score.sd_band]) if score.sd_band else f"{sd_text(score.z, 1)} SD"


def number_measured(number: int, reader: Reader) -> str:
    """Return 共 5 次测量, 5 measurements."""
    return reader.read((f"共 {number} 次测量", f"{number} measurement{'s' if number > 1 else ''}"))


def age_words(months: int, days: int, reader: Reader) -> str:
    """Return 12月3天, 12 mo 3 d."""
    return reader.read((f"{months}月{days}天", f"{months} mo {days} d"))


def corrected_note(until: int, reader: Reader) -> str:
    """Return until when a preterm child is judged at corrected age."""
    zh = f"早产儿按矫正月龄评价，满 {until} 月龄起按实足月龄"
    return reader.read((zh, f"Born preterm: judged at corrected age until {until} months, then at actual age"))


def sd_text(sd: float, decimals: int) -> str:
    """Return a signed number with a real minus, "+2", "−1.4", "0.0"."""
    text = f"{abs(sd):.{decimals}f}"
    return text if not float(text) else f"{'−' if sd < 0 else '+'}{text}"


def number_text(value: float) -> str:
    """Return a measurement with one decimal, two where it was measured so finely."""
    text = f"{value:.2f}"
    return text[:-1] if text.endswith("0") else text


def reference_name(reference: str, reader: Reader) -> str:
    return "WS/T 423—2022" if reference == "wst423_2022" else reader.read(("WHO 2006、2007", "WHO 2006, 2007"))
