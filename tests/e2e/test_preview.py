"""A merge request's endpoint from its start to its end, with recorded requests sent to it and production."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from tests.fakes.command import Emel

MORE = """
[logging]
predictions = true

[gate."function.agreement"]
min = 0.99

[gate."function.zip_bytes"]
max = 10
"""


def predict(url: str, row: dict[str, float]) -> None:
    body = json.dumps(row).encode()
    request = urllib.request.Request(f"{url}/predict", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        assert reply.status == 200


@pytest.mark.slow
def test_a_preview_answers_is_held_against_production_and_goes(emel: Emel) -> None:
    with (emel.folder / "emel.toml").open("a") as config:
        config.write(MORE)
    emel.git("commit", "--quiet", "-a", "-m", "Record predictions")
    packaged = emel("package")
    assert (packaged.returncode, "function.zip_bytes is" in packaged.stderr) == (7, True), packaged.stderr

    production = json.loads(emel("deploy", "--to", "local", "--json").stdout)["url"]
    started = emel("preview", "start", "7", "--dotenv", ".emel/preview.env")
    assert started.returncode == 0, started.stderr
    url = production.removesuffix("prod") + "mr-7"
    assert f"EMEL_URL={url}\n" in (emel.folder / ".emel/preview.env").read_text()
    assert [preview["url"] for preview in json.loads(emel("preview", "list", "--json").stdout)] == [url]

    with urllib.request.urlopen(f"{url}/openapi.json", timeout=60) as reply:
        names = json.load(reply)["components"]["schemas"]["Row"]["properties"]
    for value in (1.0, 2.0):
        predict(production, dict.fromkeys(names, value))
    shadow = emel("shadow", "mr-7", "--requests", "50", "--json")
    assert shadow.returncode == 0, shadow.stderr
    assert (json.loads(shadow.stdout)["rows"], json.loads(shadow.stdout)["agreement"]) == (2, 1.0)
    whole = json.loads(emel("shadow", "mr-7", "--junit", "shadow.xml", "--json").stdout)
    assert (whole["source"], whole["rows"], whole["recent"]["rows"]) == ("sample", 142, 2)
    assert [check["passed"] for check in whole["verdict"]["checks"]] == [True]
    assert "function.agreement: at least 0.99" in (emel.folder / "shadow.xml").read_text()

    assert emel("preview", "stop", "!7").returncode == 0
    with pytest.raises(urllib.error.HTTPError) as caught:
        predict(url, dict.fromkeys(names, 1.0))
    caught.value.close()
    assert caught.value.code == 404
    predict(production, dict.fromkeys(names, 1.0))
