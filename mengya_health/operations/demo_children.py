"""The sample children of the demo: who they are and how they grow, by chance that depends on the date alone. Pure.

Nobody here is real: every name is 样本 and a nickname.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from mengya_health.growth.ages import add_months, age_for_growth, is_preterm
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH, SD_COLUMNS, tables

CHILDREN = 60
NICKNAMES = (
    "小芽", "小满", "小雪", "小禾", "小谷", "小麦", "小荷", "小桃", "小杏", "小梨", "小枣", "小栗", "小松", "小柏",
    "小竹", "小兰", "小葵", "小茉", "小薇", "小苗", "小叶", "小枝", "小果", "小豆", "小米", "小糯", "小粟", "小棉",
    "小溪", "小河", "小湖", "小海", "小舟", "小帆", "小雨", "小露", "小霜", "小虹", "小云", "小风", "小晴", "小星",
    "小月", "小阳", "小石", "小山", "小鹿", "小鹤", "小燕", "小雀", "小鸥", "小蝶", "小萤", "小贝", "小琴", "小笛",
    "小诗", "小画", "小舞", "小歌",
)  # fmt: skip
BEAN, DANDELION, BABY_HOUSE, HOME = "bean", "dandelion", "baby_house", "home"


@dataclass(frozen=True)
class Track:
    """A course over time: values at days before today, straight in between, level before and after."""

    points: tuple[tuple[int, float], ...]  # the longest ago first

    def at(self, days_ago: int) -> float:
        for (then, value), (later, next_value) in zip(self.points, self.points[1:], strict=False):
            if days_ago >= then:
                return value
            if days_ago > later:
                return value + (next_value - value) * (then - days_ago) / (then - later)
        return self.points[-1][1]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What is to become of one child. `found` days ago it was `found_month` months old, and something was found or is
    going to be.

    `visit` says how the planned visits stand: done, today (due today), overdue, or no_consent: nothing may be written
    yet. `family`: it has a guardian's account.
    """

    story: str = ""
    place: str = HOME
    found: int = 0
    found_month: int = 0
    family: bool = False
    visit: str = "done"
    preterm: bool = False


STORIES = (
    Plot(story="planning_growth", found=12, found_month=12, family=True),
    Plot(story="active_growth", found=50, found_month=18, family=True, place=BEAN),
    Plot(story="active_anemia", found=60, found_month=6, family=True),
    Plot(story="confirming_family", found=185, found_month=8, family=True),
    Plot(story="active_development", found=70, found_month=24, family=True, place=DANDELION),
    Plot(story="confirming_class", found=175, found_month=24, family=True, place=DANDELION),
    Plot(story="following_growth", found=150, found_month=12, family=True),
    Plot(story="following_anemia", found=82, found_month=18, family=True, place=BEAN),
    Plot(story="planning_question", found=15, found_month=18, family=True, place=BEAN),
    Plot(story="resolved_growth", found=300, found_month=18, family=True, place=DANDELION),
    Plot(story="found_today", found=1, found_month=8),
    Plot(story="concern_raised", found_month=21, place=BEAN),
    Plot(story="positive_growth", found=2, found_month=12),
    Plot(story="positive_concern", found=4, found_month=24, place=DANDELION),
    Plot(story="rescreening_growth", found=20, found_month=8, preterm=True),
    Plot(story="rescreening_anemia", found=35, found_month=6),
    Plot(story="referred_waiting", found=10, found_month=18, place=BEAN),
    Plot(story="referred_overdue", found=45, found_month=12),
    Plot(story="referred_answered", found=25, found_month=24, place=DANDELION),
    Plot(story="watching_weight", found=20, found_month=24),
    Plot(story="watching_cleared", found=45, found_month=18, place=BEAN),
    Plot(story="released", found=100, found_month=18, place=BABY_HOUSE),
    Plot(story="stopped_moved", found=80, found_month=12),
    Plot(story="stopped_refused", found=50, found_month=30),
)
_MONTHS_OF_VISITS = (3, 6, 8, 12, 18, 24, 30)


@dataclass(frozen=True, kw_only=True)
class SampleChild:
    """One sample child. Growth is in z-scores of WS/T 423—2022, haemoglobin in g/L."""

    name: str
    sex: str
    birth_on: date
    gestational_days: int
    birth_weight_kg: str
    plot: Plot
    stature: Track
    weight: Track
    head: Track
    hb: Track
    phone: str
    lateness_days: int  # how long after a visit is due the family usually comes

    def measured(self, on: date, today: date) -> dict[str, str]:
        """Return weight_kg, lenhei_cm and headc_cm as they would be written down that day."""
        age = age_for_growth(self.birth_on, on, self.gestational_days)
        months = max(age.months, 0)
        place = months.numerator, months.denominator
        is_lying, ago = months < HEIGHT_FROM_MONTH, (today - on).days
        stature = _value("lhfa", self.sex, is_lying, place, self.stature.at(ago))
        weight = _value("wfa", self.sex, is_lying, place, self.weight.at(ago))
        head = _value("hcfa", self.sex, is_lying, place, self.head.at(ago))
        return {
            "weight_kg": str(weight.quantize(Decimal("0.01"))),
            "lenhei_cm": str(stature.quantize(Decimal("0.1"))),
            "headc_cm": str(head.quantize(Decimal("0.1"))),
        }


