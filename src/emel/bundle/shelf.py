"""Where the bundles of a project stand: each zip with its record and its answers beside it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from emel.errors import BundleError
from emel.records import Bundle, from_json, to_json
from emel.system.files import write_atomic


class Shelf:
    """The folder of bundles: `<name>-<version>.zip`, `.json` (the record), `.answers.json`, and `.model`
    where the zip does not hold the model."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, name: str, version: str) -> Path:
        """Where the zip of this model version goes."""
        return self._folder / f"{name}-{version}.zip"

    def put(self, bundle: Bundle) -> None:
        """Write the record beside the zip, last, so that what has a record is whole."""
        write_atomic(record_of(bundle.path), msgspec.json.format(to_json(bundle)))

    def all(self) -> tuple[Bundle, ...]:
        """All bundles with a record that this emel can read, in the order of their names."""
        return tuple(
            bundle
            for record in sorted(self._folder.glob("*.json"))
            if (bundle := _readable(record)) is not None
        )

    def by_digest(self, digest: str) -> Bundle | None:
        """The bundle whose zip has this digest."""
        return next((bundle for bundle in self.all() if bundle.digest == digest), None)


def read_record(zip_path: Path) -> Bundle:
    """The record beside a zip. Errors: BundleError when either is missing or the record is another emel's."""
    if not zip_path.is_file():
        raise BundleError(
            "no such bundle", where=str(zip_path), hint="make one with `emel package`, or check the path"
        )
    try:
        bundle = from_json(record_of(zip_path).read_bytes(), Bundle)
    except (OSError, msgspec.DecodeError) as problem:
        raise BundleError(
            f"the record beside the bundle cannot be read: {problem}",
            where=str(record_of(zip_path)),
            hint="make the bundle again with `emel package`",
        ) from problem
    mounted = bundle.mounted
    if mounted is not None:
        mounted = msgspec.structs.replace(mounted, path=model_of(zip_path))
        if not mounted.path.is_file():
            raise BundleError(
                "the bundle's model, which is not in its zip, is gone",
                where=str(mounted.path),
                hint="make the bundle again with `emel package`",
            )
    return msgspec.structs.replace(bundle, path=zip_path, answers=answers_of(zip_path), mounted=mounted)


def record_of(zip_path: Path) -> Path:
    """The path of the record that belongs to a zip."""
    return zip_path.with_name(zip_path.name.removesuffix(".zip") + ".json")


def answers_of(zip_path: Path) -> Path:
    """The path of the answers that belong to a zip."""
    return zip_path.with_name(zip_path.name.removesuffix(".zip") + ".answers.json")


def model_of(zip_path: Path) -> Path:
    """The path of a model that stands beside a zip instead of in it."""
    return zip_path.with_name(zip_path.name.removesuffix(".zip") + ".model")


def _readable(record: Path) -> Bundle | None:
    if record.name.endswith(".answers.json"):
        return None
    try:
        return read_record(record.with_name(record.name.removesuffix(".json") + ".zip"))
    except BundleError:
        return None
