"""When a job runs. One evaluator of these rules stands in the tests, and runs them over all events.

The meaning of each keyword: GitLab's documentation, «Specify when jobs run with rules».
"""

from __future__ import annotations

from typing import Any

from emel.ci.layout import Noted
from emel.ci.spec import Spec

Rules = list[Any]

MERGE_REQUEST = '$CI_PIPELINE_SOURCE == "merge_request_event"'
DEFAULT_BRANCH = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
SCHEDULE = '$CI_PIPELINE_SOURCE == "schedule"'
FORK = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_MERGE_REQUEST_PROJECT_ID"
PUSHED = '($CI_PIPELINE_SOURCE == "push" || $CI_PIPELINE_SOURCE == "web")'
NEVER = "never"


def workflow() -> dict[str, Any]:
    """One pipeline for each commit, and a new commit cancels what still runs for the one before."""
    return {
        "auto_cancel": {"on_new_commit": "interruptible"},
        "rules": [
            {"if": MERGE_REQUEST},
            {"if": DEFAULT_BRANCH},
            Noted(
                "A model version is a tag; it has been trained and deployed by then.", _no("$CI_COMMIT_TAG")
            ),
            Noted(
                "A branch with an open merge request has that one's pipeline.",
                _no('$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS && $CI_PIPELINE_SOURCE == "push"'),
            ),
            {"if": "$CI_COMMIT_BRANCH"},
        ],
    }


def of_every_commit(spec: Spec, when: str | None = None) -> Rules:
    """Merge requests and the default branch; in a pipeline of our own, branches without a merge request."""
    more = {"when": when} if when else {}
    branches = [] if spec.stage else ["$CI_COMMIT_BRANCH"]
    return [
        *_not_when_pruning(spec),
        *_not_on_a_machine_for_forks(spec),
        *[_changed(spec, {"if": event, **more}) for event in (MERGE_REQUEST, DEFAULT_BRANCH, *branches)],
    ]


def of_machines(spec: Spec, when: str | None = None) -> Rules:
    """The same for the jobs that launch and stop the machine of a training."""
    return [*_not_without_a_machine(spec), *of_every_commit(spec, when)]


def of_sweeps(spec: Spec, when: str | None = None) -> Rules:
    """Merge requests of the project's own branches, and branches: a person starts a sweep."""
    more = {"when": when} if when else {}
    branches = [] if spec.stage else [{"if": f"$CI_COMMIT_BRANCH && {PUSHED}", **more}]
    unwanted = [_no(f'"{spec.sweeps}" != "true"')] if spec.is_component else []
    return [*unwanted, *of_merge_requests(spec, when), *[_changed(spec, rule) for rule in branches]]


def of_merge_requests(spec: Spec, when: str | None = None) -> Rules:
    """Merge requests of the project's own branches."""
    more = {"when": when} if when else {}
    return [
        Noted("A fork has none of the project's secrets, and nobody has read its code yet.", _no(FORK)),
        _changed(spec, {"if": MERGE_REQUEST, **more}),
    ]


def of_default_branch(spec: Spec) -> Rules:
    """What was merged."""
    more = {} if spec.production == "on_success" else {"when": spec.production}
    return [*_not_when_pruning(spec), _changed(spec, {"if": DEFAULT_BRANCH, **more})]


def of_schedules(spec: Spec, *, machine: bool = False) -> Rules:
    """Pipeline schedules, whose branch is nearly always the default one."""
    return [*(_not_without_a_machine(spec) if machine else []), {"if": SCHEDULE}]


def _no(condition: str) -> dict[str, Any]:
    return {"if": condition, "when": NEVER}


def _not_on_a_machine_for_forks(spec: Spec) -> Rules:
    if spec.machine is None:
        return []
    fork = f'{FORK} && "{spec.machine}" != "none"' if spec.is_component else FORK
    return [
        Noted("A fork may launch no machine, and no other runner has what the training needs.", _no(fork))
    ]


def _not_without_a_machine(spec: Spec) -> Rules:
    return [_no(f'"{spec.machine}" == "none"')] if spec.is_component else []


def _not_when_pruning(spec: Spec) -> Rules:
    if spec.schedule == "prune":
        return [_no(SCHEDULE)]
    if spec.schedule == "train":
        return []
    return [_no(f'{SCHEDULE} && "{spec.schedule}" == "prune"')]


def _changed(spec: Spec, rule: dict[str, Any]) -> dict[str, Any]:
    """In a repository of several projects, only when files of this one were changed."""
    if not spec.folder:
        return rule
    return {
        "if": rule["if"],
        "changes": [spec.path("**/*")],
        **{k: v for k, v in rule.items() if k != "if"},
    }
