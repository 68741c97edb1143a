"""Nothing on paper is fetched, run or let loose."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from mengya_health.handouts.limits import RenderFailed, within_limits
from mengya_health.handouts.render import render_document, write_pdf
from tests.handouts import samples


@pytest.fixture
def listener():
    """A local port that counts who knocks: connections wait in its queue, no thread is needed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def knocks(listener):
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


HOSTILE = {
    "image": '<img alt="x" src="{http}">',
    "image of a file": '<img alt="x" src="file:///etc/passwd">',
    "image as data": '<img alt="x" src="data:image/png;base64,iVBORw0KGgo=">',
    "drawing that points out": '<svg width="9" height="9" role="img" aria-label="x"><image href="{http}"/></svg>',
    "drawing as data": '<img alt="x" src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22>'
    '<image href=%22{http}%22/></svg>">',
    "attachment": '<link rel="attachment" href="{http}">',
    "attached file": '<link rel="attachment" href="file:///etc/passwd">',
    "style sheet": '<link rel="stylesheet" href="{http}">',
    "import": "<style>@import url({http});</style>",
    "background": '<p style="background: url({http})">x</p>',
    "font": "<style>@font-face {{ font-family: x; src: url({http}) }} p {{ font-family: x }}</style><p>x</p>",
    "object": '<object data="{http}"></object>',
    "embed": '<embed src="{http}">',
    "list mark": '<ul style="list-style-image: url({http})"><li>x</ul>',
    "content": "<style>p::before {{ content: url({http}) }}</style><p>x</p>",
    "relative image": '<img alt="x" src="/etc/passwd">',
}


def a_page(body):
    return f'<html lang="zh-CN"><head><title>页</title></head><body>{body}</body></html>'


@pytest.mark.parametrize("trick", HOSTILE.values(), ids=HOSTILE)
def test_markup_that_asks_for_anything_fails_and_asks_nobody(trick, listener):
    """S-61."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    with pytest.raises(RenderFailed):
        write_pdf(a_page(trick.format(http=address)), "")
    assert knocks(listener) == 0


def test_hostile_text_in_a_record_is_printed_as_text(listener):
    """S-61, S-56."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    sentence = f'<img src="{address}"><style>@import url({address})</style>{{{{ 7*7 }}}}'
    pdf = render_document("home_guide", samples.a_home_guide(sentence=sentence[:80]))
    assert pdf.pages == 1
    assert b"/EmbeddedFile" not in pdf.content
    assert knocks(listener) == 0


def test_a_child_process_that_opens_a_connection_is_refused(listener):
    def knock():
        socket.create_connection(listener.getsockname()).close()
        return b"done"

    with pytest.raises(RenderFailed) as failure:
        within_limits(knock)
    assert failure.value.reason.startswith("forbidden socket.")
    assert knocks(listener) == 0


def test_a_child_process_that_starts_a_program_is_refused():
    with pytest.raises(RenderFailed) as failure:
        within_limits(lambda: subprocess.run([sys.executable, "-c", ""], check=True) and b"done")
    assert failure.value.reason.startswith("forbidden ")


def test_a_child_process_writes_no_file(tmp_path):
    def leak():
        (tmp_path / "leak").write_bytes(b"name of a child")
        return b"done"

    with pytest.raises(RenderFailed):
        within_limits(leak)
    assert (tmp_path / "leak").read_bytes() == b""


def test_endless_work_is_stopped_in_time():
    """S-62."""

    def turn_forever():
        while True:
            pass

    with pytest.raises(RenderFailed) as failure:
        within_limits(turn_forever, seconds=0.5)
    assert failure.value.reason == "too_slow"


def test_a_document_that_eats_memory_is_stopped():
    """S-62: whoever meets the limit first, Python, one of its extensions or Pango."""
    rows = "<table>" + "<tr><td>甲<td>乙" * 200_000 + "</table>"
    with pytest.raises(RenderFailed) as failure:
        within_limits(lambda: write_pdf(a_page(rows), "").content, memory_mb=40, seconds=60)
    assert failure.value.reason == "too_much_memory"


@pytest.mark.parametrize(("taken_mb", "reason"), [(98, "too_much_memory"), (50, "child_died")])
def test_a_child_process_that_ends_itself_did_so_for_want_of_memory_where_it_took_all_it_may(taken_mb, reason):
    """As Pango does, which ends its process where it gets no memory."""

    def take_and_end():
        held = b"." * (taken_mb * 1024 * 1024)
        os.kill(os.getpid(), signal.SIGTRAP)  # GLib's way
        return held

    with pytest.raises(RenderFailed) as failure:
        within_limits(take_and_end, memory_mb=100)
    assert failure.value.reason == reason


def test_what_the_parent_holds_is_not_held_against_the_document():
    held = bytearray(200 * 1024 * 1024)
    assert within_limits(lambda: bytes(100 * 1024 * 1024), memory_mb=210)
    with pytest.raises(RenderFailed) as failure:
        within_limits(lambda: bytes(len(held)), memory_mb=150)
    assert failure.value.reason == "too_much_memory"


def test_tables_nested_a_thousand_times_fail_without_harm():
    """S-62."""
    nested = "<table><tr><td>" * 1_000 + "深" + "</td></tr></table>" * 1_000
    with pytest.raises(RenderFailed):
        within_limits(lambda: write_pdf(a_page(nested), "").content, seconds=5)


@pytest.mark.parametrize("body", ["<table><tr><td>" * 350_000, '<p style="font-size: 99999999px">深</p>' * 99])
def test_after_five_megabytes_of_tables_or_letters_without_bounds_the_next_document_is_made(body):
    """S-62: in the child process and within its limits, whatever comes of it; whoever serves goes on serving."""
    try:
        made = within_limits(lambda: write_pdf(a_page(body), "").content, seconds=3, memory_mb=300)
    except RenderFailed as failure:
        made = failure.reason.encode()
    assert made
    assert within_limits(lambda: b"the next one") == b"the next one"


def test_a_failure_inside_says_where_and_nothing_of_the_document():
    def fail():
        raise KeyError("小芽（示例）")

    with pytest.raises(RenderFailed) as failure:
        within_limits(fail)
    assert failure.value.reason.startswith("KeyError at test_locked.py:")
    assert "小芽" not in str(failure.value) + failure.value.reason


def test_a_child_process_that_dies_is_a_failure():
    with pytest.raises(RenderFailed) as failure:
        within_limits(lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert failure.value.reason == "child_died"
