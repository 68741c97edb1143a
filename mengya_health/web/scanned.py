"""What a scanner types: the codes on our papers, read as the number behind their address. It never leads elsewhere.

A code holds the address of our sign-in page, or of a receiver's link, and behind # the number of the child or of the
letter: a phone that opens it never sends that part, a clinic that scans it finds by it.
"""

import re
from unicodedata import normalize
from urllib.parse import urlsplit

from mengya_health.care.models import WAITING
from mengya_health.care.referral_lists import referral_numbered
from mengya_health.errors import Invalid
from mengya_health.fields import as_typed
from mengya_health.people.numbers import is_number
from mengya_health.people.search import search_children

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_LETTER = re.compile(r"ZZ\S{0,4}-\d{8}-\d{3}")


def number_in(text: str, settings) -> str:
    """Return the number in the address of one of our papers, any other text as it is.

    Raises Invalid for the address of somebody else, and for a code of ours that names no child.
    """
    typed = _plain(text)
    if not _ADDRESS.match(typed):
        return typed if is_one_number(typed) else text.strip()
    try:
        address = urlsplit(typed)
        host = address.hostname
    except ValueError:
        host = None
    if host not in (urlsplit(settings.base_url).hostname, *settings.trusted_hosts):
        raise Invalid(fields={"q": ["这不是本系统纸上的码，没有打开。 This code is not from a paper of ours."]})
    if not address.fragment:
        told = "这个码里没有档案号。请扫指导单或转诊单上的码，或输入编号。 This code carries no record number."
        raise Invalid(fields={"q": [told]})
    return address.fragment


def page_of(work, number: str) -> tuple[str, dict] | None:
    """Return the page, as endpoint and values, of the one child or letter with a number.

    None where the text is no number, or nothing of the actor's has it.
    """
    if is_number(number.upper()):
        found = search_children(work, number)
        return ("children.show", {"child_id": found[0].id}) if found else None
    letter = referral_numbered(work, number)
    if letter is None:
        return None
    if letter.status in WAITING:  # the slip came back: here its reply is registered
        return "cases.feedback", {"referral_id": letter.id}
    return "cases.show", {"case_id": letter.case_id}


def is_one_number(text: str) -> bool:
    """Return whether a text is a 童馨档案号 or the number of a letter, which name one thing or nothing."""
    return is_number(text.upper()) or _LETTER.fullmatch(text) is not None


def _plain(text: str) -> str:
    """Return a text as a scanner sent it, before a Chinese input method made wide signs of its own."""
    return as_typed(normalize("NFKC", text))
