"""A function that no cloud takes is told of with what is large in it, and what would help."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from emel.bundle.size import Ceiling, check_size, too_large_for
from emel.errors import BundleError


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A zip of twelve packages, `p01` of 1 kB to `p12` of 12 kB, and 20 kB of torch."""
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(1, 13):
            archive.writestr(f"p{number:02}/a.py", bytes(500 * number))
            archive.writestr(f"p{number:02}/b/c.so", bytes(500 * number))
        archive.writestr("torch/lib.so", bytes(20_000))
    return path


def test_a_function_within_the_limits_may_ship(function: Path) -> None:
    check_size(function, [Ceiling("a cloud", 200_000, 98_000)])


def test_a_function_that_one_cloud_alone_takes_may_ship_and_the_other_is_named(function: Path) -> None:
    small, large = Ceiling("small", 200_000, 97_999), Ceiling("large", 200_000, 98_000)

    check_size(function, [small, large])
    assert too_large_for(function, [small, large]) == (small,)


def test_a_model_beside_the_zip_is_for_clouds_that_can_mount_it(function: Path) -> None:
    plain, mounting = Ceiling("plain", 200_000, 98_000), Ceiling("mounting", 200_000, 98_000, mounts=True)

    assert too_large_for(function, [plain, mounting], mounted=True) == (plain,)
    with pytest.raises(BundleError):
        check_size(function, [plain], mounted=True)


@pytest.mark.parametrize("ceiling", [Ceiling("a cloud", 200_000, 97_999), Ceiling("a cloud", 90_000, 10**6)])
def test_one_beyond_them_is_told_with_its_ten_largest_parts(function: Path, ceiling: Ceiling) -> None:
    with pytest.raises(BundleError) as caught:
        check_size(function, [ceiling])

    *_, largest = caught.value.message.partition("in MB: ")
    assert [part.split()[0] for part in largest.split(", ")] == [
        "torch", *(f"p{number:02}" for number in range(12, 3, -1)),
    ]  # fmt: skip
    assert caught.value.hint is not None
    assert caught.value.hint == "export the model as .onnx and package that"
