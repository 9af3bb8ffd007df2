"""moto's server with a door before it, at which calls are counted, refused, and made once."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from moto.ec2.models.amis import Ami
from moto.ec2.models.instances import StateReason
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "eu-central-1"
IMAGES = (
    ("/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id", "x86_64", 8),
    ("/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id", "arm64", 8),
    (
        "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
        "x86_64",
        75,
    ),
)
"""Public parameters, and of their images the processors and the smallest disk in GB."""
Start = Callable[[str, list[tuple[str, str]]], Any]


@dataclass
class Fault:
    """A call that is refused. With `after` it is carried out, and only its answer is lost."""

    operation: str
    code: str
    message: str = "because the test says so"
    times: int = 1
    subnet: str | None = None
    after: bool = False
    status: int = 400


@dataclass
class Made:
    """What a client token stands for."""

    parameters: dict[str, str]
    instance: str


@dataclass
class FakeAws:
    """One account and region of AWS. Its state is moto's, which is one for all servers of a process."""

    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    consoles: dict[str, str] = field(default_factory=dict)
    """What a machine has written, by its identifier."""
    prices: dict[str, float] = field(default_factory=dict)
    """Of types of machines by the hour, and of types of disks by GB and month; in USD."""
    booted: Callable[[Any], None] = lambda instance: None
    """Hears of each machine that has been made."""
    keeps: bool = False
    """Whether machines stay although they were to be deleted."""
    unseen: int = 0
    """How many descriptions of machines still answer with nothing, as EC2's do just after a launch."""
    tokens: dict[str, Made] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.reset()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def reset(self) -> None:
        """As on the first day, but for what tests do to the network and to profiles."""
        for kept in (self.calls, self.faults, self.parameters, self.consoles, self.tokens, self.prices):
            kept.clear()
        self.booted = lambda instance: None
        self.keeps, self.unseen = False, 0
        for kept in (self.ec2.reservations, self.ec2.volumes, self.ec2.enis, self.ec2.tags):
            kept.clear()
        for number, (name, architecture, smallest_disk) in enumerate(IMAGES):
            identifier = f"ami-{number:017x}"
            self.parameters[name] = identifier
            self.ec2.amis[identifier] = _Image(self.ec2, identifier, architecture, smallest_disk)

    @property
    def ec2(self) -> Any:
        return ec2_backends[DEFAULT_ACCOUNT_ID][REGION]

    def instances(self, *states: str) -> list[Any]:
        """moto's own objects; without `states`, all that ever were."""
        found = [one for reservation in self.ec2.reservations.values() for one in reservation.instances]
        return [one for one in found if not states or one.state in states]

    def alive(self) -> list[Any]:
        return self.instances("pending", "running", "stopping", "stopped")

    def user_data(self, instance: Any) -> str:
        """What the machine reads at its metadata service."""
        return base64.b64decode(str(instance.user_data or "")).decode()

    def power_off(self, instance: Any) -> None:
        """What `shutdown -P` on the machine itself brings about."""
        if instance.instance_initiated_shutdown_behavior == "terminate":
            self.ec2.terminate_instances([instance.id])
        else:
            self.ec2.stop_instances([instance.id])

    def lose(self, instance: Any, state: str, code: str = "", reason: str = "") -> None:
        """Put a machine into a state, as EC2 does by itself."""
        instance._state.name = state
        instance.state_reason = StateReason(reason, code)

    def _answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        asked = dict(parse_qsl(body.decode())) if not target else {}
        operation = asked.get("Action") or target.rpartition(".")[2]
        self.calls.append(operation)
        fault = self._fault(operation, asked)
        if fault and not fault.after:
            return _refused(start, fault)
        if fault:
            self._carried_out(operation, asked, body, environ, lambda status, headers: None)
            return _refused(start, fault)
        return self._carried_out(operation, asked, body, environ, start)

    def _carried_out(
        self, operation: str, asked: dict[str, str], body: bytes, environ: dict[str, Any], start: Start
    ) -> Iterable[bytes]:
        if operation == "GetParameter" and (known := self._parameter(body, start)) is not None:
            return known
        if operation == "GetProducts":
            return _sent(start, 200, "application/x-amz-json-1.1", self._products(json.loads(body)))
        if operation == "GetConsoleOutput" and asked["InstanceId"] in self.consoles:
            said = base64.b64encode(self.consoles[asked["InstanceId"]].encode()).decode()
            return _sent(start, 200, "text/xml", f"<R><output>{said}</output></R>")
        if operation == "TerminateInstances" and self.keeps:
            return _sent(start, 200, "text/xml", "<TerminateInstancesResponse/>")
        if operation == "DescribeInstances" and self.unseen:
            self.unseen -= 1
            return _sent(start, 200, "text/xml", _NOTHING)
        if operation == "DescribeInstances" and asked.get("Filter.1.Name") == "client-token":
            # A filter that moto lacks.
            made = self.tokens.get(asked["Filter.1.Value.1"])
            asked |= {"Filter.1.Name": "instance-id", "Filter.1.Value.1": made.instance if made else "i-0"}
            body = urlencode(asked).encode()
            environ = {**environ, "CONTENT_LENGTH": str(len(body))}
        if operation == "RunInstances":
            return self._run(asked, body, environ, start)
        return self._pass(environ, body, start)

    def _fault(self, operation: str, asked: dict[str, str]) -> Fault | None:
        for fault in self.faults:
            meant = fault.operation == operation and fault.subnet in (None, asked.get("SubnetId"))
            if meant and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _parameter(self, body: bytes, start: Start) -> Iterable[bytes] | None:
        value = self.parameters.get(json.loads(body)["Name"])
        if value is None:
            return None
        text = json.dumps({"Parameter": {"Value": value, "Type": "String"}})
        return _sent(start, 200, "application/x-amz-json-1.1", text)

    def _products(self, asked: dict[str, Any]) -> str:
        """Source: AWS Billing User Guide, «Reading the service price list file for an AWS service»."""
        wanted = {one["Field"]: one["Value"] for one in asked["Filters"]}
        assert wanted["regionCode"] == REGION
        name = wanted.get("instanceType") or wanted["volumeApiName"]
        if name not in self.prices:
            return json.dumps({"FormatVersion": "aws_v1", "PriceList": []})
        prices = [{"unit": "Hrs", "pricePerUnit": {"USD": f"{self.prices[name]:.10f}"}}]
        dimensions = {f"SKU.TERM.{number}": price for number, price in enumerate(prices)}
        product = {"terms": {"OnDemand": {"SKU.TERM": {"priceDimensions": dimensions}}}}
        return json.dumps({"FormatVersion": "aws_v1", "PriceList": [json.dumps(product)]})

    def _run(
        self, asked: dict[str, str], body: bytes, environ: dict[str, Any], start: Start
    ) -> Iterable[bytes]:
        """Source: EC2 API Reference, «Ensuring idempotency in Amazon EC2 API requests»."""
        token = asked["ClientToken"]
        parameters = {key: value for key, value in asked.items() if key not in ("Action", "Version")}
        made = self.tokens.get(token)
        if made is None:
            before = {one.id for one in self.instances()}
            answer = self._pass(environ, body, start)
            new = [one.id for one in self.instances() if one.id not in before]
            if new:
                self.tokens[token] = Made(parameters, new[0])
                self.booted(self.ec2.get_instance(new[0]))
            return answer
        if made.parameters != parameters:
            return _refused(start, Fault("RunInstances", "IdempotentParameterMismatch"))
        [instance] = [one for one in self.instances() if one.id == made.instance]
        if instance.state in ("shutting-down", "terminated"):
            return _refused(start, Fault("RunInstances", "IdempotentInstanceTerminated"))
        text = _MADE.format(id=instance.id, state=instance.state, code=instance.state_code)
        return _sent(start, 200, "text/xml", text)

    def _pass(self, environ: dict[str, Any], body: bytes, start: Start) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._moto({**environ, "wsgi.input": io.BytesIO(body)}, start)
        return answer


