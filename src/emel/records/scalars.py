"""The values that metrics, parameters and rows are made of."""

from __future__ import annotations

Scalar = float | int | str | bool | None
