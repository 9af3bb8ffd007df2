"""What stands between a project and its first machine that trains. Who has none needs nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from emel.clouds.yandex.compute_places import Places
from emel.clouds.yandex.compute_sizes import CARDS, CPU_QUOTA
from emel.errors import EmelError
from emel.records import Finding

# Documentation, «Access management» of Compute Cloud and Virtual Private Cloud: the role, those that hold it
# too, and what it is for.
ROLES = (
    ("compute.editor", ("compute.admin", "editor", "admin"), "machines that train: emel runner"),
    ("vpc.user", ("vpc.admin", "editor", "admin"), "machines that train, to stand in a subnet"),
    ("vpc.publicAdmin", ("vpc.admin", "editor", "admin"), "machines that train, where no NAT leads out"),
)
_QUOTAS = (
    ("compute.instances.count", "machines in the cloud"),
    (CPU_QUOTA, "processors of machines"),
)
_ASK = "ask for more on the cloud's page «Quotas», before `emel runner launch --gpu`"


def look_at_machines(places: Places, quota: Callable[[str], float | None]) -> Iterator[Finding]:
    """What there is for machines: subnets with their way out, quotas. `quota` gives a limit by its name.

    Nothing of it is ever wrong: without it functions are deployed all the same.
    """
    yield _subnets(places)
    for name, what in _QUOTAS:
        limit = quota(name)
        if limit is not None:
            yield Finding(what=f"quota: {what}", ok=True, detail=f"{limit:g}")
    limits = {card: quota(known.quota) for card, known in CARDS.items() if known.quota}
    seen = {card: limit for card, limit in limits.items() if limit is not None}
    if seen:
        yield Finding(
            what="quota: graphics cards",
            ok=True if any(seen.values()) else None,
            detail=", ".join(f"{card} {limit:g}" for card, limit in seen.items()),
            remedy=None if any(seen.values()) else _ASK,
        )


def _subnets(places: Places) -> Finding:
    try:
        found = places.subnets(())
    except EmelError as problem:
        return Finding(what="subnets for machines", ok=None, detail=problem.message, remedy=problem.hint)
    text = ", ".join(f"{subnet.zone} (NAT)" if subnet.has_way_out else subnet.zone for subnet in found)
    return Finding(what="subnets for machines", ok=True, detail=text)
