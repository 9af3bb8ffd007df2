"""What a machine boots: the newest Ubuntu LTS of Canonical, or with a card the image with NVIDIA's driver."""

from __future__ import annotations

from typing import NamedTuple

from emel.clouds.aws.refusals import Refusal
from emel.clouds.aws.session import Session
from emel.clouds.aws.types import CARDS, Type
from emel.errors import DeployError

PLAIN_IMAGE = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id"
"""Public parameter with the newest image. Source: Ubuntu on AWS documentation, «Find Ubuntu images on AWS»
(https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/)."""
CARD_IMAGE = (
    "/aws/service/deeplearning/ami/{architecture}/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
)
"""The same of the Deep Learning Base AMI, which has the driver, Docker and the container toolkit. Source: AWS
Deep Learning AMIs Developer Guide, «Release notes», part «Query AMI-ID with SSM Parameter»."""
_CANONICALS = {"x86_64": "amd64", "arm64": "arm64"}


class Image(NamedTuple):
    """An image; its smallest disk is GB."""

    id: str
    root_device: str
    smallest_disk: int


def find_image(session: Session, configured: str | None, chosen: Type) -> Image:
    """The image that is configured, or the newest that fits the type.

    Errors: DeployError when there is none, or it is for other processors than the type's.
    """
    identifier = configured or _newest(session, chosen)
    found = session.call("ec2", "DescribeImages", ImageIds=[identifier]).get("Images", ())
    if not found:
        raise DeployError(
            f"the region has no image {identifier}", hint="check [aws.machine] image in emel.toml"
        )
    [image] = found
    if image["Architecture"] != chosen.architecture:
        raise DeployError(
            f"the image {identifier} is for {image['Architecture']}, {chosen.name} is {chosen.architecture}",
            hint="change [aws.machine] image in emel.toml, or the type",
        )
    root = image["RootDeviceName"]
    mapped = [one for one in image.get("BlockDeviceMappings", ()) if one.get("DeviceName") == root]
    return Image(
        identifier, root, max((one.get("Ebs", {}).get("VolumeSize", 0) for one in mapped), default=0)
    )


def _newest(session: Session, chosen: Type) -> str:
    if chosen.gpu and chosen.gpu not in CARDS:
        raise DeployError(
            f"the driver in AWS's image does not know the card {chosen.gpu} of {chosen.name}",
            hint="name an image with a driver that does: [aws.machine] image in emel.toml",
        )
    if chosen.gpu:
        name = CARD_IMAGE.format(architecture=chosen.architecture)
    else:
        name = PLAIN_IMAGE.format(architecture=_CANONICALS[chosen.architecture])
    try:
        return str(session.call("ssm", "GetParameter", Name=name)["Parameter"]["Value"])
    except Refusal as problem:
        if problem.code != "ParameterNotFound":
            raise
        raise DeployError(
            f"the region names no image for {chosen.name}: it lacks the public parameter {name}",
            hint="name one: [aws.machine] image in emel.toml",
        ) from None
