"""emel package"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import bundle, explained
from emel.cli.verdict import fail_if_missed
from emel.workflows.gate import judge_bundle
from emel.workflows.names import function_name
from emel.workflows.package import package, package_file

FILE = click.Path(path_type=Path)


@click.command(
    epilog="""\b
Examples:
  emel package                        # the model of the working tree
  emel package --rev main             # the model of another revision, from the DVC cache
  emel package model.joblib --sample rows.csv --target y
                                      # any model file, in any folder
  emel package mlruns/1/models/m-0/artifacts --sample rows.parquet --no-pickle
"""
)
@click.argument("model", type=FILE, required=False)
@click.option("--sample", type=FILE, help="Rows like those to come: CSV, JSON, Parquet, a pickled frame.")
@click.option("--target", metavar="COLUMN", help="The column of the sample that holds the true answer.")
@click.option(
    "--tier", type=click.Choice(["auto", "pure", "onnx", "python"]), help="What the function is made of."
)
@click.option("--output", type=FILE, help="Write the zip here, its record and the answers beside it.")
@click.option("--name", help="The function's name; without it, MODEL's own made fit for one.")
@click.option("--no-pickle", is_flag=True, help="Refuse files that can run code when they are loaded.")
@click.option(
    "--explain", is_flag=True, help="Show every tier that was tried, with the numbers that decided."
)
@options.rev
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    model: Path | None,
    sample: Path | None,
    target: str | None,
    tier: str | None,
    output: Path | None,
    name: str | None,
    no_pickle: bool,
    explain: bool,
    rev: str | None,
    as_json: bool,
) -> None:
    """Turn a fitted model into a function's zip, prove that it answers as the original, measure its start.

    Without MODEL it is the one of emel.toml, and the zip stands in .emel/bundles/. With MODEL, a file of
    joblib, pickle, skops, LightGBM, XGBoost, CatBoost, ONNX or PyTorch, or the folder of an MLflow model,
    nothing but --sample is needed: no repository and no emel.toml. Options beat emel.toml where there is one,
    and the zip is written to the folder of the call.

    The sample rows, and rows made from the model itself, go through the original and through the finished
    zip. A bundle that differs is not kept. The exit code is 7 when it misses a limit of `[gate]`.
    """
    folder: Path = context.obj
    if model is not None and rev is not None:
        raise click.UsageError("--rev is for the model of emel.toml; MODEL is taken as it lies there")
    flags = {
        "model__name": name or (function_name(model.stem) if model else None),
        "model__path": str(folder / model) if model else None,
        "model__sample": str(folder / sample) if sample else None,
        "model__target": target,
        "model__tier": tier,
    }
    place = folder / output if output else None
    with progress() as telling:
        if model is None:
            project = options.project_of(context, **flags)
            result = package(project, revision=rev, output=place, trusted=not no_pickle, progress=telling)
        else:
            project = options.folder_of(context, **flags)
            result = package_file(
                project, folder=folder, output=place, trusted=not no_pickle, progress=telling
            )
    show(result, explained(result) if explain else bundle(result), as_json=as_json)
    fail_if_missed(judge_bundle(project, result))
