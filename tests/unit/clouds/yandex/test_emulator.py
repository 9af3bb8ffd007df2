"""The emulator keeps the cloud's rules, else what passes on it proves nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
import urllib3
import yandexcloud
from tests.fakes.bundles import ECHO, MOODY, bundle_record, write_bundle
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import FOLDER
from tests.fakes.yandex.validation import violations
from yandex.cloud.access import access_pb2 as access
from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceStub
from yandex.cloud.logging.v1 import log_ingestion_service_pb2 as writing
from yandex.cloud.logging.v1 import log_reading_service_pb2 as reading
from yandex.cloud.serverless.apigateway.v1 import apigateway_service_pb2 as gateway_requests
from yandex.cloud.serverless.apigateway.v1.apigateway_service_pb2_grpc import ApiGatewayServiceStub
from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.records import FunctionSettings

GOOD = {
    "function_id": "d4e",
    "runtime": "python312",
    "entrypoint": "handler.yandex",
    "resources": shapes.Resources(memory=128 * 2**20),
    "content": b"zip",
}


@pytest.mark.parametrize(
    ("message", "broken"),
    [
        (requests.CreateFunctionRequest(name="demo"), "folder_id: is required"),
        (requests.CreateFunctionRequest(folder_id="b1g", name="Demo"), "does not match"),
        (requests.CreateFunctionRequest(folder_id="b1g", description="x" * 601), "has length 601"),
        (requests.CreateFunctionRequest(folder_id="b1g", labels={"A": "b"}), "the key 'A' does not match"),
        (requests.CreateFunctionRequest(folder_id="b1g", labels={"a": "b" * 64}), "has length 64"),
        (requests.CreateFunctionVersionRequest(**{**GOOD, "content": None}), "exactly one of package"),
        (
            requests.CreateFunctionVersionRequest(**{**GOOD, "resources": shapes.Resources(memory=2**20)}),
            "resources.memory: is",
        ),
        (requests.CreateFunctionVersionRequest(**GOOD, environment={"1A": "x"}), "the key '1A'"),
        (requests.CreateFunctionVersionRequest(**GOOD, tag=["$latest"]), "tag[0]:"),
        (requests.CreateFunctionVersionRequest(**GOOD, concurrency=17), "concurrency: is 17"),
        (requests.SetScalingPolicyRequest(function_id="d4e"), "tag: is required"),
        (access.UpdateAccessBindingsRequest(resource_id="d4e"), "has 0 elements"),
        (
            reading.ReadRequest(criteria=reading.Criteria(log_group_id="e23", page_size=1001)),
            "criteria.page_size: is 1001",
        ),
        (writing.WriteRequest(), "destination: is required"),
    ],
)
def test_the_protos_own_rules_are_kept(message: Any, broken: str) -> None:
    assert any(broken in said for said in violations(message)), list(violations(message))


def test_a_request_that_breaks_no_rule_passes() -> None:
    message = requests.CreateFunctionVersionRequest(**GOOD, environment={"A_1": ""}, tag=["prod"])
    message.execution_timeout.FromSeconds(600)
    assert list(violations(message)) == []


Client = Callable[[Any], Any]


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Stubs of the SDK, signed in."""
    sdk = yandexcloud.SDK(
        endpoint=emulator.endpoint, iam_token=emulator.token(), root_certificates=emulator.root_certificates
    )
    return sdk.client


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as problem:
        call()
    return problem.value.code().name, problem.value.details()


def test_the_sdk_waits_for_an_operation_of_the_emulator(emulator: Emulator, client: Client) -> None:
    functions = client(FunctionServiceStub)
    started = functions.Create(requests.CreateFunctionRequest(folder_id=FOLDER, name="demo"))
    assert not started.done
    listed = functions.List(requests.ListFunctionsRequest(folder_id=FOLDER)).functions
    assert [one.status for one in listed] == [shapes.Function.CREATING]
    emulator.state.settle()
    made = functions.Get(requests.GetFunctionRequest(function_id=listed[0].id))
    assert (made.status, made.http_invoke_url) == (shapes.Function.ACTIVE, f"{emulator.front.url}/{made.id}")


def test_a_bad_request_is_refused_before_it_is_carried_out(emulator: Emulator, client: Client) -> None:
    functions = client(FunctionServiceStub)
    bad = requests.CreateFunctionRequest(folder_id=FOLDER, name="Demo")
    code, text = refused(lambda: functions.Create(bad))
    assert code == "INVALID_ARGUMENT" and "name: 'Demo'" in text
    assert emulator.state.functions == {}


def test_a_claim_that_is_signed_otherwise_gets_no_token(emulator: Emulator, client: Client) -> None:
    key = json.loads(emulator.key_file().read_text())
    claims = {"iss": "aje", "aud": "https://iam.localhost/iam/v1/tokens", "iat": 0, "exp": 2**33}
    for change, algorithm in (({}, "RS256"), ({"aud": "https://elsewhere"}, "PS256"), ({}, "PS256")):
        claim = jwt.encode(
            {**claims, **change}, key["private_key"], algorithm=algorithm, headers={"kid": key["id"]}
        )
        tokens = client(IamTokenServiceStub)
        code, _ = refused(lambda: tokens.Create(CreateIamTokenRequest(jwt=claim)))  # noqa: B023
        assert code == "UNAUTHENTICATED"


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager()
    yield pool
    pool.clear()


