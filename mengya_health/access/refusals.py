"""A refusal in words: who can do it, what is missing here, and what to do next. Ids, names and findings never occur."""

from collections.abc import Iterable
from dataclasses import dataclass

from mengya_health.errors import NotPermitted


@dataclass(frozen=True)
class Party:
    """Whom a rule speaks of: the roles its people have, and what they are called."""

    roles: tuple[str, ...]
    zh: str
    en: str


# The rule that names people → who they are.
PARTIES = {
    "guardian_of": Party(("guardian",), "孩子的监护人", "the child's guardians"),
    "signing_guardian_of": Party(("guardian",), "可以签名的监护人", "a guardian who may sign"),
    "caregiver_of": Party(("caregiver",), "监护人邀请的家人", "family whom a guardian let in"),
    "recording_caregiver_of": Party(("caregiver",), "可以记录的家人", "family who may record"),
    "clinic_doctor_of": Party(("doctor",), "孩子所在门诊的医生", "the doctors of the child's clinic"),
    "teacher_of": Party(("teacher", "health_staff"), "孩子班上的老师和保健员", "the staff of the child's class"),
    "receiver_of": Party(("specialist",), "转诊单上的接诊机构", "the institution a referral names"),
    "receiver_by_link_of": Party(("receiver_link",), "持转诊链接的接诊医生", "who holds the link of a referral"),
    "reviewer_of": Party(("reviewer",), "医生请来复核的区级医生", "the district reviewer a doctor asked"),
    "invited_to_conference": Party(
        ("doctor", "teacher", "health_staff", "specialist", "reviewer"), "会商请来的人", "who is asked to a conference"
    ),
    "chairs_conference": Party(
        ("doctor", "teacher", "health_staff", "specialist", "reviewer"), "会商的主持人", "the chair of a conference"
    ),
    "taking_over": Party(
        ("doctor",), "家长请来接收孩子的门诊", "the clinic the family has asked to take the child over"
    ),
    "served_before": Party(
        ("doctor", "teacher", "health_staff"), "孩子以前的医生和老师", "whoever served the child before"
    ),
    "emergency_reader_of": Party(("doctor",), "正在紧急查阅的医生", "a doctor in emergency access"),
    "doctor_here": Party(("doctor",), "这家门诊的医生", "the doctors of this clinic"),
    "staff_here": Party(
        ("doctor", "teacher", "health_staff", "specialist"), "这里的医生、老师和接诊人员", "the staff of this place"
    ),
    "staff_around": Party(
        ("doctor", "teacher", "health_staff", "specialist"),
        "照看或接诊这个孩子的员工",
        "the staff of a place that looks after or treats the child",
    ),
    "runs_the_system": Party(("sysadmin",), "系统管理员", "the system administrator"),
    "manages": Party(("manager",), "区级管理", "the district's manager"),
    "works_clinically": Party(
        ("doctor", "specialist", "reviewer", "manager", "sysadmin"),
        "医生、接诊人员和区级工作人员",
        "doctors, receiving institutions and the district's staff",
    ),
    "watches_over": Party(("security_officer",), "安全审计员", "the security officer"),
}

