"""What would be made in AWS, and what is said to be lacking before anything is."""

from __future__ import annotations

import pytest
from botocore.exceptions import NoRegionError
from tests.fakes.aws import FakeAws, Fault, aws_compute, connect_to_fake

from emel.clouds.aws.session import Session, connect_to, region_of
from emel.clouds.aws.types import CARDS, fitting_type
from emel.errors import DeployError
from emel.records import AwsMachines, MachineWanted


@pytest.mark.parametrize(
    ("wanted", "platform", "size"),
    [
        (MachineWanted(cpus=2, memory=8), "m7i.large", (2, 8)),
        (MachineWanted(cpus=4, memory=8), "c7i.xlarge", (4, 8)),
        (MachineWanted(cpus=4, memory=32), "r7i.xlarge", (4, 32)),
        (MachineWanted(cpus=3, memory=10), "m7i.xlarge", (4, 16)),
        (MachineWanted(native="t3.medium"), "t3.medium", (2, 4)),
    ],
)
def test_the_smallest_type_that_has_all_is_taken(
    aws: FakeAws, wanted: MachineWanted, platform: str, size: tuple[int, int]
) -> None:
    shape = aws_compute(aws).shape(wanted)
    assert (shape.cloud, shape.platform, (shape.cpus, shape.memory)) == ("aws", platform, size)
    assert (shape.disk, shape.disk_type, shape.public_address) == (30, "gp3", True)


def test_a_card_chooses_the_family_and_its_image_the_least_disk(aws: FakeAws) -> None:
    shape = aws_compute(aws).shape(MachineWanted(cpus=8, memory=16, gpu="t4", gpus=1, spot=True))
    assert (shape.platform, shape.gpu, shape.gpus, shape.spot) == ("g4dn.2xlarge", "t4", 1, True)
    assert shape.disk == 75


def test_more_cards_than_one_take_a_larger_type(aws: FakeAws) -> None:
    assert aws_compute(aws).shape(MachineWanted(gpu="t4", gpus=2)).platform == "g4dn.12xlarge"


def test_a_type_with_a_card_says_so_though_none_was_asked_for(aws: FakeAws) -> None:
    shape = aws_compute(aws).shape(MachineWanted(native="g6.xlarge"))
    assert (shape.gpu, shape.gpus, shape.disk) == ("l4", 1, 75)


def test_the_families_of_each_card_carry_it(aws: FakeAws) -> None:
    """What moto says of a type is a copy of what DescribeInstanceTypes answered."""
    ec2 = connect_to_fake(aws)("ec2")
    for card, families in CARDS.items():
        patterns = [f"{family}.*" for family in families]
        described = ec2.describe_instance_types(Filters=[{"Name": "instance-type", "Values": patterns}])
        carried = {one["GpuInfo"]["Gpus"][0]["Name"].lower() for one in described["InstanceTypes"]}
        assert carried <= {card}


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        (
            MachineWanted(gpu="t5", gpus=1),
            "no known type of AWS has the card 't5'",
            "use one of: a100, a10g, h100",
        ),
        (MachineWanted(cpus=500), "no type has 500 processors, 8 GB; the largest", "use --type r7i.48xlarge"),
        (MachineWanted(gpu="t4", gpus=9), "9 × t4; the largest of g4dn is g4dn.12xlarge", "g4dn.12xlarge"),
        (MachineWanted(native="m7i.huge"), "no type 'm7i.huge'", "the nearest are: m7i.12xlarge"),
        (MachineWanted(native="n7i.large"), "no type 'n7i.large'", "m7i.large"),
        (MachineWanted(native="mac1.metal", spot=True), "mac1.metal cannot be had as a spot", "--spot"),
        (MachineWanted(native="m7i.large", gpu="t4", gpus=1), "1 × t4 are wanted", "--gpu t4"),
        (MachineWanted(native="p3dn.24xlarge"), "does not know the card v100", "[aws.machine] image"),
        (
            MachineWanted(zones=("eu-central-1z",)),
            "no subnet for m7i.large in eu-central-1z",
            "eu-central-1a",
        ),
    ],
)
def test_what_is_lacking_is_said_with_the_nearest(
    aws: FakeAws, wanted: MachineWanted, message: str, hint: str
) -> None:
    with pytest.raises(DeployError, match=message) as problem:
        aws_compute(aws).shape(wanted)
    assert hint in str(problem.value.hint)
    assert aws.instances() == []


