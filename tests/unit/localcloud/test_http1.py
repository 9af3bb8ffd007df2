"""What clients send, as it should be and as it should not, on raw sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emel.localcloud.events import BODY_LIMIT, Request
from emel.localcloud.http1 import HEAD_LIMIT, READ_LIMIT, Connection, Respond
from emel.localcloud.messages import Answer, BadRequest, Timeouts, parse_head

GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"


class Site:
    """A server that answers with what it was asked; `later` keeps the answers back."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.later: list[tuple[Request, Respond]] | None = None

    def take(self, request: Request, respond: Respond) -> None:
        if self.later is not None:
            self.later.append((request, respond))
            return
        said = f"{request.method} {request.path} {request.query} {len(request.body)}"
        respond(Answer(200, [("x-said", said)], request.body or b"empty"))

    async def open(self, limit: int = 2**26) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=limit)

    async def exchange(self, data: bytes, *, end: bool = True) -> bytes:
        """Send bytes and read until the server closes."""
        reader, writer = await self.open()
        writer.write(data)
        if end:
            writer.write_eof()
        try:
            return await asyncio.wait_for(reader.read(), 60)
        finally:
            writer.close()

    def pass_time(self, seconds: float) -> None:
        for connection in list(self.connections):
            connection.check_time(asyncio.get_running_loop().time() + seconds)

    def run(self, scenario: Callable[[Site], Awaitable[None]]) -> None:
        async def main() -> None:
            inbox = bytearray(65536)
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self.take, self.connections, inbox), "127.0.0.1", 0
            )
            self.port = server.sockets[0].getsockname()[1]
            try:
                await scenario(self)
            finally:
                for connection in list(self.connections):
                    connection.close_when_idle()
                server.close()

        asyncio.run(main())


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_connection_answers_one_request_after_another(site: Site) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await site.open()
        for number in range(3):
            writer.write(b"POST /p?q=%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi" % number)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"x-said: POST /p q=%d 2\r\n" % number in head
            assert await reader.readexactly(2) == b"hi"
        writer.close()

    site.run(scenario)


def test_requests_that_are_sent_ahead_are_answered_in_their_order(site: Site) -> None:
    async def scenario(site: Site) -> None:
        row = b"".join(b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n" % number for number in range(200))
        said = await site.exchange(row)
        assert [line for line in said.split(b"\r\n") if line.startswith(b"x-said")] == [
            b"x-said: GET /%d  0" % number for number in range(200)
        ]

    site.run(scenario)


def test_a_request_in_single_bytes_is_the_same_request(site: Site) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await site.open()
        head = b"\r\nPOST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        for byte in head + b"1\r\nh\r\n2;x=y\r\ni!\r\n0\r\nt: u\r\n\r\n":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        assert b"x-said: POST /  3\r\n" in await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(3) == b"hi!"
        writer.close()

    site.run(scenario)


@pytest.mark.parametrize(
    ("request_bytes", "closes"),
    [
        (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", False),
        (GET, False),
    ],
)
def test_a_connection_is_kept_as_the_client_wants(site: Site, request_bytes: bytes, closes: bool) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await site.open()
        writer.write(request_bytes)
        head = await reader.readuntil(b"\r\n\r\n")
        assert (b"connection: close" in head) == closes
        assert await reader.readexactly(5) == b"empty"
        writer.write(GET)
        assert (await reader.read(4) == b"") == closes
        writer.close()

    site.run(scenario)


def test_the_answer_to_head_has_the_length_and_no_body(site: Site) -> None:
    async def scenario(site: Site) -> None:
        said = await site.exchange(b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"content-length: 5\r\n" in said and said.endswith(b"\r\n\r\n")

    site.run(scenario)


def test_a_client_that_asks_first_is_told_to_go_on_or_not(site: Site) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await site.open()
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hi")
        assert b" 200 " in await reader.readline()
        writer.close()
        much = b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9999999\r\n\r\n"
        assert (await site.exchange(much)).startswith(b"HTTP/1.1 413 ")

    site.run(scenario)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\na: b\nc: d\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\na: b\0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n", 400),
        (b"GET / HTTP/2.0\r\nhost: x\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost: x\r\na: " + b"b" * HEAD_LIMIT, 431),
    ],
)
def test_what_could_be_taken_for_two_things_is_refused(site: Site, data: bytes, status: int) -> None:
    async def scenario(site: Site) -> None:
        said = await site.exchange(data, end=False)
        assert said.startswith(b"HTTP/1.1 %d " % status), said[:80]
        assert b"application/problem+json" in said
        assert (await site.exchange(GET)).startswith(b"HTTP/1.1 200 ")

    site.run(scenario)


def test_a_body_that_is_too_large_is_read_and_refused(site: Site) -> None:
    async def scenario(site: Site) -> None:
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
        most = BODY_LIMIT
        assert (await site.exchange(head % most + b"x" * most)).startswith(b"HTTP/1.1 200 ")
        assert (await site.exchange(head % (most + 1) + b"x" * (most + 1))).startswith(b"HTTP/1.1 413 ")
        reader, writer = await site.open()
        writer.write(head % 10**12 + b"x" * (READ_LIMIT + 1))
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 60)
        writer.close()

    site.run(scenario)


