"""Comments on merge requests, issues and commits."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from emel.forge.gitlab.api import WRITE, Api, part
from emel.forge.gitlab.sending import Call
from emel.records.forges import Note, Noteable, User

FOLDERS = {"merge_request": "merge_requests", "issue": "issues"}


class Discussion(msgspec.Struct):
    """A thread of notes. Notes on commits have a number only here, not in the list of commit comments."""

    id: str
    notes: tuple[Note, ...]


class GitLabNotes:
    """See emel.forge.base.Notes.

    Who reads notes here is about to write one, for which a job token does not suffice: none is used to read.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._me: User | None = None

    def me(self) -> User:
        if self._me is None:
            self._me = self._api.get("/user", User)
        return self._me

    def proof(self, text: str) -> str:
        return self._api.sender.proof(text)

    def all(self, on: Noteable) -> Iterator[Note]:
        path = self._path(on)
        if on.type != "commit":
            # What GitLab writes by itself, of every push and label, would fill pages.
            query = {"activity_filter": "only_comments", "order_by": "created_at", "sort": "desc"}
            yield from self._api.list(path, Note, query=query, needs=WRITE)
            return
        for discussion in self._api.list(path, Discussion, needs=WRITE):
            for note in discussion.notes:
                yield msgspec.structs.replace(note, discussion_id=discussion.id)

    def create(self, on: Noteable, body: str) -> Note | None:
        call = Call(
            "POST",
            self._path(on),
            body=msgspec.json.encode({"body": body}),
            content_type="application/json",
            needs=WRITE,
            once=True,
        )
        reply = self._api.sender.send(call)
        if reply.status == 202:
            return None
        if on.type != "commit":
            return self._api.decoded(call, reply, Note)
        discussion = self._api.decoded(call, reply, Discussion)
        return msgspec.structs.replace(discussion.notes[0], discussion_id=discussion.id)

    def update(self, on: Noteable, note: Note, body: str) -> Note:
        changed = self._api.put(self._note_path(on, note), Note, {"body": body})
        return msgspec.structs.replace(changed, discussion_id=note.discussion_id)

    def delete(self, on: Noteable, note: Note) -> None:
        self._api.delete(self._note_path(on, note))

    def _path(self, on: Noteable) -> str:
        if on.type == "commit":
            return f"{self._api.project}/repository/commits/{part(on.id)}/discussions"
        return f"{self._api.project}/{FOLDERS[on.type]}/{part(on.id)}/notes"

    def _note_path(self, on: Noteable, note: Note) -> str:
        if note.discussion_id is None:
            return f"{self._path(on)}/{note.id}"
        return f"{self._path(on)}/{part(note.discussion_id)}/notes/{note.id}"
