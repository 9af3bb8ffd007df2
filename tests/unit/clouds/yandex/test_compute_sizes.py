"""Which sizes of machines there are in Yandex Cloud, and what is said of those that there are not."""

from __future__ import annotations

import pytest

from emel.clouds.yandex.compute_sizes import CARDS, Size, image_of, size_of
from emel.errors import DeployError
from emel.records import MachineWanted


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        (MachineWanted(), Size("standard-v3", 0, 2, 8)),
        (MachineWanted(cpus=4, memory=16), Size("standard-v3", 0, 4, 16)),
        (MachineWanted(cpus=2, memory=2), Size("standard-v3", 0, 2, 2)),
        (MachineWanted(cpus=96, memory=576), Size("standard-v3", 0, 96, 576)),
        (MachineWanted(cpus=4, memory=16, gpu="t4", gpus=1), Size("standard-v3-t4", 1, 4, 16)),
        (MachineWanted(cpus=32, memory=128, gpu="t4i", gpus=1), Size("standard-v3-t4i", 1, 32, 128)),
        (MachineWanted(cpus=8, memory=48, gpu="v100", gpus=1), Size("gpu-standard-v2", 1, 8, 48)),
        (MachineWanted(cpus=8, memory=96, gpu="v100", gpus=1), Size("gpu-standard-v1", 1, 8, 96)),
        (MachineWanted(cpus=56, memory=238, gpu="a100", gpus=2), Size("gpu-standard-v3", 2, 56, 238)),
        (MachineWanted(cpus=180, memory=1440, gpu="gen2", gpus=8), Size("gpu-standard-v3i", 8, 180, 1440)),
        (
            MachineWanted(cpus=22, memory=220, gpu="gpu-platform-v4", gpus=1),
            Size("gpu-standard-v4", 1, 22, 220),
        ),
    ],
    ids=lambda value: value.platform if isinstance(value, Size) else "",
)
def test_a_size_that_there_is_has_a_platform(wanted: MachineWanted, size: Size) -> None:
    assert size_of(wanted) == size


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        (MachineWanted(cpus=3, memory=8), "--type 4cpu8gb"),
        (MachineWanted(cpus=2, memory=9), "--type 2cpu10gb"),
        (MachineWanted(cpus=2, memory=64), "--type 4cpu64gb"),
        (MachineWanted(cpus=24, memory=24 * 14), "--type 36cpu360gb"),
        (MachineWanted(cpus=500, memory=8), "--type 96cpu576gb"),
        (MachineWanted(gpu="t4", gpus=1), "--type 4cpu16gb --gpu t4 --gpus 1"),
        (MachineWanted(cpus=8, memory=64, gpu="t4", gpus=1), "--type 16cpu64gb --gpu t4 --gpus 1"),
        (MachineWanted(cpus=4, memory=16, gpu="t4", gpus=2), "--type 32cpu128gb --gpu t4 --gpus 1"),
        (MachineWanted(cpus=8, memory=64, gpu="v100", gpus=1), "--type 8cpu96gb --gpu v100 --gpus 1"),
        (MachineWanted(cpus=28, memory=119, gpu="a100", gpus=3), "--type 112cpu476gb --gpu a100 --gpus 4"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_size_that_there_is_not_is_refused_with_the_nearest(wanted: MachineWanted, nearest: str) -> None:
    with pytest.raises(DeployError, match="Yandex Cloud has no machine of") as problem:
        size_of(wanted)
    assert problem.value.hint == f"the nearest: {nearest}"


def test_a_card_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(DeployError, match="no graphics card 'h100'") as problem:
        size_of(MachineWanted(gpu="h100", gpus=1))
    assert problem.value.hint == "use one of: t4, t4i, v100, a100, gen2, gpu-platform-v4"


def test_names_of_types_are_not_this_clouds() -> None:
    with pytest.raises(DeployError, match=r"no named types of machines, so there is no 'm7i\.xlarge'"):
        size_of(MachineWanted(native="m7i.xlarge"))


def test_each_card_has_an_image_with_its_driver_or_asks_for_one() -> None:
    assert image_of(None) == "ubuntu-2404-lts"
    for name, card in CARDS.items():
        if card.image is not None:
            assert image_of(name) == card.image
    with pytest.raises(DeployError) as problem:
        image_of("gpu-platform-v4")
    assert "image_family in [yandex.machine]" in str(problem.value.hint)
