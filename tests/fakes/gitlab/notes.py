"""Notes on merge requests and issues, discussions on commits.

Rules from GitLab's documentation and source (`lib/api/notes.rb`, `lib/api/discussions.rb`): a body of quick
actions alone is answered 202 and no note is made; bodies have 1,000,000 characters at most; only authors and
Maintainers change a note; the limit of notes a minute is answered with plain text and without Retry-After.
"""

from __future__ import annotations

import re

from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import MAINTAINER, REPORTER, Json, Note

LONGEST = 1_000_000
MR = "/projects/:project/merge_requests/:iid"
ISSUE = "/projects/:project/issues/:iid"
COMMIT = "/projects/:project/repository/commits/:sha/discussions"


@route("GET", f"{MR}/notes", role=REPORTER, job_token=True)
@route("GET", f"{ISSUE}/notes", role=REPORTER)
def list_notes(request: Request) -> Reply:
    of = _noteable(request)
    found = [note for note in request.project.notes if note.noteable == of]
    if request.query.get("activity_filter") == "only_comments":
        found = [note for note in found if not note.system]
    newest_first = request.query.get("sort", "desc") == "desc"
    found.sort(key=lambda note: note.id, reverse=newest_first)
    return page(request, found, _visible)


@route("POST", f"{MR}/notes", role=REPORTER)
@route("POST", f"{ISSUE}/notes", role=REPORTER)
def create_note(request: Request) -> Reply:
    note = _write(request, _noteable(request))
    return Reply(201, shown(note)) if note else _only_commands(request)


@route("PUT", f"{MR}/notes/:note", role=REPORTER)
@route("PUT", f"{ISSUE}/notes/:note", role=REPORTER)
@route("PUT", f"{COMMIT}/:discussion/notes/:note", role=REPORTER)
def update_note(request: Request) -> Reply:
    note = _own(request)
    body = _acted(request, _body(request))
    if not body.strip():
        return _only_commands(request)
    note.body = body
    return Reply(200, shown(note))


@route("DELETE", f"{MR}/notes/:note", role=REPORTER)
@route("DELETE", f"{ISSUE}/notes/:note", role=REPORTER)
@route("DELETE", f"{COMMIT}/:discussion/notes/:note", role=REPORTER)
def delete_note(request: Request) -> Reply:
    request.project.notes.remove(_own(request))
    return Reply(204)


@route("GET", COMMIT, role=REPORTER)
def list_discussions(request: Request) -> Reply:
    found = [note for note in request.project.notes if note.noteable == ("commit", request.variables["sha"])]
    return page(request, found, _discussion)


@route("POST", COMMIT, role=REPORTER)
def create_discussion(request: Request) -> Reply:
    note = _write(request, ("commit", request.variables["sha"]))
    return Reply(201, _discussion(note)) if note else _only_commands(request)


def shown(note: Note) -> Json:
    """A note as GitLab shows it."""
    kind, number = note.noteable
    return {
        "id": note.id,
        "type": None,
        "body": note.body,
        "author": note.author.shown,
        "created_at": note.created_at,
        "updated_at": note.created_at,
        "system": note.system,
        "noteable_type": {"merge_request": "MergeRequest", "issue": "Issue", "commit": "Commit"}[kind],
        "noteable_iid": None if kind == "commit" else int(number),
        "resolvable": False,
        "internal": False,
    }


def _discussion(note: Note) -> Json:
    return {"id": note.discussion, "individual_note": True, "notes": [shown(note)]}


def _visible(note: Note) -> Json | None:
    return None if note.hidden else shown(note)


def _noteable(request: Request) -> tuple[str, str]:
    iid = request.variables["iid"]
    if "/merge_requests/" in request.path:
        if not iid.isdigit() or int(iid) not in request.project.merge_requests:
            raise not_found("Merge Request")
        return "merge_request", iid
    if iid not in request.project.issues:
        raise not_found("Issue")
    return "issue", iid


def _own(request: Request) -> Note:
    for note in request.project.notes:
        if str(note.id) == request.variables["note"] and not note.system:
            if note.author is not request.user and request.role < MAINTAINER:
                raise Refusal(403, {"message": "403 Forbidden"})
            return note
    raise not_found("Note")


def _write(request: Request, noteable: tuple[str, str]) -> Note | None:
    body = _body(request)
    _count(request)
    body = _acted(request, body)
    if not body.strip():
        return None
    number = request.world.number("note")
    note = Note(number, body, request.user, noteable, f"{number:040x}", request.time)
    request.project.notes.append(note)
    return note


def _body(request: Request) -> str:
    body = str(request.required("body"))
    if len(body) > LONGEST:
        said = f'Note {{:note=>["is too long (maximum is {LONGEST} characters)"]}}'
        raise Refusal(400, {"message": f"400 Bad request - {said}"})
    return body


def _count(request: Request) -> None:
    limit = request.world.notes_per_minute
    if limit is None:
        return
    written = [time for time in request.world.note_times[request.user.id] if time > request.now - 60]
    if len(written) >= limit:
        raise Refusal(429, b"Retry later\n", {"content-type": "text/plain"})
    request.world.note_times[request.user.id] = [*written, request.now]


def _acted(request: Request, body: str) -> str:
    """The body without its quick actions, which are run; who is mentioned outside of code is called."""
    prose = re.sub(r"(?ms)^(`{3,}).*?^\1`*$|<!--.*?-->", _blank, body)
    lines = []
    for line, plain in zip(body.split("\n"), prose.split("\n"), strict=True):
        if re.match(r"/[a-z_]+\b", plain):
            request.project.executed.append(line.strip())
            continue
        lines.append(line)
        outside = re.sub(r"`[^`]*`", "", plain)
        request.project.mentioned += re.findall(r"(?<![\w`/])@[A-Za-z][\w.-]*", outside)
    return "\n".join(lines)


def _blank(code: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "\0", code[0])


def _only_commands(request: Request) -> Reply:
    return Reply(202, {"commands_changes": {}, "summary": request.project.executed[-1:]})
