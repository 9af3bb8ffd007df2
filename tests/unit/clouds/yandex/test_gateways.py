"""API gateways before functions: what is sent to the cloud, and what a request gets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import urllib3
from tests.fakes.bundles import ECHO, bundle_record, write_bundle
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import SERVICE_ACCOUNT, Fault

from emel.clouds.base import Cloud, Gateways
from emel.errors import DeployError
from emel.records import Bundle, FunctionSettings, GatewayRoutes, GatewaySettings

CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "demo", "version": "v1.0.0"},
    "paths": {
        "/predict": {"post": {"operationId": "predict", "responses": {"200": {"description": "Answer"}}}},
        "/health": {"get": {"operationId": "health", "responses": {"200": {"description": "Answer"}}}},
    },
    "components": {"schemas": {"Row": {"type": ["number", "null"]}}},
}
AUTHORIZER = """
def yandex(event, context):
    allowed = event["headers"]["X-Api-Key"] == "right" and event["path"] == "/predict"
    return {"isAuthorized": allowed, "context": {"who": "us"}}
"""


def routes(tag: str = "prod", weight: int = 100) -> GatewayRoutes:
    return GatewayRoutes(tag=tag, weight=weight, contract=CONTRACT)


def opened(emulator: Emulator, **settings: Any) -> Cloud:
    return emulated(emulator, gateway=GatewaySettings(**{"service_account": SERVICE_ACCOUNT, **settings}))


@pytest.fixture
def cloud(emulator: Emulator, bundle: Bundle) -> Iterator[Cloud]:
    cloud = opened(emulator)
    cloud.functions.create_version("demo", bundle, FunctionSettings())
    cloud.functions.set_tag("demo", "prod", 1)
    return cloud


@pytest.fixture
def gateways(cloud: Cloud) -> Gateways:
    assert cloud.gateways is not None
    return cloud.gateways


def asked(emulator: Emulator, method: str, path: str, **headers: str) -> tuple[int, Any, Any]:
    [stored] = emulator.state.gateways.values()
    url = emulator.gateways.url(stored.proto.domain)
    body = b"[[1]]" if method == "POST" else None
    sent = {"Content-Type": "application/json", **headers}
    answer = urllib3.request(method, f"{url}{path}", body=body, headers=sent, retries=False)
    return answer.status, answer.json(), answer.headers


def test_a_gateway_is_made_once_and_the_same_again_sends_nothing(
    emulator: Emulator, gateways: Gateways
) -> None:
    assert gateways.find("demo") is None and not gateways.is_current("demo", routes())
    made = gateways.put("demo", routes())
    assert made.url.endswith(".apigw.yandexcloud.net") and made.tag == "prod"
    assert gateways.is_current("demo", routes())
    emulator.state.calls.clear()
    assert gateways.put("demo", routes()) == made
    assert not [call for call in emulator.state.calls if call.endswith(("/Create", "/Update"))]


def test_an_update_leaves_domains_and_foreign_labels_alone(emulator: Emulator, gateways: Gateways) -> None:
    gateways.put("demo", routes())
    [stored] = emulator.state.gateways.values()
    stored.proto.attached_domains.add(domain_id="d1", certificate_id="c1", enabled=True, domain="ml.example")
    stored.proto.labels["team"] = "ranking"
    changed = GatewayRoutes(tag="prod", contract={**CONTRACT, "info": {"title": "demo", "version": "v2.0.0"}})
    assert not gateways.is_current("demo", changed)
    gateways.put("demo", changed)
    assert json.loads(stored.spec)["info"]["version"] == "v2.0.0"
    assert [each.domain for each in stored.proto.attached_domains] == ["ml.example"]
    assert stored.proto.labels["team"] == "ranking"


def test_the_specification_says_in_openapi_3_0_what_the_contract_says_in_3_1(
    emulator: Emulator, gateways: Gateways
) -> None:
    gateways.put("demo", routes())
    [stored] = emulator.state.gateways.values()
    spec = json.loads(stored.spec)
    assert spec["openapi"] == "3.0.3"
    assert spec["components"]["schemas"]["Row"] == {"type": "number", "nullable": True}
    assert spec["x-yc-apigateway"]["service_account_id"] == SERVICE_ACCOUNT
    assert CONTRACT["openapi"] == "3.1.0", "the contract itself is not touched"


@pytest.mark.slow
@pytest.mark.parametrize(("form", "where"), [("0.1", "url"), ("1.0", "path")])
def test_the_function_gets_events_of_both_formats(
    emulator: Emulator, cloud: Cloud, form: str, where: str
) -> None:
    chosen = opened(emulator, payload_format=form).gateways
    assert chosen is not None
    chosen.put("demo", routes())
    status, answer, _ = asked(emulator, "POST", "/predict?x=1", Authorization="Bearer ours")
    event = answer["event"]
    assert (status, event[where].partition("?")[0], event.get("version", "0.1")) == (200, "/predict", form)
    assert event["queryStringParameters"] == {"x": "1"}
    assert "Authorization" not in event["headers"]
    other = asked(emulator, "DELETE", "/no/where")[1]["event"]
    assert (other[where], other["httpMethod"]) == ("/no/where", "DELETE"), "the function refuses by itself"


@pytest.mark.slow
def test_a_canary_gets_its_share_until_all_requests_are_sent_elsewhere(
    emulator: Emulator, cloud: Cloud, gateways: Gateways, tmp_path: Path
) -> None:
    gateways.put("demo", routes())
    other = bundle_record(write_bundle(tmp_path, ECHO + "#", version="v2.0.0"), version="v2.0.0")
    cloud.functions.create_version("demo", other, FunctionSettings())
    cloud.functions.set_tag("demo", "next", 2)
    shared = gateways.put("demo", routes("next", 40))
    assert (shared.tag, shared.canary_tag, shared.canary_weight) == ("prod", "next", 40)
    assert gateways.is_current("demo", routes("next", 40)) and not gateways.is_current("demo", routes())

    seen = [asked(emulator, "GET", "/health") for _ in range(40)]
    canaries = [answer["version"] for _, answer, headers in seen if "x-yc-apigateway-release" in headers]
    others = [answer["version"] for _, answer, headers in seen if "x-yc-apigateway-release" not in headers]
    assert 5 <= len(canaries) <= 35
    assert len(set(canaries)) == len(set(others)) == 1 and set(canaries) != set(others)

    done = gateways.put("demo", routes("next"))
    assert (done.tag, done.canary_tag) == ("next", None)
    assert asked(emulator, "GET", "/health")[1]["version"] == canaries[0]


@pytest.mark.slow
def test_an_authorizer_decides_by_the_key_who_may_predict(
    emulator: Emulator, cloud: Cloud, tmp_path: Path
) -> None:
    guard = bundle_record(write_bundle(tmp_path, AUTHORIZER, name="guard"), name="guard")
    cloud.functions.create_version("guard", guard, FunctionSettings())
    [identifier] = [key for key, each in emulator.state.functions.items() if each.proto.name == "guard"]
    guarded = opened(emulator, authorizer=identifier).gateways
    assert guarded is not None
    guarded.put("demo", routes())
    assert asked(emulator, "POST", "/predict")[0] == 401
    assert asked(emulator, "POST", "/predict", **{"X-Api-Key": "wrong"})[0] == 403
    status, answer, _ = asked(emulator, "POST", "/predict", **{"X-Api-Key": "right"})
    assert (status, answer["event"]["requestContext"]["authorizer"]) == (200, {"who": "us"})
    assert asked(emulator, "GET", "/health")[0] == 200, "only predictions are guarded"
    assert asked(emulator, "POST", "//predict")[0] == 401, "and no other way leads to them"


@pytest.mark.slow
def test_without_a_service_account_a_private_function_refuses_the_gateway(
    emulator: Emulator, cloud: Cloud
) -> None:
    nobody = opened(emulator, service_account=None).gateways
    assert nobody is not None
    nobody.put("demo", routes())
    assert asked(emulator, "GET", "/health")[0] == 403


def test_a_canary_needs_a_gateway(gateways: Gateways) -> None:
    with pytest.raises(DeployError, match="there is no API gateway demo"):
        gateways.put("demo", routes("next", 10))


def test_a_gateway_that_emel_did_not_make_is_left_alone(emulator: Emulator, gateways: Gateways) -> None:
    gateways.put("demo", routes())
    [stored] = emulator.state.gateways.values()
    stored.proto.labels.clear()
    with pytest.raises(DeployError, match="that emel did not make"):
        gateways.put("demo", routes())
    gateways.delete("demo")
    assert gateways.find("demo") is None and emulator.state.gateways


def test_a_lost_answer_makes_no_second_gateway_and_a_deleted_one_is_gone(
    emulator: Emulator, gateways: Gateways
) -> None:
    emulator.state.honours_idempotency_key = False
    lost = Fault("ApiGatewayService/Create", grpc.StatusCode.UNAVAILABLE, after=True)
    emulator.state.faults.append(lost)
    gateways.put("demo", routes())
    assert len(emulator.state.gateways) == 1
    gateways.delete("demo")
    gateways.delete("demo")
    assert emulator.state.gateways == {}


def test_the_role_that_is_missing_is_named(emulator: Emulator, gateways: Gateways) -> None:
    emulator.state.roles -= {"functions.admin"}
    emulator.state.faults.append(
        Fault("ApiGatewayService/Create", grpc.StatusCode.PERMISSION_DENIED, "Permission denied")
    )
    emulator.state.roles |= {"functions.editor"}
    with pytest.raises(DeployError) as problem:
        gateways.put("demo", routes())
    assert "give the role api-gateway.editor" in str(problem.value.hint)
