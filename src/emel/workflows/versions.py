"""What is known of a model's versions, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from emel import registry
from emel.bundle.shelf import Shelf
from emel.errors import EmelError, ForgeError, RegistryError
from emel.records import (
    Bundle,
    Deployed,
    Downloaded,
    ModelVersion,
    Revision,
    VersionDetails,
    VersionManifest,
)
from emel.system.files import sha256_of
from emel.workflows.deploy import open_cloud
from emel.workflows.forged import MANIFEST, VersionForge, find_forge, release_files
from emel.workflows.local import LOCAL
from emel.workflows.package import packaged, shelf_of
from emel.workflows.project import Progress, Project


def show_version(
    project: Project, text: str | None, *, env: Mapping[str, str], progress: Progress
) -> VersionDetails:
    """All that is known of a version (default: the newest): commit, results, release, where it is deployed.

    A forge that cannot be asked is told in the answer. Errors: RegistryError; ResultsError, PipelineError
    when the commit's results cannot be read.
    """
    repo, name = project.repo(), project.config.model.name
    version = registry.find_version(repo, name, text)
    progress.step(f"reading {version.tag}")
    snapshot = project.pipeline().snapshot(revision_of(version))
    notes: list[str] = []
    known = VersionDetails(
        version=version,
        stages=tuple(sorted(key for key, held in registry.stages(repo, name).items() if held == version)),
        metrics=snapshot.metrics,
        params=snapshot.params,
        data=snapshot.data,
        bundle=bundle_at_hand(project, version),
        deployed=_deployed(project, version, notes),
    )
    there = find_forge(project.root, project.system, env, progress)
    if isinstance(there, str):
        return msgspec.structs.replace(known, notes=(*notes, f"no release: {there}"))
    try:
        files = release_files(there.forge, name, version.version)
        whole = any(file.name == MANIFEST for file in files)
        manifest = _manifest(project, there, version) if whole else None
    except ForgeError as problem:
        return msgspec.structs.replace(known, notes=(*notes, f"the release is not known: {problem.message}"))
    if manifest is None:
        return msgspec.structs.replace(known, files=files, notes=(*notes, "no release with a manifest"))
    return msgspec.structs.replace(
        known,
        release=there.page(version.tag),
        files=files,
        bundle=manifest.bundle,
        notes=tuple(notes),
    )


def download(
    project: Project, text: str | None, *, folder: Path, env: Mapping[str, str], progress: Progress
) -> Downloaded:
    """Fetch the files of a version's release into a folder, each held against the manifest's digest.

    A file that is there already with its digest is not fetched again. The bundle's record is put beside it,
    so that it can be deployed. Errors: RegistryError; ForgeError when there is no forge, no such file, or one
    arrives damaged.
    """
    version = registry.find_version(project.repo(), project.config.model.name, text)
    there = _require_forge(project, env, progress)
    return _download(project, there, version, folder, progress)


def bundle_of(
    project: Project, version: ModelVersion, *, env: Mapping[str, str], progress: Progress
) -> Bundle:
    """The bundle of a version: from this machine's shelf, else from its release, else made anew.

    Errors: those of `package`; ForgeError when a release is there whose files are damaged.
    """
    found = bundle_at_hand(project, version)
    if found is not None:
        return found
    there = find_forge(project.root, project.system, env, progress)
    if not isinstance(there, str):
        try:
            _download(project, there, version, _releases(project), progress)
        except ForgeError as problem:
            if problem.status not in (None, 401, 403, 404):
                raise
            progress.step(f"{version.tag} has no release to fetch: {problem.message}")
    return bundle_at_hand(project, version) or packaged(project, revision=version.tag, progress=progress)


def bundle_at_hand(project: Project, version: ModelVersion) -> Bundle | None:
    """The bundle of a version that lies on this machine, and is whole."""
    for bundle in (*shelf_of(project).all(), *Shelf(_releases(project)).all()):
        same = (bundle.name, bundle.version, bundle.commit) == (version.name, version.version, version.commit)
        if same and sha256_of(bundle.path) == bundle.digest:
            return bundle
    return None


def revision_of(version: ModelVersion) -> Revision:
    """The commit of a version."""
    return Revision(label=version.tag, commit=version.commit)


def manifest_of(
    project: Project, version: ModelVersion, *, env: Mapping[str, str], progress: Progress
) -> VersionManifest | None:
    """The manifest of a version's release; None where there is no forge, no release, or no right to it."""
    there = find_forge(project.root, project.system, env, progress)
    if isinstance(there, str):
        return None
    try:
        return _manifest(project, there, version)
    except ForgeError:
        return None


