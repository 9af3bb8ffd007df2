"""Calls of a cluster's API through kubectl.

kubectl signs in, with whatever the kubeconfig says; emel sends paths and JSON by `--raw` (Kubernetes
documentation, «kubectl create», «kubectl get», «kubectl delete»). What is sent goes by its standard input,
since command lines can be read by all users of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from emel.errors import DeployError
from emel.records import KubernetesMachines
from emel.system.clock import Clock
from emel.system.process import Completed, Process

CALL_SECONDS = 30
PAUSES = (1.0, 2.0, 4.0)
ALREADY_EXISTS, BAD_REQUEST, NOT_FOUND, FORBIDDEN = "AlreadyExists", "BadRequest", "NotFound", "Forbidden"
_PASSING = frozenset(("InternalError", "ServerTimeout", "ServiceUnavailable", "Timeout", "TooManyRequests"))
"""Reasons of a refusal after which the same call may succeed (Kubernetes API conventions, «Response status
kind»)."""
_REFUSED = re.compile(r"^Error from server(?: \((?P<reason>\w+)\))?: (?P<text>.*)", re.S)
_UNREACHED = re.compile(r"^(Unable to connect to the server|The connection to the server)", re.M)


class Refusal(DeployError):
    """A call that the cluster refused. `reason` is that of its status, as `Forbidden`."""

    def __init__(
        self, reason: str, message: str, *, where: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.reason = reason


class Kubectl:
    """One cluster and namespace. Errors of all calls: DeployError, Refusal where the cluster refuses.

    A call that is not answered is repeated: all that emel makes has a name of its own, so nothing is doubled.
    """

    def __init__(
        self, process: Process, settings: KubernetesMachines, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._process = process
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._namespace = settings.namespace

    @property
    def namespace(self) -> str:
        """The namespace that is configured, else that of the context."""
        if self._namespace is None:
            said = self._run("config", "view", "--minify", "--output", "jsonpath={..namespace}")
            if said.returncode:
                raise DeployError(
                    f"kubectl knows no cluster: {_message(said)}",
                    hint="set [kubernetes.machine] context in emel.toml: `kubectl config get-contexts` lists "
                    "them; inside of a cluster, where there is none, set namespace",
                )
            self._namespace = said.stdout.strip() or "default"
        return self._namespace

    def path(self, api: str, kind: str, name: str = "", **query: str) -> str:
        """The path of a resource in the namespace: `path("apis/batch/v1", "jobs", "emel-7-1")`."""
        parts = [api, "namespaces", self.namespace, kind, *([name] if name else [])]
        asked = f"?{urlencode(query)}" if query else ""
        return f"/{'/'.join(quote(part) for part in parts)}{asked}"

    def get(self, path: str) -> Any:
        """An object, or a list of one page, as the API has it. None when it is absent."""
        text = self.text(path)
        return None if text is None else _decoded(text)

    def text(self, path: str) -> str | None:
        """What the API answers, as it is. None when it is absent."""
        return self._call(NOT_FOUND, "get", "--raw", path)

    def items(self, path: str) -> list[Any]:
        """All elements of a list, whatever the number of its pages."""
        found: list[Any] = []
        joint = "&" if "?" in path else "?"
        following: str | None = ""
        while following is not None:
            page = self.get(f"{path}{joint}{urlencode({'limit': 500, 'continue': following})}") or {}
            found += page.get("items") or ()
            following = page.get("metadata", {}).get("continue") or None
        return found

    def create(self, path: str, thing: Mapping[str, Any]) -> Any:
        """Make an object and return it as the API has it. None when there is one of this name.

        A field that the cluster does not know is an error.
        """
        text = self._call(
            ALREADY_EXISTS,
            *("create", "--raw", f"{path}?fieldValidation=Strict", "--filename", "-"),
            stdin=msgspec.json.encode(thing),
        )
        return None if text is None else _decoded(text)

    def delete(self, path: str) -> None:
        """Delete an object. Does nothing when it is absent."""
        self._call(NOT_FOUND, "delete", "--raw", path)

    def _call(self, expected: str, *arguments: str, stdin: bytes | None = None) -> str | None:
        """What kubectl prints; None when the cluster refuses for the reason that is expected."""
        for pause in (*PAUSES, None):
            said = self._run(*arguments, f"--request-timeout={CALL_SECONDS}s", stdin=stdin)
            if not said.returncode:
                return said.stdout
            reason = _reason(said)
            if reason == expected:
                return None
            if pause is None or reason not in _PASSING:
                raise _refusal(reason, said, arguments)
            self._tell(f"the cluster does not answer, trying again in {pause:g} s")
            self._clock.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _run(self, *arguments: str, stdin: bytes | None = None) -> Completed:
        context = ("--context", self._settings.context) if self._settings.context else ()
        try:
            return self._process.run(
                ["kubectl", *context, *arguments], stdin=stdin, timeout=3.0 * CALL_SECONDS
            )
        except FileNotFoundError:
            raise DeployError(
                "kubectl is not installed",
                hint="install it: https://kubernetes.io/docs/tasks/tools/",
            ) from None
        except TimeoutError:
            return Completed(1, "", "Error from server (Timeout): kubectl did not end in time\n")


def _reason(said: Completed) -> str:
    if _UNREACHED.search(said.stderr):
        return "Timeout"
    refused = _REFUSED.match(said.stderr.strip())
    return (refused["reason"] or "unknown") if refused else "unknown"


def _message(said: Completed) -> str:
    text = said.stderr.strip()
    refused = _REFUSED.match(text)
    return refused["text"] if refused else text.removeprefix("error: ")


def _refusal(reason: str, said: Completed, arguments: Sequence[str]) -> Refusal:
    text, verb, resource = _message(said), arguments[0], arguments[2].partition("?")[0]
    where = f"Kubernetes, {verb} {resource}"
    if reason == FORBIDDEN:
        hint = "give it a role that may: docs/guides/cloud-training.md has the whole of it"
        return Refusal(reason, f"whoever launches may not do this: {text}", where=where, hint=hint)
    if "(Unauthorized)" in text:
        hint = "sign in again; check it with: kubectl auth whoami"
        return Refusal(reason, f"the sign-in was not accepted: {text}", where=where, hint=hint)
    if _UNREACHED.search(said.stderr):
        hint = (
            "name the cluster by [kubernetes.machine] context, as `kubectl config get-contexts` lists them; "
            "where it is the right one, try again: nothing is doubled by it"
        )
        return Refusal(reason, f"the cluster does not answer: {text}", where=where, hint=hint)
    if reason in _PASSING:
        hint = "try again; nothing is doubled by it"
        return Refusal(reason, f"the cluster does not answer: {text}", where=where, hint=hint)
    return Refusal(reason, text or "kubectl failed without a word", where=where)


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as problem:
        raise DeployError(f"the cluster's answer is no JSON: {problem}", where="Kubernetes") from problem
