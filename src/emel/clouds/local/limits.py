"""What the local platform lets a function have: the same as Yandex Cloud Functions.

Source: its documentation, «Quotas and limits» (functions-limits.md, read November 2026).
"""

from emel.clouds.base import Limits
from emel.localcloud import BODY_LIMIT, UNPACKED_LIMIT

LIMITS = Limits(
    memory=range(128, 8192 + 1, 128),
    longest_timeout=600.0,
    bundle_bytes=128 * 2**20,
    unpacked_bytes=UNPACKED_LIMIT,
    request_bytes=BODY_LIMIT,
    mounts=True,
)
