"""Frames to and from an instance, and the lines that it prints; nothing here waits."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from collections.abc import Callable

LARGEST_FRAME = 16 * 2**20
OUTPUT_PER_DRAIN = 400 * 1024
"""Bytes of output that are read at a time; an instance that prints more has to wait."""
LONGEST_LINE = 16 * 1024
_PIPE_BYTES = 2**20
_CHUNK = 64 * 1024

OnLine = Callable[[str, bytes], None]
"""Gets "stdout" or "stderr", and a line without its end."""


class Channel:
    """A socket that carries frames: four bytes of length, big-endian, and as many bytes of content."""

    def __init__(
        self, sock: socket.socket, on_frame: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> None:
        """`on_end` is called once, when the other side is gone or sends nonsense; not after `close`."""
        self.closed = False
        self._socket = sock
        self._on_frame = on_frame
        self._on_end = on_end
        self._received = bytearray()
        self._unsent = memoryview(b"")
        self._loop = asyncio.get_running_loop()
        sock.setblocking(False)
        self._loop.add_reader(sock, self._read)

    def send(self, content: bytes) -> None:
        """Send one frame; what the socket does not take at once follows when it can."""
        frame = len(content).to_bytes(4, "big") + content
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lose()
            return
        if sent < len(frame):
            self._unsent = memoryview(frame)[sent:]
            self._loop.add_writer(self._socket, self._write)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        received = self._received
        received += data
        while len(received) >= 4 and not self.closed:
            size = int.from_bytes(received[:4], "big")
            if size > LARGEST_FRAME:
                self._lose()
            if len(received) < 4 + size:
                return
            frame = bytes(received[4 : 4 + size])
            del received[: 4 + size]
            self._on_frame(frame)

    def _write(self) -> None:
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._lose()
            return
        if not self._unsent:
            self._loop.remove_writer(self._socket)

    def _lose(self) -> None:
        if not self.closed:
            self.close()
            self._on_end()


class Output:
    """What an instance prints to one stream, cut into lines.

    It is read when `drain` is called, a few times a second: a line costs the platform no wake-up of its own,
    and an instance that prints without measure is held back by its full pipe.
    """

    def __init__(self, descriptor: int, stream: str, on_line: OnLine) -> None:
        """`descriptor` is the reading end of a pipe, which belongs to this object from now on."""
        self._descriptor = descriptor
        self._stream = stream
        self._on_line = on_line
        self._rest = b""
        self._open = True
        os.set_blocking(descriptor, False)
        _widen(descriptor)

    def drain(self) -> None:
        """Take what has been printed since the last time, within bounds."""
        left = OUTPUT_PER_DRAIN
        while self._open and left > 0:
            try:
                data = os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self.close()
                return
            left -= len(data)
            self._take(data)

    def close(self) -> None:
        """Take what is left, and close the stream."""
        if not self._open:
            return
        self._open = False
        os.close(self._descriptor)
        if self._rest:
            self._on_line(self._stream, self._rest)

    def _take(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        while len(rest) > LONGEST_LINE:
            lines.append(rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE:]
        self._rest = rest
        for line in lines:
            self._on_line(self._stream, line[:LONGEST_LINE])


def _widen(descriptor: int) -> None:
    """Give a pipe more room than the usual 64 KiB, where the system has that and allows it."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:
            pass
