"""What a guardian reads before signing: plain words, made from the paper that is signed."""

from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.entry import FormState
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import FamilyMember
from mengya_health.record.queries import OpenEntry
from mengya_health.signing.queries import SignatureFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.goals import plain_word
from mengya_health.web.shown.links import home_link
from mengya_health.web.shown.punctuation import in_a_row, joined, labelled, sentences

TITLES = {"care_plan": lazy("支持计划"), "evaluation": lazy("阶段评估"), "closing_summary": lazy("结案小结")}
CHOICES = {
    "care_plan": (lazy("同意，按这个安排"), lazy("想先问问医生"), lazy("暂时不同意")),
    "evaluation": (lazy("我看过了，同意"), lazy("想先问问医生"), lazy("我有不同看法")),
    "closing_summary": (lazy("同意结束这次关注"), lazy("想先问问医生"), lazy("暂时不同意")),
}


def sections_of(work, document: str, entry: OpenEntry) -> list[dict]:
    """Return what the guardian reads: 发生了什么, 接下来, 谁看得到. These words are what `shown` digests."""
    said = entry.content
    if document == "care_plan":
        return _plan_sections(said)
    happened = said.get("plain_text") or said.get("text", "")
    ahead = said.get("advice") or (
        _("签名后进入最后一步：巩固。")
        if document == "evaluation"
        else _("签名后这次关注就完成了，以后照常做健康检查。")
    )
    return [
        {"title": _("发生了什么"), "text": happened},
        {"title": _("接下来"), "text": ahead},
        {"title": _("谁看得到"), "text": _("您、您邀请的家人、社区医生；您同意共享的，班级老师也看得到小结。")},
    ]


def _plan_sections(said: dict) -> list[dict]:
    home = [_task_line(task) for task in said["tasks"] if task["who"] == "guardian"]
    in_class = [_task_line(task) for task in said["tasks"] if task["who"] == "teacher"]
    goals = joined(labelled(goal["measure"], goal["target"]) for goal in said["goals"])
    ahead = [_("在家做：%(list)s。", list=joined(home))] if home else []
    ahead += [_("在园做：%(list)s。", list=joined(in_class))] if in_class else []
    return [
        {"title": _("发生了什么"), "text": said["summary"]},
        {"title": _("想达到"), "text": goals},
        {"title": _("接下来"), "text": sentences(ahead)},
        {"title": _("谁看得到"), "text": _("您、您邀请的家人、社区医生；派给老师的任务，老师也看得到。")},
    ]


def _task_line(task: dict) -> str:
    return in_a_row([words.told(task["title"]), words.told(task["frequency"])])


def statement_parts(document: str, entry: OpenEntry) -> list[dict]:
    """Return the whole text of what is signed."""
    said = entry.content
    if document != "care_plan":
        texts = (
            (_("给家里的话"), said.get("plain_text")),
            (_("医生写的"), said.get("text")),
            (_("以后注意"), said.get("advice")),
        )
        judged = joined(map(plain_word, said.get("goals", ())))
        return [{"title": title, "text": text} for title, text in (*texts, (_("目标"), judged)) if text]
    parts = [{"title": _("给家里的话"), "text": said["summary"]}]
    for goal in said["goals"]:
        parts.append({"title": _("目标"), "text": labelled(goal["measure"], goal["target"])})
    for task in said["tasks"]:
        who = _("家里") if task["who"] == "guardian" else _("老师")
        lines = [f"{who} · {words.told(task['frequency'])} · {_('%(n)s 周', n=task['weeks'])}", task["text"]]
        lines += [labelled(_("注意"), task["safety"])] if task["safety"] else []
        lines += [task["note"]] if task["note"] else []
        parts.append({"title": words.told(task["title"]), "text": "\n".join(lines)})
    return parts


def named(signers: list[FamilyMember]) -> str:
    """Return who may sign, as their family calls them: 妈妈 样本小芽妈妈."""
    return _("、").join(f"{words.RELATIONS.get(each.relation, '')} {each.name}".strip() for each in signers)


def answered_page(
    child: ChildFacts, document: str, signature: SignatureFacts | None, *, now: datetime, form: FormState
) -> dict:
    """Return the context of pages/parent/answered.html; `signature` is the reader's own newest on this paper."""
    stands = signature is not None and signature.stands
    at = words.stamp(signature.signed_at) if stands else ""
    return {
        "back": home_link(child),
        "form": form,
        "title": str(TITLES[document]),
        "signed": _("您在 %(at)s 签了第 %(n)s 版。", at=at, n=signature.version) if stands else "",
        "level": words.level(signature) if stands else "",
        "signed_href": url_for("family.signed", child_id=child.id) if stands else "",
        "may_be_taken_back": stands and signature.may_be_taken_back(now),
    }


def signed_page(child: ChildFacts, papers: list[tuple[SignatureFacts, OpenEntry]], *, now: datetime) -> dict:
    """Return the context of pages/parent/signed.html: all that the guardian signed, what can be taken back among it."""
    return {"child_name": child.name, "papers": [_signed(child, each, entry, now) for each, entry in papers]}


def _signed(child: ChildFacts, signature: SignatureFacts, entry: OpenEntry, now: datetime) -> dict:
    here = {"child_id": child.id, "signature_id": signature.id}
    return {
        "title": str(TITLES[entry.kind]),
        "note": _("第 %(n)s 版 · %(at)s 签", n=signature.version, at=words.stamp(signature.signed_at)),
        "newer": words.signed_before(signature.version, entry.version),
        "level": words.level(signature),
        "withdrawn": _("已撤回 · %(at)s", at=words.stamp(signature.withdrawn_at)) if signature.withdrawn_at else "",
        "receipt_href": url_for("receipts.show", **here) if signature.is_witnessed else "",
        "action": url_for("family.withdraw", **here) if signature.may_be_taken_back(now) else "",
    }
