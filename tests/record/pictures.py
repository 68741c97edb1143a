"""Files to send: pictures made here, and everything that only pretends to be one."""

import io
import struct
import zipfile
import zlib

from PIL import Image

GPS = b"31.2304N121.4737E"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **saved) -> bytes:
    """Return a small picture, its left half red."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    made = io.BytesIO()
    image.save(made, kind, **saved)
    return made.getvalue()


def photo_with_place() -> bytes:
    """Return a JPEG as a phone makes it: turned, with the place and the camera's number in its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees
    exif[0x010F] = "canary-camera-maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[0x1D] = GPS.decode()
    return picture(exif=exif, comment=b"canary-comment")


def bomb() -> bytes:
    """Return a PNG of 50 000 × 50 000 pixels in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(50_000 // 8 + 1) * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf(body: bytes = b"a scan") -> bytes:
    """Return what opens as a PDF does."""
    return b"%PDF-1.7\n" + body + b"\n%%EOF\n"


def archive(name: str = "photo.jpg") -> bytes:
    """Return a zip with a picture inside."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        zipped.writestr(name, picture())
    return made.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF_SCRIPT = b"GIF89a/*" + bytes(20) + b"*/=1;alert(1);//"
PHP = b"<?php system($_GET['x']); ?>"
