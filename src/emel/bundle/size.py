"""Which clouds take a function of this size, and what would make it smaller.

Where a cloud can mount a bucket, a model that is too large for the zip may stand beside it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from emel.errors import BundleError

SHOWN = 10
MB = 1_000_000
TIPS = {
    "torch": "export the model as .onnx and package that",
    "tensorflow": "export the model as .onnx and package that",
    "nvidia": "require the build of the library without graphics cards, such as xgboost-cpu",
    "catboost": 'take tier = "pure" or "onnx", which need no CatBoost',
    "mlflow": "require mlflow-skinny, or no MLflow at all: the function does not need it",
    "pyarrow": "leave pyarrow out of the requirements if predict does not need it",
    "dvc": "give the function requirements of its own, without what only training needs",
    "matplotlib": "give the function requirements of its own, without what only training needs",
    "pandas": "train on arrays instead of frames, so that the function needs no pandas",
}
"""The first part of a path → what would help."""


class Ceiling(NamedTuple):
    """What a cloud takes, in bytes."""

    cloud: str
    zipped: int
    unpacked: int
    mounts: bool = False
    """Whether a function may read files of a bucket as if they were in its folder."""


YANDEX = Ceiling("Yandex Cloud", 128 * 2**20, 680 * 2**20, mounts=True)
"""https://yandex.cloud/en/docs/functions/concepts/limits, read November 2026. The zip comes from a bucket, or
directly up to 3.5 MB. Mounts: https://yandex.cloud/en/docs/functions/concepts/mounting."""
AWS = Ceiling("AWS Lambda", 250 * 2**20, 250 * 2**20)
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, November 2026: 250 MB unpacked.
The zip comes from a bucket, or directly up to 50 MB."""
CEILINGS: Mapping[str, Ceiling] = {"yandex": YANDEX, "aws": AWS}
"""By the names that --to takes. The local platform takes what one of them does."""


def too_large_for(
    zip_path: Path, ceilings: Iterable[Ceiling] = CEILINGS.values(), *, mounted: bool = False
) -> tuple[Ceiling, ...]:
    """Those that do not take the zip; where the model is `mounted` beside it, also those that can mount
    nothing."""
    zipped, unpacked = zip_path.stat().st_size, sum(_parts(zip_path).values())
    return tuple(
        one
        for one in ceilings
        if zipped > one.zipped or unpacked > one.unpacked or (mounted and not one.mounts)
    )


def check_size(zip_path: Path, ceilings: Collection[Ceiling], *, mounted: bool = False) -> None:
    """Errors: BundleError where none takes the zip, with its ten largest parts, and what would help."""
    if len(too_large_for(zip_path, ceilings, mounted=mounted)) < len(ceilings):
        return
    zipped, parts = zip_path.stat().st_size, _parts(zip_path)
    unpacked = sum(parts.values())
    largest = sorted(parts, key=lambda part: (-parts[part], part))[:SHOWN]
    told = ", ".join(f"{part} {parts[part] / MB:.1f}" for part in largest)
    helps = list(dict.fromkeys(TIPS[part] for part in largest if part in TIPS))
    taken = ", ".join(f"{one.cloud} {one.zipped / MB:.0f} and {one.unpacked / MB:.0f}" for one in ceilings)
    raise BundleError(
        f"the function is {zipped / MB:.0f} MB as a zip and {unpacked / MB:.0f} MB unpacked. At the "
        f"most, {taken} are taken. The largest parts, in MB: {told}",
        hint="; or ".join(helps or ['require fewer packages, or take tier = "onnx"']),
    )


def _parts(zip_path: Path) -> dict[str, int]:
    """Unpacked bytes by the first part of the path."""
    parts: dict[str, int] = {}
    with zipfile.ZipFile(zip_path) as archive:
        for entry in archive.infolist():
            part = entry.filename.partition("/")[0]
            parts[part] = parts.get(part, 0) + entry.file_size
    return parts
