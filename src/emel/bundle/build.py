"""Artifact → zip. The same artifact makes the same bytes, in any folder, at any time, under any umask."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

import emel
import emel_runtime
from emel.bundle.bytecode import OWN, VERSIONS, compile_for, interpreters
from emel.bundle.examples import example_rows
from emel.bundle.secrets import refuse_secrets
from emel.bundle.slimming import slim
from emel.bundle.wheels import add_exactly, add_resolved
from emel.bundle.zipping import write_zip
from emel.errors import BundleError
from emel.records import Artifact, BuiltZip, MountedModel, Serving, SlimStep, Tier
from emel.system.files import sha256_of
from emel.system.process import Process
from emel_runtime.contract import HANDLER, MANIFEST, MANIFEST_FORMAT, MOUNT
from emel_runtime.operations import MODULES
from emel_runtime.page import PAGE
from emel_runtime.pure import CorruptModel, decode

MODULES_OF: dict[Tier, tuple[str, ...]] = {
    "pure": (),
    "onnx": ("onnx_tier.py",),
    "python": ("habits.py", "python_tier.py", "tables.py"),
}
"""The modules of the runtime that one tier alone needs."""
SOURCE_OF_HANDLER = '''\
"""What a cloud is pointed at: handler.yandex or handler.aws."""

from emel_runtime.app import App

app = App(__file__.rpartition("/")[0] or ".")


def yandex(event, context):
    """The entry point for Yandex Cloud Functions and the local platform."""
    return app.handle(event, context)


def aws(event, context):
    """The entry point for AWS Lambda."""
    return app.handle(event, context)
'''

SILENT = Serving()


def build(
    artifact: Artifact,
    *,
    version: str,
    commit: str | None,
    output: Path,
    process: Process,
    serving: Serving = SILENT,
    keep: Collection[SlimStep] = (),
    metrics: Mapping[str, float] | None = None,
    python: str = OWN,
    mount: Path | None = None,
) -> BuiltZip:
    """Write the function's zip to `output`, with the libraries that its tier needs, slimmed but for `keep`.

    `metrics` are those of the commit, for whoever asks the function.

    With `mount`, a folder that need not be there yet, the model's file goes into that instead of the zip, and
    the function looks for it in its mount.

    The libraries are for the version `python`. The byte-code is for every Python that is at hand, or where
    there are libraries for that version alone, if it is at hand; another one compiles the sources.
    Errors: BundleError when the model cannot be read, libraries cannot be fetched, the runtime cannot be
    compiled, a secret would go into the zip, or a column that is to be hidden is not there;
    MissingExtraError; OSError.
    """
    programs = interpreters(process, VERSIONS if artifact.tier == "pure" else (python,))
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        root = Path(folder)
        _add_libraries(artifact, root, process, python)
        slim(root, artifact.tier, keep)
        _stage(artifact, root)
        place = _place_model(artifact, root, mount)
        compile_for(root, list(programs.values()), process)
        metered = {"metrics": metrics} if metrics else {}
        told = {"python": python, **metered, **_served(artifact, serving)}
        _write_manifest(artifact, version, commit, place, root, told)
        refuse_secrets(root, (MANIFEST, *artifact.sources))
        refuse_secrets(mount or root, (place["file"],))
        # The manifest is the last, because what parity finds is written into it afterwards.
        write_zip(output, {name: (root / name).read_bytes() for name in _names(root)}, last=MANIFEST)
    return BuiltZip(
        path=output,
        digest=sha256_of(output),
        zip_bytes=output.stat().st_size,
        bytecode=tuple(programs),
        python=python,
        mounted=_mounted(artifact, mount),
    )


def _add_libraries(artifact: Artifact, root: Path, process: Process, python: str) -> None:
    if artifact.tier == "onnx":
        # What onnxruntime asks for beside these, its core does not use.
        add_exactly(artifact.requirements.split(), root, process, python)
    elif artifact.tier == "python":
        add_resolved(artifact.requirements, root, process, python)


def _stage(artifact: Artifact, root: Path) -> None:
    """Put everything that is neither a library nor the model into its place."""
    runtime = root / emel_runtime.__name__
    runtime.mkdir()
    source = Path(emel_runtime.__path__[0])
    others = {name for tier, names in MODULES_OF.items() if tier != artifact.tier for name in names}
    modules = {path.name for path in source.glob("*.py")} - others
    for module in [*sorted(modules), PAGE, *_operations(artifact)]:
        (runtime / module).parent.mkdir(exist_ok=True)
        shutil.copyfile(source / module, runtime / module)
    (root / HANDLER).write_text(SOURCE_OF_HANDLER, encoding="utf-8", newline="\n")
    for name, path in artifact.sources.items():
        _copy(path, root / name)


def _place_model(artifact: Artifact, root: Path, mount: Path | None) -> dict[str, str]:
    """Put the model's file into its place, and say in the manifest's words which that is."""
    if mount is None:
        file = f"model/{artifact.file.name}"
        _copy(artifact.file, root / file)
        return {"file": file}
    _copy(artifact.file, mount / artifact.file.name)
    return {"file": artifact.file.name, "mount": MOUNT}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _mounted(artifact: Artifact, mount: Path | None) -> MountedModel | None:
    if mount is None:
        return None
    path = mount / artifact.file.name
    return MountedModel(path=path, name=path.name, digest=artifact.digest, size=path.stat().st_size)


def _operations(artifact: Artifact) -> list[str]:
    """The modules of the runtime that the model's program needs besides the common ones."""
    if artifact.tier != "pure":
        return ["operations/__init__.py"]
    where = str(artifact.file)
    try:
        program, _ = decode(artifact.file.read_bytes())
        families = {MODULES[operation["name"]] for operation in program["operations"]}
    except (CorruptModel, KeyError) as problem:
        raise BundleError(
            f"the lowered model cannot be read: {problem}",
            where=where,
            hint="make it anew with `emel package`",
        ) from problem
    return [f"operations/{family}.py" for family in ("__init__", *sorted(families))]


