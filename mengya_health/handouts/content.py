"""What each printed document says: frozen plain values, ready to print, without a database behind them.

Every text has a length it may not pass (`at_most`), chosen so that a document filled to its limits still fits on its
pages; a longer text is refused with `Invalid`, never cut. Texts are printed as they are: who fills these classes picks
the words for the reader (plain words for families, clinical words only on papers addressed to an institution).
"""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum

from mengya_health.errors import Invalid
from mengya_health.growth.chart import Chart


def _text(at_most: int, **default):
    return field(metadata={"at_most": at_most}, **default)


def _code(at_most: int, **default):
    """A number or address: ASCII, so half as wide on paper as a text of that length."""
    return field(metadata={"at_most": at_most, "ascii": True}, **default)


def _list(at_most: int, *, each: int | None = None, **default):
    return field(metadata={"at_most": at_most, "each": each}, **default)


class _Limited:
    """Refuses texts and lists that would not fit on the paper."""

    def __post_init__(self) -> None:
        wrong = {f.name: _what_is_too_long(getattr(self, f.name) or "", f.metadata) for f in fields(self)}
        if any(wrong.values()):
            raise Invalid(fields={name: messages for name, messages in wrong.items() if messages})


def _what_is_too_long(value, limits) -> list[str]:
    at_most, each, messages = limits.get("at_most"), limits.get("each"), []
    if at_most is not None and len(value) > at_most:
        unit = "个字" if isinstance(value, str) else "条"
        messages.append(f"打印时最多 {at_most} {unit}，现在有 {len(value)} {unit}，请缩短。")
    if limits.get("ascii") and not value.isascii():
        messages.append("这里只用字母、数字和符号。")
    if each is not None and any(len(line) > each for line in value):
        messages.append(f"打印时每条最多 {each} 个字，请缩短。")
    return messages


class Hand(StrEnum):
    """Who wrote it; the value names the mark on paper (● ■ ⌂)."""

    DOCTOR = "doctor"
    TEACHER = "teacher"
    GUARDIAN = "guardian"


class Urgency(StrEnum):
    TODAY = "当天"
    IN_3_DAYS = "3 天内"
    IN_7_DAYS = "7 天内"
    IN_14_DAYS = "14 天内"
    IN_30_DAYS = "30 天内"


@dataclass(frozen=True, kw_only=True)
class Imprint(_Limited):
    """What every sheet says about itself."""

    number: str = _code(27)  # 转诊单号, 案例号 or 童馨档案号, as printed in the footer
    district: str = _text(10)  # of the deployment: the header reads “{district} 童馨档案”
    organisation: str = _text(20)  # who issues the sheet
    department: str = _text(8, default="儿童保健门诊")
    printed_at: datetime  # aware, in the district's time zone: printed by its own clock time
    printed_by: str = _text(12)
    sign_in_url: str = _code(120)  # the QR code: an address of a sign-in page, never a name
    checkpoint: str = _code(140, default="")  # the newest of the history, without its signature; the QR in the corner
    sources: tuple[str, ...] = ()  # entry id and version of what it was made from; kept with the handout, not printed

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.printed_at.tzinfo is None:
            raise ValueError("printed_at needs a time zone")


@dataclass(frozen=True, kw_only=True)
class ChildFacts(_Limited):
    name: str = _text(20)
    record_number: str = _code(24)  # 童馨档案号
    sex: str = _text(2)  # 男, 女, 未定
    born_on: date
    age: str = _text(10)  # 12月3天
    corrected_age: str | None = _text(10, default=None)  # 10月24天; None where it is not used
    gestation: str = _text(10, default="")  # 足月, 孕32周+3天
    allergies: tuple[str, ...] | None = _list(5, each=8, default=None)  # None not recorded, () asked and none


@dataclass(frozen=True, kw_only=True)
class TitledChart(_Limited):
    title: str = _text(12)  # 体重图
    chart: Chart
    note: str = _text(36, default="")  # one sentence under it


@dataclass(frozen=True, kw_only=True)
class Note(_Limited):
    """One line of the three-hand table: who, when, what."""

    hand: Hand
    when: str = _text(14)  # 11-10 至 11-20
    text: str = _text(60)


@dataclass(frozen=True, kw_only=True)
class Objection(_Limited):
    """有异议: what a guardian says against something on the paper, with the answer, "" while there is none."""

    when: str = _text(14)
    text: str = _text(60)
    answer: str = _text(60, default="")


