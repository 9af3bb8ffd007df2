"""A function's zip: built the same every time, proved against the original model, and measured."""

from emel.bundle.attest import attest
from emel.bundle.build import build
from emel.bundle.bytecode import OWN, interpreters
from emel.bundle.cold_start import measure_cold_start
from emel.bundle.manifest import open_manifest
from emel.bundle.parity import check_parity
from emel.bundle.size import CEILINGS, Ceiling, check_size, too_large_for

__all__ = [
    "CEILINGS",
    "OWN",
    "Ceiling",
    "attest",
    "build",
    "check_parity",
    "check_size",
    "interpreters",
    "measure_cold_start",
    "open_manifest",
    "too_large_for",
]
