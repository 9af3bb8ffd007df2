"""Running a DVC pipeline and reading its results. Nothing else in emel knows DVC.

DVC is asked through the user's own `dvc` program and the JSON that it prints (`exp show`, `plots diff`), not
through its Python package: so DVC may live in another environment than emel, cannot print into emel's output,
and what is relied on is what DVC documents. A call costs 0.6 to 0.9 s, most of it DVC's own start; so the
results of a pipeline that is written plainly are read from its files (plain.py); tests hold both together.
"""

from emel.experiments.grid import cells, grid
from emel.experiments.pipeline import Pipeline

__all__ = ["Pipeline", "cells", "grid"]