@pytest.mark.slow
def test_a_call_follows_the_clouds_rules(emulator: Emulator, tmp_path: Path, http: Any) -> None:
    functions = emulated(emulator, environment={"COLOUR": "red"}).functions
    functions.create_version("demo", bundle_record(write_bundle(tmp_path, ECHO)), FunctionSettings())
    url = functions.url("demo", "$latest")
    token = {"Authorization": f"Bearer {emulator.token()}"}

    assert http.request("GET", url).status == 403, "nobody has made it public"
    assert http.request("GET", functions.url("demo", "prod"), headers=token).status == 404, "no such tag"
    sent = {"Content-Type": "application/json", "Cookie": "a=b", "X-Api-Key": "k", **token}
    answer = http.request("POST", url + "&route=/predict", body=b'{"x": 1}', headers=sent)
    said = answer.json()
    event = said["event"]
    assert (event["path"], event["url"], event["body"], event["isBase64Encoded"]) == (
        "",
        "",
        '{"x": 1}',
        False,
    )
    assert "Authorization" not in event["headers"] and "Cookie" not in event["headers"]
    assert event["headers"]["X-Api-Key"] == "k"
    assert event["queryStringParameters"] == {"tag": "$latest", "route": "/predict"}
    [stored] = emulator.state.functions.values()
    assert answer.headers["X-Function-Version-Id"] == said["version"] == next(iter(stored.versions))
    other = http.request("POST", url, body=b"a,b", headers={"Content-Type": "text/csv", **token}).json()
    assert (other["event"]["body"], other["event"]["isBase64Encoded"]) == ("YSxi", True)


@pytest.mark.slow
def test_a_function_that_fails_gets_the_clouds_answer(emulator: Emulator, tmp_path: Path, http: Any) -> None:
    cloud = emulated(emulator)
    cloud.functions.create_version(
        "demo", bundle_record(write_bundle(tmp_path, MOODY)), FunctionSettings(timeout=1.0)
    )
    assert cloud.access is not None
    cloud.access.make_public("demo")
    url = cloud.functions.url("demo", "$latest")
    raised = http.request("GET", f"{url}&do=raise")
    assert (raised.status, raised.headers["X-Function-Error"]) == (502, "true")
    assert "the row is odd" in raised.json()["errorMessage"]
    assert http.request("GET", f"{url}&do=hang").status == 504
    assert http.request("POST", url, body=b"x" * 3_500_001).status == 413


def test_a_zip_that_is_none_makes_no_version(emulator: Emulator, client: Client) -> None:
    functions = client(FunctionServiceStub)
    functions.Create(requests.CreateFunctionRequest(folder_id=FOLDER, name="demo"))
    emulator.state.settle()
    [identifier] = emulator.state.functions
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("other.py", "")
    for data, said in ((b"no zip", "not a zip"), (content.getvalue(), "Entrypoint handler.yandex")):
        given = {**GOOD, "function_id": identifier, "content": data}
        started = functions.CreateVersion(requests.CreateFunctionVersionRequest(**given))
        emulator.state.settle()
        assert said in emulator.state.operations[started.id].proto.error.message
    assert emulator.state.functions[identifier].versions == {}


def test_a_gateway_keeps_its_whole_specification(emulator: Emulator, client: Client) -> None:
    gateways = client(ApiGatewayServiceStub)
    responses = {"200": {"description": "Said"}}
    root = {"get": {"responses": responses, "x-yc-apigateway-integration": {"type": "dummy"}}}
    spec = {"openapi": "3.0.0", "info": {"title": "demo", "version": "1"}, "paths": {"/": root}}
    bad = gateway_requests.CreateApiGatewayRequest(folder_id=FOLDER, name="demo", openapi_spec="openapi: 2")
    assert refused(lambda: gateways.Create(bad))[0] == "INVALID_ARGUMENT"
    gateways.Create(
        gateway_requests.CreateApiGatewayRequest(
            folder_id=FOLDER, name="demo", openapi_spec=json.dumps(spec), labels={"managed-by": "emel"}
        )
    )
    emulator.state.settle()
    [identifier] = emulator.state.gateways
    spec["info"] = {"title": "demo", "version": "2"}
    change = gateway_requests.UpdateApiGatewayRequest(
        api_gateway_id=identifier, openapi_spec=json.dumps(spec), labels={"a": "b"}
    )
    change.update_mask.paths.append("openapi_spec")
    gateways.Update(change)
    emulator.state.settle()
    read = gateways.GetOpenapiSpec(gateway_requests.GetOpenapiSpecRequest(api_gateway_id=identifier))
    assert json.loads(read.openapi_spec) == spec
    made = gateways.Get(gateway_requests.GetApiGatewayRequest(api_gateway_id=identifier))
    assert (made.name, dict(made.labels)) == ("demo", {"managed-by": "emel"})
