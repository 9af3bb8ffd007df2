"""emel promote"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import show
from emel.cli.render import tag_move
from emel.workflows.deploy import promote, write_dotenv


@click.command(
    epilog="""\b
Examples:
  emel promote mr-1                   # prod answers with what mr-1 answers with
  emel promote v1.0.0                 # prod answers with that model version
  emel promote 3 --tag staging        # staging answers with version 3 of the function
  emel promote mr-1 --weight 10       # a canary: mr-1's version gets 10 % of prod's requests
"""
)
@click.argument("source")
@options.tag
@click.option(
    "--weight",
    type=click.IntRange(1, 100),
    default=100,
    show_default=True,
    help="Percent of the requests. Below 100, SOURCE becomes the tag's canary.",
)
@options.to
@options.dotenv
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    source: str,
    tag: str,
    weight: int,
    to: str,
    dotenv: Path | None,
    as_json: bool,
) -> None:
    """Point a tag at another version of the function. Nothing is built, and no request is lost.

    SOURCE is a tag, a model version or the number of a version. A canary is finished by promoting SOURCE
    without a weight, and ended by `emel rollback`; every answer names its version in X-Function-Version-Id.
    On yandex it is the API gateway of `emel deploy --gateway` that shares the requests.
    """
    result = promote(options.project_of(context), source=source, tag=tag, weight=weight, to=to)
    if dotenv and result.url:
        write_dotenv(dotenv, result.url, result.tag)
    show(result, tag_move(result), as_json=as_json)