def _served(artifact: Artifact, serving: Serving) -> dict[str, object]:
    """The entries of the manifest for callers, the log and the page; none where the project says nothing of
    them."""
    entries: dict[str, object] = {}
    examples = example_rows(artifact.answers, serving.examples, serving.log_redact)
    if examples:
        entries["examples"] = examples
    if serving.cors:
        entries["cors"] = serving.cors
    if serving.log_predictions:
        known = [column.name for column in artifact.signature.columns]
        for name in serving.log_redact:
            if name not in known:
                raise BundleError(
                    f"the column {name!r}, which the log is to hide, is none of the model's",
                    where="emel.toml [logging] redact",
                    hint=f"name some of: {', '.join(known)}",
                )
        entries["logging"] = {
            "predictions": True,
            "sample": serving.log_sample,
            "redact": serving.log_redact,
        }
    return entries


def _write_manifest(
    artifact: Artifact,
    version: str,
    commit: str | None,
    place: Mapping[str, str],
    root: Path,
    told: Mapping[str, object],
) -> None:
    manifest = {
        "format": MANIFEST_FORMAT,
        "emel": emel.__version__,
        "tier": artifact.tier,
        "model": {
            "name": artifact.name,
            "version": version,
            "commit": commit,
            "description": artifact.description,
            **place,
            "digest": artifact.digest,
            "source_digest": artifact.source_digest,
        },
        "signature": msgspec.to_builtins(artifact.signature),
        "libraries": artifact.libraries,
        **({"engine": artifact.engine} if artifact.engine else {}),
        "sample_digest": artifact.sample_digest,
        **told,
        "files": {name: sha256_of(root / name) for name in _names(root)},
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (root / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def _names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
