"""What InstanceService.Create refuses at once.

Sources: the comments of yandex/cloud/compute/v1/instance_service.proto, whose rules its descriptors do not
carry; documentation of Compute Cloud, «vCPU performance levels», «Graphics processing units», «Quotas and
limits». The words and codes of refusals are those that users of the API have seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import grpc
from tests.fakes.yandex.compute_places import PlaceState
from tests.fakes.yandex.state import FOLDER, Refused, State

INVALID = grpc.StatusCode.INVALID_ARGUMENT
GB = 2**30
_NAME = r"|[a-z]([-_a-z0-9]{0,61}[a-z0-9])?"
_LABEL_KEY, _LABEL_VALUE = r"[a-z][-_./\\@0-9a-z]{0,62}", r"[-_./\\@0-9a-z]{0,63}"
# standard-v3 at 100 %: up to that many processors, up to that many GB for each.
_STANDARD_V3 = {
    2: 16, 4: 16, 6: 16, 8: 16, 10: 16, 12: 16, 14: 16, 16: 16, 20: 16, 24: 13, 28: 11, 32: 10, 36: 16,
    40: 16, 44: 14, 48: 13, 52: 12, 56: 11, 60: 10, 64: 10, 68: 9, 72: 8, 76: 8, 80: 8, 84: 7, 88: 7,
    92: 6, 96: 6,
}  # fmt: skip
# GPUs, processors, GB.
_T4 = ((1, 4, 16), (1, 8, 32), (1, 16, 64), (1, 32, 128))
_WITH_GPU = {
    "standard-v3-t4": _T4,
    "standard-v3-t4i": _T4,
    "gpu-standard-v1": ((1, 8, 96), (2, 16, 192), (4, 32, 384)),
    "gpu-standard-v2": ((1, 8, 48), (2, 16, 96), (4, 32, 192), (8, 64, 384)),
    "gpu-standard-v3": ((1, 28, 119), (2, 56, 238), (4, 112, 476), (8, 224, 952)),
    "gpu-standard-v3i": ((1, 18, 144), (2, 36, 288), (4, 72, 576), (8, 180, 1440)),
    "gpu-standard-v4": ((1, 22, 220), (2, 44, 440), (4, 88, 880), (8, 180, 1800)),
}
_GPU_QUOTAS = {
    "standard-v3-t4": "compute.instanceT4Gpus.count",
    "standard-v3-t4i": "compute.instanceT4IGpus.count",
    "gpu-standard-v3": "compute.instanceA100Gpus.count",
    "gpu-standard-v3i": "compute.instanceV3IGpus.count",
}
QUOTAS = {
    "compute.instances.count": 12,
    "compute.instanceCores.count": 32,
    "compute.instanceMemory.size": 128 * GB,
    "compute.ssdDisks.size": 200 * GB,
    "compute.instanceGpus.count": 0,
    **dict.fromkeys(_GPU_QUOTAS.values(), 0),
}
"""What a new cloud has."""


def check_creation(request: Any, state: State, places: PlaceState) -> None:
    """Errors: Refused for what is wrong in itself, or not allowed to the caller."""
    broken = list(_violations(request))
    if broken:
        raise Refused(INVALID, f"Validation failed: {'; '.join(broken)}")
    if request.folder_id != FOLDER:
        raise Refused(grpc.StatusCode.NOT_FOUND, f"Folder with id {request.folder_id} not found")
    _check_rights(request, state)
    _check_size(request)
    for interface in request.network_interface_specs:
        subnet = places.subnets.get(interface.subnet_id)
        if subnet is None:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Subnet {interface.subnet_id} not found")
        if subnet.zone_id != request.zone_id:
            raise Refused(INVALID, f"Subnet {subnet.id} is in another zone than the instance")
    spec = request.boot_disk_spec.disk_spec
    image = places.images.get(spec.image_id)
    if image is None:
        raise Refused(grpc.StatusCode.NOT_FOUND, f"Image {spec.image_id} not found")
    if spec.size < image.min_disk_size:
        raise Refused(INVALID, f"Disk size is less than the minimum of the image, {image.min_disk_size}")


def check_quotas(request: Any, state: State, standing: Iterable[Any], disks: Iterable[Any]) -> None:
    """Errors: Refused when the cloud would have more than its quotas allow."""
    standing = list(standing)
    wanted, others = request.resources_spec, [one.resources for one in standing]
    gpus = [one.resources.gpus for one in standing if one.platform_id == request.platform_id]
    cores = wanted.cores + sum(one.cores for one in others)
    memory = wanted.memory + sum(one.memory for one in others)
    size = request.boot_disk_spec.disk_spec.size + sum(disk.size for disk in disks)
    totals = (
        ("compute.instances.count", 1 + len(others), "maximum number of instances"),
        ("compute.instanceCores.count", cores, "maximum number of cores"),
        ("compute.instanceMemory.size", memory, "maximum amount of memory"),
        ("compute.ssdDisks.size", size, "total size of network-ssd disks"),
        (_gpu_quota(request.platform_id), wanted.gpus + sum(gpus), "maximum number of GPU devices"),
    )
    for quota, total, what in totals:
        if total > state.quotas.get(quota, 0):
            raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, f"The limit on {what} has exceeded.")


def _gpu_quota(platform: str) -> str:
    return _GPU_QUOTAS.get(platform, "compute.instanceGpus.count")


def _violations(request: Any) -> Any:
    for field in ("folder_id", "zone_id", "platform_id"):
        if not 0 < len(getattr(request, field)) <= 50:
            yield f"{field}: is required"
    if not re.fullmatch(_NAME, request.name):
        yield f"name: {request.name!r} does not match"
    if len(request.description) > 256:
        yield "description: is too long"
    for key, value in request.labels.items():
        if not re.fullmatch(_LABEL_KEY, key) or not re.fullmatch(_LABEL_VALUE, value):
            yield f"labels: {key!r}: {value!r} does not match"
    if len(request.labels) > 64:
        yield "labels: are more than 64"
    sizes = [len(value.encode()) for value in request.metadata.values()]
    if any(size > 256 * 1024 for size in sizes) or sum(sizes) >= 512 * 1024:
        yield "metadata: is too large"
    if request.resources_spec.core_fraction not in (0, 5, 20, 50, 100):
        yield "resources_spec.core_fraction: is not a level"
    if len(request.network_interface_specs) != 1 or not request.network_interface_specs[0].subnet_id:
        yield "network_interface_specs: is required"
    spec = request.boot_disk_spec.disk_spec
    if not 4 * 2**20 <= spec.size <= 4 * 2**40 or len(spec.description) > 256:
        yield "boot_disk_spec: has no good size or description"
    if not re.fullmatch(_NAME, spec.name):
        yield f"boot_disk_spec.disk_spec.name: {spec.name!r} does not match"


def _check_rights(request: Any, state: State) -> None:
    public = request.network_interface_specs[0].primary_v4_address_spec.HasField("one_to_one_nat_spec")
    needed = [{"vpc.user", "editor", "admin"}]
    needed += [{"vpc.publicAdmin", "editor", "admin"}] if public else []
    if any(not roles & state.roles for roles in needed):
        raise Refused(grpc.StatusCode.PERMISSION_DENIED, "Permission denied")
    account = request.service_account_id
    allowed = {"iam.serviceAccounts.user", "admin"} & state.roles
    if account and (account not in state.service_accounts or not allowed):
        raise Refused(INVALID, f"Service account {account} is not available")


def _check_size(request: Any) -> None:
    wanted, platform = request.resources_spec, request.platform_id
    if wanted.memory % GB:
        raise Refused(INVALID, "Memory is not a whole number of GB")
    asked = (wanted.gpus, wanted.cores, wanted.memory // GB)
    if platform in _WITH_GPU:
        fits = asked in _WITH_GPU[platform]
    elif platform == "standard-v3":
        each, rest = divmod(asked[2], wanted.cores or 1)
        fits = not rest and not wanted.gpus and 1 <= each <= _STANDARD_V3.get(wanted.cores, 0)
    else:
        raise Refused(grpc.StatusCode.FAILED_PRECONDITION, f'Platform "{platform}" not found')
    if not fits:
        raise Refused(INVALID, f"{platform} has no {asked[1]} cores with {asked[2]} GB and {asked[0]} GPUs")