MOST_OBJECTIONS = 3


@dataclass(frozen=True, kw_only=True)
class Signature(_Limited):
    """One hand's signature, or why there is none. The level is printed word for word, never rounded up."""

    hand: Hand
    who: str = _text(18)  # 王老师（示例）, 样本妈妈（母亲）; "" where nobody signed
    signed_at: datetime | None = None  # aware, in the district's time zone; None: signed by pen, or not at all
    level: str = _text(24, default="")  # 电子签名·系统代管密钥, 电子签名·本人设备密钥（自行登记，可同步）
    version: str = _text(14, default="")  # of the text that was signed: 第2版, 告知书 2026.11-1
    instead: str = _text(30, default="")  # why this hand did not sign: 孩子不在托，无需班级确认


@dataclass(frozen=True, kw_only=True)
class HomeTask(_Limited):
    title: str = _text(16)
    how_often: str = _text(16)  # 每天1次，每次约5分钟
    how: str = _text(120)
    note: str = _text(120, default="")  # what the doctor added: a dose, say
    safety: str = _text(64, default="")  # of the service-menu item; always printed


HOME_TEXT_AT_MOST = 800  # characters of all tasks and cautions together


@dataclass(frozen=True, kw_only=True)
class HomeGuide(_Limited):
    """家庭指导单: one A4 page that a family keeps on the fridge."""

    imprint: Imprint
    child: ChildFacts
    step: int  # 1 预防, 2 筛查, 3 干预, 4 巩固
    sentence: str = _text(80)  # 一句话
    weeks: int
    tasks: tuple[HomeTask, ...] = _list(3)  # one to three
    cautions: tuple[str, ...] = _list(4, each=120, default=())  # general safety texts of the parcels, and the stop rule
    chart: TitledChart | None = None
    log_columns: tuple[str, ...] = _list(3, each=8)  # 我来记
    log_days: tuple[date, ...] = _list(7)
    go_now: tuple[str, ...] = _list(6, each=12)  # 出现这些，不等预约，直接就医
    next_visit_on: date | None = None
    bring: str = _text(20, default="带本单和手册")
    doctor: str = _text(12)
    phone: str = _code(24)  # of the clinic; "" leaves a line to write on
    objections: tuple[Objection, ...] = _list(MOST_OBJECTIONS, default=())  # travel with what they are about

    def __post_init__(self) -> None:
        super().__post_init__()
        texts = [text for task in self.tasks for text in (task.how, task.note, task.safety)]
        length = sum(map(len, [*texts, *self.cautions]))
        if length > HOME_TEXT_AT_MOST:
            message = f"三件事和注意合起来最多 {HOME_TEXT_AT_MOST} 个字，现在有 {length} 个字，请换短一点的任务。"
            raise Invalid(fields={"tasks": [message]})


@dataclass(frozen=True, kw_only=True)
class ReferralLetter(_Limited):
    """转诊单 with the 回执 to tear off: one A4 page, addressed to an institution."""

    imprint: Imprint  # number: 转诊单号, the same on both parts
    child: ChildFacts
    case_number: str = _code(27, default="")
    to_organisation: str = _text(24)
    to_department: str = _text(8, default="")
    guardian: str = _text(16)  # 样本妈妈（母亲）
    guardian_phone: str = _code(24, default="")  # "" leaves a line to write on
    urgency: Urgency
    reason: str = _text(120)
    impression: str = _text(36, default="")  # 初步印象
    history: str = _text(80, default="")  # 既往史: pregnancy and birth, feeding, vaccination, family
    materials: tuple[Note, ...] = _list(4)
    questions: tuple[str, ...] = _list(6, each=10)  # 请贵院回答
    consent: Signature | None = None  # P3 on file; None leaves lines to sign on paper
    doctor: str = _text(12)
    doctor_phone: str = _code(24, default="")
    issued_on: date
    reply_by: date | None = None
    open_url: str = _code(120, default="")  # the QR code: a link for one browser; "" leaves the sign-in page
    objections: tuple[Objection, ...] = _list(MOST_OBJECTIONS, default=())  # travel with what they are about


@dataclass(frozen=True, kw_only=True)
class MeasurementRow(_Limited):
    """Numbers as they are shown, with their unit in the table head; "" where not measured."""

    measured_on: date
    age: str = _text(8)
    weight_kg: str = _code(6, default="")
    length_cm: str = _code(6, default="")
    head_cm: str = _code(6, default="")
    judged: str = _text(14, default="")  # 体重中 · 身长中下


