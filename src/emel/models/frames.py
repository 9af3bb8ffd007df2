"""Samples that only pandas reads: Parquet, and pickled frames. The worker opens them, in its own process."""

from __future__ import annotations

from pathlib import Path

from emel.errors import SampleError
from emel.models.child import Child
from emel.models.sample import SUFFIXES, Sample, typed_sample

PARQUET = (".parquet", ".pq")
PICKLED = (".pkl", ".pickle", ".joblib")


def read_frame(path: Path, target: str | None, child: Child, trusted: bool) -> Sample:
    """Read a table by the project's own pandas, without the column `target`.

    Errors: SampleError, also for a pickle that is not `trusted`: it runs code when it is loaded.
    """
    suffix = path.suffix.lower()
    if suffix not in (*PARQUET, *PICKLED):
        known = ", ".join((*SUFFIXES, *PARQUET, *PICKLED))
        raise SampleError(
            f"cannot read {suffix or 'this kind of'} files",
            where=str(path),
            hint=f"save the sample as one of {known}",
        )
    if not path.is_file():
        raise SampleError(
            "there is no such file",
            where=str(path),
            hint="check the path, or run the pipeline that writes it",
        )
    if suffix in PICKLED and not trusted:
        raise SampleError(
            "this is a pickle, which runs code when it is loaded, and pickles are not allowed here",
            where=str(path),
            hint="save the sample as CSV, JSON or Parquet",
        )
    task = {"frame": str(path.absolute()), "kind": "frame", "trusted": trusted}
    told = child.run(task, model=path, sample=path)
    return typed_sample({column["name"]: column["values"] for column in told["columns"]}, target, path)
