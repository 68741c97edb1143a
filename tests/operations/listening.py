"""What messages are sent to: a mail server and a web server of our own, each a thread on a free port."""

import socketserver
import ssl
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
    heard: list[tuple[str, bool]] = field(default_factory=list)  # each word of a mail client, and whether under TLS
    headers: list[dict] = field(default_factory=list)


class _Mail(socketserver.StreamRequestHandler):
    @property
    def is_safe(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def handle(self) -> None:
        post, envelope = self.server.post, []
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            post.heard.append((word, self.is_safe))
            if word == "EHLO":
                self._say("250-test\r\n250-AUTH PLAIN" if self.is_safe else "250-test")
                self._say("250 STARTTLS" if self.server.starttls and not self.is_safe else "250 8BITMIME")
            elif word == "RCPT" and post.answer:
                self._say(post.answer)
            elif word == "DATA":
                self._say("354 go on")
                post.came.append("\n".join([*envelope, *self._lines()]))
                self._say("250 taken")
            elif word == "QUIT":
                return self._say("221 bye")
            elif word == "STARTTLS":
                self._begin_tls()
            elif word == "AUTH":
                envelope.append(line)
                self._say("235 come in")
            else:
                envelope.append(line)
                self._say("250 ok")
        return None

    def _begin_tls(self) -> None:
        if self.server.starttls is None:
            return self._say("502 no")
        self._say("220 go on")
        self.connection = self.server.starttls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        return None

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # of STARTTLS, which the server knows nothing of

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


class _MailServer(socketserver.ThreadingTCPServer):
    def __init__(self, starttls: ssl.SSLContext | None, from_first_byte: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Mail)
        self.starttls = starttls
        if from_first_byte:
            self.socket = from_first_byte.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request, client_address) -> None:
        """Say nothing where a client breaks off, as it should before a wrong certificate."""


@contextmanager
def mail_server(
    *, starttls: ssl.SSLContext | None = None, from_first_byte: ssl.SSLContext | None = None
) -> Iterator[Post]:
    """Serve mail: in plain, in plain until STARTTLS, or under TLS from the first byte."""
    with _serving(_MailServer(starttls, from_first_byte)) as post:
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
