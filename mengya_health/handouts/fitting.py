"""Fields with a length they may not pass, so that a document filled to its limits still fits on its pages."""

from dataclasses import field, fields

from mengya_health.errors import Invalid


def a_text(at_most: int, **default):
    """A text of at most so many characters."""
    return field(metadata={"at_most": at_most}, **default)


def a_code(at_most: int, **default):
    """A number or address: ASCII, so half as wide on paper as a text of that length."""
    return field(metadata={"at_most": at_most, "ascii": True}, **default)


def a_list(at_most: int, *, each: int | None = None, **default):
    """At most so many things; of texts each at most `each` characters."""
    return field(metadata={"at_most": at_most, "each": each}, **default)


class Limited:
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
