"""What each printed document says: frozen plain values, ready to print, without a database behind them.

Every text has a length it may not pass (`at_most`), chosen so that a document filled to its limits still fits on its
pages; a longer text is refused with `Invalid`, never cut. Texts are printed as they are: who fills these classes picks
the words for the reader (plain words for families, clinical words only on papers addressed to an institution).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mengya_health.errors import Invalid
from mengya_health.growth.chart import Chart
from mengya_health.handouts.fitting import Limited, a_code, a_list, a_text


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
class Imprint(Limited):
    """What every sheet says about itself."""

    number: str = a_code(27)  # 转诊单号, 案例号 or 童馨档案号, as printed in the footer
    district: str = a_text(10)  # of the deployment: the header reads “{district} 童馨档案”
    organisation: str = a_text(20)  # who issues the sheet
    department: str = a_text(8, default="儿童保健门诊")
    printed_at: datetime  # aware, in the district's time zone: printed by its own clock time
    printed_by: str = a_text(12)
    sign_in_url: str = a_code(160)  # the QR code: the address of the sign-in page and a number, never a name
    checkpoint: str = a_code(140, default="")  # the newest of the history, without its signature; the QR in the corner
    sources: tuple[str, ...] = ()  # entry id and version of what it was made from; kept with the handout, not printed

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.printed_at.tzinfo is None:
            raise ValueError("printed_at needs a time zone")


@dataclass(frozen=True, kw_only=True)
class ChildFacts(Limited):
    name: str = a_text(20)
    record_number: str = a_code(24)  # 童馨档案号
    sex: str = a_text(2)  # 男, 女, 未定
    born_on: date
    age: str = a_text(10)  # 12月3天
    corrected_age: str | None = a_text(10, default=None)  # 10月24天; None where it is not used
    gestation: str = a_text(10, default="")  # 足月, 孕32周+3天
    allergies: tuple[str, ...] | None = a_list(5, each=8, default=None)  # None not recorded, () asked and none


@dataclass(frozen=True, kw_only=True)
class TitledChart(Limited):
    title: str = a_text(12)  # 体重图
    chart: Chart
    note: str = a_text(36, default="")  # one sentence under it


@dataclass(frozen=True, kw_only=True)
class Note(Limited):
    """One line of the three-hand table: who, when, what."""

    hand: Hand
    when: str = a_text(14)  # 11-10 至 11-20
    text: str = a_text(60)


@dataclass(frozen=True, kw_only=True)
class Objection(Limited):
    """有异议: what a guardian says against something on the paper, with the answer, "" while there is none."""

    when: str = a_text(14)
    text: str = a_text(60)
    answer: str = a_text(60, default="")


MOST_OBJECTIONS = 3


@dataclass(frozen=True, kw_only=True)
class Signature(Limited):
    """One hand's signature, or why there is none. The level is printed word for word, never rounded up."""

    hand: Hand
    who: str = a_text(18)  # 王老师（示例）, 样本妈妈（母亲）; "" where nobody signed
    signed_at: datetime | None = None  # aware, in the district's time zone; None: signed by pen, or not at all
    level: str = a_text(24, default="")  # 电子签名·系统代管密钥, 电子签名·本人设备密钥（自行登记，可同步）
    version: str = a_text(14, default="")  # of the text that was signed: 第2版, 告知书 2026.11-1
    instead: str = a_text(30, default="")  # why this hand did not sign: 孩子不在托，无需班级确认


@dataclass(frozen=True, kw_only=True)
class HomeTask(Limited):
    title: str = a_text(16)
    how_often: str = a_text(16)  # 每天1次，每次约5分钟
    how: str = a_text(120)
    note: str = a_text(120, default="")  # what the doctor added: a dose, say
    safety: str = a_text(64, default="")  # of the service-menu item; always printed


HOME_TEXT_AT_MOST = 800  # characters of all tasks and cautions together