def draw_children(today: date) -> list[SampleChild]:
    """Return the sample children of a day: the same ones whenever it is drawn again."""
    # Sample data, not a secret: it has to come out the same every time.
    chance = Random(f"{today}")  # noqa: S311
    plots = [*STORIES, *_everyday_plots(chance)]
    nicknames = NICKNAMES[:1] + tuple(chance.sample(NICKNAMES[1:], CHILDREN - 1))
    return [_child(chance, number, f"样本{nicknames[number]}", plot, today) for number, plot in enumerate(plots)]


def _everyday_plots(chance: Random) -> list[Plot]:
    """Return children nothing is the matter with: some due today, some overdue, most of them up to date."""
    due = [Plot(found_month=month, visit="today") for month in _MONTHS_OF_VISITS]
    late = [Plot(found_month=month + 1, visit="overdue") for month in (3, 8, 12, 18, 24)]
    ages = (1, 4, 5, 9, 10, 11, 14, 16, 37, 40, 44, 47)
    rest = [Plot(found_month=month, preterm=month in (4, 9)) for month in ages]
    rest.append(Plot(found_month=2, visit="no_consent"))
    rest += [Plot(found_month=chance.randint(19, 29), place=BEAN) for _ in range(4)]
    rest += [Plot(found_month=chance.randint(25, 34), place=DANDELION) for _ in range(4)]
    rest += [Plot(found_month=month, place=BABY_HOUSE) for month in (13, 17, 21)]
    return due + late + rest


def _child(chance: Random, number: int, name: str, plot: Plot, today: date) -> SampleChild:
    sex = chance.choice("MF")
    seen_on = today - timedelta(days=plot.found)
    birth_on = add_months(seen_on, -plot.found_month) - timedelta(days=chance.randint(2, 12))
    gestational_days = chance.randint(225, 256) if plot.preterm else chance.randint(266, 287)
    stature, weight, head, hb = _courses(chance, plot)
    grams = chance.randint(1900, 2500) if is_preterm(gestational_days) else chance.randint(2800, 3900)
    return SampleChild(
        name=name,
        sex=sex,
        birth_on=birth_on,
        gestational_days=gestational_days,
        birth_weight_kg=f"{grams / 1000:.2f}",
        plot=plot,
        stature=stature,
        weight=weight,
        head=head,
        hb=hb,
        phone=f"1390000{number:04d}",
        lateness_days=chance.randint(1, 9),
    )


def _courses(chance: Random, plot: Plot) -> tuple[Track, Track, Track, Track]:
    """Return how stature, weight, head and haemoglobin go; a story bends the one it is about."""
    base = min(max(chance.gauss(0, 0.7), -1.2), 1.2)
    weight = base * 0.7 + min(max(chance.gauss(0, 0.25), -0.4), 0.3)
    found, is_low_iron = plot.found, "anemia" in plot.story or plot.story in ("confirming_family", "planning_question")
    tracks = {
        "stature": ((1500, base), (0, base)),
        "weight": ((1500, weight), (0, weight)),
        "hb": ((1500, 122.0), (0, 122.0)),
    }
    if plot.story.endswith("growth") or plot.story in ("found_today", "confirming_class", "stopped_moved"):
        tracks["stature"] = ((1500, -0.9), (0, -0.9))
        tracks["weight"] = ((found + 200, -0.8), (found, -2.3), (found - 30, -1.6), (found - 62, -1.2), (0, -1.0))
    elif plot.story in ("watching_weight", "released"):
        tracks["stature"] = ((1500, 0.2), (0, 0.2))
        tracks["weight"] = ((found + 200, 0.6), (found, 1.5), (0, 1.3 if plot.story == "watching_weight" else 0.7))
    elif is_low_iron or plot.story == "stopped_refused":
        tracks["hb"] = ((found + 100, 116.0), (found, 101.0), (found - 19, 112.0), (found - 49, 119.0), (0, 121.0))
    head = chance.uniform(-0.8, 0.8)
    courses = (tracks["stature"], tracks["weight"], ((1500, head), (0, head)), tracks["hb"])
    return tuple(Track(points) for points in courses)


def _value(indicator: str, sex: str, is_lying: bool, place: tuple[int, int], z: float) -> Decimal:
    """Return the measurement at a z-score: between the columns of the standard, and beyond them, it runs straight."""
    numerators, denominator = tables("wst423_2022_sd")[indicator, sex, is_lying].columns_at(place)
    low = min(max(int(z // 1) + 3, 0), len(SD_COLUMNS) - 2)
    value = numerators[low] + (numerators[low + 1] - numerators[low]) * (z - (low - 3))
    return Decimal(value) / denominator
