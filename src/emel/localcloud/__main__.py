"""`python -m emel.localcloud FOLDER` serves the store in a folder on a free port until SIGTERM."""

from __future__ import annotations

import sys
from pathlib import Path

from emel.localcloud.server import serve
from emel.localcloud.store import Store

serve(Store(Path(sys.argv[1])), port=0, on_ready=lambda _: None)
