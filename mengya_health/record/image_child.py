"""A photo or scan made anew from its pixels, in a process of its own. Started by path: it imports nothing of ours.

    python image_child.py JPEG|PNG MOST_PIXELS < file > file

Whatever else came with the file (EXIF with its place and time, comments, colour profiles, bytes after the end) stays
behind; only the orientation is kept, by turning the pixels. Exit 3: more pixels than allowed, and none was unpacked.
Exit 4: not a whole picture.
"""

import io
import resource
import sys

from PIL import Image, ImageOps

MEMORY_BYTES = 1024 * 1024 * 1024
SECONDS = 20
TOO_LARGE, NOT_A_PICTURE = 3, 4
KEPT_MODES = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "LA", "RGB", "RGBA")}


def made_anew(content: bytes, kind: str, most_pixels: int) -> bytes:
    """Return the picture as a new file of the same kind."""
    # Opening reads the size from the first bytes; nothing is unpacked before it is known to be allowed.
    with Image.open(io.BytesIO(content), formats=[kind]) as picture:
        if picture.width * picture.height > most_pixels:
            raise SystemExit(TOO_LARGE)
        turned = ImageOps.exif_transpose(picture)
        if turned.mode not in KEPT_MODES[kind]:
            turned = turned.convert("RGBA" if kind == "PNG" and turned.has_transparency_data else "RGB")
    turned.info.clear()
    made = io.BytesIO()
    turned.save(made, kind, **({"quality": 88} if kind == "JPEG" else {}))
    return made.getvalue()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the picture
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # nothing of it ever lands on a disk


def main() -> None:
    """Make the picture on standard input anew, on standard output."""
    kind, most_pixels = sys.argv[1], int(sys.argv[2])
    _limit()
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and an error instead of a warning
    try:
        made = made_anew(sys.stdin.buffer.read(), kind, most_pixels)
    except (OSError, SyntaxError, ValueError, MemoryError):  # Pillow's ways to say that a file is not whole
        raise SystemExit(NOT_A_PICTURE) from None
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
