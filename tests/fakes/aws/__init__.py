"""EC2 and the public parameters of SSM on loopback: moto, with what it lacks and tests need put before it.

Added here: client tokens of RunInstances, zones without room, parameters of Canonical and of the Deep
Learning images, consoles, machines that power themselves off, faults before and after a call. It does not
prove: that AWS takes this combination of arguments, boots the image, or bills as it says.
"""

from tests.fakes.aws.client import Killed, Killer, aws_compute, connect_to_fake
from tests.fakes.aws.server import FakeAws, Fault, shared_aws

__all__ = ["FakeAws", "Fault", "Killed", "Killer", "aws_compute", "connect_to_fake", "shared_aws"]
