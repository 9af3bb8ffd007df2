"""HTTP/1.1 (RFC 9112) as far as a platform needs it: one connection, its requests in their order.

Measured: a connection costs half of what an ASGI or RSGI server takes for a request, as there is neither a
task nor another thread in between (bench/serve.py). The parser is strict: what two readers could take for
different requests is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from emel.localcloud.events import BODY_LIMIT, Request
from emel.localcloud.messages import Answer, BadRequest, Head, Timeouts, answer_bytes, read_head

HEAD_LIMIT = 32 * 1024
"""Bytes of a request's line and headers."""
READ_LIMIT = 10 * BODY_LIMIT
"""Bytes of a body that is too large which are read before the connection is closed on its sender."""
PIPELINE_LIMIT = 64 * 1024
"""Bytes that a client may send ahead while its request is being answered."""

Respond = Callable[[Answer], None]
OnRequest = Callable[[Request, Respond], None]
"""Gets a request and what to call with its answer, at once or later, once."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.BufferedProtocol):
    """One client. Timeouts are kept by whoever calls `check_time` about once a second."""

    def __init__(self, on_request: OnRequest, connections: set[Connection], inbox: bytearray) -> None:
        """`inbox` is where data arrives: one buffer does for all connections of a loop."""
        self._on_request = on_request
        self._connections = connections
        self._inbox = inbox
        self._transport: asyncio.Transport | None = None
        self._client = ""
        self._buffer = bytearray()
        self._head: Head | None = None
        self._body: _Body | None = None
        self._answering = False
        self._closing = False
        self._half_closed = False
        """Whether the client will send nothing more."""
        self._refused = False
        """Whether what still comes is read only so that the client gets to read the refusal."""
        self.blocked = False
        """Whether the client does not take what it is sent."""
        self._since = asyncio.get_running_loop().time()
        """When what the client owes us now began."""

    @property
    def answering(self) -> bool:
        return self._answering

    def close_when_idle(self) -> None:
        """Close now, or after the answer that is under way."""
        self._closing = True
        if not self._answering and self._transport is not None:
            self._transport.close()

    def check_time(self, now: float) -> None:
        """Close a connection whose client takes too long."""
        if self._transport is None or (self._answering and not self.blocked):
            return
        waited = now - self._since
        if self.blocked or self._refused:
            if waited > (Timeouts.WRITE if self.blocked else Timeouts.LINGER):
                self._transport.abort()
        elif self._head is not None or self._buffer:
            limit = Timeouts.HEAD if self._head is None else Timeouts.BODY
            if waited > limit:
                self._refuse(BadRequest(408, "Request Timeout", f"the request did not arrive in {limit:g} s"))
        elif waited > Timeouts.IDLE:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._client = str(peer[0]) if peer else ""
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        if self._refused:
            return
        if not self._buffer and self._head is None:
            self._since = asyncio.get_running_loop().time()
        self._buffer += memoryview(self._inbox)[:nbytes]
        if not self._answering and not self.blocked:
            self._advance()
        elif len(self._buffer) > PIPELINE_LIMIT and self._transport is not None:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        # Whoever closed its sending half still waits for the answer to what it sent.
        self._half_closed = True
        asyncio.get_running_loop().call_soon(self._go_on)
        return self._answering or bool(self._buffer)

    def pause_writing(self) -> None:
        self.blocked = True
        self._since = asyncio.get_running_loop().time()

    def resume_writing(self) -> None:
        self.blocked = False
        self._since = asyncio.get_running_loop().time()
        self._go_on()

    def _advance(self) -> None:
        """Read one request, if it is there whole, and pass it on."""
        try:
            if self._head is None and not self._read_head():
                return
            assert self._head is not None and self._body is not None
            body = self._body.take(self._buffer)
        except BadRequest as refusal:
            self._refuse(refusal)
            return
        if body is None:
            return
        head = self._head
        self._answering = True
        request = Request(head.method, head.path, head.query, head.headers, self._client, body)
        self._on_request(request, self._respond)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", 0, HEAD_LIMIT)
        if end < 0:
            if len(self._buffer) >= HEAD_LIMIT:
                text = f"the request's line and headers may have {HEAD_LIMIT} bytes"
                raise BadRequest(431, "Request Header Fields Too Large", text)
            # Empty lines before a request are to be ignored.
            while self._buffer.startswith(b"\r\n"):
                del self._buffer[:2]
            return False
        self._head = head = read_head(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        self._body = _Body(head)
        if head.expects_continue and self._transport is not None:
            if head.length > BODY_LIMIT:
                raise _too_large()
            self._transport.write(_CONTINUE)
        return True

    def _respond(self, answer: Answer) -> None:
        head = self._head
        if self._transport is None or head is None:
            return
        closing = self._closing or not head.keeps_alive or (self._half_closed and not self._buffer)
        self._transport.write(answer_bytes(answer, closing=closing, without_body=head.method == "HEAD"))
        self._head = self._body = None
        self._answering = False
        self._since = asyncio.get_running_loop().time()
        if closing:
            self._transport.close()
        elif self._buffer:
            self._transport.resume_reading()
            # Not from here: a row of requests sent at once would pile up on the stack.
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._transport is None or self._answering or self.blocked or self._refused:
            return
        before = len(self._buffer)
        self._advance()
        is_stuck = not self._buffer or len(self._buffer) == before
        if self._half_closed and is_stuck and not self._answering and self._transport is not None:
            self._transport.close()

    def _refuse(self, refusal: BadRequest) -> None:
        self._refused = True
        self._buffer.clear()
        self._since = asyncio.get_running_loop().time()
        if self._transport is not None:
            self._transport.write(answer_bytes(refusal.answer(), closing=True))
            self._transport.resume_reading()
            if self._half_closed:
                self._transport.close()
            else:
                self._transport.write_eof()


class _Body:
    """A body as it arrives. What is too large is read on up to a bound, and forgotten.

    A client that still sends when the connection closes would get a reset instead of the answer.
    """

    def __init__(self, head: Head) -> None:
        self._left = head.length
        self._chunked = head.chunked
        self._trailer = False
        self._parts = bytearray()
        self._size = 0

    def take(self, buffer: bytearray) -> bytes | None:
        """Move what is there out of `buffer`; the body when it is whole. Errors: BadRequest."""
        done = self._take_chunks(buffer) if self._chunked else self._take_plain(buffer)
        if self._size > READ_LIMIT or (done and self._size > BODY_LIMIT):
            raise _too_large()
        return bytes(self._parts) if done else None

    def _take_plain(self, buffer: bytearray) -> bool:
        if self._left:
            self._add(buffer, min(self._left, len(buffer)))
        return not self._left

    def _add(self, buffer: bytearray, count: int) -> None:
        self._size += count
        self._left -= count
        if self._size <= BODY_LIMIT:
            self._parts += memoryview(buffer)[:count]
        else:
            self._parts.clear()
        del buffer[:count]

    def _take_chunks(self, buffer: bytearray) -> bool:
        """Chunks: a size in hexadecimal digits, the content, and the end of a line after each."""
        while buffer:
            if self._left > 2:
                self._add(buffer, min(self._left - 2, len(buffer)))
                continue
            if len(buffer) < 2:
                return False
            if self._left == 2:
                if not buffer.startswith(b"\r\n"):
                    raise BadRequest(400, "Bad Request", "a chunk is longer than it says")
                self._left = 0
                del buffer[:2]
                continue
            end = buffer.find(b"\r\n", 0, 1024)
            if end < 0:
                if len(buffer) >= 1024:
                    raise BadRequest(400, "Bad Request", "a line between chunks is too long")
                return False
            line = bytes(buffer[:end])
            del buffer[: end + 2]
            if self._trailer:
                if not line:
                    return True
                continue
            size = _chunk_size(line)
            self._trailer = size == 0
            self._left = size + 2 if size else 0
        return False


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].rstrip(b" \t")
    if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
        raise BadRequest(400, "Bad Request", "a chunk does not begin with its size")
    return int(digits, 16)


def _too_large() -> BadRequest:
    return BadRequest(413, "Content Too Large", f"a request may have {BODY_LIMIT} bytes")