def test_slow_clients_are_let_go_and_patient_ones_kept(site: Site) -> None:
    async def scenario(site: Site) -> None:
        half_head, half_body, silent, served = [await site.open() for _ in range(4)]
        half_head[1].write(b"GET / HTTP/1.1\r\nhos")
        half_body[1].write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
        served[1].write(GET)
        await served[0].readuntil(b"empty")
        site.pass_time(Timeouts.HEAD / 2)
        assert len(site.connections) == 4
        site.pass_time(Timeouts.HEAD + 1)
        assert b" 408 " in await half_head[0].readline()
        assert not half_body[0].at_eof()
        site.pass_time(Timeouts.BODY + 1)
        assert b" 408 " in await half_body[0].readline()
        site.pass_time(Timeouts.IDLE + 1)
        assert await silent[0].read() == b"" == await served[0].read()
        site.pass_time(Timeouts.IDLE + 1)
        for _, writer in (half_head, half_body, silent, served):
            writer.close()

    site.run(scenario)


def test_a_client_that_does_not_read_is_let_go(site: Site) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await site.open(limit=1024)
        row = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3000000\r\n\r\n" + b"x" * 3_000_000
        writer.write(row * 5)
        async with asyncio.timeout(60):
            while not any(connection.blocked for connection in site.connections):
                await asyncio.sleep(0.01)
        site.pass_time(Timeouts.WRITE + 1)
        async with asyncio.timeout(60):
            while site.connections:
                await asyncio.sleep(0.01)
        writer.transport.abort()
        del reader

    site.run(scenario)


def test_a_client_that_has_gone_gets_no_answer_and_harms_none(site: Site) -> None:
    async def scenario(site: Site) -> None:
        site.later = []
        gone, half = await site.open(), await site.open()
        gone[1].write(GET)
        half[1].write(GET)
        half[1].write_eof()
        while len(site.later) < 2:
            await asyncio.sleep(0.005)
        gone[1].transport.abort()
        await asyncio.sleep(0.05)
        for _, respond in site.later:
            respond(Answer(200, [], b"late"))
        assert (await half[0].read()).endswith(b"late")
        half[1].close()

    site.run(scenario)


@settings(max_examples=300)
@given(st.text(st.sampled_from("GETPOST /:HTTP1.0host\r\n\t\0é,;=content-length"), max_size=120))
def test_any_head_is_read_or_refused(text: str) -> None:
    try:
        head = parse_head(text)
    except BadRequest as refusal:
        assert refusal.status in (400, 431, 505)
    else:
        assert head.length >= 0 and not (head.length and head.chunked)
