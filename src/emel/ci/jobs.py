"""The jobs of the pipeline. Every command that they run is one that a person can type."""

from __future__ import annotations

from emel.ci import machines, rules
from emel.ci.layout import Noted
from emel.ci.parts import Job, dvc_cache, job, name_of, pip_cache, when
from emel.ci.spec import Spec

TAG = "mr-$CI_MERGE_REQUEST_IID"
REPORT = ".emel/report"
REPORTING = "report-$CI_COMMIT_REF_SLUG"
"""Of jobs that write into the report's comment: GitLab lets one of them run at a time, in child pipelines
too (GitLab documentation, «Resource group»)."""
NOISE = "emel.noise.json"


def train(spec: Spec) -> Job:
    """Run what changed, and of a merge request make the function's bundle."""
    pull = 'dvc pull --allow-missing || echo "What the DVC remote does not have is made here."'
    push = 'dvc push || echo "The results are artifacts of this job; the DVC remote did not take them."'
    return {
        **job(spec, "train"),
        **machines.of_training(spec),
        "rules": rules.of_every_commit(spec),
        "cache": [pip_cache(spec), Noted("DVC takes from it what was made already.", dvc_cache(spec))],
        "script": [
            f"git fetch --quiet origin {spec.base}",
            *when(spec.has_remote, pull),
            *when(spec.reuses_results, "emel ci pull"),
            Noted("Exit code 7 is the gate's no.", _run(spec)),
            Noted(
                "What was merged is packaged when it gets its version, by the job deploy.",
                'if [ -n "$CI_MERGE_REQUEST_IID" ]; then emel package; fi',
            ),
            *when(spec.reuses_results, "emel ci push"),
            *when(spec.has_remote, push),
        ],
        "artifacts": {"when": "always", "expire_in": "1 week", "paths": _results(spec)},
    }


def preview(spec: Spec) -> Job:
    """An endpoint for the merge request."""
    return {
        **job(spec, "preview", cloud=True),
        "needs": [name_of(spec, "train")],
        "rules": rules.of_merge_requests(spec),
        "script": [f"emel preview start --to {spec.cloud} --yes --dotenv .emel/preview.env"],
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
        **job(spec, "preview", cloud=True),
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
        **job(spec, "verify", cloud=True),
        "needs": [name_of(spec, "train"), name_of(spec, "preview")],
        "rules": rules.of_merge_requests(spec),
        "script": [f"emel test --to {spec.cloud} --tag {TAG} --quick --junit .emel/api-test.xml"],
        "artifacts": {"when": "always", "reports": {"junit": spec.path(".emel/api-test.xml")}},
    }


def shadow(spec: Spec) -> Job:
    """The preview's answers beside production's."""
    return {
        **job(spec, "verify", cloud=True),
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
        **job(spec, "report", cloud=True),
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
        "resource_group": REPORTING,
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
        Noted(
            "Its stage moves too: a Git tag says which version is in production.",
            f"emel model promote --cloud {to} --dotenv .emel/production.env",
        ),
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
        **job(spec, "deploy", cloud=True),
        "needs": [name_of(spec, "train")],
        "rules": rules.of_default_branch(spec),
        "script": [
            *when(spec.commits_results, "emel ci commit"),
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
        **job(spec, "preview", cloud=True),
        "needs": [],
        "rules": rules.of_schedules(spec),
        "script": [f"emel preview prune --to {spec.cloud} --yes"],
    }


def _run(spec: Spec) -> str:
    if spec.repeat is None:
        return "emel run"
    default = '[ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]'
    if spec.is_component:
        default += f' && [ "{spec.repeat}" -gt 1 ]'
    return f"if {default}; then emel run --repeat {spec.repeat}; else emel run; fi"


def _results(spec: Spec) -> list[str] | str:
    if isinstance(spec.results, str):
        return spec.results
    noise = [NOISE] if spec.repeat else []
    return [spec.path(name) for name in (*spec.results, *noise, ".emel/runs/", ".emel/bundles/")]
