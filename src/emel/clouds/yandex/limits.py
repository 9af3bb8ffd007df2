"""What Yandex Cloud Functions lets a function have.

Source: its documentation, «Quotas and limits» (functions-limits.md, read November 2026), and for the memory
cloudapi, yandex/cloud/serverless/functions/v1/function.proto.
"""

from emel.clouds.base import Limits

LIMITS = Limits(
    memory=range(128, 8192 + 1, 128),
    longest_timeout=600.0,
    bundle_bytes=128 * 2**20,
    unpacked_bytes=680 * 2**20,
    request_bytes=3_500_000,
    mounts=True,
)

DIRECT_BYTES = 3_500_000
"""A zip up to here goes with the request itself, a larger one through Object Storage."""
ENVIRONMENT_BYTES = 4096
"""All environment variables together, with their names."""
