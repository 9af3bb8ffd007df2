"""The jobs of the pipeline. Every command that they run is one that a person can type."""

from __future__ import annotations

from typing import Any

from emel.ci import rules
from emel.ci.layout import Noted
from emel.ci.spec import Spec

Job = dict[str, Any]

TAG = "mr-$CI_MERGE_REQUEST_IID"
REPORT = ".emel/report"
PIP_CACHE = ".cache/pip"
"""In the folder whose .gitignore hides it: to Git it would be a change that is in no commit."""


def common(spec: Spec) -> Job:
    """What all jobs have in common; they extend it."""
    return {
        "image": spec.image,
        "variables": {
            "GIT_DEPTH": Noted("All commits: results are compared with where the branch began.", "0"),
            "PIP_CACHE_DIR": f"$CI_PROJECT_DIR/{spec.path(PIP_CACHE)}",
        },
        "cache": [_pip_cache(spec)],
        "before_script": _prepare(spec),
        "retry": Noted(
            "Only what the runner is to blame for: a training that failed would fail again.",
            {"max": 2, "when": ["runner_system_failure", "unknown_failure", "stuck_or_timeout_failure"]},
        ),
        "interruptible": Noted("A newer commit ends it.", True),
    }


def with_cloud(spec: Spec) -> Job:
    """The same for jobs that talk to the cloud: they get a token to sign in with, and no key is stored.

    What the job's token is exchanged for: docs of GitLab, «Connect to cloud services».
    """
    named = spec.cloud or ""
    is_input = named.startswith("$[[")
    tokens: dict[str, Any] = {}
    steps: list[Any] = []
    if named == "yandex" or is_input:
        tokens["GITLAB_OIDC_TOKEN"] = {"aud": "$CI_PROJECT_URL"}
    if named == "aws" or is_input:
        tokens["AWS_ID_TOKEN"] = {"aud": "sts.amazonaws.com"}
        steps += [
            "export AWS_WEB_IDENTITY_TOKEN_FILE=$(mktemp)",
            'printf %s "$AWS_ID_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"',
        ]
    if named == "local" or is_input:
        linked = 'mkdir -p .emel && ln -sfn "${EMEL_LOCAL_FOLDER:?is not set}" .emel/local'
        steps.append(
            f'if [ -n "$EMEL_LOCAL_FOLDER" ]; then {linked}; fi'
            if is_input
            else Noted(
                "The folder in which the platform of the runner's machine keeps its functions.", linked
            )
        )
    return {
        "extends": name_of(spec, ".emel"),
        **({"id_tokens": tokens} if tokens else {}),
        **({"before_script": [*_prepare(spec), *steps]} if steps else {}),
    }


def train(spec: Spec) -> Job:
    """Run what changed, and of a merge request make the function's bundle."""
    pull = 'dvc pull --allow-missing || echo "What the DVC remote does not have is made here."'
    push = 'dvc push || echo "The results are artifacts of this job; the DVC remote did not take them."'
    tags = spec.runner_tags if isinstance(spec.runner_tags, str) else list(spec.runner_tags)
    return {
        **_job(spec, "train"),
        **({"tags": tags} if tags else {}),
        "rules": rules.of_every_commit(spec),
        "cache": [_pip_cache(spec), Noted("DVC takes from it what was made already.", _dvc_cache(spec))],
        "script": [
            f"git fetch --quiet origin {spec.base}",
            *([pull] if spec.has_remote else []),
            Noted("Exit code 7 is the gate's no.", "emel run"),
            Noted(
                "What was merged is packaged when it gets its version, by the job deploy.",
                'if [ -n "$CI_MERGE_REQUEST_IID" ]; then emel package; fi',
            ),
            *([push] if spec.has_remote else []),
        ],
        "artifacts": {"when": "always", "expire_in": "1 week", "paths": _results(spec)},
    }


def preview(spec: Spec) -> Job:
    """An endpoint for the merge request."""
    return {
        **_job(spec, "preview", cloud=True),
        "needs": [name_of(spec, "train")],
        "rules": rules.of_merge_requests(spec),
        "script": [f"emel preview start --to {spec.cloud} --dotenv .emel/preview.env"],
        "artifacts": {"reports": {"dotenv": spec.path(".emel/preview.env")}},
        "environment": {
            "name": "preview/mr-$CI_MERGE_REQUEST_IID",
            "url": "$EMEL_URL",
            "on_stop": name_of(spec, "stop-preview"),
            "auto_stop_in": spec.auto_stop_in,
            "deployment_tier": "development",
        },
        "resource_group": "preview/mr-$CI_MERGE_REQUEST_IID",
        "interruptible": False,
    }


def stop_preview(spec: Spec) -> Job:
    """GitLab starts it when the merge request is merged or closed, or after `auto_stop_in`."""
    return {
        **_job(spec, "preview", cloud=True),
        "needs": [],
        "rules": rules.of_merge_requests(spec, "manual"),
        "script": [f"emel preview stop --to {spec.cloud}"],
        "environment": {"name": "preview/mr-$CI_MERGE_REQUEST_IID", "action": "stop"},
        "resource_group": "preview/mr-$CI_MERGE_REQUEST_IID",
        "interruptible": False,
        "allow_failure": Noted("Or the pipeline would wait for it.", True),
    }


