"""Our own stylesheets, scripts and drawings on their way: packed, and kept by the browser as long as they are the same.

Pages are not packed. They hold the form's token, and what somebody else got us to repeat beside it would show in the
length of the packed page (BREACH); a family's first page is a dozen kilobytes as it is.
"""

import gzip
from functools import cache
from pathlib import Path
from zlib import crc32

from flask import Flask, Response, current_app, request

PACKED = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")
FOR_A_YEAR = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"


def init_app(app: Flask) -> None:
    """Let templates name our files by `own_file`, and pack what leaves."""
    folder = Path(app.static_folder)
    app.jinja_env.globals["own_file"] = cache(lambda name: f"{app.static_url_path}/{name}?{_mark(folder / name)}")
    app.after_request(_pack)


def kept_for(answer: Response) -> str:
    """Return for how long a browser keeps a file of ours: for good under an address that names its content."""
    if answer.status_code not in (200, 304):
        return "no-store"
    is_named = request.query_string.decode() == _mark(Path(current_app.static_folder) / request.view_args["filename"])
    return FOR_A_YEAR if is_named else FOR_AN_HOUR


def _pack(answer: Response) -> Response:
    if request.endpoint != "static" or answer.status_code != 200 or answer.mimetype not in PACKED:
        return answer
    answer.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or "Range" in request.headers:
        return answer
    answer.direct_passthrough = False
    answer.set_data(_packed(answer.get_data()))
    answer.headers["Content-Encoding"] = "gzip"
    answer.set_etag(answer.get_etag()[0], weak=True)  # the same file in other bytes
    return answer


@cache
def _mark(file: Path) -> str:
    """Return a few characters that change with a file. Read once per process: files change with the program."""
    return f"{crc32(file.read_bytes()):08x}"


@cache
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
