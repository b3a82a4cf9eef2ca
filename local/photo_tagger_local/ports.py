"""Where a local run is reached, and which port serves what."""

import socket
from dataclasses import dataclass

HOST = "127.0.0.1"
REGION = "ap-southeast-1"
DEFAULT_PORT = 8700


@dataclass(frozen=True)
class Ports:
    """The ports of one local run, all on 127.0.0.1."""

    console: int
    review: int
    aws: int
    smtp: int
    reader: int
    store: int

    @classmethod
    def from_first(cls, first: int) -> "Ports":
        """Six ports in a row."""
        return cls(*range(first, first + 6))

    @classmethod
    def free(cls) -> "Ports":
        """Six ports that nobody uses at this moment."""
        sockets = [socket.socket() for _ in range(6)]
        try:
            for one in sockets:
                one.bind((HOST, 0))
            return cls(*(one.getsockname()[1] for one in sockets))
        finally:
            for one in sockets:
                one.close()
