"""The tables of emel.toml that say how the function runs, what it logs, and what its page shows."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class ScalingTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the function scales on Yandex Cloud, where a limit is one of each of its availability zones."""

    zone_instances: Annotated[int, Meta(ge=0)] | None = None
    """Instances in each zone, at most; 0 is no limit of your own. Without it `max_instances`: the cloud
    spreads calls at random, and all may go to one zone."""
    zone_requests: Annotated[int, Meta(ge=0)] = 0
    """Requests under way in each zone, at most, with those that wait; any more gets 429. 0 is no limit of
    your own."""


class FunctionTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the function runs."""

    memory: Annotated[int, Meta(ge=128, le=8192, multiple_of=128)] = 128
    """Memory class in MB, a multiple of 128. The share of a processor grows with it."""
    timeout: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """Seconds after which a request is ended."""
    max_instances: Annotated[int, Meta(ge=1, le=100)] = 4
    """How many instances may run at once; one serves one request at a time."""
    provisioned: Annotated[int, Meta(ge=0, le=100)] = 0
    """How many instances are kept warm; on Yandex Cloud those of the tag `prod` alone."""
    python: Literal["3.11", "3.12", "3.13", "3.14"] | None = None
    """The version of Python that the function runs under; without it, the one that runs emel. The libraries
    of the tiers `onnx` and `python` are for this version and run under no other. Yandex Cloud has 3.12 and
    3.14; the local platform has the one that runs emel."""
    calls_per_instance: Annotated[int, Meta(ge=1)] = 1000
    """How many calls you expect an instance to answer before it is gone: by it, `auto` weighs a tier's start
    against its calls."""
    idle_seconds: Annotated[float, Meta(gt=0)] = 60.0
    """After how many idle seconds the local platform ends an instance."""
    cors: tuple[str, ...] = ()
    """Origins whose pages may call the function from a browser, as `["https://example.com"]`, or `["*"]`."""
    scaling: ScalingTable = ScalingTable()
    """See [function.scaling]."""


class LoggingTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the log of the function holds, beside one line a request with its status and time."""

    predictions: bool = False
    """Whether the lines hold inputs and predictions too."""
    sample: Annotated[float, Meta(ge=0, le=1)] = 1.0
    """Of what share of the requests."""
    redact: tuple[str, ...] = ()
    """Columns whose values are hidden there."""


class PageTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page on which people try the model in a browser."""

    examples: Annotated[int, Meta(ge=0, le=20)] = 3
    """How many rows of the sample it offers to fill in. They are your data, and go into the function: whoever
    opens the page sees them, but where an API key is asked for. With 0 none does, nor where `redact` of
    [logging] names a column: then examples are made from the ranges of the columns."""
