"""Machines of EC2 that train a project. See emel.clouds.base.Compute.

A machine that powers itself off is deleted by EC2 with its disk, since its shutdown behaviour is `terminate`:
it needs no key for that. A spot machine that is taken away is deleted likewise. Sources: EC2 User Guide,
«Change instance initiated shutdown behavior» and «Behavior of Spot Instance interruptions».
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from emel.clouds.aws.images import find_image
from emel.clouds.aws.launching import FIRST_PAUSE, LONGEST_PAUSE, Launch, launch, wait_until_running
from emel.clouds.aws.places import find_places
from emel.clouds.aws.prices import find_price
from emel.clouds.aws.refusals import GONE, Refusal
from emel.clouds.aws.session import Connect, Session, connect_to, region_of
from emel.clouds.aws.types import fitting_type
from emel.clouds.base import Outside
from emel.errors import DeployError
from emel.records import AwsMachines, Machine, MachineBoot, MachineShape, MachineState, MachineWanted
from emel.system.clock import Clock

LABELS = {"emel": "runner"}
SECRET_LINE = "# emel-secret: "
"""Begins the last line of the user data, which is a comment of its cloud-config."""
METADATA = "http://169.254.169.254/latest"
"""EC2 User Guide, «Access instance metadata for an EC2 instance»."""
USER_DATA_BYTES = 16 * 1024
"""EC2 User Guide, «Run commands when you launch an EC2 instance with user data input»."""
DELETE_SECONDS = 300.0
_STATES: dict[str, MachineState] = {
    "pending": "starting",
    "running": "running",
    "stopping": "stopping",
    "stopped": "stopped",
}
"""EC2's states of a machine that is there. `shutting-down` and `terminated` are not: nothing leads back from
them, and the machine is not billed (EC2 User Guide, «Amazon EC2 instance state changes»)."""


def open_compute(_: Path, outside: Outside, connect: Connect | None = None) -> AwsCompute:
    """The machines of the region that `region_of` tells. `connect` makes boto3's clients."""
    settings = outside.aws_machines
    session = Session(connect or connect_to(region_of(settings, outside.env)))
    return AwsCompute(session, settings, outside.clock, outside.tell)


