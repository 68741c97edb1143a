"""The few ways in which something here can be refused.

Domain code raises these and knows nothing of HTTP; `problems.py` alone turns them into pages. Every message has a
Chinese and an English form, says what to do next, and holds no health facts.
"""

from datetime import date


class MengyaError(Exception):
    """Something a person can be told in one sentence, in Chinese and in English."""

    code = "error"
    reason = ""  # for the audit only: the code of the decision behind a refusal
    child_id = None  # for the audit only: the child that was asked for
    is_noted = False  # for the audit only: whoever raised it has written the row already, and the door writes no second
    zh = "出了点问题，请稍后再试。"
    en = "Something went wrong; please try again."

    def __init__(self, zh: str | None = None, en: str | None = None) -> None:
        self.zh = zh or self.zh
        self.en = en or self.en
        super().__init__(f"{self.zh} {self.en}")


class NotFound(MengyaError):
    code = "not_found"
    zh = "没有找到这一页。请检查编号，或回到首页。"
    en = "Not found. Check the number, or go back to the first page."


class NotPermitted(MengyaError):
    code = "not_permitted"
    zh = "您的账号不能做这一步。请联系负责的医生或老师。"
    en = "Your account may not do this. Ask the doctor or teacher in charge."


class SectionClosed(NotPermitted):
    """A section that was destroyed at the family's wish, or is only stored until a day the law names."""

    _NAMES = {
        "identity": ("儿童信息", "the child's sheet"),
        "health": ("卫生保健", "health"),
        "behaviour": ("行为观察", "behaviour"),
        "family": ("家长互动", "family"),
        "special": ("专门保管的内容", "what is kept apart"),
    }

    def __init__(self, section: str, sealed_until: date | None) -> None:
        zh, en = self._NAMES.get(section, ("这一栏", "this section"))
        if sealed_until:
            super().__init__(
                f"“{zh}”已封存到 {sealed_until}：依法要保存，但不再查看、使用。依法要查阅的，请联系安全审计员。",
                f"The section “{en}” is sealed until {sealed_until}: the law has it stored, nobody reads or uses it. "
                "Whoever must by law, asks the security officer.",
            )
        else:
            super().__init__(
                f"“{zh}”已经应家长的要求删除，谁也恢复不了。",
                f"The section “{en}” was deleted at the family's wish; nobody can bring it back.",
            )
        self.section, self.sealed_until = section, sealed_until


class Restricted(NotPermitted):
    """A guardian to whom the record is closed. The words are the same for everybody, and say nothing of the reason."""

    zh = "访问受限，请联系孩子的社区门诊。"
    en = "Access is limited; please contact the child's clinic."


class SignInNeeded(MengyaError):
    code = "sign_in_needed"
    zh = "请先登录。"
    en = "Please sign in first."


class PasswordNeeded(SignInNeeded):
    """Signed in, but for this the password is asked for once more. Nothing is done before."""

    code = "password_needed"
    zh = "为了安全，请再输一次密码，然后接着做。"
    en = "To be safe, please give your password once more, then go on."


class OtherAccount(SignInNeeded):
    """The page was opened by somebody else, who is signed in at this browser no more: nothing is done in this name."""

    code = "other_account"
    zh = "这一页是用另一个账号打开的，没有保存。请用原来的账号登录，再保存一次。"
    en = "This page was opened under another account; nothing was saved. Sign in with that one, then save again."


class Invalid(MengyaError):
    """What came in cannot be taken. `fields` maps a field's name to its messages."""

    code = "invalid"
    zh = "有几处需要改一下，已填的内容都还在。"
    en = "Some answers need a change; nothing you typed is lost."

    def __init__(
        self, zh: str | None = None, en: str | None = None, *, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(zh, en)
        self.fields = fields or {}


class Malformed(Invalid):
    """The form itself is not one of ours: unknown or doubled fields."""

    code = "malformed"
    zh = "这份表单和页面不一致，请刷新页面后再填。"
    en = "This form does not match the page; reload the page and fill it in again."


class NotNow(MengyaError):
    """Right person, wrong moment. `missing` lists everything that stands in the way."""

    code = "not_now"
    zh = "现在还不能这样做。"
    en = "This cannot be done now."

    def __init__(self, zh: str | None = None, en: str | None = None, *, missing: tuple = ()) -> None:
        super().__init__(zh, en)
        self.missing = tuple(missing)


class Conflict(MengyaError):
    """Somebody else changed the same thing in between.

    `theirs` and `base` are plain values to compare with, `by` whose hand changed it (a role) and `at` when. `labels`
    are the names of fields, `said` what the values of a choice mean, by field.
    """

    code = "conflict"
    zh = "您打开以后，另一位同事改过这里。请对照两份内容，选好后再保存。"
    en = "Somebody else changed this after you opened it. Compare both and save again."

    def __init__(
        self, zh: str | None = None, en: str | None = None, *, theirs=None, base=None, row_version=None, by="", at=None
    ):
        super().__init__(zh, en)
        self.theirs, self.base, self.row_version = theirs, base, row_version
        self.by, self.at = by, at
        self.labels, self.said = {}, {}

    def in_words_of(self, typed, *, labels=None, said=None) -> "Conflict":
        """Return the same conflict under the names of a form; `typed` turns content into what its fields hold."""
        told = Conflict(
            theirs=typed(self.theirs), base=typed(self.base), row_version=self.row_version, by=self.by, at=self.at
        )
        told.labels, told.said = labels or {}, said or {}
        return told


class TooMany(MengyaError):
    code = "too_many"
    zh = "试的次数太多了，请过一会儿再试。"
    en = "Too many tries; please wait a while."

    def __init__(self, zh: str | None = None, en: str | None = None, *, retry_after_s: int = 60) -> None:
        super().__init__(zh, en)
        self.retry_after_s = retry_after_s


class IntegrityError(MengyaError):
    """A seal, a tag or a chain does not hold. Nothing of the content is ever shown."""

    code = "integrity"
    zh = "记录完整性校验失败，内容没有显示。请联系系统管理员。"
    en = "The record failed its integrity check and is not shown. Contact the system administrator."


class Unavailable(MengyaError):
    code = "unavailable"
    zh = "系统暂时忙不过来，内容没有丢。请过一会儿再试。"
    en = "The system is busy; nothing is lost. Please try again in a while."


class ClockBehind(Unavailable):
    """The server's clock shows a time before what is written already."""

    zh = "服务器的时间比最近一条记录还早，没有保存。请管理员先校对服务器时间。"
    en = "The server's clock is behind the newest record; nothing was saved. Ask the administrator to set it right."


class Stopped(MengyaError):
    """Nothing may be read or written until somebody has looked: waiting does not help."""

    code = "stopped"


class StartRefused(MengyaError):
    """The installation is not fit to start. Printed as one line, exit code not 0, nothing written."""

    code = "start_refused"
