"""kubectl in a job: images of Python do not bring it."""

from __future__ import annotations

from typing import Any

from emel.ci.layout import Noted

VERSION = "1.35.3"
CHECKSUMS = {
    "amd64": "fd31c7d7129260e608f6faf92d5984c3267ad0b5ead3bced2fe125686e286ad6",
    "arm64": "6f0cd088a82dde5d5807122056069e2fac4ed447cc518efc055547ae46525f14",
}
"""SHA-256 of the program of that version for Linux, as its server has it beside each in `kubectl.sha256`
(https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/)."""
SERVER = "https://dl.k8s.io/release"


def steps() -> list[Any]:
    """Commands of a job that put kubectl into the image, as its superuser. One that is there stays."""
    fetched = "/tmp/kubectl"
    url = f"{SERVER}/v{VERSION}/bin/linux/$kubectl_arch/kubectl"
    proved = f'echo "$kubectl_sum  {fetched}" | sha256sum --check'
    return [
        Noted(
            "kubectl, by its checksum; an image that has one keeps it.",
            f"kubectl_arch=amd64 kubectl_sum={CHECKSUMS['amd64']}",
        ),
        f'if [ "$(uname -m)" = aarch64 ]; then kubectl_arch=arm64 kubectl_sum={CHECKSUMS["arm64"]}; fi',
        f'command -v kubectl || curl -fsSL --retry 3 -o {fetched} "{url}"',
        f"command -v kubectl || ({proved} && install {fetched} /usr/local/bin/kubectl)",
    ]
