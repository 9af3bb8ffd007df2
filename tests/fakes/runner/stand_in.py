"""What emel needs of gitlab-runner, in Python's standard library: `run-single` with the executor `shell`.

    gitlab-runner run-single --config FILE --runner NAME --max-builds N --wait-timeout SECONDS

It speaks to the server as the real one does: `POST runners/verify`, `POST jobs/request`, `PATCH
jobs/ID/trace` with `Content-Range`, `PUT jobs/ID` (GitLab Runner's source, `network/gitlab.go`), and
reads its configuration once. The wait counts from its start and from the end of each job
(`commands/single.go`). SIGQUIT lets a job end first; SIGTERM and SIGINT end it, and tell the server that
the runner was to blame. It runs no containers, clones nothing, and knows neither artifacts nor caches.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHECK_SECONDS = 0.1
"""Between two questions for a job; the real one waits 3 s."""


def say(text: str) -> None:
    """Write a line on the console."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Server:
    """The coordinator's calls, over one connection."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._path = f"{parts.path.rstrip('/')}/api/v4"
        self._token = token

    def verify(self) -> bool:
        return self._call("POST", "/runners/verify", {"token": self._token})[0] == 200

    def request(self) -> tuple[int, Any]:
        """201 with a job, 204 without, 403 when the runner is gone."""
        info = {"name": "gitlab-runner", "version": "0", "executor": "shell"}
        return self._call("POST", "/jobs/request", {"token": self._token, "info": info})[:2]

    def trace(self, job: Any, begin: int, chunk: bytes) -> str:
        """The state of the job, as the server has it."""
        headers = {"JOB-TOKEN": job["token"], "Content-Range": f"{begin}-{begin + len(chunk) - 1}"}
        return self._send("PATCH", f"/jobs/{job['id']}/trace", chunk, headers)[2]

    def update(self, job: Any, state: str, reason: str | None) -> str:
        content = {"token": job["token"], "state": state, "failure_reason": reason}
        return self._call("PUT", f"/jobs/{job['id']}", content)[2]

    def _call(self, method: str, path: str, content: Any) -> tuple[int, Any, str]:
        headers = {"Content-Type": "application/json"}
        return self._send(method, path, json.dumps(content).encode(), headers)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any, str]:
        try:
            self._connection.request(method, self._path + path, body, headers)
            reply = self._connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException) as problem:
            self._connection.close()
            say(f"WARNING: {method} {path}: {problem}")
            return 0, None, ""
        decoded = json.loads(text) if reply.status in (200, 201) and text.startswith(b"{") else None
        return reply.status, decoded, reply.headers.get("Job-Status", "")


class Runner:
    """Takes jobs until it is told to end, has had its number of them, or has waited too long."""

    def __init__(self, server: Server, max_builds: int, wait_timeout: float) -> None:
        self._server = server
        self._left = max_builds
        self._wait_timeout = wait_timeout
        self._drain = threading.Event()
        self._abort = threading.Event()
        signal.signal(signal.SIGQUIT, lambda *_: self._drain.set())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: (self._drain.set(), self._abort.set()))

    def run(self) -> int:
        if not self._server.verify():
            say("FATAL: Verifying runner... is removed")
            return 1
        say("Starting runner for single job")
        idle = time.monotonic()
        while self._left > 0 and not self._drain.is_set():
            if self._wait_timeout and time.monotonic() - idle > self._wait_timeout:
                say("This runner has not received a job in time: exiting now")
                break
            status, job = self._server.request()
            if status == 403:
                say("ERROR: Checking for jobs... forbidden")
                return 1
            if status == 201:
                self._work(job)
                self._left -= 1
                idle = time.monotonic()
            else:
                self._drain.wait(CHECK_SECONDS)
        return 0

    def _work(self, job: Any) -> None:
        say(f"Checking for jobs... received job={job['id']}")
        with tempfile.TemporaryDirectory() as folder:
            state, reason = self._execute(job, Path(folder))
        say(f"Job {state} job={job['id']}")
        self._server.update(job, state, reason)

    def _execute(self, job: Any, folder: Path) -> tuple[str, str | None]:
        script = "\n".join(line for step in job["steps"] for line in step["script"])
        given = {each["key"]: each["value"] for each in job["variables"]}
        env = {**os.environ, **given, "CI_JOB_ID": str(job["id"]), "CI_JOB_TOKEN": job["token"]}
        output = folder / "trace"
        with output.open("wb") as file:
            child = subprocess.Popen(
                ["sh", "-e", "-c", script],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        sent = 0
        while True:
            ended = child.poll() is not None
            chunk = output.read_bytes()[sent:]
            state = self._server.trace(job, sent, chunk) if chunk or not ended else "running"
            sent += len(chunk)
            if self._abort.is_set() or state in ("canceled", "canceling", "failed"):
                os.killpg(child.pid, signal.SIGTERM)
                child.wait()
                return "failed", "runner_system_failure"
            if ended:
                return ("success", None) if child.returncode == 0 else ("failed", "script_failure")
            self._abort.wait(CHECK_SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="gitlab-runner")
    single = parser.add_subparsers(dest="command", required=True).add_parser("run-single")
    single.add_argument("--config", type=Path, required=True)
    single.add_argument("--runner", required=True)
    single.add_argument("--max-builds", type=int, required=True)
    single.add_argument("--wait-timeout", type=float, required=True)
    given = parser.parse_args()
    config = tomllib.loads(given.config.read_text("utf-8"))
    mine = next((each for each in config["runners"] if each["name"] == given.runner), None)
    if mine is None or mine["executor"] != "shell":
        say(f"FATAL: no runner {given.runner} with the executor shell")
        return 1
    return Runner(Server(mine["url"], mine["token"]), given.max_builds, given.wait_timeout).run()


if __name__ == "__main__":
    sys.exit(main())
