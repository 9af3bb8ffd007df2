"""emel test"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import endpoint_report
from emel.errors import EndpointTestFailed
from emel.workflows.endpoints import test_endpoint


@click.command(
    epilog="""\b
Examples:
  emel test                           # the tag prod on this machine
  emel test --tag mr-1
  emel test --url http://127.0.0.1:8080/churn/prod
"""
)
@options.to
@options.tag
@click.option("--url", help="The address of an endpoint, instead of a tag.")
@options.as_json
@click.pass_context
def command(context: click.Context, to: str, tag: str, url: str | None, as_json: bool) -> None:
    """Test a live endpoint: health, contract, bad input, latency, and the original model's answers.

    The exit code is 14 when a check fails.
    """
    with progress() as telling:
        result = test_endpoint(options.project_of(context), target=url or tag, to=to, progress=telling)
    show(result, endpoint_report(result), as_json=as_json)
    failed = [check.name for check in result.checks if not check.passed]
    if failed:
        raise EndpointTestFailed(
            f"{len(failed)} of {len(result.checks)} checks failed: {', '.join(failed)}", where=result.url
        )
