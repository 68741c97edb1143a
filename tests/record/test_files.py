"""What people send, and what of it may be kept. Security row S-60."""

import io

import pytest
from PIL import Image

from mengya_health.errors import Invalid
from mengya_health.record.files import MOST_BYTES, clean_file
from tests.record.pictures import GIF_SCRIPT, GPS, PHP, SVG, archive, bomb, pdf, photo_with_place, picture

REFUSED = {
    "a program named .jpg": ("x.jpg", PHP),
    "a program": ("x.php", PHP),
    "a drawing with a script": ("x.svg", SVG),
    "a drawing named .png": ("x.png", SVG),
    "a polyglot of GIF and script": ("x.gif", GIF_SCRIPT),
    "the same named .jpg": ("x.jpg", GIF_SCRIPT),
    "a picture under another ending": ("x.png", picture("JPEG")),
    "a picture under a second ending": ("x.jpg.html", picture("JPEG")),
    "a kind of picture not taken": ("x.bmp", picture("BMP")),
    "an archive": ("x.zip", archive()),
    "an archive named .pdf": ("x.pdf", archive()),
    "an archive behind a PDF": ("x.pdf", pdf() + archive() + pdf()),
    "a PDF cut short": ("x.pdf", pdf()[:20]),
    "a page before a PDF": ("x.pdf", b"<script>" + pdf()),
    "50 000 by 50 000 pixels": ("x.png", bomb()),
    "a picture cut short": ("x.jpg", picture()[:200]),
    "only the first bytes of one": ("x.png", b"\x89PNG\r\n\x1a\n"),
    "nothing": ("x.jpg", b""),
    "no ending": ("jpg", picture()),
    "no name": ("", picture()),
    "one byte too many": ("x.pdf", pdf(bytes(MOST_BYTES - len(pdf(b"")) + 1))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_a_photo_or_pdf_is_refused_with_what_to_do(what):
    """S-60."""
    with pytest.raises(Invalid) as refused:
        clean_file(*REFUSED[what])
    (message,) = refused.value.fields["file"]
    assert "请" in message
    assert message.isascii() is False


def test_the_largest_file_is_kept_and_one_byte_more_is_told_its_size():
    """S-60."""
    largest = pdf(bytes(MOST_BYTES - len(pdf(b""))))
    assert len(clean_file("x.pdf", largest).content) == MOST_BYTES
    with pytest.raises(Invalid) as refused:
        clean_file("x.pdf", largest + b"\n")
    assert "20.00" not in str(refused.value.fields)
    assert "最多 20 MB" in str(refused.value.fields)


def test_the_size_of_a_picture_is_read_before_it_is_unpacked():
    """S-60: 50 000 × 50 000 pixels."""
    with pytest.raises(Invalid) as refused:
        clean_file("x.png", bomb())
    assert "4000 万像素" in str(refused.value.fields)


def test_a_photo_keeps_its_pixels_upright_and_nothing_of_where_it_was_taken():
    """S-60."""
    sent = photo_with_place()
    assert GPS in sent
    kept = clean_file("IMG_0001.JPG", sent)
    assert (kept.name, kept.kind) == ("IMG_0001.JPG", "JPEG")
    assert GPS not in kept.content
    assert b"canary" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as image:
        assert image.size == (30, 40)
        assert dict(image.getexif()) == {}
        top, bottom = image.getpixel((15, 5)), image.getpixel((15, 35))
    assert (top[1] < 80, bottom[1] > 200) == (True, True)  # the red half is up


def test_what_hangs_on_a_picture_does_not_come_along():
    """S-60."""
    for kind, name in (("JPEG", "x.jpeg"), ("PNG", "x.png")):
        kept = clean_file(name, picture(kind) + archive() + PHP)
        assert b"PK" not in kept.content[-200:]
        assert PHP not in kept.content
        with Image.open(io.BytesIO(kept.content)) as image:
            assert (image.format, image.size) == (kind, (40, 30))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_mode_are_kept(mode):
    made = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.new(mode, (8, 8)).save(made, kind)
    kept = clean_file(f"x.{kind.lower()}", made.getvalue())
    with Image.open(io.BytesIO(kept.content)) as image:
        assert image.size == (8, 8)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../x.png", "x.png"),
        ("..\\..\\x.png", "x.png"),
        ("/etc/passwd.png", "passwd.png"),
        ("回执 样本.png", "回执 样本.png"),
        ("a\u202egnp.exe\r\nX: y.png", "agnp.exeX: y.png"),
        ("长" * 300 + ".png", "长" * 100 + ".png"),
    ],
)
def test_a_name_is_only_ever_a_name(sent, shown):
    """S-60: `../../x` names no folder, and no line of a header."""
    assert clean_file(sent, picture("PNG")).name == shown
