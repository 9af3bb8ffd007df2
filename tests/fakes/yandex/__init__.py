"""Yandex Cloud on loopback, for the real SDK: what it checks, does and refuses is after the protos and docs."""

from tests.fakes.yandex.emulator import Emulator

__all__ = ["Emulator"]
