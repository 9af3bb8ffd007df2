"""emel test"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import endpoint_report
from emel.errors import EndpointTestFailed
from emel.workflows.endpoints import test_bundle, test_endpoint, write_junit


@click.command(
    epilog="""\b
Examples:
  emel test                           # the tag prod on this machine
  emel test --tag mr-1
  emel test --url http://127.0.0.1:8080/churn/prod
  emel test --bundle churn.zip --junit emel-test.xml
  emel test --url 'https://functions.yandexcloud.net/d4e0000?tag=candidate'
  emel test --url https://host/churn --api-key-variable CHURN_KEY
  emel test --quick                   # under 5 s: the whole contract is not tried
"""
)
@options.to
@options.tag
@click.option("--url", help="The address of an endpoint, instead of a tag.")
@click.option(
    "--bundle",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A bundle's zip, served on this machine for as long as the tests run.",
)
@options.api_key
@click.option(
    "--routes",
    type=click.Choice(["path", "query"]),
    help="How the endpoint takes a route: /health below its URL, or ?route=/health. Found out if not given.",
)
@click.option("--quick", is_flag=True, help="Leave out the requests that schemathesis makes up.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write GitLab's test report to this file.",
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    to: str,
    tag: str,
    url: str | None,
    bundle: Path | None,
    key: str | None,
    routes: Literal["path", "query"] | None,
    quick: bool,
    junit: Path | None,
    as_json: bool,
) -> None:
    """Test a live endpoint: health, contract, bad input, latency, and the original model's answers.

    Cases in tests/api/*.json (a request, and what must come back) run too. Where EMEL_API_KEY is set, its
    value is sent as the API key, and the endpoint must refuse requests without it.

    The exit code is 14 when a check fails.
    """
    if url and bundle:
        raise click.UsageError("give --url or --bundle, not both")
    project = options.project_of(context)
    with progress() as telling:
        if bundle:
            result = test_bundle(project, bundle, quick=quick, key=key, progress=telling)
        else:
            result = test_endpoint(
                project,
                target=url or tag,
                to=to,
                quick=quick,
                key=key,
                routes=routes,
                progress=telling,
            )
    if junit:
        write_junit(result, junit)
    show(result, endpoint_report(result), as_json=as_json)
    failed = [check for check in result.checks if not check.passed]
    if failed:
        names = ", ".join(check.name for check in failed)
        unasked = key is None and any("status 401" in check.detail for check in failed)
        raise EndpointTestFailed(
            f"{len(failed)} of {len(result.checks)} checks failed: {names}",
            where=result.url,
            hint=f"the endpoint asks for an API key: put it into {options.API_KEY}" if unasked else None,
        )
