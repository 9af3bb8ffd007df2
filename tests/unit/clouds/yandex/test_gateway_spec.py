"""The specification of a gateway is OpenAPI 3.0, whatever the model's signature."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from emel.clouds.yandex.gateway_spec import ANY_METHOD, REST, gateway_spec
from emel.records import GatewaySettings
from emel_runtime.openapi import document


def column(name: str, kind: str, **told: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "minimum": None,
        "maximum": None,
        "missing": False,
        "categories": [],
    } | told


# Names that mean something in a schema are columns here.
COLUMNS = [
    column("type", "float", minimum=0, maximum=2, missing=True),
    column("examples", "string", categories=["a", "b"]),
    column("prefixItems", "integer", minimum=1, maximum=3),
    column("nullable", "boolean", missing=True),
]
GUARDED = GatewaySettings(service_account="aje1", authorizer="d4eguard")


def spec_of(settings: GatewaySettings, labels: list[Any], outputs: int) -> dict[str, Any]:
    manifest = {
        "model": {"name": "demo", "version": "v1.0.0", "description": "A model"},
        "signature": {"columns": COLUMNS, "labels": labels, "outputs": outputs},
    }
    made: dict[str, Any] = json.loads(gateway_spec(document(manifest), "d4efunction", "prod", settings))
    return made


@pytest.mark.parametrize("settings", [GatewaySettings(), GUARDED])
@pytest.mark.parametrize(
    ("labels", "outputs"), [([], 1), (["yes", "no"], 1), ([[0, 1], ["p", "q"]], 2), ([], 3)]
)
def test_it_is_valid_and_every_operation_calls_the_function(
    settings: GatewaySettings, labels: list[Any], outputs: int
) -> None:
    spec = spec_of(settings, labels, outputs)
    assert [problem.message for problem in OpenAPIV30SpecValidator(spec).iter_errors()] == []
    operations = [
        operation
        for path in spec["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", ANY_METHOD)
    ]
    called = {operation["x-yc-apigateway-integration"]["tag"] for operation in operations}
    assert called == {"${var.tag}"} and len(operations) > 25


def test_columns_keep_their_names_and_types() -> None:
    rows = spec_of(GatewaySettings(), [], 1)["components"]["schemas"]["Row"]
    assert set(rows["properties"]) == {"type", "examples", "prefixItems", "nullable"}
    assert rows["properties"]["type"]["type"] == "number" and rows["properties"]["type"]["nullable"]
    assert rows["properties"]["examples"]["example"] == "a"


def test_an_authorizer_guards_predictions_and_what_the_contract_does_not_name() -> None:
    paths = spec_of(GUARDED, [], 1)["paths"]
    assert "security" in paths["/predict"]["post"] and "security" in paths[REST][ANY_METHOD]
    assert "security" not in paths["/health"]["get"] and "security" not in paths["/predict"][ANY_METHOD]
    assert "securitySchemes" not in spec_of(GatewaySettings(), [], 1)["components"]
