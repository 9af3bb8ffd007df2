"""Yandex Cloud on loopback, for the real SDK: it checks and does what protos and docs say."""

import os

# The core of gRPC would note each connection that a server ends. It looks when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from tests.fakes.yandex.emulator import Emulator

__all__ = ["Emulator"]
