"""Yandex Cloud on loopback, for the real SDK: it checks and does what protos and docs say."""

from tests.fakes.yandex.emulator import Emulator

__all__ = ["Emulator"]