@dataclass(frozen=True, kw_only=True)
class HomeGuide(Limited):
    """家庭指导单: one A4 page that a family keeps on the fridge."""

    imprint: Imprint
    child: ChildFacts
    step: int  # 1 预防, 2 筛查, 3 干预, 4 巩固
    sentence: str = a_text(80)  # 一句话
    weeks: int
    tasks: tuple[HomeTask, ...] = a_list(3)  # one to three
    cautions: tuple[str, ...] = a_list(4, each=120, default=())  # general safety texts of the parcels, the stop rule
    chart: TitledChart | None = None
    log_columns: tuple[str, ...] = a_list(3, each=8)  # 我来记
    log_days: tuple[date, ...] = a_list(7)
    go_now: tuple[str, ...] = a_list(6, each=12)  # 出现这些，不等预约，直接就医
    next_visit_on: date | None = None
    bring: str = a_text(20, default="带本单和手册")
    doctor: str = a_text(12)
    phone: str = a_code(24)  # of the clinic; "" leaves a line to write on
    objections: tuple[Objection, ...] = a_list(MOST_OBJECTIONS, default=())  # travel with what they are about

    def __post_init__(self) -> None:
        super().__post_init__()
        texts = [text for task in self.tasks for text in (task.how, task.note, task.safety)]
        length = sum(map(len, [*texts, *self.cautions]))
        if length > HOME_TEXT_AT_MOST:
            message = f"三件事和注意合起来最多 {HOME_TEXT_AT_MOST} 个字，现在有 {length} 个字，请换短一点的任务。"
            raise Invalid(fields={"tasks": [message]})


@dataclass(frozen=True, kw_only=True)
class ReferralLetter(Limited):
    """转诊单 with the 回执 to tear off: one A4 page, addressed to an institution."""

    imprint: Imprint  # number: 转诊单号, the same on both parts
    child: ChildFacts
    case_number: str = a_code(27, default="")
    to_organisation: str = a_text(24)
    to_department: str = a_text(8, default="")
    guardian: str = a_text(16)  # 样本妈妈（母亲）
    guardian_phone: str = a_code(24, default="")  # "" leaves a line to write on
    urgency: Urgency
    reason: str = a_text(120)
    impression: str = a_text(36, default="")  # 初步印象
    history: str = a_text(80, default="")  # 既往史: pregnancy and birth, feeding, vaccination, family
    materials: tuple[Note, ...] = a_list(4)
    questions: tuple[str, ...] = a_list(6, each=10)  # 请贵院回答
    consent: Signature | None = None  # P3 on file; None leaves lines to sign on paper
    doctor: str = a_text(12)
    doctor_phone: str = a_code(24, default="")
    issued_on: date
    reply_by: date | None = None
    open_url: str = a_code(160, default="")  # the QR code: a link for one browser; "" leaves the sign-in page
    objections: tuple[Objection, ...] = a_list(MOST_OBJECTIONS, default=())  # travel with what they are about


@dataclass(frozen=True, kw_only=True)
class MeasurementRow(Limited):
    """Numbers as they are shown, with their unit in the table head; "" where not measured."""

    measured_on: date
    age: str = a_text(8)
    weight_kg: str = a_code(6, default="")
    length_cm: str = a_code(6, default="")
    head_cm: str = a_code(6, default="")
    judged: str = a_text(14, default="")  # 体重中 · 身长中下


@dataclass(frozen=True, kw_only=True)
class CaseLine(Limited):
    number: str = a_code(27)
    title: str = a_text(12)  # the pathway's name
    opened_on: date
    state: str = a_text(10)  # 干预中, 已结案
    round: int = 1
    ended_on: date | None = None
    next: str = a_text(26, default="")  # 下一步, or how it ended


@dataclass(frozen=True, kw_only=True)
class PlannedVisit(Limited):
    due_on: date
    what: str = a_text(32)


