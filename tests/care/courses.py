"""What a child has on each of the twelve pathways: found at a screening, well again, fallen back, in danger.

The numbers are a child's; whether they reach a mark is for the pathway's file to say, and so is every tick, task and
interval, which the walk takes from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Seen:
    """What the doctor enters once: a sheet with its answers, or, without one, what a follow-up asks.

    `weight` is what the child weighs, as a share of the median at its age; length and head are in the middle.
    """

    sheet: str = ""
    answers: Mapping[str, str | list[str]] = field(default_factory=dict)
    weight: float | None = None
    ticks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Course:
    """One pathway's child. `days_apart` are the file's intervals where it chooses among several by what is on file."""

    pathway: str
    months: int
    found: Seen
    well: Seen
    back: Seen  # again what calls for support
    urgent: Mapping[str, Seen] = field(default_factory=dict)  # by the computed escalation it makes hold
    closing: str = "closing"
    refers_first: bool = False
    born: Mapping[str, object] = field(default_factory=dict)  # of the child's sheet
    days_apart: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    needs_ticks: bool = True  # figures alone are no success
    stops: str = ""  # the day that the first follow-up of the consolidation writes down
    baseline: Mapping[str, str] = field(default_factory=dict)  # read before support, for rules that compare with it


def sheet(key: str, *, weight: float | None = None, **answers) -> Seen:
    return Seen(key, answers, weight)


def read(*ticks: str, weight: float | None = None, **answers: str) -> Seen:
    return Seen("", answers, weight, ticks)


NONE_18 = {f"ws_WS180{n}": "0" for n in (1, 2, 3, 4)}
NONE_12 = {f"ws_WS120{n}": "0" for n in (1, 2, 3, 4)}
COURSES = (
    Course(
        pathway="PW_UNDERNUTRITION",
        months=12,
        found=sheet("SCR_GROWTH", weight=0.81),
        well=read(weight=1.0),
        back=read(weight=0.78),
        urgent={"escalate.0": read(weight=0.6), "escalate.1": sheet("SCR_GROWTH", weight=1.0, bilateral_oedema="1")},
    ),
    Course(
        pathway="PW_OVERWEIGHT",
        months=36,
        found=sheet("SCR_GROWTH", weight=1.25),
        well=read(weight=1.0),
        back=read(weight=1.3),
        needs_ticks=False,
        days_apart={"intervention": (30, 90)},
    ),
    Course(
        pathway="PW_ANEMIA",
        months=12,
        found=sheet("SCR_ANEMIA", hb="98"),
        well=read(HB="118"),
        back=read(HB="101"),
        urgent={"escalate.0": read(HB="58")},
        stops="iron_stopped",
    ),
    Course(
        pathway="PW_VITD",
        months=12,
        found=sheet("SCR_VITD", vitd25="25", signs=["1"], symptoms=["1"]),
        well=read(VITD25="62"),
        back=read(VITD25="28"),
        urgent={
            "escalate.0": sheet("SCR_VITD", hypocalcaemia_signs="1"),
            "escalate.1": read(VITD25="260"),
        },
        days_apart={"intervention": (90, 90)},
    ),
    Course(
        pathway="PW_VISION",
        months=54,
        found=sheet("SCR_VISION", va_l="4.7", va_r="4.7", eye_exam_abnormal="0"),
        well=read(VA_L="5.0", VA_R="5.0"),
        back=sheet("SCR_VISION", va_l="4.7", va_r="4.8", eye_exam_abnormal="0"),
        urgent={
            "escalate.0": sheet("SCR_VISION", va_l="4.7", va_r="4.7", eye_exam_abnormal="0", eye_emergency="1"),
            "escalate.1": sheet("SCR_VISION", va_l="4.7", va_r="4.7", eye_exam_abnormal="1"),
        },
        days_apart={"intervention": (90, 90)},
    ),
    Course(
        pathway="PW_HEARING",
        months=12,
        found=sheet("SCR_HEARING", result="2"),
        well=read(),
        back=sheet("SCR_HEARING", result="2"),
        refers_first=True,
    ),
    Course(
        pathway="PW_CARIES",
        months=36,
        found=sheet("SCR_ORAL", dt="2", teeth="20"),
        well=read(DT="0", DMFT="2"),
        back=read(DT="1", DMFT="3"),
        urgent={"escalate.0": sheet("SCR_ORAL", dt="2", teeth="20", oral_anomaly="1")},
        needs_ticks=False,
        refers_first=True,
    ),
    Course(
        pathway="PW_DDH_REFER",
        months=5,
        found=sheet("SCR_DDH", sign_count=["2"]),
        well=read(),
        back=read(),
        refers_first=True,
    ),
    Course(
        pathway="PW_DEVELOPMENT",
        months=12,
        found=sheet("SCR_WSCST", ws_reg="0", **NONE_12 | {"ws_WS1204": "1"}),
        well=read(WSCST_N="0", WS_REG="0", DQ="88.0"),
        back=read(WSCST_N="0", WS_REG="0", DQ="77.0"),
        urgent={
            "escalate.0": sheet("SCR_DEV", dq="66.0", by="样本主试"),
            "escalate.1": sheet("SCR_WSCST", ws_reg="2", **NONE_12),
        },
        refers_first=True,
    ),
    Course(
        pathway="PW_ASD",
        months=18,
        found=sheet("MCHATR", mchatr="9", version="官方中文版", by="样本主试"),
        well=read(),
        back=read("功能退步或问题行为加重"),
        urgent={
            "escalate.0": sheet("SCR_WSCST", ws_reg="1", **NONE_18),
            "escalate.1": sheet("SCR_ASD", ws_reg="0", tier="复筛", tier_result="2", by="区妇幼"),
        },
        closing="closing_excluded",
        refers_first=True,
    ),
    Course(
        pathway="PW_HIGHRISK",
        months=13,
        born={"gestational_days": 32 * 7, "birth_weight_kg": "1.80"},
        found=sheet("SCR_HIGHRISK", ga_weeks="32", bw_g="1800", risk_factor_count=["2"]),
        well=read(weight=1.0, DQ="90.0"),
        back=read(weight=1.0, DQ="76.0"),
        days_apart={"intervention": (60, 90), "consolidation": (90, 90)},
    ),
    Course(
        pathway="PW_EMOTION",
        months=30,
        found=sheet("SCR_SOCIAL_EMOTION", caregiver_low_mood="1"),
        well=read(PROBLEM_DAYS="2"),
        back=read(PROBLEM_DAYS="5"),
        urgent={"escalate.1": sheet("SCR_SOCIAL_EMOTION", caregiver_harm_thought="1")},
        baseline={"PROBLEM_DAYS": "6"},
    ),
)