def test_zones_are_tried_in_the_order_of_the_wish(aws: FakeAws) -> None:
    wanted = MachineWanted(zones=("eu-central-1c", "eu-central-1a"))
    assert aws_compute(aws).shape(wanted).zones == wanted.zones


def test_only_the_configured_subnets_count(aws: FakeAws) -> None:
    [subnet] = connect_to_fake(aws)("ec2").describe_subnets(
        Filters=[{"Name": "availability-zone", "Values": ["eu-central-1b"]}]
    )["Subnets"]
    settings = AwsMachines(subnets=(subnet["SubnetId"],))
    assert aws_compute(aws, settings).shape(MachineWanted()).zones == ("eu-central-1b",)


def test_a_region_without_a_default_network_asks_for_subnets(aws: FakeAws) -> None:
    ec2 = connect_to_fake(aws)("ec2")
    zones = [subnet["AvailabilityZone"] for subnet in ec2.describe_subnets()["Subnets"]]
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    with pytest.raises(DeployError, match="no default network") as problem:
        aws_compute(aws).shape(MachineWanted())
    for zone in zones:
        ec2.create_default_subnet(AvailabilityZone=zone)
    assert "[aws.machine] subnets" in str(problem.value.hint)


def test_an_image_for_other_processors_is_refused(aws: FakeAws) -> None:
    arm = aws.parameters["/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"]
    assert aws_compute(aws, AwsMachines(image=arm)).shape(MachineWanted(native="m7g.large")).cpus == 2
    with pytest.raises(DeployError, match=r"is for arm64, m7i.large is x86_64"):
        aws_compute(aws, AwsMachines(image=arm)).shape(MachineWanted())


def test_an_image_that_the_region_does_not_have_names_the_table(aws: FakeAws) -> None:
    with pytest.raises(DeployError, match="ami-0123456789abcdef0") as problem:
        aws_compute(aws, AwsMachines(image="ami-0123456789abcdef0")).shape(MachineWanted())
    assert "check [aws.machine]" in str(problem.value.hint)


def test_a_card_that_is_not_of_nvidia_is_none() -> None:
    class OtherCards:
        """EC2, with one type, as it describes it (shortened)."""

        def describe_instance_types(self, **_: object) -> object:
            one = {
                "InstanceType": "g4ad.xlarge",
                "SupportedUsageClasses": ["on-demand", "spot"],
                "BareMetal": False,
                "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
                "VCpuInfo": {"DefaultVCpus": 4},
                "MemoryInfo": {"SizeInMiB": 16384},
                "GpuInfo": {"Gpus": [{"Name": "Radeon Pro V520", "Manufacturer": "AMD", "Count": 1}]},
            }
            return {"InstanceTypes": [one]}

    found = fitting_type(Session(lambda service: OtherCards()), MachineWanted(native="g4ad.xlarge"))
    assert (found.cpus, found.gpu, found.gpus) == (4, None, 0)


def test_a_region_without_the_public_parameter_asks_for_an_image(aws: FakeAws) -> None:
    aws.parameters.clear()
    with pytest.raises(DeployError, match=r"names no image for m7i.large") as problem:
        aws_compute(aws).shape(MachineWanted())
    assert "[aws.machine] image" in str(problem.value.hint)


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("UnauthorizedOperation", "may not do this", "ec2:DescribeInstanceTypes"),
        ("AuthFailure", "sign-in was not accepted", "aws sts get-caller-identity"),
    ],
)
def test_a_refusal_names_the_right_or_the_command(aws: FakeAws, code: str, message: str, hint: str) -> None:
    aws.faults.append(Fault("DescribeInstanceTypes", code))
    with pytest.raises(DeployError, match=message) as problem:
        aws_compute(aws).shape(MachineWanted())
    assert hint in str(problem.value.hint)
    assert problem.value.where == "AWS, DescribeInstanceTypes"


def test_a_configured_region_goes_before_that_of_the_environment() -> None:
    env = {"AWS_REGION": "eu-west-3"}
    for settings, region in ((AwsMachines(), "eu-west-3"), (AwsMachines(region="us-east-2"), "us-east-2")):
        connect = connect_to(region_of(settings, env))
        assert connect("ec2").meta.region_name == region
        assert connect("pricing").meta.region_name == "us-east-1"


def test_an_environment_without_a_region_names_the_key(aws: FakeAws) -> None:
    def connect(service: str) -> None:
        raise NoRegionError

    with pytest.raises(DeployError, match="no region is named") as problem:
        fitting_type(Session(connect), MachineWanted())
    assert "[aws.machine] region" in str(problem.value.hint)
