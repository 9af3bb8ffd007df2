"""Give the model of a commit a version, and the version a release with its files."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from emel import registry
from emel.bundle import open_manifest
from emel.errors import ForgeError, MissingTokenError, RegistryError
from emel.gitrepo import GitRepo
from emel.records import Bundle, ModelVersion, Registration, Revision, Snapshot, to_json
from emel.records.forges import ReleaseLink
from emel.registry import Bump, Choice
from emel.system.files import write_atomic
from emel.workflows.forged import (
    MANIFEST,
    REMOTE,
    VersionForge,
    fetch_versions,
    find_forge,
    newest_files,
    release_files,
)
from emel.workflows.package import fetch_files, packaged_as
from emel.workflows.project import Progress, Project
from emel.workflows.register import check_committed, register

TRIES = 3


class Wanted(NamedTuple):
    """What was asked for: a version or the part to raise, at a revision."""

    version: str | None
    bump: Bump
    revision: str


class Material(NamedTuple):
    """What a release is made of."""

    bundle: Bundle
    model: Path
    snapshot: Snapshot
    libraries: Mapping[str, str]
    """The packages that made the model, with their versions."""

    def files(self) -> dict[str, Path]:
        """The files of the release but its manifest: names there, and where they are here."""
        mounted = self.bundle.mounted
        beside = {mounted.path.name: mounted.path} if mounted else {}
        return {self.bundle.path.name: self.bundle.path, **beside, _plain(self.model): self.model}


def release(
    project: Project,
    *,
    version: str | None = None,
    bump: Bump = "minor",
    revision: str | None = None,
    env: Mapping[str, str],
    progress: Progress,
) -> Registration:
    """Give the model of a commit (default: HEAD) a version, and publish its bundle, model and manifest.

    The model is packaged and proved first. Then the forge makes tag and release in one call, so that a
    version is given once, and the files follow; the manifest comes last. Ended anywhere and run again, it
    goes on. Without a forge, or a token for it, the tag is made here alone; in CI that is an error.

    Errors: RegistryError; RepositoryError when results are not committed, or the remote's tags cannot be
    fetched; ForgeError; all of `package`.
    """
    _check_job(env)
    check_committed(project, revision)
    wanted = Wanted(version, bump, revision or "HEAD")
    found = find_forge(project.root, project.system, env, progress)
    if isinstance(found, str):
        return _alone(project, wanted, found)
    progress.step("fetching the versions that there are")
    try:
        fetch_versions(project.repo(), project.config.model.name)
        return publish_version(
            project.repo(),
            project.config.model.name,
            found,
            wanted,
            partial(_prepare, project, progress),
            progress,
        )
    except MissingTokenError as problem:
        if found.place.in_ci:
            raise
        return _alone(project, wanted, problem.message, problem.hint)


def publish_version(
    repo: GitRepo,
    name: str,
    there: VersionForge,
    wanted: Wanted,
    prepare: Callable[[Choice, Path], Material],
    progress: Progress,
) -> Registration:
    """Tag and release a version, with the files that `prepare` makes of it; see `release`.

    `prepare` gets a folder for what lives no longer than this call. It is not asked when all is there.
    """
    for _ in range(TRIES):
        choice = registry.choose(
            repo, name=name, version=wanted.version, bump=wanted.bump, revision=wanted.revision
        )
        publishing = _Publishing(repo, name, there, choice)
        # Asked in any case: a token that is missing should be told before the long work.
        if publishing.is_complete() and choice.made:
            return publishing.result()
        with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
            material = prepare(choice, Path(scratch))
            progress.step(f"making the release {choice.tag}")
            if not publishing.reserve(material):
                continue
            for file_name, path in {
                **material.files(),
                MANIFEST: publishing.manifest(material, Path(scratch)),
            }.items():
                progress.step(f"uploading {file_name}")
                there.forge.packages.publish(name, choice.version, path, file_name=file_name)
        return publishing.result()
    raise RegistryError(
        "other jobs registered versions at the same time, again and again",
        hint="run the job again; a resource_group lets one run at a time",
    )


class _Publishing:
    """One version on its way to the forge."""

    def __init__(self, repo: GitRepo, name: str, there: VersionForge, choice: Choice) -> None:
        self._repo = repo
        self._name = name
        self._there = there
        self._choice = choice

    def is_complete(self) -> bool:
        """Whether the release is there with all that belongs to it: the manifest is what comes last."""
        found = self._there.forge.releases.get(self._choice.tag)
        if found is None:
            return False
        named = newest_files(self._there.forge, self._name, self._choice.version)
        return MANIFEST in named and {link.name for link in found.assets.links} >= named.keys()

    def reserve(self, material: Material) -> bool:
        """Make tag and release. False: look again, for another commit, or an answer that was lost, got it."""
        releases, choice = self._there.forge.releases, self._choice
        links = self._links((*material.files(), MANIFEST))
        known = releases.get(choice.tag)
        if known is not None:
            present = {link.name for link in known.assets.links}
            for link in links:
                if link.name not in present:
                    releases.set_link(choice.tag, link)
            return self._stands_here()
        if choice.made and not self._repo.has_remote_tag(REMOTE, choice.tag):
            # The forge would make a tag of its own, which could never be fetched over the one that is here.
            self._repo.push_tag(REMOTE, choice.tag)
        try:
            releases.create(
                choice.tag,
                name=f"{self._name} {choice.version}",
                description=registry.description(choice.version, material.snapshot, material.bundle),
                ref=None if choice.made else choice.commit,
                tag_message=None if choice.made else registry.message_of(self._name, choice),
                links=links,
            )
        except ForgeError as problem:
            # Another job was faster, or the release was made and its answer was lost.
            if not problem.maybe_done and problem.status not in (400, 409, 422):
                raise
            if releases.get(choice.tag) is None and (choice.made or not self._on_remote()):
                raise
            fetch_versions(self._repo, self._name)
            return False
        if self._stands_here():
            return True
        # The tag came by another way at this moment, and the forge took it, whatever commit it is at.
        releases.delete(choice.tag)
        return False

    def manifest(self, material: Material, scratch: Path) -> Path:
        """The manifest as a file."""
        manifest = registry.manifest_of(
            version=self._version(),
            snapshot=material.snapshot,
            bundle=material.bundle,
            libraries=material.libraries,
            files=material.files(),
        )
        target = scratch / MANIFEST
        write_atomic(target, msgspec.json.format(to_json(manifest)))
        return target

    def result(self) -> Registration:
        """What the forge has now."""
        return Registration(
            version=self._version(),
            release=self._there.page(self._choice.tag),
            files=release_files(self._there.forge, self._name, self._choice.version),
        )

    def _version(self) -> ModelVersion:
        return registry.find_version(self._repo, self._name, self._choice.version)

    def _on_remote(self) -> bool:
        return self._repo.has_remote_tag(REMOTE, self._choice.tag)

    def _stands_here(self) -> bool:
        fetch_versions(self._repo, self._name)
        return self._repo.resolve(f"refs/tags/{self._choice.tag}") == self._choice.commit

    def _links(self, names: Sequence[str]) -> tuple[ReleaseLink, ...]:
        url = self._there.forge.packages.file_url
        return tuple(
            ReleaseLink(
                name=name,
                url=url(self._name, self._choice.version, name),
                link_type="package",
                direct_asset_path=f"/{name}",
            )
            for name in names
        )


def _check_job(env: Mapping[str, str]) -> None:
    if env.get("CI_MERGE_REQUEST_IID"):
        raise RegistryError(
            "this is the pipeline of a merge request, whose commit may never come to the default branch",
            hint="register versions in the pipeline of the default branch",
        )


def _alone(project: Project, wanted: Wanted, reason: str, hint: str | None = None) -> Registration:
    revision = None if wanted.revision == "HEAD" else wanted.revision
    made = register(project, version=wanted.version, bump=wanted.bump, revision=revision)
    pushing = f"share the tag: git push {REMOTE} {made.tag}"
    remote = project.repo().remote_url(REMOTE)
    return Registration(version=made, release=None, reason=reason, hint=hint or (pushing if remote else None))


def _prepare(project: Project, progress: Progress, choice: Choice, scratch: Path) -> Material:
    revision = Revision(label=choice.commit[:8], commit=choice.commit)
    bundle = packaged_as(project, revision, choice.version, progress=progress)
    model, _sample = fetch_files(project, revision, scratch)
    return Material(
        bundle=bundle,
        model=model,
        snapshot=project.pipeline().snapshot(revision),
        libraries=open_manifest(bundle.path)["libraries"],
    )


def _plain(model: Path) -> str:
    """The name of the model's file, as GitLab takes it (letters, digits and . _ - +)."""
    return model.name if re.fullmatch(r"[A-Za-z0-9._+-]+", model.name) else f"model{model.suffix}"
