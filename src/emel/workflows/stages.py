"""Put a version of the model into a stage, and let the function answer with it."""

from __future__ import annotations

from collections.abc import Mapping

from emel import deploy as deploying
from emel import registry
from emel.errors import ForgeError, RegistryError, RepositoryError
from emel.forge import git_environment, without_login
from emel.records import Deprecation, ModelVersion, StageMove
from emel.workflows.deploy import DeployRequest, deploy
from emel.workflows.forged import REMOTE, fetch_versions, find_forge
from emel.workflows.local import LOCAL
from emel.workflows.project import Progress, Project
from emel.workflows.versions import bundle_of

DEPRECATED = " (deprecated)"
"""What the name of a release ends with whose version was taken back."""


def promote_version(
    project: Project,
    text: str | None,
    *,
    stage: str = "prod",
    cloud: str = LOCAL,
    env: Mapping[str, str],
    progress: Progress,
) -> StageMove:
    """Let a version (default: that of HEAD) stand in a stage: first the function's tag of that name answers
    with it, then a Git tag says so, which is sent to the remote.

    Repeated it changes nothing. Errors: RegistryError; DeployError; those of `bundle_of`.
    """
    _learn(project, progress)
    repo, name = project.repo(), project.config.model.name
    version = registry.find_version(repo, name, text) if text else _version_of_head(project)
    return _move(project, version, stage, cloud, env, progress)


def rollback_version(
    project: Project,
    *,
    stage: str = "prod",
    cloud: str = LOCAL,
    env: Mapping[str, str],
    progress: Progress,
) -> StageMove:
    """Put the version into a stage that stood there before. Done twice, it is back where it was.

    Errors: RegistryError when no other version ever stood there; those of `promote_version`.
    """
    _learn(project, progress)
    name = project.config.model.name
    past = registry.history(project.repo(), name, stage)
    others = [version for version in past if version != past[-1]]
    if not others:
        now = f"only {past[-1].version} ever stood" if past else "no version stands"
        raise RegistryError(
            f"{now} in the stage {stage} of {name}", hint=f"emel model promote VERSION --to {stage}"
        )
    return _move(project, others[-1], stage, cloud, env, progress)


def deprecate_version(
    project: Project, text: str, *, env: Mapping[str, str], progress: Progress
) -> Deprecation:
    """Take a version back: a Git tag says so, here and on the remote, and its release. Its files and its own
    tag stay.

    Repeated it does nothing. Errors: RegistryError when there is no such version, or it stands in a stage.
    """
    _learn(project, progress)
    repo, name = project.repo(), project.config.model.name
    version = registry.find_registered(repo, name, text)
    held = [stage for stage, standing in registry.stages(repo, name).items() if standing == version]
    if held:
        raise RegistryError(
            f"{version.tag} stands in {' and '.join(sorted(held))}",
            hint=f"promote another version first: emel model promote VERSION --to {held[0]}",
        )
    tag = registry.deprecate(repo, version)
    reason = _push(project, tag, env, progress)
    page, release_reason = _mark_release(project, version, env, progress)
    return Deprecation(
        version=version,
        tag=tag,
        pushed=reason is None,
        reason=reason,
        release=page,
        release_reason=release_reason,
    )


def _learn(project: Project, progress: Progress) -> None:
    """Bring here what others have registered and promoted: what came before the present version is not what
    this clone last saw. Where the remote cannot be asked, one has to get back to a version all the same.
    """
    repo = project.repo()
    if repo.remote_url(REMOTE) is None:
        return
    progress.step("fetching versions and stages")
    try:
        fetch_versions(repo, project.config.model.name)
    except RepositoryError as problem:
        progress.line(f"warning: {problem.message}; going by those that are known here")


def _mark_release(
    project: Project, version: ModelVersion, env: Mapping[str, str], progress: Progress
) -> tuple[str | None, str | None]:
    """Let the release of a version say that it was taken back; its page, or why it does not say so."""
    there = find_forge(project.root, project.system, env, progress)
    if isinstance(there, str):
        return None, there
    releases = there.forge.releases
    try:
        release = releases.get(version.tag)
        if release is None:
            return None, "there is none"
        title = release.name or version.tag
        if not title.endswith(DEPRECATED):
            said = f"**This version is deprecated.**\n\n{release.description or ''}".strip()
            releases.update(version.tag, name=f"{title}{DEPRECATED}", description=said)
    except ForgeError as problem:
        return None, problem.message
    return there.page(version.tag), None


def _version_of_head(project: Project) -> ModelVersion:
    repo, name = project.repo(), project.config.model.name
    head = repo.head()
    found = registry.version_at(repo, name, head)
    if found is None:
        raise RegistryError(
            f"the commit that is checked out, {head[:8]}, has no version of {name}",
            hint="name a version, or give it one: emel model register",
        )
    return found


def _move(
    project: Project,
    version: ModelVersion,
    stage: str,
    cloud: str,
    env: Mapping[str, str],
    progress: Progress,
) -> StageMove:
    deploying.check_tag(stage)
    repo, name = project.repo(), project.config.model.name
    before = registry.stages(repo, name).get(stage)
    bundle = bundle_of(project, version, env=env, progress=progress)
    endpoint = deploy(project, DeployRequest(to=cloud, tag=stage, zip_path=bundle.path), progress)
    tag = registry.assign(repo, version, stage)
    reason = _push(project, tag, env, progress)
    return StageMove(
        stage=stage,
        before=before.version if before else None,
        version=version,
        tag=tag,
        endpoint=endpoint,
        pushed=reason is None,
        reason=reason,
    )


def _push(project: Project, tag: str, env: Mapping[str, str], progress: Progress) -> str | None:
    """Send a tag to the remote; why it could not be, if so. A job's own token may push only where the project
    lets it (GitLab documentation, «CI/CD job token»), so that of the project goes first."""
    repo = project.repo()
    address = repo.remote_url(REMOTE)
    if address is None:
        return f"the repository has no remote named `{REMOTE}`"
    login = git_environment(address, env)
    progress.step(f"pushing {tag}")
    try:
        repo.push_tag(without_login(address) if login else REMOTE, tag, env=login)
    except RepositoryError as problem:
        return problem.message
    return None
