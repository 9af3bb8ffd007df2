"""What GitLab makes of a pipeline's YAML: which jobs an event starts, and what a newer commit cancels.

Written from GitLab's documentation: «Specify when jobs run with rules», «workflow», «needs», «Resource
groups», «auto_cancel». It knows the keywords that emel writes, and fails on any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml
from tests.fakes.gitlab_events import Event

TOKEN = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|=~|!~|\(|\))|\$(?P<var>\w+)|\"(?P<text>[^\"]*)\"|(?P<null>null)|/(?P<pattern>[^/]+)/)"
)
RULE_KEYS = {"if", "changes", "exists", "when", "allow_failure"}
GLOBAL = {"stages", "workflow", "include", "default", "variables", "image"}


class RefusedError(Exception):
    """GitLab would not make the pipeline."""


class PlannedJob(NamedTuple):
    """A job of a pipeline that was made."""

    name: str
    when: str
    config: Mapping[str, Any]

    @property
    def interruptible(self) -> bool:
        return bool(self.config.get("interruptible", False))


class PlannedPipeline(NamedTuple):
    """What an event starts, job by job in the order of the file."""

    event: Event
    jobs: Mapping[str, PlannedJob]
    on_new_commit: str

    @property
    def automatic(self) -> set[str]:
        """Jobs that run without anybody's click, if all goes well."""
        return {name for name, job in self.jobs.items() if job.when in ("on_success", "always")}

    def after_failure_of(self, failed: str) -> set[str]:
        """Jobs that run all the same when one has failed."""
        broken = {failed}
        for name, job in self.jobs.items():
            if job.when != "always" and broken & set(needed(job.config)):
                broken.add(name)
        return self.automatic - broken

    def cancelled_by_new_commit(self, running: str) -> bool:
        """Whether a push to the same branch ends this job while it runs."""
        if self.on_new_commit == "interruptible":
            return self.jobs[running].interruptible
        return all(job.interruptible for job in self.jobs.values())

    def resource_group(self, name: str) -> str | None:
        """The group whose jobs run one after another, over all pipelines."""
        group = self.jobs[name].config.get("resource_group")
        return expanded(group, self.event.variables) if group else None


def plan(text: str, event: Event) -> PlannedPipeline | None:
    """The pipeline of an event; None when none is made. Errors: RefusedError."""
    config = yaml.safe_load(text)
    workflow = config.get("workflow", {})
    if "rules" in workflow and first_match(workflow["rules"], event) in (None, "never"):
        return None
    jobs = {
        name: PlannedJob(name, when, merged)
        for name, merged in resolved_jobs(config)
        if (when := first_match(merged["rules"], event) if "rules" in merged else "on_success")
        not in (None, "never")
    }
    if not jobs:
        return None
    _check(jobs, config.get("stages", [".pre", "build", "test", "deploy", ".post"]))
    cancel = workflow.get("auto_cancel", {}).get("on_new_commit", "conservative")
    return PlannedPipeline(event, jobs, cancel)


def resolved_jobs(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Jobs that are not hidden, with what they extend put under them."""
    for name in config:
        if not name.startswith(".") and name not in GLOBAL:
            yield name, _extended(config, name)


def first_match(rules: Sequence[Mapping[str, Any]], event: Event) -> str | None:
    """`when` of the first rule that holds; None when none does."""
    for rule in rules:
        unknown = set(rule) - RULE_KEYS
        if unknown:
            raise RefusedError(f"unknown keys in a rule: {sorted(unknown)}")
        if "if" in rule and not holds(rule["if"], event.variables):
            continue
        if "changes" in rule and not event.touches(rule["changes"]):
            continue
        if "exists" in rule and not event.has(rule["exists"]):
            continue
        return str(rule.get("when", "on_success"))
    return None


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    """Whether an `if` is true. An absent variable is null; alone, a variable is true unless null or empty."""
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(condition.rstrip()):
        found = TOKEN.match(condition, position)
        if found is None:
            raise RefusedError(f"cannot be read: {condition[position:]!r}")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        position = found.end()
    reader = _Reader(tokens, variables)
    value = reader.alternatives()
    if reader.rest:
        raise RefusedError(f"more than a condition: {condition!r}")
    return bool(value)


def needed(config: Mapping[str, Any]) -> dict[str, bool]:
    """Job → whether it is optional, of the `needs` of a job."""
    return {
        need if isinstance(need, str) else need["job"]: not isinstance(need, str)
        and need.get("optional", False)
        for need in config.get("needs", [])
    }


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """A text with the variables in it filled in."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1], ""), text)


class _Reader:
    """Reads a condition from left to right; `&&` binds more tightly than `||`."""

    def __init__(self, tokens: list[tuple[str, str]], variables: Mapping[str, str]) -> None:
        self.rest = tokens
        self._variables = variables

    def alternatives(self) -> Any:
        value = self._all()
        while self._takes("||"):
            other = self._all()
            value = value or other
        return value

    def _all(self) -> Any:
        value = self._comparison()
        while self._takes("&&"):
            other = self._comparison()
            value = value and other
        return value

    def _comparison(self) -> Any:
        left = self._value()
        for operator in ("==", "!=", "=~", "!~"):
            if self._takes(operator):
                right = self._value()
                same = bool(left and re.search(right, left)) if "~" in operator else left == right
                return same if operator[0] == "=" else not same
        return left

    def _value(self) -> Any:
        if self._takes("("):
            value = self.alternatives()
            if not self._takes(")"):
                raise RefusedError("a parenthesis is not closed")
            return value
        if not self.rest:
            raise RefusedError("the condition ends too early")
        kind, text = self.rest.pop(0)
        if kind == "op":
            raise RefusedError(f"{text} where a value should be")
        return self._variables.get(text) if kind == "var" else None if kind == "null" else text

    def _takes(self, operator: str) -> bool:
        if self.rest and self.rest[0] == ("op", operator):
            self.rest.pop(0)
            return True
        return False


def _extended(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if name not in config:
        raise RefusedError(f"there is no {name} to extend")
    own = dict(config[name])
    above = own.pop("extends", None)
    return _merged(_extended(config, above), own) if above else own


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:
    """Tables are merged, lists replaced."""
    both = dict(under)
    for key, value in over.items():
        is_table = isinstance(value, Mapping) and isinstance(both.get(key), Mapping)
        both[key] = _merged(both[key], value) if is_table else value
    return both


def _check(jobs: Mapping[str, PlannedJob], stages: Sequence[str]) -> None:
    for name, job in jobs.items():
        if job.config.get("stage", "test") not in stages:
            raise RefusedError(f"{name}: chosen stage {job.config['stage']} does not exist")
        if not (job.config.get("script") or job.config.get("trigger")):
            raise RefusedError(f"{name} has no script")
        if job.config.get("trigger") and {"script", "before_script", "image", "cache"} & set(job.config):
            raise RefusedError(f"{name} starts another pipeline, and can run nothing itself")
        for need, optional in needed(job.config).items():
            if need not in jobs and not optional:
                raise RefusedError(f"'{name}' job needs '{need}' job, but '{need}' is not in the pipeline")
        stop = job.config.get("environment", {}).get("on_stop")
        if stop and jobs[stop].config["environment"]["name"] != job.config["environment"]["name"]:
            raise RefusedError(f"{name}: {stop} stops another environment")
