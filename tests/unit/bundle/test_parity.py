"""A bundle's answers beside the original's: equal, nearly equal, and not."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from emel.bundle import build, check_parity
from emel.errors import BundleError
from emel.records import Artifact, Parity
from emel.system.process import SystemProcess


def parity(artifact: Artifact, folder: Path, tolerance: float = 1e-6) -> Parity:
    process = SystemProcess()
    zip_path = build(artifact, version="v1", commit=None, output=folder / "f.zip", process=process).path
    return check_parity(zip_path, artifact.answers, tolerance=tolerance, process=process)


@pytest.mark.parametrize("labels", [("no", "yes"), (0, 1), (False, True), ()])
def test_the_same_answers_are_equal(make_artifact: Any, tmp_path: Path, labels: tuple[Any, ...]) -> None:
    result = parity(make_artifact(labels), tmp_path)

    assert result.ok
    assert result.labels_equal
    assert (result.rows, result.boundary_rows) == (40, 9)
    assert (result.max_abs_diff, result.worst_row) == (0.0, None)


def test_a_key_in_the_environment_does_not_stand_before_the_proof(make_artifact: Any, tmp_path: Path) -> None:
    class Guarded(SystemProcess):
        def run(self, command: Any, **given: Any) -> Any:
            return super().run(command, **{**given, "env": {"EMEL_API_KEY": "s3cret"}})

    artifact = make_artifact()
    built = build(artifact, version="v1", commit=None, output=tmp_path / "f.zip", process=SystemProcess())

    assert check_parity(built.path, artifact.answers, tolerance=1e-6, process=Guarded()).ok


def test_a_difference_within_the_tolerance_is_told_with_its_row(make_artifact: Any, tmp_path: Path) -> None:
    exact = [0.25 + row[0] - 0.5 * row[1] for row in rows()]
    # A difference of numbers above 1 is relative.
    exact[5] += 4e-7

    result = parity(make_artifact((), predictions=exact), tmp_path)

    assert result.ok
    assert result.max_abs_diff == pytest.approx(4e-7 / abs(exact[5]), rel=1e-3)
    assert result.worst_row == 5


def test_a_difference_beyond_the_tolerance_is_not_ok(make_artifact: Any, tmp_path: Path) -> None:
    exact = [0.25 + row[0] - 0.5 * row[1] for row in rows()]
    exact[5] += 1e-5

    assert not parity(make_artifact((), predictions=exact), tmp_path).ok


def test_a_flipped_label_is_not_ok(make_artifact: Any, tmp_path: Path) -> None:
    result = parity(make_artifact(predictions=["no"] * 49), tmp_path)

    assert (result.ok, result.labels_equal) == (False, False)


def test_a_label_of_another_type_is_not_ok(make_artifact: Any, tmp_path: Path) -> None:
    numbers = [int(0.25 + row[0] - 0.5 * row[1] > 0) for row in rows()]

    assert parity(make_artifact((0, 1), predictions=numbers), tmp_path).ok
    assert not parity(make_artifact((0, 1), predictions=[bool(number) for number in numbers]), tmp_path).ok


def test_a_refused_row_is_infinitely_different(make_artifact: Any, tmp_path: Path) -> None:
    wrong = rows()
    wrong[7] = [None, 1.0]

    result = parity(make_artifact(rows=wrong), tmp_path)

    assert not result.ok
    assert (result.max_abs_diff, result.worst_row) == (math.inf, 7)


def test_a_bundle_that_does_not_run_is_an_error(make_artifact: Any, tmp_path: Path) -> None:
    artifact = make_artifact()
    artifact.file.write_bytes(artifact.file.read_bytes() + b"changed after it was signed")

    with pytest.raises(BundleError, match="another digest"):
        parity(artifact, tmp_path)


def test_a_model_that_cannot_be_read_makes_no_bundle(make_artifact: Any, tmp_path: Path) -> None:
    artifact = make_artifact()
    artifact.file.write_bytes(b"damaged")

    with pytest.raises(BundleError, match="first bytes"):
        parity(artifact, tmp_path)


@pytest.mark.parametrize("labels", [(("no", "yes"), (0, 1)), ()])
def test_rows_with_several_answers_are_compared_one_by_one(
    make_artifact: Any, tmp_path: Path, labels: tuple[Any, ...]
) -> None:
    assert parity(make_artifact(labels, targets=2), tmp_path).ok

    wrong = [[0.5, 1e-3] if not labels else ["no", True]] * 49
    assert not parity(make_artifact(labels, targets=2, predictions=wrong), tmp_path).ok


def rows() -> list[list[float | None]]:
    return [[float(one), float(two)] for one in range(-3, 4) for two in range(-3, 4)]
