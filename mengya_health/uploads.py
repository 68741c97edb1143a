"""What comes with a form: all of it was asked for; files stay in memory and are checked before they are kept."""

import io

from flask import Request, g, request

from mengya_health.errors import Invalid, Malformed
from mengya_health.fields import DOOR_FIELDS
from mengya_health.record.files import CleanFile, clean_file


class RequestInMemory(Request):
    """A request whose files never touch a disk in the clear; MAX_CONTENT_LENGTH holds how much memory one takes."""

    def _get_file_stream(self, *_sizes, **_more) -> io.BytesIO:
        return io.BytesIO()


def received_file(work, name: str = "file") -> CleanFile | None:
    """Return the file of one field of the posted form, checked; None where none was chosen.

    Call it before anything is written: it lets go of the database while a picture is made anew, which may take
    seconds. Raises Invalid beside the field, Malformed for several files in it.
    """
    _files_read().add(name)
    sent = [file for file in request.files.getlist(name) if file.filename]
    if len(sent) > 1:
        raise Malformed
    if not sent:
        return None
    work.session.rollback()  # nothing was written, and others want to
    try:
        return clean_file(sent[0].filename, sent[0].stream.getvalue())
    except Invalid as refused:
        raise Invalid(fields={name: refused.fields["file"]}) from refused


def required_file(work, name: str = "file") -> CleanFile:
    """Return the file of one field of the posted form, checked; raises Invalid where none was chosen."""
    file = received_file(work, name)
    if file is None:
        message = "请先选一个文件：JPEG、PNG 照片或 PDF。 Choose a file first: JPEG, PNG or PDF."
        raise Invalid(fields={name: [message]})
    return file


def require_all_read() -> None:
    """Raise Malformed where something was sent that no view asked for: a button that sends nothing, a file."""
    if set(request.form) - DOOR_FIELDS and not g.get("form_is_read"):
        raise Malformed
    if {name for name, file in request.files.items(multi=True) if file.filename} - _files_read():
        raise Malformed


def digests_of_files(work) -> list[tuple[str, str, str]]:
    """Return field, name and digest of each file of the posted form, in order."""
    if "file_digests" not in g:
        g.file_digests = sorted(
            (name, file.filename or "", work.keys.digest(file.stream.getvalue()).hex())
            for name, file in request.files.items(multi=True)
        )
    return g.file_digests


def _files_read() -> set[str]:
    return g.setdefault("files_read", set())
