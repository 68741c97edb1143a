"""What messages are sent to: a mail server and a web server of our own, each a thread on a free port."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class Post:
    """What came in, and what is answered."""

    port: int = 0
    answer: str = ""  # of the mail server to a recipient, where it is not 250
    status: int = 200  # of the web server
    reply: bytes = b"{}"
    location: str = ""
    came: list[str] = field(default_factory=list)  # each whole: for mail envelope, headers and body
    headers: list[dict] = field(default_factory=list)


class _Mail(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        post, envelope = self.server.post, []
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "EHLO":
                self._say("250 test")
            elif word == "RCPT" and post.answer:
                self._say(post.answer)
            elif word == "DATA":
                self._say("354 go on")
                post.came.append("\n".join([*envelope, *self._lines()]))
                self._say("250 taken")
            elif word == "QUIT":
                return self._say("221 bye")
            elif word == "STARTTLS":
                self._say("502 no")
            else:
                envelope.append(line)
                self._say("250 ok")
        return None

    def _lines(self) -> Iterator[str]:
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            yield line

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Web(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        post = self.server.post
        post.came.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        post.headers.append(dict(self.headers))
        self.send_response(post.status)
        if post.location:
            self.send_header("Location", post.location)
        self.end_headers()
        self.wfile.write(post.reply)

    def log_message(self, *_) -> None:
        """Say nothing."""


@contextmanager
def mail_server() -> Iterator[Post]:
    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail)) as post:
        yield post


@contextmanager
def web_server() -> Iterator[Post]:
    with _serving(HTTPServer(("127.0.0.1", 0), _Web)) as post:
        yield post


@contextmanager
def _serving(server) -> Iterator[Post]:
    server.post = Post(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.post
    server.shutdown()
    server.server_close()
    thread.join()