class AwsCompute:
    """See emel.clouds.base.Compute. Errors of all calls: DeployError, Refusal where AWS refuses."""

    # The token of the metadata service goes by standard input: all users can read command lines.
    token_command = (
        "{ printf 'X-aws-ec2-metadata-token: '; curl -sf --max-time 10 -X PUT "
        f"-H 'X-aws-ec2-metadata-token-ttl-seconds: 60' {METADATA}/api/token; }} "
        f"| curl -sf --max-time 10 -H @- {METADATA}/user-data "
        f"| sed -n 's/^{SECRET_LINE}//p' | grep ."
    )

    delete_command = ""

    def __init__(
        self, session: Session, settings: AwsMachines, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._tell = tell

    def shape(self, wanted: MachineWanted) -> MachineShape:
        """The fitting type, its zones and its price, and a disk that is no smaller than the image's."""
        chosen = fitting_type(self._session, wanted)
        image = find_image(self._session, self._settings.image, chosen)
        places = find_places(self._session, self._settings.subnets, chosen.name, wanted.zones)
        shape = MachineShape(
            cloud="aws",
            platform=chosen.name,
            cpus=chosen.cpus,
            memory=chosen.memory,
            gpu=chosen.gpu,
            gpus=chosen.gpus,
            spot=wanted.spot,
            disk=max(wanted.disk, image.smallest_disk),
            disk_type="gp3",
            public_address=any(place.public_address for place in places),
            zones=tuple(dict.fromkeys(place.zone for place in places)),
        )
        price = find_price(self._session, self._session.region, shape, self._tell)
        return msgspec.structs.replace(shape, price=price)

    def create(
        self, name: str, shape: MachineShape, boot: MachineBoot, secret: str, labels: Mapping[str, str]
    ) -> Machine:
        """See Compute. The secret is in the user data, which EC2 shows to nobody but the machine's superuser
        and whoever may call ec2:DescribeInstanceAttribute."""
        found = self._instance(name)
        if found is None:
            plan = self._plan(name, shape, boot, secret, labels)
            found = launch(self._session, self._clock, self._tell, plan)
        elif found["State"]["Name"] == "pending":
            found = wait_until_running(self._session, self._clock, found["InstanceId"])
        return _machine(found)

    def forget_secret(self, name: str) -> None:
        """Nothing: EC2 lets the user data of a running machine not be changed, only that of a stopped one.

        It goes with the machine, and is worth nothing once the machine has exchanged it. Closing the metadata
        service would hide the notice that a spot machine is about to be taken away. Source: EC2 User Guide,
        «Modify the user data of an instance».
        """

    def find(self, name: str) -> Machine | None:
        found = self._instance(name)
        return None if found is None else _machine(found)

    def machines(self) -> Sequence[Machine]:
        return [_machine(one) for one in self._instances({}, *_STATES)]

    def boot_log(self, name: str) -> str:
        """The console's newest 64 KB; for about an hour also of a machine that is gone."""
        found = self._instances({"tag:Name": name})
        if not found:
            return ""
        identifier = found[-1]["InstanceId"]
        try:
            return self._console(InstanceId=identifier, Latest=True)
        except Refusal as problem:
            if problem.code in GONE:
                return ""
            # Machines that are not built on Nitro have no newest output.
            if problem.code != "UnsupportedOperation":
                raise
        return self._console(InstanceId=identifier)

    def delete(self, name: str) -> None:
        """See Compute. The disk goes with the machine, a moment later."""
        ends, pause = self._clock.monotonic() + DELETE_SECONDS, FIRST_PAUSE
        while found := self._instances({"tag:Name": name}, *_STATES):
            identifiers = [one["InstanceId"] for one in found]
            if self._clock.monotonic() > ends:
                raise DeployError(
                    f"AWS did not delete {', '.join(identifiers)} within {DELETE_SECONDS:g} s",
                    hint=f"aws ec2 terminate-instances --instance-ids {' '.join(identifiers)}",
                )
            try:
                self._session.call("ec2", "TerminateInstances", InstanceIds=identifiers)
            except Refusal as problem:
                if problem.code not in GONE:
                    raise
            self._clock.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _console(self, **arguments: Any) -> str:
        return str(self._session.call("ec2", "GetConsoleOutput", **arguments).get("Output", ""))

    def _plan(
        self, name: str, shape: MachineShape, boot: MachineBoot, secret: str, labels: Mapping[str, str]
    ) -> Launch:
        chosen = fitting_type(self._session, MachineWanted(native=shape.platform))
        image = find_image(self._session, self._settings.image, chosen)
        places = find_places(self._session, self._settings.subnets, chosen.name, shape.zones)
        tags = [{"Key": key, "Value": value} for key, value in {**labels, **LABELS, "Name": name}.items()]
        request: dict[str, Any] = {
            "ImageId": image.id,
            "InstanceType": chosen.name,
            "MinCount": 1,
            "MaxCount": 1,
            "UserData": _user_data(boot, secret),
            "InstanceInitiatedShutdownBehavior": "terminate",
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "BlockDeviceMappings": [{"DeviceName": image.root_device, "Ebs": _disk(shape.disk)}],
            "TagSpecifications": [{"ResourceType": one, "Tags": tags} for one in ("instance", "volume")],
        }
        if shape.spot:
            request["InstanceMarketOptions"] = {
                "MarketType": "spot",
                "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
            }
        if self._settings.security_groups:
            request["SecurityGroupIds"] = list(self._settings.security_groups)
        if self._settings.instance_profile:
            request["IamInstanceProfile"] = {"Name": self._settings.instance_profile}
        return Launch(name, places, request)

    def _instance(self, name: str) -> Any:
        """The newest machine of a name that is there, as EC2 describes it; else None."""
        found = self._instances({"tag:Name": name}, *_STATES)
        return found[-1] if found else None

    def _instances(self, filters: Mapping[str, str], *states: str) -> list[Any]:
        """emel's machines, oldest first; without `states`, those that are gone too."""
        wanted = {**{f"tag:{key}": value for key, value in LABELS.items()}, **filters}
        asked = [{"Name": key, "Values": [value]} for key, value in wanted.items()]
        if states:
            asked.append({"Name": "instance-state-name", "Values": list(states)})
        pages = self._session.pages("DescribeInstances", "Reservations", Filters=asked)
        found = [one for page in pages for one in page["Instances"]]
        return sorted(found, key=lambda one: one["LaunchTime"])


def _user_data(boot: MachineBoot, secret: str) -> str:
    text = f"{boot.user_data.rstrip()}\n{SECRET_LINE}{secret}\n"
    if len(text.encode()) > USER_DATA_BYTES:
        raise DeployError(
            f"the machine's user data have {len(text.encode())} bytes; EC2 takes {USER_DATA_BYTES}"
        )
    return text


def _disk(size: int) -> dict[str, Any]:
    return {"VolumeSize": size, "VolumeType": "gp3", "DeleteOnTermination": True, "Encrypted": True}


def _machine(instance: Any) -> Machine:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    return Machine(
        name=tags.pop("Name", ""),
        id=instance["InstanceId"],
        cloud="aws",
        state=_STATES.get(instance["State"]["Name"], "stopping"),
        zone=instance.get("Placement", {}).get("AvailabilityZone", ""),
        created_at=instance["LaunchTime"].isoformat(),
        spot=instance.get("InstanceLifecycle") == "spot",
        labels=tags,
    )
