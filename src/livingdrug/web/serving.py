"""How the app is served: on this machine only, with a time for every request, and with a bound on memory,
so that a request for more of it fails alone."""

import io
import os
import socket
import time
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

# s to wait for a request to begin, to arrive whole, and for its answer to be taken
IDLE, WHOLE, ANSWER = 30.0, 60.0, 60.0
MOST_CONNECTIONS = 64  # at once; a browser takes 6
SPARED = 0.8  # of the memory that is free as the app starts: what the app may take


class _Timed(io.RawIOBase):
    """What arrives on a connection: a request that trickles in is given up WHOLE seconds after it began."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.begun = connection, None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        left = IDLE if self.begun is None else self.begun + WHOLE - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long to arrive")
        self.connection.settimeout(left)
        try:
            count = self.connection.recv_into(buffer)
        finally:
            self.connection.settimeout(ANSWER)
        if self.begun is None:
            self.begun = time.monotonic()
        return count


class Handler(WSGIRequestHandler):
    """A connection whose other end may be slow, but not for ever."""

    def setup(self) -> None:
        super().setup()
        self.timed = _Timed(self.connection)
        self.rfile.close()
        self.rfile = io.BufferedReader(self.timed)

    def log_error(self, format: str, *args) -> None:
        """A connection that is given up is nobody's error: a browser leaves them open."""

    def handle_one_request(self) -> None:
        self.timed.begun = None
        super().handle_one_request()


class Server(ThreadedWSGIServer):
    """A thread for each connection, MOST_CONNECTIONS at once; another one waits its turn in the queue of
    the system."""

    def __init__(self, *given, **named) -> None:
        import threading

        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(*given, **named)

    def process_request(self, request, client_address) -> None:
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


def server_of(app, port: int) -> BaseWSGIServer:
    """A server of a WSGI app on the loopback interface. Raises OSError, SystemExit or OverflowError for a
    port that cannot be had."""
    return Server("127.0.0.1", port, app, handler=Handler)


def bound_memory() -> None:
    """Let what this process takes end at SPARED of what is free now: beyond it an allocation fails, and
    with it one request, where the system would end the process. Where the system does not say what is
    free, there is no bound."""
    try:
        import resource

        free, taken = (
            _free(),
            int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE"),
        )
    except (ImportError, OSError, ValueError):
        return
    most, hard = taken + int(SPARED * free), resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(
        resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


def _free() -> int:
    """Bytes that are free on this machine, or in the container that holds this process."""
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(lines["MemAvailable"].split()[0]) * 1024
    group = Path("/sys/fs/cgroup")
    try:
        most, taken = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
        return free if most == "max" else min(free, int(most) - int(taken))
    except (OSError, ValueError):
        return free
