"""Making machines of EC2: how they are made, where there is room, and never twice."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from tests.fakes.aws import FakeAws, Fault, aws_compute, connect_to_fake
from tests.fakes.clocks import HastyClock

from emel.clouds.aws.compute import METADATA, AwsCompute
from emel.errors import DeployError
from emel.records import AwsMachines, Machine, MachineBoot, MachineShape, MachineWanted
from emel.runners.boot import machine_boot
from emel.runners.settings import BootSettings

NAME, SECRET = "emel-7-1", "glrt-t3_abcDEF.01-_0123456789"
ACTIONS = {
    *("DescribeInstanceTypes", "DescribeInstanceTypeOfferings", "DescribeImages", "DescribeSubnets"),
    *("DescribeInstances", "RunInstances", "CreateTags", "TerminateInstances", "GetConsoleOutput"),
    *("GetParameter", "GetProducts"),
}
"""Those of the policy in docs/guides/cloud-training.md."""
BOOT = MachineBoot(script="exit", user_data="#cloud-config\nbootcmd: []\n", max_lifetime=60.0)


SHAPE = MachineShape(cloud="aws", platform="m7i.large", cpus=2, memory=8, disk=30, disk_type="gp3")


def create(compute: AwsCompute, shape: MachineShape = SHAPE, secret: str = SECRET) -> Machine:
    return compute.create(NAME, shape, BOOT, secret, {"emel-project": "7"})


def request_of(aws: FakeAws) -> dict[str, str]:
    """The parameters of the one RunInstances, as they went over the wire."""
    [made] = aws.tokens.values()
    return made.parameters


def test_a_machine_deletes_itself_with_its_disk_when_it_powers_off(aws: FakeAws) -> None:
    create(aws_compute(aws))
    [instance] = aws.alive()
    asked = request_of(aws)
    assert asked["InstanceInitiatedShutdownBehavior"] == "terminate"
    assert asked["BlockDeviceMapping.1.Ebs.DeleteOnTermination"] == "true"

    aws.power_off(instance)
    assert aws_compute(aws).find(NAME) is None
    assert aws_compute(aws).machines() == []


def test_its_disk_is_encrypted_and_its_metadata_are_for_itself_alone(aws: FakeAws) -> None:
    create(aws_compute(aws), replace(SHAPE, disk=50))
    asked = request_of(aws)
    disk = {
        key: asked[f"BlockDeviceMapping.1.Ebs.{key}"] for key in ("Encrypted", "VolumeSize", "VolumeType")
    }
    assert disk == {"Encrypted": "true", "VolumeSize": "50", "VolumeType": "gp3"}
    assert asked["MetadataOptions.HttpTokens"] == "required"
    assert asked["MetadataOptions.HttpPutResponseHopLimit"] == "1"
    assert not [key for key in asked if key.startswith(("KeyName", "IamInstanceProfile", "SecurityGroup"))]


def test_machine_and_disk_carry_the_labels(aws: FakeAws) -> None:
    made = create(aws_compute(aws))
    assert made.labels == {"emel": "runner", "emel-project": "7"}
    ec2 = connect_to_fake(aws)("ec2")
    [volume] = ec2.describe_volumes(Filters=[{"Name": "tag:Name", "Values": [NAME]}])["Volumes"]
    assert {"Key": "emel", "Value": "runner"} in volume["Tags"]


def test_a_spot_machine_is_asked_for_once_and_is_not_kept_when_it_is_taken(aws: FakeAws) -> None:
    assert create(aws_compute(aws), replace(SHAPE, spot=True)).spot
    options = {
        key: value for key, value in request_of(aws).items() if key.startswith("InstanceMarketOptions")
    }
    assert options == {
        "InstanceMarketOptions.MarketType": "spot",
        "InstanceMarketOptions.SpotOptions.SpotInstanceType": "one-time",
        "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior": "terminate",
    }


def test_a_profile_and_security_groups_are_those_that_are_configured(aws: FakeAws) -> None:
    session = connect_to_fake(aws)
    session("iam").create_instance_profile(InstanceProfileName="trainer")
    [group] = session("ec2").describe_security_groups()["SecurityGroups"]
    create(aws_compute(aws, AwsMachines(instance_profile="trainer", security_groups=(group["GroupId"],))))
    asked = request_of(aws)
    assert asked["IamInstanceProfile.Name"] == "trainer"
    assert asked["SecurityGroupId.1"] == group["GroupId"]


@pytest.fixture
def metadata(aws: FakeAws) -> Iterator[str]:
    """The metadata service of the one machine, with session tokens as IMDSv2 wants them."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            allowed = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") == "60"
            self.reply(200 if allowed else 400, b"pass-1==")

        def do_GET(self) -> None:
            [instance] = aws.alive()
            allowed = self.headers.get("X-aws-ec2-metadata-token") == "pass-1=="
            self.reply(200 if allowed else 401, aws.user_data(instance).encode() if allowed else b"")

        def reply(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/latest"
    server.shutdown()
    thread.join()
    server.server_close()


def fetched_token(metadata: str) -> subprocess.CompletedProcess[str]:
    command = AwsCompute.token_command.replace(METADATA, metadata)
    return subprocess.run(["sh", "-eu", "-c", command], capture_output=True, text=True)


def test_the_machine_reads_its_token_back_from_the_metadata_service(aws: FakeAws, metadata: str) -> None:
    compute = aws_compute(aws)
    settings = BootSettings(
        url="https://gitlab.example.com", name=NAME, executor="docker", max_lifetime=60, idle=60, notice="aws"
    )
    boot = machine_boot(settings, compute.token_command)
    compute.create(NAME, SHAPE, boot, SECRET, {})
    ended = fetched_token(metadata)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{SECRET}\n", "")


def test_a_machine_without_a_token_is_told_so(aws: FakeAws, metadata: str) -> None:
    create(aws_compute(aws), secret="")
    assert fetched_token(metadata).returncode != 0
    assert fetched_token("http://127.0.0.1:1/latest").returncode != 0


def test_the_secret_stays_in_the_user_data_until_the_machine_is_deleted(aws: FakeAws) -> None:
    """Which is what EC2 allows. The machine has made it worthless by then: see test_run.py of the runners."""
    compute = aws_compute(aws)
    create(compute)
    compute.forget_secret(NAME)
    [instance] = aws.alive()
    assert SECRET in aws.user_data(instance)
    compute.delete(NAME)
    assert aws.alive() == []


def test_user_data_that_ec2_would_refuse_are_refused_before_anything_is_made(aws: FakeAws) -> None:
    compute = aws_compute(aws)
    boot = replace(BOOT, user_data="#" * 17_000)
    with pytest.raises(DeployError, match=r"17\d+ bytes; EC2 takes 16384"):
        compute.create(NAME, SHAPE, boot, SECRET, {})
    assert aws.instances() == []


def test_the_next_zone_is_tried_where_one_has_no_room(aws: FakeAws) -> None:
    told: list[str] = []
    first = connect_to_fake(aws)("ec2").describe_subnets(
        Filters=[{"Name": "availability-zone", "Values": ["eu-central-1a"]}]
    )["Subnets"][0]["SubnetId"]
    aws.faults.append(Fault("RunInstances", "InsufficientInstanceCapacity", times=9, subnet=first))
    assert create(aws_compute(aws, tell=told.append)).zone == "eu-central-1b"
    assert told == [
        "asking for m7i.large in eu-central-1a",
        "eu-central-1a has no room",
        "asking for m7i.large in eu-central-1b",
    ]


def test_a_machine_that_ends_for_want_of_room_while_it_starts_is_tried_in_the_next_zone(aws: FakeAws) -> None:
    def take_away(instance: object) -> None:
        if len(aws.instances()) == 1:
            aws.lose(instance, "terminated", "Server.InsufficientInstanceCapacity", "not enough m7i.large")

    aws.booted = take_away
    assert create(aws_compute(aws)).zone == "eu-central-1b"
    assert len(aws.alive()) == 1


def test_no_room_anywhere_is_an_error_with_every_zones_reason(aws: FakeAws) -> None:
    aws.faults.append(Fault("RunInstances", "InsufficientInstanceCapacity", times=9))
    with pytest.raises(
        DeployError, match=r"no zone has room for m7i.large: eu-central-1a: .* eu-central-1c: "
    ):
        create(aws_compute(aws))
    assert aws.instances() == []


def test_a_quota_that_is_used_up_is_told_at_once(aws: FakeAws) -> None:
    aws.faults.append(Fault("RunInstances", "VcpuLimitExceeded", "limit of 0"))
    with pytest.raises(DeployError, match="a quota is used up: limit of 0") as problem:
        create(aws_compute(aws))
    assert "Service Quotas" in str(problem.value.hint)


def test_an_account_without_the_role_for_spot_machines_names_the_command(aws: FakeAws) -> None:
    aws.faults.append(Fault("RunInstances", "AuthFailure.ServiceLinkedRoleCreationNotPermitted"))
    with pytest.raises(DeployError, match="the account has had no spot machine yet") as problem:
        create(aws_compute(aws), replace(SHAPE, spot=True))
    assert "--aws-service-name spot.amazonaws.com" in str(problem.value.hint)


def test_the_policy_of_the_guide_is_what_is_needed(aws: FakeAws) -> None:
    compute = aws_compute(aws)
    compute.shape(MachineWanted(native="m7i.large"))
    create(compute)
    compute.boot_log(NAME)
    compute.delete(NAME)
    # Tags are made with the machine, which has a right of its own.
    assert set(aws.calls) | {"CreateTags"} == ACTIONS


def test_a_machine_that_ends_before_it_runs_says_why(aws: FakeAws) -> None:
    aws.booted = lambda instance: aws.lose(
        instance, "terminated", "Client.VolumeLimitExceeded", "the limit of 50 volumes"
    )
    with pytest.raises(DeployError, match="ended before it ran: the limit of 50 volumes"):
        create(aws_compute(aws))


def test_a_machine_that_never_starts_is_given_up_and_named(aws: FakeAws) -> None:
    aws.booted = lambda instance: aws.lose(instance, "pending")
    clock = HastyClock()
    with pytest.raises(DeployError, match="did not start within 600 s") as problem:
        create(aws_compute(aws, clock=clock))
    assert "aws ec2 describe-instances --instance-ids i-" in str(problem.value.hint)


def test_a_launch_whose_answer_is_lost_is_not_made_twice(aws: FakeAws) -> None:
    aws.faults.append(Fault("RunInstances", "InternalError", status=500, after=True))
    made = create(aws_compute(aws))
    assert [one.id for one in aws.instances()] == [made.id]
    assert aws.calls.count("RunInstances") == 2


def test_two_launches_of_a_name_at_one_moment_make_one_machine(aws: FakeAws) -> None:
    """The second does not see the first's machine yet, and brings another token of a runner."""
    first = create(aws_compute(aws))
    aws.unseen = 2
    assert create(aws_compute(aws), secret="glrt-another") == first
    assert len(aws.instances()) == 1


def test_a_launch_that_is_repeated_word_for_word_makes_a_new_machine_when_the_old_is_gone(
    aws: FakeAws,
) -> None:
    compute = aws_compute(aws)
    first = create(compute)
    compute.delete(NAME)
    assert create(compute).id != first.id


def test_a_name_can_be_used_again_and_again(aws: FakeAws) -> None:
    compute = aws_compute(aws)
    made = []
    for number in range(3):
        made.append(create(compute, secret=f"glrt-{number}").id)
        compute.delete(NAME)
    assert len(set(made)) == 3
    assert aws.alive() == []


def test_a_machine_that_someone_else_made_is_neither_seen_nor_deleted(aws: FakeAws) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": NAME}]}]
    image = next(iter(aws.parameters.values()))
    connect_to_fake(aws)("ec2").run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)
    compute = aws_compute(aws)
    assert compute.find(NAME) is None
    compute.delete(NAME)
    assert len(aws.alive()) == 1
    assert create(compute).name == NAME


