"""The fonts that come with the project, and what this machine needs to print. Does not import WeasyPrint."""

import ctypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

from mengya_health.errors import StartRefused

FOLDER = Path(__file__).with_name("fonts")
FONTS_CONF = FOLDER / "fonts.conf"
FONT_FILES = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
FAMILY = "Noto Sans SC"

# Library → the Debian package that brings it. Without the last one every PDF takes seconds, with only a log line.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libfontconfig.so.1": "fontconfig",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}


def check_rendering(folder: Path = FOLDER, libraries: Mapping[str, str] = LIBRARIES) -> None:
    """Raise StartRefused, naming everything that is missing, unless this machine can print."""
    lost = [name for name in (*FONT_FILES, FONTS_CONF.name) if not (folder / name).is_file()]
    if lost:
        names = "、".join(lost)
        raise StartRefused(
            f"缺少打印用的字体文件：{names}。请重新取得完整的程序目录（mengya_health/handouts/fonts/）。",
            f"Font files for printing are missing: {', '.join(lost)}. Restore mengya_health/handouts/fonts/.",
        )
    absent = sorted(package for name, package in libraries.items() if not _loads(name))
    if absent:
        packages = " ".join(absent)
        raise StartRefused(
            f"缺少打印用的系统库，请安装：apt-get install {packages}。",
            f"System libraries for printing are missing; run: apt-get install {packages}.",
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def unprintable_characters(text: str) -> list[str]:
    """Return the characters of `text` that our font cannot print, each once, in their order.

    On paper each would silently be an empty box, so names are checked before they are saved.
    """
    return [character for character in dict.fromkeys(text) if not _is_printable(character)]


def _is_printable(character: str) -> bool:
    return character.isspace() or ord(character) in _characters()


@cache
def _characters() -> frozenset[int]:
    with TTFont(FOLDER / FONT_FILES[0], lazy=True) as font:
        return frozenset(font.getBestCmap())
