"""Files as people send them: photos, scans and PDFs, and nothing else. What comes out of here may be kept."""

import subprocess
import sys
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from mengya_health.errors import Invalid, Unavailable
from mengya_health.record import image_child

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
_WAIT_S = 30
_NAME_LONGEST = 100

PDF = "PDF"
IMAGES = ("JPEG", "PNG")
_KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".pdf": PDF}
_MAGIC = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", PDF: b"%PDF-"}
_ARCHIVE_END = b"PK\x05\x06"  # a zip is read from its end: this may stand behind a PDF
_ARCHIVE_TAIL = 65557  # where that can be: a comment of 64 KiB behind 22 bytes
_NO_TEXT = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

# One picture is unpacked at a time: each may take some hundreds of megabytes.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class CleanFile:
    """A file that passed every check. An image was made anew from its pixels."""

    name: str  # as its sender called it; only ever shown, never a path
    kind: str  # JPEG PNG PDF
    content: bytes

    @property
    def is_image(self) -> bool:
        return self.kind in IMAGES


def clean_file(filename: str, content: bytes) -> CleanFile:
    """Return a file as it may be kept; raises Invalid with what to do instead, Unavailable where too many wait.

    Takes up to some seconds for a large picture: call it before the database is written to.
    """
    name = _shown_name(filename)
    kind = _kind(name, content)
    if len(content) > MOST_BYTES:
        size = -(-len(content) * 100 // 2**20) / 100
        raise _refused(
            f"这个文件有 {size:.2f} MB，最多 20 MB。请换小一点的，或分几份传。",
            f"This file has {size:.2f} MB; at most 20 MB. Send a smaller one, or several.",
        )
    if kind == PDF:
        _require_pdf_alone(content)
        return CleanFile(name, kind, content)
    return CleanFile(name, kind, _made_anew(content, kind))


def _shown_name(filename: str) -> str:
    last = filename.replace("\\", "/").rpartition("/")[2]
    shown = "".join(each for each in unicodedata.normalize("NFC", last) if unicodedata.category(each) not in _NO_TEXT)
    stem, dot, ending = shown.strip().rpartition(".")
    return f"{stem[:_NAME_LONGEST]}{dot}{ending[:10]}"


def _kind(name: str, content: bytes) -> str:
    kind = _KINDS.get(Path(name).suffix.lower())
    if not content:
        raise _refused("这个文件是空的，请再选一次。", "This file is empty; choose it again.")
    if kind is None or not content.startswith(_MAGIC[kind]):
        raise _refused(
            "只收 JPEG、PNG 照片和 PDF，而且内容要和扩展名一致。请另存为其中一种再传；压缩包请解开后一份一份传。",
            "Only JPEG, PNG and PDF, each under its own ending. Save it as one of these; unpack an archive first.",
        )
    return kind


def _require_pdf_alone(content: bytes) -> None:
    is_whole = b"%%EOF" in content[-2048:]
    if not is_whole or _ARCHIVE_END in content[-_ARCHIVE_TAIL:]:
        raise _refused(
            "这份 PDF 不完整，或里面夹带了压缩包。请从原来的程序重新导出 PDF 再传。",
            "This PDF is cut short, or an archive hangs on to it. Export it again and send that.",
        )


def _made_anew(content: bytes, kind: str) -> bytes:
    if not _one_at_a_time.acquire(timeout=_WAIT_S):
        raise Unavailable
    try:
        run = subprocess.run(  # noqa: S603 (our own script, no text of anybody's)
            [sys.executable, "-I", str(Path(image_child.__file__)), kind, str(MOST_PIXELS)],
            input=content,
            capture_output=True,
            timeout=_WAIT_S,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise _unreadable() from None
    finally:
        _one_at_a_time.release()
    if run.returncode == image_child.TOO_LARGE:
        raise _refused(
            "这张图太大了，最多 4000 万像素。请缩小或用手机重新拍一张。",
            "This picture has too many pixels; at most 40 million. Make it smaller, or take it again.",
        )
    if run.returncode:
        raise _unreadable()
    return run.stdout


def _unreadable() -> Invalid:
    return _refused(
        "这张图打不开，可能没有传完。请重新拍一张或另存一次再传。",
        "This picture does not open; it may be cut short. Take it again, or save it again and send that.",
    )


def _refused(zh: str, en: str) -> Invalid:
    return Invalid(fields={"file": [f"{zh} {en}"]})
