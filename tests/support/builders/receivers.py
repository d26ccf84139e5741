"""Receivers of webhooks on this machine: one that takes what it gets, and some that do not."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[[socket.socket], None]


@dataclass
class Receiver:
    """What came in, as it was sent."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?site=pod"


def says(line: str) -> Answer:
    """Answers with one status line."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(f"{line}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def stalls(connection: socket.socket) -> None:
    """Takes the request, and then says one letter at a time."""
    for letter in b"HTTP/1.1 200 OK":
        time.sleep(0.3)
        connection.sendall(bytes([letter]))


def hangs_up(connection: socket.socket) -> None:
    """Takes the request, and says nothing."""
    connection.close()


@contextmanager
def receiver(*answers: Answer) -> Iterator[Receiver]:
    """A receiver that answers one request after the other so, and all later ones like the last."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    found, stopping = Receiver(port=server.getsockname()[1]), threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                found.requests.append(_request(connection))
                try:
                    answers[min(len(found.requests), len(answers)) - 1](connection)
                except OSError:
                    continue  # the sender did not wait

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stopping.set()
        thread.join(10)
        server.close()


def _request(connection: socket.socket) -> bytes:
    """The whole request, by its content length."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(4096)
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(
        next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")).split(b":")[1]
    )
    while len(body) < length:
        body += connection.recv(4096)
    return head + b"\r\n\r\n" + body
