"""One comment that is updated in place, however many jobs write it and wherever they break off.

It is found by its marker (`marker.py`) and by its author, on all pages. A forge has no compare-and-set, so
two jobs that find no comment both write one: each looks again afterwards, the oldest comment stays, what the
others said goes into it, and they are deleted. Pictures are uploaded once for each content; an upload whose
comment was never written stays behind unused, and is the only thing that an interruption can leave.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from emel.errors import ForgeError
from emel.forge import marker
from emel.forge.base import Forge
from emel.forge.marker import Marker, Section, State
from emel.records import Picture
from emel.records.forges import Note, Noteable, ReportRun

HISTORY = "<!-- emel:history -->"
"""Parts what a run says from what it remembers of others."""
LONGEST = 1_000_000
"""Characters of a note (GitLab documentation, «Notes API»)."""
LONGEST_SECTION = 200_000
"""Of them for a section that another job writes."""
TRIES = 3

Compose = Callable[[Mapping[str, str], int], str]
"""(URL of each picture by its digest, characters that there are) → what the comment shows."""
History = Callable[[Sequence[ReportRun]], str]
"""Runs, oldest first → how the comment tells of them."""


class Published(Struct, frozen=True, kw_only=True):
    """What became of a comment."""

    note: int
    created: bool
    """Whether there was none before."""
    uploaded: int
    """How many pictures were sent."""
    superseded: bool
    """Whether a newer pipeline had its say already: then this run is only remembered."""


class _Found(Struct, frozen=True):
    note: Note
    state: State


_Change = Callable[[State, _Found | None], tuple[State, Compose, bool]]
"""(What is known, the newest comment if there is one) → what is known now, what is shown, and whether a newer
pipeline had its say already."""


class StickyComment:
    """The comment `key` on a merge request, issue or commit. Errors of all calls: ForgeError."""

    def __init__(self, forge: Forge, on: Noteable, key: str) -> None:
        self._forge = forge
        self._on = on
        self._key = key
        self._place = f"{forge.project} {on.type} {on.id}"
        self._uploaded: dict[str, str] = {}
        self._author: int | None = None

    def publish(
        self,
        compose: Compose,
        pictures: Sequence[Picture] = (),
        *,
        run: ReportRun | None = None,
        history: History,
    ) -> Published:
        """Write the comment, or bring the one that is there up to date. Repeated it changes nothing.

        Sections that other jobs have written stay under it.
        """

        def change(state: State, newest: _Found | None) -> tuple[State, Compose, bool]:
            told = state.with_run(run) if run else state
            if newest and run and run.pipeline and run.pipeline < _newest_pipeline(newest):
                return told, _as_it_is(newest), True
            return self._with_pictures(self._pruned(told), pictures), compose, False

        return self._publish(self._own(), change, history)

    def publish_section(
        self,
        name: str,
        compose: Compose,
        pictures: Sequence[Picture] = (),
        *,
        pipeline: int | None,
        history: History,
    ) -> Published:
        """Write one section of the comment, and leave the rest of it as it is; without a comment, one that
        has it alone. Repeated it changes nothing.

        A forge has no compare-and-set: who writes the comment at the same time may not see the section. So
        jobs that write one comment should exclude each other, and this one looks again after it has written.
        """

        def change(state: State, newest: _Found | None) -> tuple[State, Compose, bool]:
            shown = _as_it_is(newest) if newest else _nothing
            known = state.sections.get(name)
            if known and pipeline and pipeline < (known.pipeline or 0):
                return state, shown, True
            return self._with_section(self._pruned(state), name, compose, pictures, pipeline), shown, False

        # Uploading takes long: it is done before the comment is read that the section goes into.
        for state in [each.state for each in self._own()] or [State()]:
            self._with_section(state, name, compose, pictures, pipeline)
        for _ in range(TRIES):
            done = self._publish(self._own(), change, history)
            if any(name in each.state.sections for each in self._own()):
                return done
        raise ForgeError("other jobs write the same comment again and again", hint="run this job again")

    def add(self, compose: Compose, pictures: Sequence[Picture] = (), *, history: History) -> Published:
        """Write another comment with this key. The next `publish` makes one of them all."""
        state = self._with_pictures(State(), pictures)
        note = self._try_to_create(self._body(state, compose, history), last=True)
        assert note is not None
        return self._published(note, created=True, superseded=False)

    def _publish(self, found: Sequence[_Found], change: _Change, history: History) -> Published:
        if found:
            note, superseded = self._update(found, change, history)
            self._remove(found[1:])
            if note is not None:
                return self._published(note, created=False, superseded=superseded)
        return self._create(change, history)

    def _create(self, change: _Change, history: History) -> Published:
        state, compose, _ = change(State(), None)
        body = self._body(state, compose, history)
        for attempt in range(TRIES):
            mine = self._try_to_create(body, last=attempt == TRIES - 1)
            found = self._own()
            note, superseded = mine, False
            if found and (mine is None or [each.note.id for each in found] != [mine.id]):
                note, superseded = self._update(found, change, history)
            self._remove(found[1:])
            if note is not None:
                return self._published(note, created=True, superseded=superseded)
        raise ForgeError("the comment is deleted as soon as it is written")

    def _try_to_create(self, body: str, *, last: bool) -> Note | None:
        """The new note; None when nobody knows whether it was written, which the next look tells."""
        try:
            note = self._forge.notes.create(self._on, body)
        except ForgeError as problem:
            if not problem.maybe_done or last:
                raise
            return None
        if note is None:
            raise ForgeError("GitLab took the comment for quick actions, and wrote none", status=202)
        self._author = note.author.id
        return note

    def _update(self, found: Sequence[_Found], change: _Change, history: History) -> tuple[Note | None, bool]:
        """The oldest comment as it is now, None when it is gone; and whether a newer pipeline had its say."""
        oldest, newest = found[0].note, max(found, key=_newest_pipeline)
        state, compose, superseded = change(_with_the_others(newest, found), newest)
        if self._body(state, compose, history) == oldest.body:
            return oldest, superseded
        # Who wrote the comment is known from its second run on, and makes a copy of its marker worthless.
        state = msgspec.structs.replace(state, author=oldest.author.id)
        try:
            return self._forge.notes.update(self._on, oldest, self._body(state, compose, history)), superseded
        except ForgeError as problem:
            if problem.status in (403, 404):
                return None, superseded
            raise

    def _own(self) -> list[_Found]:
        """The comments with this key that the token's user wrote, oldest first."""
        marked = [
            (note, known)
            for note in self._forge.notes.all(self._on)
            if not note.system and (known := marker.read(note.body, self._key, self._place))
        ]
        if self._author is None and marked:
            proved = {note.author.id for note, known in marked if self._is_proved(note, known)}
            # Without a proof, or with a copied one, the forge has to say who the token stands for.
            self._author = proved.pop() if len(proved) == 1 else self._forge.notes.me().id
        mine = [self._found(note, known) for note, known in marked if note.author.id == self._author]
        return sorted(mine, key=lambda found: found.note.id)

    def _found(self, note: Note, known: Marker) -> _Found:
        # What another token could not do, this one may.
        prunes = known.state.prunes or not self._is_proved(note, known)
        return _Found(note, msgspec.structs.replace(known.state, prunes=prunes))

    def _is_proved(self, note: Note, known: Marker) -> bool:
        expected = self._forge.notes.proof(known.signed)
        proved = bool(expected) and hmac.compare_digest(known.proof, expected)
        return proved and known.state.author in (None, note.author.id)

    def _with_pictures(self, state: State, pictures: Sequence[Picture]) -> State:
        """The state with an address for each picture; what the comment does not have yet is uploaded."""
        images = self._addresses(state.images, pictures)
        return _without_others(state, msgspec.structs.replace(state, images=images))

    def _with_section(
        self, state: State, name: str, compose: Compose, pictures: Sequence[Picture], pipeline: int | None
    ) -> State:
        known = state.sections.get(name)
        images = self._addresses(known.images if known else {}, pictures)
        text = compose(images, LONGEST_SECTION).rstrip()
        section = Section(text=text, pipeline=pipeline, images=images)
        changed = msgspec.structs.replace(state, sections={**state.sections, name: section})
        return _without_others(state, changed)

    def _addresses(self, known: Mapping[str, str], pictures: Sequence[Picture]) -> dict[str, str]:
        images: dict[str, str] = {}
        for picture in pictures:
            if picture.digest in images:
                continue
            url = known.get(picture.digest) or self._uploaded.get(picture.digest)
            if url is None:
                url = self._forge.uploads.create(picture.file_name, picture.content).url
                self._uploaded[picture.digest] = url
            images[picture.digest] = url
        return images

    def _pruned(self, state: State) -> State:
        """The state without uploads that an earlier run stopped to show: no comment needs them any more."""
        for url in state.stale:
            try:
                self._forge.uploads.delete(url)
            except ForgeError as problem:
                if problem.status in (401, 403, 404, 405):
                    return msgspec.structs.replace(state, stale=(), prunes=False)
                raise
        return msgspec.structs.replace(state, stale=())

    def _body(self, state: State, compose: Compose, history: History) -> str:
        data = marker.pack(state)
        proof = self._forge.notes.proof(marker.signed_text(self._place, self._key, data))
        head = marker.line(self._key, data, proof)
        told = history(state.runs)
        tail = _sections(state) + (f"\n{HISTORY}\n{told}" if told else "")
        room = LONGEST - len(head) - len(tail) - 1
        return f"{head}\n{compose(state.images, room)}{tail}"

    def _remove(self, surplus: Sequence[_Found]) -> None:
        for found in surplus:
            self._forge.notes.delete(self._on, found.note)

    def _published(self, note: Note, *, created: bool, superseded: bool) -> Published:
        return Published(note=note.id, created=created, uploaded=len(self._uploaded), superseded=superseded)