def _require_forge(project: Project, env: Mapping[str, str], progress: Progress) -> VersionForge:
    there = find_forge(project.root, project.system, env, progress)
    if isinstance(there, str):
        raise ForgeError(
            f"there is no release to download from: {there}",
            hint=f"make the bundle here: emel package --rev {project.config.model.name}@VERSION",
        )
    return there


def _download(
    project: Project, there: VersionForge, version: ModelVersion, folder: Path, progress: Progress
) -> Downloaded:
    manifest = _manifest(project, there, version)
    fetched, kept = [], []
    for name, digest in manifest.files.items():
        target = folder / name
        if target.is_file() and sha256_of(target) == digest:
            kept.append(name)
            continue
        progress.step(f"downloading {name}")
        there.forge.packages.download(version.name, version.version, name, target)
        if sha256_of(target) != digest:
            target.unlink()
            raise ForgeError(
                f"{name} is not the file that the manifest of {version.tag} names: its digest differs",
                where=there.forge.packages.file_url(version.name, version.version, name),
                hint="somebody has published another file of that name; register the version again",
            )
        fetched.append(name)
    bundle, mounted = manifest.bundle, manifest.bundle.mounted
    Shelf(folder).put(
        msgspec.structs.replace(
            bundle,
            path=folder / bundle.path.name,
            answers=folder / bundle.answers.name,
            mounted=mounted and msgspec.structs.replace(mounted, path=folder / mounted.path.name),
        )
    )
    return Downloaded(version=version, folder=str(folder), fetched=tuple(fetched), kept=tuple(kept))


def _manifest(project: Project, there: VersionForge, version: ModelVersion) -> VersionManifest:
    """Errors: ForgeError with status 404 when the version has none."""
    target = project.claim_state() / "manifests" / f"{version.name}-{version.version}.json"
    there.forge.packages.download(version.name, version.version, MANIFEST, target)
    manifest = registry.read_manifest(target.read_bytes(), version.tag)
    if manifest.commit != version.commit:
        raise RegistryError(
            f"the release of {version.tag} was made of commit {manifest.commit[:8]}, "
            f"and the tag is at {version.commit[:8]}",
            where=version.tag,
            hint="somebody has moved the tag: choose another version",
        )
    _check_names(manifest, version)
    return manifest


def _check_names(manifest: VersionManifest, version: ModelVersion) -> None:
    """The names of files come from the server, and must stay in the folder that they are written to."""
    bundle = manifest.bundle
    beside = (str(bundle.mounted.path),) if bundle.mounted else ()
    names = (*manifest.files, str(bundle.path), str(bundle.answers), *beside)
    for name in names:
        if name != Path(name).name or name in ("", ".", ".."):
            raise RegistryError(f"the manifest names a file that is no name: {name!r}", where=version.tag)


def _releases(project: Project) -> Path:
    """Where bundles are kept that came from releases, without the sample rows that proved them."""
    return project.claim_state() / "releases"


def _deployed(project: Project, version: ModelVersion, notes: list[str]) -> tuple[Deployed, ...]:
    """The functions that hold the version, on this machine and on the cloud of the project's pipeline."""
    found = []
    for cloud in dict.fromkeys((LOCAL, project.config.ci.cloud or LOCAL)):
        try:
            held = open_cloud(project, cloud).functions.versions(version.name)
        except EmelError as problem:
            notes.append(f"where it is deployed on {cloud} is not known: {problem.message}")
            continue
        found += [
            Deployed(cloud=cloud, function=version.name, number=item.number, tags=item.tags)
            for item in held
            if item.model_version == version.version
        ]
    return tuple(found)
