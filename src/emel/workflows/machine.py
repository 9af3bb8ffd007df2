"""The doors to the outside that workflows act through."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from emel.system.clock import Clock, SystemClock
from emel.system.http import FileHttp, SystemHttp
from emel.system.process import Process, SystemProcess


class System(NamedTuple):
    """The doors to the outside that workflows use."""

    process: Process
    http: FileHttp
    clock: Clock
    env: Mapping[str, str] = {}
    """The environment, where clouds look for credentials."""


def this_machine() -> System:
    """The doors of the machine that emel runs on."""
    # A GitLab server behind a certificate authority of its own gives its jobs the authority's certificate.
    ca_file = os.environ.get("CI_SERVER_TLS_CA_FILE")
    return System(SystemProcess(), SystemHttp(ca_file=ca_file), SystemClock(), os.environ)