@dataclass(frozen=True, kw_only=True)
class RecordSummary(Limited):
    """档案摘要: the record at a glance, two A4 pages at most."""

    imprint: Imprint  # number: 童馨档案号
    child: ChildFacts
    for_family: bool = False  # units and ages in a family's words
    family: tuple[str, ...] = a_list(3, each=16)  # 样本妈妈（母亲，监护人）
    clinic: str = a_text(34)  # with the doctor's name
    nursery: str = a_text(34, default="")  # with the class; "" where the child attends nowhere
    charts: tuple[TitledChart, ...] = a_list(4)
    measurements: tuple[MeasurementRow, ...] = a_list(6)  # newest first
    notes: tuple[Note, ...] = a_list(9)  # 三方要点, newest first
    cases: tuple[CaseLine, ...] = a_list(4)
    visits: tuple[PlannedVisit, ...] = a_list(4)
    left_out: tuple[str, ...] = a_list(3, each=20, default=())  # what the reader may not see, said openly
    objections: tuple[Objection, ...] = a_list(MOST_OBJECTIONS, default=())  # travel with what they are about


@dataclass(frozen=True, kw_only=True)
class Comparison(Limited):
    measure: str = a_text(16)
    at_opening: str = a_text(16)
    latest: str = a_text(16)
    change: str = a_text(16)


@dataclass(frozen=True, kw_only=True)
class ContactTry(Limited):
    """One attempt to reach a family that was lost."""

    tried_on: date
    way: str = a_text(6)  # 电话, 短信, 上门
    result: str = a_text(30)


@dataclass(frozen=True, kw_only=True)
class HandSummary(Limited):
    """What one hand did during the case, in a sentence or two with its numbers."""

    hand: Hand
    text: str = a_text(76)


@dataclass(frozen=True, kw_only=True)
class ClosingSummary(Limited):
    """结案小结: one A4 page, signed by the hands that closed the case."""

    imprint: Imprint  # number: 案例号
    child: ChildFacts
    condition: str = a_text(12)  # the pathway's name
    opened_on: date
    basis: str = a_text(80)  # 入案依据: indicators and values
    hands: tuple[HandSummary, ...] = a_list(3)
    comparisons: tuple[Comparison, ...] = a_list(4)
    closed_on: date | None  # None while the last signatures are missing
    reason: str = a_text(20)  # closing reason, word for word: 转专科长期管理 is not 痊愈
    outcome: str = a_text(8)  # 转归
    adverse_events: str = a_text(30, default="无")
    advice: str = a_text(84)  # 巩固建议
    next_check_on: date | None = None
    contacts: tuple[ContactTry, ...] = a_list(3, default=())
    signatures: tuple[Signature, ...] = a_list(4)
    objections: tuple[Objection, ...] = a_list(MOST_OBJECTIONS, default=())  # travel with what they are about


@dataclass(frozen=True, kw_only=True)
class SignatureReceipt(Limited):
    """签名回执: what was signed, by whom, at which level, and how anybody may check it; one A4 page, no content."""

    imprint: Imprint  # number: 童馨档案号
    child: ChildFacts
    what: str = a_text(12)  # 支持计划
    version: int
    decision: str = a_text(8)  # 同意
    who: str = a_text(24)  # 样本妈妈（母亲）
    capacity: str = a_text(6)  # 监护人
    level: str = a_text(30)  # 电子签名·系统代管密钥
    signed_at: datetime  # aware, in the district's time zone
    withdrawn_at: datetime | None = None
    witnesses: tuple[str, ...] = a_list(2, each=16, default=())  # of a paper
    agreement_version: str = a_code(20)
    shown_digest: str = a_code(64)  # of what the signer saw
    entry_commit: str = a_code(64)  # of what was signed
    statement_digest: str = a_code(64)
    public_key: str = a_code(1200)
    chain_position: int
    checkpoint: str  # the signed note, for the QR code; "" while there is none
    checkpoint_size: int | None = None
    checkpoint_root: str = a_code(64, default="")
    log_key: str = a_code(64)
