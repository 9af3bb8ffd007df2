"""A function's zip: built the same every time, proved against the original model, and measured."""

from emel.bundle.attest import attest
from emel.bundle.build import build
from emel.bundle.bytecode import OWN, interpreters
from emel.bundle.cold_start import measure_cold_start
from emel.bundle.manifest import open_manifest
from emel.bundle.parity import check_parity
from emel.bundle.size import check_size

__all__ = [
    "OWN",
    "attest",
    "build",
    "check_parity",
    "check_size",
    "interpreters",
    "measure_cold_start",
    "open_manifest",
]