@dataclass(frozen=True, kw_only=True)
class CaseLine(_Limited):
    number: str = _code(27)
    title: str = _text(12)  # the pathway's name
    opened_on: date
    state: str = _text(10)  # 干预中, 已结案
    round: int = 1
    ended_on: date | None = None
    next: str = _text(26, default="")  # 下一步, or how it ended


@dataclass(frozen=True, kw_only=True)
class PlannedVisit(_Limited):
    due_on: date
    what: str = _text(32)


@dataclass(frozen=True, kw_only=True)
class RecordSummary(_Limited):
    """档案摘要: the record at a glance, two A4 pages at most."""

    imprint: Imprint  # number: 童馨档案号
    child: ChildFacts
    for_family: bool = False  # units and ages in a family's words
    family: tuple[str, ...] = _list(3, each=16)  # 样本妈妈（母亲，监护人）
    clinic: str = _text(34)  # with the doctor's name
    nursery: str = _text(34, default="")  # with the class; "" where the child attends nowhere
    charts: tuple[TitledChart, ...] = _list(4)
    measurements: tuple[MeasurementRow, ...] = _list(6)  # newest first
    notes: tuple[Note, ...] = _list(9)  # 三方要点, newest first
    cases: tuple[CaseLine, ...] = _list(4)
    visits: tuple[PlannedVisit, ...] = _list(4)
    left_out: tuple[str, ...] = _list(3, each=20, default=())  # what the reader may not see, said openly
    objections: tuple[Objection, ...] = _list(MOST_OBJECTIONS, default=())  # travel with what they are about


@dataclass(frozen=True, kw_only=True)
class Comparison(_Limited):
    measure: str = _text(16)
    at_opening: str = _text(16)
    latest: str = _text(16)
    change: str = _text(16)


@dataclass(frozen=True, kw_only=True)
class ContactTry(_Limited):
    """One attempt to reach a family that was lost."""

    tried_on: date
    way: str = _text(6)  # 电话, 短信, 上门
    result: str = _text(30)


@dataclass(frozen=True, kw_only=True)
class HandSummary(_Limited):
    """What one hand did during the case, in a sentence or two with its numbers."""

    hand: Hand
    text: str = _text(76)


@dataclass(frozen=True, kw_only=True)
class ClosingSummary(_Limited):
    """结案小结: one A4 page, signed by the hands that closed the case."""

    imprint: Imprint  # number: 案例号
    child: ChildFacts
    condition: str = _text(12)  # the pathway's name
    opened_on: date
    basis: str = _text(80)  # 入案依据: indicators and values
    hands: tuple[HandSummary, ...] = _list(3)
    comparisons: tuple[Comparison, ...] = _list(4)
    closed_on: date | None  # None while the last signatures are missing
    reason: str = _text(20)  # closing reason, word for word: 转专科长期管理 is not 痊愈
    outcome: str = _text(8)  # 转归
    adverse_events: str = _text(30, default="无")
    advice: str = _text(84)  # 巩固建议
    next_check_on: date | None = None
    contacts: tuple[ContactTry, ...] = _list(3, default=())
    signatures: tuple[Signature, ...] = _list(4)
    objections: tuple[Objection, ...] = _list(MOST_OBJECTIONS, default=())  # travel with what they are about


@dataclass(frozen=True, kw_only=True)
class SignatureReceipt(_Limited):
    """签名回执: what was signed, by whom, at which level, and how anybody may check it; one A4 page, no content."""

    imprint: Imprint  # number: 童馨档案号
    child: ChildFacts
    what: str = _text(12)  # 支持计划
    version: int
    decision: str = _text(8)  # 同意
    who: str = _text(24)  # 样本妈妈（母亲）
    capacity: str = _text(6)  # 监护人
    level: str = _text(30)  # 电子签名·系统代管密钥
    signed_at: datetime  # aware, in the district's time zone
    withdrawn_at: datetime | None = None
    witnesses: tuple[str, ...] = _list(2, each=16, default=())  # of a paper
    agreement_version: str = _code(20)
    shown_digest: str = _code(64)  # of what the signer saw
    entry_commit: str = _code(64)  # of what was signed
    statement_digest: str = _code(64)
    public_key: str = _code(1200)
    chain_position: int
    checkpoint: str  # the signed note, for the QR code; "" while there is none
    checkpoint_size: int | None = None
    checkpoint_root: str = _code(64, default="")
    log_key: str = _code(64)
