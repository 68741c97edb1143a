"""A sentence put together far from any page, kept so that a page can still say it in the reader's language."""

from collections.abc import Iterable


class Phrase(str):
    """The Chinese sentence itself, and the pattern and values it was made of: "%(n)s 个目标" with n=2.

    A value may be a phrase, or a tuple of phrases, which are read as a list.
    """

    pattern: str
    values: dict[str, object]

    def __new__(cls, pattern: str, **values: object) -> "Phrase":
        listed = {name: "，".join(each) if isinstance(each, tuple) else each for name, each in values.items()}
        made = super().__new__(cls, pattern % listed if values else pattern)
        made.pattern, made.values = pattern, values
        return made


def listed(phrases: Iterable[str]) -> str:
    """Return phrases as one list; an empty text where there are none."""
    several = tuple(phrases)
    return Phrase("%(list)s", list=several) if several else ""