def api_test(spec: Spec) -> Job:
    """The preview against its contract and the original model's answers."""
    return {
        **_job(spec, "verify", cloud=True),
        "needs": [name_of(spec, "train"), name_of(spec, "preview")],
        "rules": rules.of_merge_requests(spec),
        "script": [f"emel test --to {spec.cloud} --tag {TAG} --quick --junit .emel/api-test.xml"],
        "artifacts": {"when": "always", "reports": {"junit": spec.path(".emel/api-test.xml")}},
    }


def shadow(spec: Spec) -> Job:
    """The preview's answers beside production's."""
    return {
        **_job(spec, "verify", cloud=True),
        "needs": [name_of(spec, "train"), name_of(spec, "preview")],
        "rules": rules.of_merge_requests(spec),
        "script": [f"emel shadow {TAG} --to {spec.cloud}"],
        "artifacts": Noted(
            "The report shows it.",
            {"when": "always", "expire_in": "1 week", "paths": [spec.path(".emel/shadow/")]},
        ),
        "allow_failure": Noted("13: before the first release there is no production.", {"exit_codes": [13]}),
    }


def report(spec: Spec) -> Job:
    """One comment in the merge request, kept up to date."""
    shown = f' ${{EMEL_URL:+--preview "{TAG}" --to {spec.cloud}}}' if spec.cloud else ""
    before = ("preview", "shadow") if spec.cloud else ()
    optional = [{"job": name_of(spec, name), "optional": True} for name in before]
    return {
        **_job(spec, "report", cloud=True),
        "needs": [name_of(spec, "train"), *optional],
        "rules": Noted(
            "Also when the gate says no: that is when the report is wanted most.",
            rules.of_every_commit(spec, "always"),
        ),
        "script": [
            f"git fetch --quiet origin {spec.base}",
            Noted(
                "The comment needs EMEL_GITLAB_TOKEN. Without it the report is an artifact.",
                f"emel report --publish{shown}",
            ),
        ],
        "artifacts": {
            "when": "always",
            "expose_as": "Model report",
            "paths": [spec.path(f"{REPORT}/")],
            "reports": {
                "junit": spec.path(f"{REPORT}/junit.xml"),
                "annotations": spec.path(f"{REPORT}/annotations.json"),
                "metrics": spec.path(f"{REPORT}/metrics.txt"),
            },
        },
        "resource_group": "report-$CI_COMMIT_REF_SLUG",
    }


def deploy(spec: Spec) -> Job:
    """What was merged becomes a version, a release and production."""
    to = spec.cloud
    # A real cloud asks before it makes something, and nobody is there to answer.
    agreed = "" if to == "local" else " --yes"
    steps = [
        Noted(
            "The new version is tested under a tag of its own before production answers with it.",
            f"emel deploy --to {to} --tag next{agreed}",
        ),
        f"emel test --to {to} --tag next --quick --junit .emel/api-test.xml",
        f"emel promote next --to {to} --dotenv .emel/production.env",
    ]
    live = {
        "artifacts": {
            "when": "always",
            "reports": {
                "junit": spec.path(".emel/api-test.xml"),
                "dotenv": spec.path(".emel/production.env"),
            },
        },
        "environment": {"name": "production", "url": "$EMEL_URL", "deployment_tier": "production"},
    }
    return {
        **_job(spec, "deploy", cloud=True),
        "needs": [name_of(spec, "train")],
        "rules": rules.of_default_branch(spec),
        "script": [
            *(["emel ci commit"] if spec.commits_results else []),
            "emel model register",
            *(steps if to else []),
        ],
        **(live if to else {}),
        "resource_group": Noted("One deploy at a time.", "production"),
        "interruptible": False,
    }


def prune_previews(spec: Spec) -> Job:
    """For those whose merge request was closed without its pipeline."""
    return {
        **_job(spec, "preview", cloud=True),
        "needs": [],
        "rules": rules.of_schedules(),
        "script": [f"emel preview prune --to {spec.cloud} --yes"],
    }


def _job(spec: Spec, stage: str, *, cloud: bool = False) -> Job:
    extended = ".emel-cloud" if cloud and spec.cloud else ".emel"
    return {"extends": name_of(spec, extended), "stage": spec.stage or stage}


def name_of(spec: Spec, name: str) -> str:
    """A job's name in this pipeline."""
    return f".{spec.prefix}{name[1:]}" if name.startswith(".") else f"{spec.prefix}{name}"


def _prepare(spec: Spec) -> list[Any]:
    return [*spec.install, *([f"cd {spec.folder}"] if spec.folder else [])]


def _dvc_cache(spec: Spec) -> Job:
    return {
        "key": "dvc-$CI_COMMIT_REF_SLUG",
        "fallback_keys": [f"dvc-{spec.base}".replace("/", "-")],
        "paths": [spec.path(".dvc/cache")],
        "when": "always",
    }


def _pip_cache(spec: Spec) -> Job:
    key: Any = {"files": [spec.path(spec.lock)], "prefix": "pip"} if spec.lock else "pip"
    return {"key": key, "paths": [spec.path(PIP_CACHE)]}


def _results(spec: Spec) -> list[str] | str:
    if isinstance(spec.results, str):
        return spec.results
    return [spec.path(name) for name in (*spec.results, ".emel/runs/", ".emel/bundles/")]
