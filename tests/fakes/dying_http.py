"""A door to HTTP that ends the program at a chosen call, as a kill or a Ctrl-C does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from emel.system.http import HttpReply, SystemHttp


class Died(BaseException):
    """The program ended here."""


class DyingHttp:
    """Passes calls on until call number `at`, from 1, and dies before it is sent or after its answer."""

    def __init__(self, at: int, when: Literal["before", "after"]) -> None:
        self._http = SystemHttp(env={})
        self._at = at
        self._when = when
        self.calls = 0

    def request(self, method: str, url: str, **options: Any) -> HttpReply:
        self.calls += 1
        if self.calls == self._at and self._when == "before":
            raise Died
        reply = self._http.request(method, url, **options)
        if self.calls == self._at:
            raise Died
        return reply

    def upload(self, method: str, url: str, file: Path, **options: Any) -> HttpReply:
        return self.request(method, url, body=file.read_bytes(), **options)

    def download(self, url: str, target: Path, **options: Any) -> HttpReply:
        reply = self.request("GET", url, **options)
        target.write_bytes(reply.body)
        return reply