@cache
def shared_aws() -> FakeAws:
    """One server for all tests of a process: moto's state is one anyway, and its start takes a second."""
    return FakeAws()


class _Image(Ami):
    """An image whose root disk has a size of its own."""

    def __init__(self, backend: Any, identifier: str, architecture: str, smallest_disk: int) -> None:
        super().__init__(
            backend,
            identifier,
            architecture=architecture,
            virtualization_type="hvm",
            region_name=f"{REGION}a",
        )
        self._smallest_disk = smallest_disk

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        [root] = super().block_device_mappings
        return [{**root, "Ebs": {**root["Ebs"], "VolumeSize": self._smallest_disk}}]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


_NOTHING = "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"
_MADE = (
    "<RunInstancesResponse><instancesSet><item><instanceId>{id}</instanceId><instanceState><code>{code}</code>"
    "<name>{state}</name></instanceState></item></instancesSet></RunInstancesResponse>"
)


def _refused(start: Start, fault: Fault) -> Iterable[bytes]:
    error = f"<Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>"
    text = f"<Response><Errors>{error}</Errors><RequestID>r-1</RequestID></Response>"
    return _sent(start, fault.status, "text/xml", text)


def _sent(start: Start, status: int, kind: str, text: str) -> Iterable[bytes]:
    data = text.encode()
    start(f"{status} said", [("Content-Type", kind), ("Content-Length", str(len(data)))])
    return [data]