# The rule that does not hold → what is missing, and what to do next.
MISSING = {
    "signed_in_fully": (
        "这次是用登记过的手机打开的，只能看。请用密码登录后再做",
        "this phone only reads; sign in with your password first",
    ),
    "guardian_of": (
        "您的账号不是这个孩子的监护人。请带证件到孩子的门诊要邀请码",
        "your account is not a guardian's of this child; ask the child's clinic for an invitation",
    ),
    "staff_around": (
        "您工作的地方没有照看或接诊这个孩子。请照看孩子的机构来写；有危险请先打 110",
        "your place neither looks after nor treats this child; its own staff can write it; in danger call 110 first",
    ),
    "signing_guardian_of": (
        "您的监护权限不含签名。要改请带证件到孩子的门诊",
        "your guardianship does not include signing; the child's clinic can change that",
    ),
    "caregiver_of": (
        "监护人还没有邀请您，或邀请已经收回。请和孩子的监护人说",
        "no guardian has let you in, or no longer does; speak with the child's guardian",
    ),
    "recording_caregiver_of": (
        "您的账号只能看。请孩子的监护人改成可以记",
        "your account only reads; a guardian can let you record",
    ),
    "clinic_doctor_of": (
        "孩子不在您的门诊。请孩子门诊的医生来做，或请家长把孩子转到您的门诊",
        "the child is not in your clinic's care; ask its own clinic, or let the family move it to yours",
    ),
    "teacher_of": (
        "孩子今天不在您的班里。名单不对，请门诊或园里改班级",
        "the child is not in your class today; if the list is wrong, the clinic or nursery can put it right",
    ),
    "receiver_of": (
        "没有转给您机构、还没结束的转诊单。请转出的医生先开转诊单",
        "no open referral names your institution; ask the referring doctor for one",
    ),
    "receiver_by_link_of": (
        "这张转诊单已经结束，链接不能再用。请向转出的门诊再要一个链接",
        "this referral has ended and its link with it; ask the referring clinic for another",
    ),
    "reviewer_of": (
        "医生没有请您复核这个孩子的个案。需要时请医生在个案页申请",
        "no doctor has asked you about a case of this child; they can ask on the page of the case",
    ),
    "taking_over": (
        "没有等您的门诊接收的孩子。请家长在原来的门诊或手机上提出换门诊",
        "nobody has asked your clinic to take this child over; the family asks at its clinic or on its phone",
    ),
    "invited_to_conference": (
        "没有请您参加、还能看的会商。请召集的门诊再请您一次",
        "no conference is open to you now; ask the clinic that called it to invite you again",
    ),
    "chairs_conference": (
        "这次会商不由您主持。请主持人或孩子门诊的医生来写",
        "you do not chair this conference; its chair or the child's clinic can write this",
    ),
    "served_before": (
        "孩子以前不在您的门诊或班里，没有您写的记录",
        "the child was not in your clinic or class before; nothing here was written there",
    ),
    "record_consented": (
        "家长没有同意建立档案（P1）。请家长在同意书里同意，或在门诊签纸质同意书",
        "consent to keep the record (P1) is missing; a guardian can give it online or on paper at the clinic",
    ),
    "sharing_consented": (
        "家长没有同意与园所共享（P2）。请家长在同意书里选择",
        "consent to share with the nursery (P2) is missing; a guardian can give it",
    ),
    "referral_consented": (
        "家长没有同意与您的机构共享（P3）。请转出的医生和家长联系",
        "consent to share with your institution (P3) is missing; ask the referring doctor",
    ),
    "contributes": (
        "您选了不同意保存这份档案（P1），所以不能再往里记。改变主意可以在“同意与撤回”里再同意",
        "you said no to keeping this record (P1), so you cannot add to it; you can agree again on the consent page",
    ),
    **dict.fromkeys(
        (
            "health_open_to_nursery",
            "behaviour_open_to_nursery",
            "behaviour_open_to_clinic",
            "family_open_to_clinic",
            "health_open_to_receiver",
            "health_open_to_caregiver",
            "behaviour_open_to_caregiver",
            "family_open_to_caregiver",
            "health_open_to_invited",
        ),
        (
            "监护人暂时没有开放这一部分。需要时请和孩子的监护人说，可以在“谁能看”里打开",
            "a guardian keeps this part closed for now; ask them, they can open it on the page of who sees what",
        ),
    ),
    "photo_consented": (
        "家长没有同意保存照片和视频（P5）。请家长在同意书里选择",
        "consent to keep photos and videos (P5) is missing; a guardian can give it",
    ),
    "doctor_here": (
        "需要这家门诊的医生账号。请系统管理员核对您的岗位",
        "this needs a doctor's account of this clinic; the administrator can check your role",
    ),
    "staff_here": (
        "您的账号不在这里工作。请系统管理员核对您的岗位",
        "your account has no role at this place; the administrator can check it",
    ),
}
OTHER_ROLE = (
    "您的角色不包括这一步。需要时请联系上面的人，把情况告诉他们",
    "your role does not include this; tell the people named what you need",
)


def in_words(lines: Iterable[Iterable[str]], missing: tuple[str, ...]) -> tuple[str, str]:
    """Return a refusal in Chinese and in English.

    `lines` are the rules of the permission by name, any one line being enough; `missing` are those that do not hold on
    the line nearest to the actor, none where no line is meant for their role.
    """
    parties = [PARTIES[name] for line in lines for name in line if name in PARTIES and name != "emergency_reader_of"]
    parties = list(dict.fromkeys(parties))
    lacking = [MISSING[name] for name in missing if name in MISSING] or [OTHER_ROLE]
    who_zh, who_en = "、".join(party.zh for party in parties), ", ".join(party.en for party in parties)
    return (
        f"能做这一步的是：{who_zh}。\n还差：{'；'.join(zh for zh, _en in lacking)}。",
        f"Who can: {who_en}.\nWhat is missing: {'; '.join(en for _zh, en in lacking)}.",
    )


def only_for(*rules: str) -> NotPermitted:
    """Return the refusal of a page that belongs to the people of these rules, for whoever is none of them."""
    error = NotPermitted(*in_words([rules], ()))
    error.reason = "role"
    return error
