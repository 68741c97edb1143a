"""The 电子签名使用约定: what a signer accepts before choosing a PIN."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mengya_health.config import WORKFLOWS
from mengya_health.content.documents import read_document
from mengya_health.errors import StartRefused

_FILE = "signing_agreement.v1.yaml"


@dataclass(frozen=True)
class Agreement:
    """The text in use: title and text of each part."""

    version: str
    parts: tuple[tuple[str, str], ...]


@cache
def signing_agreement(folder: Path = WORKFLOWS) -> Agreement:
    """Return the text in use. Raises StartRefused, naming the line, when the file is not as it should be."""
    document = read_document(folder / _FILE, _FILE)
    try:
        parts = tuple((part["title"], part["text"]) for part in document.value["parts"])
        version = document.value["meta"]["version"]
    except (KeyError, TypeError) as error:
        problem = document.problems[0] if document.problems else _FILE
        raise StartRefused(
            f"电子签名使用约定的文字有问题，请改好再启动：{problem}",
            f"The signing agreement needs a correction before the start: {problem}",
        ) from error
    return Agreement(version, parts)