def test_a_stopped_machine_is_listed_and_deleted(aws: FakeAws) -> None:
    compute = aws_compute(aws)
    made = create(compute)
    aws.ec2.stop_instances([made.id])
    assert [machine.state for machine in compute.machines()] == ["stopped"]
    compute.delete(NAME)
    assert compute.machines() == []


def test_the_console_of_a_machine_that_is_gone_can_still_be_read(aws: FakeAws) -> None:
    compute = aws_compute(aws)
    aws.consoles[create(compute).id] = "emel: no token; powering down"
    compute.delete(NAME)
    assert compute.boot_log(NAME) == "emel: no token; powering down"


def test_a_machine_that_is_gone_in_the_meantime_is_no_error(aws: FakeAws) -> None:
    compute = aws_compute(aws)
    create(compute)
    aws.faults += [
        Fault("GetConsoleOutput", "InvalidInstanceID.NotFound"),
        Fault("TerminateInstances", "InvalidInstanceID.NotFound"),
    ]
    assert compute.boot_log(NAME) == ""
    compute.delete(NAME)
    assert aws.alive() == []


def test_a_machine_that_does_not_go_is_an_error_with_the_command(aws: FakeAws) -> None:
    compute = aws_compute(aws)
    made = create(compute)
    aws.keeps = True
    with pytest.raises(DeployError, match=f"did not delete {made.id} within 300 s") as problem:
        compute.delete(NAME)
    assert problem.value.hint == f"aws ec2 terminate-instances --instance-ids {made.id}"
