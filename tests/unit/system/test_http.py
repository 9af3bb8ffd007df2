"""The door to HTTP: connections kept, files streamed, certificates and proxies of a company."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emel.errors import CertificateError, EndpointError, NoConnectionError
from emel.system.http import SystemHttp, is_direct


class Echo(BaseHTTPRequestHandler):
    """Answers with what came; `/short` promises more than it sends, `/absent` is not there."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        line = f"{self.requestline} {self.headers.get('proxy-authorization')} "
        self._send(line.encode() + body, "/short" in self.path)

    do_GET = do_POST  # noqa: N815

    def _send(self, body: bytes, short: bool) -> None:
        self.send_response(404 if "/absent" in self.path else 200)
        self.send_header("Content-Length", str(len(body) + short))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = short

    def log_message(self, format: str, *args: object) -> None:
        """Nothing reads it."""


class EchoWithoutBody(Echo):
    def do_GET(self) -> None:
        if self.path == "/slow":
            # There is nothing more to read: this waits until the client has gone.
            self.close_connection = not self.rfile.read(1)
            return
        self._send(b"content" * 1000, "/short" in self.path)


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    yield from _serving(HTTPServer(("127.0.0.1", 0), EchoWithoutBody))


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[HTTPServer]:
    _write_certificate(tmp_path / "ca.pem")
    server = HTTPServer(("127.0.0.1", 0), EchoWithoutBody)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from _serving(server)


def _serving(server: HTTPServer) -> Iterator[HTTPServer]:
    # One thread for one connection at a time: a client that keeps its connection is ended by its own fixture.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def _write_certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a company")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(pem))


def url(server: HTTPServer, path: str = "/", scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.server_port}{path}"


def test_a_file_is_sent_from_its_first_byte_each_time(server: HTTPServer, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    http = SystemHttp(env={})
    for _ in range(2):
        reply = http.upload("POST", url(server), tmp_path / "model", headers={})
        assert reply.body.endswith(b" weights")


def test_an_answer_is_written_to_a_file(server: HTTPServer, tmp_path: Path) -> None:
    reply = SystemHttp(env={}).download(url(server), tmp_path / "copy", headers={})
    assert (reply.status, reply.body) == (200, b"")
    assert (tmp_path / "copy").read_bytes() == b"content" * 1000


def test_a_refused_download_makes_no_file(server: HTTPServer, tmp_path: Path) -> None:
    reply = SystemHttp(env={}).download(url(server, "/absent"), tmp_path / "copy", headers={})
    assert (reply.status, len(reply.body)) == (404, 7000)
    assert not (tmp_path / "copy").exists()


def test_a_download_that_breaks_off_is_an_error(server: HTTPServer, tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="broke off"):
        SystemHttp(env={}).download(url(server, "/short"), tmp_path / "copy", headers={})


def test_nothing_was_sent_when_nobody_listens() -> None:
    with pytest.raises(NoConnectionError, match=r"no answer from http://127\.0\.0\.1:9/"):
        SystemHttp(env={}).request("GET", "http://127.0.0.1:9/")


def test_a_server_that_does_not_answer_in_time_may_have_got_the_call(server: HTTPServer) -> None:
    with pytest.raises(EndpointError, match="timed out") as caught:
        SystemHttp(env={}).request("GET", url(server, "/slow"), timeout=0.05)
    assert not isinstance(caught.value, NoConnectionError)


def test_a_company_certificate_is_trusted_when_it_is_named(secure: HTTPServer, tmp_path: Path) -> None:
    http = SystemHttp(ca_file=str(tmp_path / "ca.pem"), env={})
    assert http.request("GET", url(secure, scheme="https")).status == 200


def test_a_certificate_of_nobody_is_refused_with_the_variable_to_set(secure: HTTPServer) -> None:
    with pytest.raises(CertificateError, match="is not trusted") as caught:
        SystemHttp(env={}).request("GET", url(secure, scheme="https"))
    assert caught.value.hint is not None and "CI_SERVER_TLS_CA_FILE" in caught.value.hint


def test_a_file_of_certificates_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not PEM")
    with pytest.raises(CertificateError, match="certificates cannot be read"):
        SystemHttp(ca_file=str(tmp_path / "ca.pem"), env={}).request("GET", "https://gitlab.test/")


def test_a_proxy_carries_calls_to_other_machines_and_gets_its_login(server: HTTPServer) -> None:
    proxy = f"http://ada:pass%20word@127.0.0.1:{server.server_port}"
    reply = SystemHttp(env={"http_proxy": proxy}).request("POST", "http://gitlab.test/api", body=b"x")
    assert reply.body == b"POST http://gitlab.test/api HTTP/1.1 Basic YWRhOnBhc3Mgd29yZA== x"


@pytest.mark.parametrize("unproxied", ["gitlab.test", ".test", "*.test, other", "*", "other,TEST"])
def test_no_proxy_stands_before_what_is_excepted(unproxied: str) -> None:
    assert is_direct("gitlab.test", unproxied)


def test_a_name_that_only_ends_alike_is_not_excepted() -> None:
    assert not is_direct("mygitlab.test", "gitlab.test")


def test_this_machine_is_reached_without_a_proxy(server: HTTPServer) -> None:
    reply = SystemHttp(env={"http_proxy": "http://127.0.0.1:9"}).request("POST", url(server), body=b"x")
    assert reply.body.startswith(b"POST / HTTP/1.1 None")
