"""The texts a guardian answers, with the digest that says which wording somebody had before their eyes."""

from mengya_health.content.consent_texts import PURPOSES, ConsentText, consent_texts, read_consent_texts

__all__ = ["PURPOSES", "ConsentText", "consent_texts", "read_consent_texts", "text_digest"]


def text_digest(work, purpose: str) -> bytes:
    """Return the digest of a purpose's text. The page carries it, so that nobody agrees to what they did not read."""
    text = consent_texts()[purpose]
    shown = (text.purpose, text.version, text.title, *text.paragraphs, *text.common)
    return work.keys.digest("\n".join(shown).encode())
