"""遮名: children's names at a counter where others see the screen. A cookie of this browser says so, not the record.

The page is drawn without the names, so that nothing is left to be read behind it; static/names.js hides those of a page
that stands open, after five minutes without a key.
"""

from flask import request

from mengya_health.web import shell

MASK = "*"


def are_hidden() -> bool:
    """Return whether this page shows no names: for the doctors, who have the switch."""
    who = shell.actor()
    return who is not None and shell.hides_names(who) and request.cookies.get(shell.NAMES) == shell.HIDDEN


def named(name: str) -> str:
    """Return a name as it is shown on a page of lists or heads: 样本小芽, or 样* where names are hidden.

    It stands in <span data-name>, where names.js finds it.
    """
    return masked(name) if are_hidden() else name


def lettered(initial: str) -> str:
    """Return the character on a child's leaf, which is of its name."""
    return MASK if are_hidden() else initial


def masked(name: str) -> str:
    """Return the first character of a name and a star; of nothing, nothing."""
    return name[:1] + MASK if name else ""