def _newest_pipeline(found: _Found) -> int:
    return max((run.pipeline or 0 for run in found.state.runs), default=0)


def _with_the_others(newest: _Found, found: Sequence[_Found]) -> State:
    """The state of the newest comment, and what the others know: their jobs may have died meanwhile."""
    state = newest.state
    for other in found:
        if other is newest:
            continue
        for run in other.state.runs:
            state = state.with_run(run)
        state = msgspec.structs.replace(state, sections=_newer_sections(state.sections, other.state.sections))
        unused = other.state.shown_images() - state.shown_images()
        state = msgspec.structs.replace(state, stale=(*state.stale, *other.state.stale, *sorted(unused)))
    return state


def _newer_sections(one: Mapping[str, Section], other: Mapping[str, Section]) -> dict[str, Section]:
    newer = {
        name: section
        for name, section in other.items()
        if name not in one or (one[name].pipeline or 0) < (section.pipeline or 0)
    }
    return {**one, **newer}


def _without_others(before: State, after: State) -> State:
    """The state after a change, with what the comment shows no longer among what may be deleted."""
    gone = sorted(before.shown_images() - after.shown_images())
    return msgspec.structs.replace(after, stale=(*after.stale, *gone) if after.prunes else ())


def _sections(state: State) -> str:
    return "".join(f"\n\n{section.text}" for section in state.sections.values())


def _as_it_is(found: _Found) -> Compose:
    """Composes what a comment shows already: all but the marker, the sections and the history."""
    rest = found.note.body.partition("\n")[2]
    said, mark, _ = rest.rpartition(f"\n{HISTORY}\n")
    own = (said if mark else rest).removesuffix(_sections(found.state))
    return lambda _addresses, _room: own


def _nothing(_addresses: Mapping[str, str], _room: int) -> str:
    return ""
