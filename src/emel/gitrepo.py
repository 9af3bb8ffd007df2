"""A Git repository, through the user's own `git` program: revisions, files at a revision, tags, commits."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from emel.errors import RepositoryError
from emel.system.process import Completed, Process

ENVIRONMENT: Mapping[str, str] = {
    # git must speak English and never ask for a password, whoever calls it.
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
}
FIELD = "\x1f"
_CHANGES = ("--porcelain", "-z", "--untracked-files=all", "--no-renames")


class Tag(NamedTuple):
    """An annotated tag. `created` is UTC, ISO 8601."""

    name: str
    commit: str
    message: str
    created: str


class LogEntry(NamedTuple):
    """A commit. `created` is UTC, ISO 8601; `subject` is the first line of its message."""

    commit: str
    created: str
    subject: str


class GitRepo:
    """The repository whose top folder is `root`. Every call starts `git` once or twice (3 to 6 ms each).

    Paths that go in and out are relative to `root`, with `/`.
    Errors: RepositoryError with git's own words, from every method.
    """

    def __init__(self, root: Path, process: Process) -> None:
        self.root = root
        self._process = process

    @classmethod
    def discover(cls, start: Path, process: Process) -> GitRepo:
        """The repository that holds the folder `start`.

        Errors: RepositoryError when `start` is in none, or when there is no `git` program.
        """
        found = _run(process, start, ["rev-parse", "--show-toplevel"])
        if found.returncode == 0:
            return cls(Path(_line(found)), process)
        if "not a git repository" in found.stderr:
            raise RepositoryError(
                "this folder is not in a Git repository",
                where=str(start),
                hint="run `git init`, or change to the folder of your project",
            )
        raise RepositoryError(_words(found), where=str(start))

    @classmethod
    def init(cls, root: Path, process: Process, *, branch: str = "main") -> GitRepo:
        """Make a repository in the folder `root`, with no commit yet. One that is there stays as it is."""
        repo = cls(root, process)
        repo._git("init", "--quiet", f"--initial-branch={branch}")
        return repo

    def head(self) -> str:
        """The commit that is checked out. Errors: RepositoryError when there is no commit yet."""
        found = self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if found.returncode == 0:
            return _line(found)
        raise RepositoryError(
            "the repository has no commit yet",
            where=str(self.root),
            hint="commit your project first: `git add . && git commit`",
        )

    def branch(self) -> str | None:
        """The branch that is checked out, without `refs/heads/`; None on a detached HEAD."""
        found = self._try("symbolic-ref", "--quiet", "--short", "HEAD")
        return _line(found) if found.returncode == 0 else None

    def changes(self) -> tuple[str, ...]:
        """Paths that differ from HEAD or are not tracked, sorted; of a renamed file the old and the new."""
        return _paths(self._git("status", *_CHANGES))

    def changes_matching(self, patterns: Sequence[str], *, below: Path) -> tuple[str, ...]:
        """Those of them that a pattern means: `model.json`, `plots`, `*.csv`, `**/*.csv`.

        Patterns start from the folder `below`.
        """
        env = {"GIT_GLOB_PATHSPECS": "1"}
        return _paths(self._git("-C", str(below), "status", *_CHANGES, "--", *patterns, env=env))

    def files(self) -> tuple[str, ...]:
        """All files of the working tree that Git does not ignore, sorted; some may be deleted by now."""
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
        return tuple(sorted(path for path in listed.split("\0") if path))

    def resolve(self, revision: str) -> str:
        """The commit that a branch, a tag or any other expression of Git means.

        Errors: RepositoryError when it means none.
        """
        found = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found.returncode == 0 and revision:
            return _line(found)
        raise RepositoryError(
            f"unknown revision: {revision}",
            where=str(self.root),
            hint="check its name with `git branch --all` and `git tag`; in a CI job, fetch it first",
        )

    def merge_base(self, a: str, b: str) -> str | None:
        """The newest commit that both revisions descend from; None when they share no history."""
        found = self._try("merge-base", self.resolve(a), self.resolve(b))
        # 1 is «none»; anything else has been ruled out by resolving both first.
        return _line(found) if found.returncode == 0 else None

    def first_parent(self, commit: str) -> str | None:
        """The commit before this one on its branch; None for a first commit."""
        found = self._try("rev-parse", "--verify", "--quiet", f"{self.resolve(commit)}^1")
        return _line(found) if found.returncode == 0 else None

    def read(self, revision: str, path: str) -> bytes | None:
        """A file as it was at the revision, to the byte; None when it was not there, or was a folder."""
        name = f"{self.resolve(revision)}:{path}"
        found = self._try("cat-file", "blob", name)
        return found.raw if found.returncode == 0 else None

    def files_at(self, revision: str, folder: str) -> tuple[str, ...]:
        """The paths from the root of all files below a folder at the revision; none when it was not there."""
        listed = self._try("ls-tree", "-r", "-z", "--name-only", self.resolve(revision), "--", f"{folder}/")
        return tuple(name for name in listed.stdout.split("\0") if name) if listed.returncode == 0 else ()

    def read_all(self, places: Sequence[tuple[str, str]]) -> list[bytes | None]:
        """As `read`, of many revisions and paths at the price of one call. Revisions are commits."""
        if not places:
            return []
        wanted = "".join(f"{commit}:{path}\n" for commit, path in places).encode()
        raw = self._process.run(
            ["git", "cat-file", "--batch"], cwd=self.root, env=ENVIRONMENT, stdin=wanted
        ).raw
        found: list[bytes | None] = []
        position = 0
        while position < len(raw):
            end = raw.index(b"\n", position)
            header, position = raw[position:end].split(), end + 1
            if header[-1] == b"missing":
                found.append(None)
                continue
            size = int(header[2])
            found.append(raw[position : position + size] if header[1] == b"blob" else None)
            position += size + 1
        return found

    def history(self, tips: Sequence[str], paths: Sequence[str], *, limit: int) -> tuple[str, ...]:
        """Commits that changed one of the paths, the newest first: those below `tips`, and below any tag."""
        listed = self._git("log", f"--max-count={limit}", "--format=%H", *tips, "--tags", "--", *paths)
        return tuple(listed.split())

    def log(self, tip: str, paths: Sequence[str], *, limit: int) -> tuple[LogEntry, ...]:
        """The newest commits below a revision that changed one of the paths, the newest first."""
        fields = FIELD.join(("%H", "%ct", "%s"))
        listed = self._git(
            "log", f"--max-count={limit}", f"--format={fields}", self.resolve(tip), "--", *paths
        )
        split = (line.split(FIELD, 2) for line in listed.splitlines() if line)
        return tuple(LogEntry(commit, _iso(seconds), subject) for commit, seconds, subject in split)

    def remote_url(self, name: str) -> str | None:
        """The address that fetches from a remote go to; None when there is no such remote."""
        found = self._try("remote", "get-url", "--", name)
        return _line(found) if found.returncode == 0 else None

    def tags(self, pattern: str) -> tuple[Tag, ...]:
        """Annotated tags whose name matches the pattern (`*` and `?` as in a shell), oldest first."""
        fields = ("objecttype", "refname:strip=2", "*objectname", "creatordate:unix")
        listed = self._git(
            "for-each-ref",
            "--sort=creatordate",
            "--format=" + FIELD.join(f"%({field})" for field in (*fields, "contents")) + "%00",
            f"refs/tags/{pattern}",
        )
        parsed = (_tag(entry) for entry in listed.split("\0\n") if entry)
        return tuple(tag for tag in parsed if tag)

    def create_tag(self, name: str, message: str, revision: str) -> None:
        """Make an annotated tag. Errors: RepositoryError when a tag of this name exists."""
        commit = self.resolve(revision)
        self._git(*self._identity(), "tag", "--annotate", f"--message={message}", "--", name, commit)

    def fetch_tags(self, remote: str, *patterns: str) -> None:
        """Bring the tags of a remote here whose names match; each pattern has one `*`.

        Errors: also when a tag of that name stands here already and means something else.
        """
        references = (f"refs/tags/{pattern}" for pattern in patterns)
        # Not quietly: git would then not even say which tag it refused.
        self._git("fetch", "--no-tags", remote, *(f"{name}:{name}" for name in references))

    def fetch_reference(self, remote: str, reference: str, into: str) -> str:
        """Bring one reference of a remote here, under the full name `into`, and return its commit.

        Errors: RepositoryError when the remote has none of this name, or cannot be reached.
        """
        self._git("fetch", "--quiet", "--no-tags", remote, f"+{reference}:{into}")
        return self.resolve(into)

    def has_remote_tag(self, remote: str, name: str) -> bool:
        """Whether the remote has a tag of this name."""
        return bool(self._git("ls-remote", "--tags", remote, f"refs/tags/{name}").strip())

    def push_tag(self, remote: str, name: str, *, env: Mapping[str, str] | None = None) -> None:
        """Send a tag to a remote. Repeated it does nothing."""
        self._git("push", "--quiet", remote, f"refs/tags/{name}", env=env)

    def copy_at(self, commit: str, folder: Path) -> GitRepo:
        """A clone in the new folder `folder`, at the commit. It shares the objects of this one."""
        self._git("clone", "--quiet", "--shared", "--no-checkout", "--", str(self.root), str(folder))
        copy = GitRepo(folder, self._process)
        copy._git("checkout", "--quiet", "--detach", commit)
        return copy

    def add(self, paths: Sequence[str] = (".",)) -> None:
        """Put paths into the next commit, with what was changed, made or deleted below them."""
        self._git("add", "--", *paths)

    def commit(self, message: str) -> str:
        """Commit what was added, unsigned, and return the commit.

        Errors: RepositoryError when there is nothing to commit, or when a hook refuses.
        """
        # A signature would ask for a passphrase, and nobody may be there to type it.
        unsigned = ("-c", "commit.gpgSign=false")
        self._git(*self._identity(), *unsigned, "commit", "--quiet", f"--message={message}")
        return self.head()

    def switch(self, branch: str, *, create: bool = False) -> None:
        """Check a branch out, or with `create` make it at HEAD first.

        Errors: RepositoryError when there is no such branch, or it would overwrite changes.
        """
        self._git("switch", "--quiet", "--create" if create else "--no-guess", branch)

    def commit_onto(
        self, parent: str, paths: Sequence[str], message: str, *, identity: Mapping[str, str]
    ) -> str | None:
        """A commit on top of `parent` in which these paths are as in the working tree; None if they are so
        already. Branches, the index and the working tree stay as they are, and no hook runs.

        `identity` is added to the environment of git, for GIT_AUTHOR_NAME and the like.
        """
        with tempfile.TemporaryDirectory() as folder:
            # An index of its own, which begins as the parent's.
            env = {**identity, "GIT_INDEX_FILE": f"{folder}/index"}
            self._git("read-tree", parent, env=env)
            # A repository inside of this one is listed as a folder, and is none of its files.
            listed = "".join(f"{path}\0" for path in paths if not path.endswith("/")).encode()
            self._git(
                "update-index", "--add", "--remove", "--replace", "-z", "--stdin", env=env, stdin=listed
            )
            tree = self._git("write-tree", env=env).strip()
            if tree == self._git("rev-parse", f"{parent}^{{tree}}").strip():
                return None
            made = ("commit-tree", "-p", parent, "-m", message, tree)
            return self._git(*self._identity(identity), *made, env=env).strip()

    def remote_branch(self, remote: str, branch: str, *, env: Mapping[str, str]) -> str | None:
        """The commit that a branch of a remote points at, fetched; None when there is no such branch.

        `remote` is a name or an address; `env` is added to the environment of git.
        """
        ref = f"refs/heads/{branch}"
        listed = self._git("ls-remote", "--", remote, ref, env=env)
        if not listed:
            return None
        commit = listed.split()[0]
        if self._try("cat-file", "-e", f"{commit}^{{commit}}").returncode != 0:
            self._git("fetch", "--quiet", "--no-tags", "--", remote, ref, env=env)
        return commit

    def push(self, remote: str, commit: str, branch: str, *, env: Mapping[str, str]) -> None:
        """Let a branch of a remote point at the commit. Errors: also when that would lose a commit there."""
        self._git("push", "--quiet", "--", remote, f"{commit}:refs/heads/{branch}", env=env)

    def is_shallow(self) -> bool:
        """Whether commits are missing, as in a clone of a CI job."""
        return self._git("rev-parse", "--is-shallow-repository").strip() == "true"

    def fetch_all(self, remote: str, *, depth: int | None, env: Mapping[str, str]) -> None:
        """Fetch all branches and tags of a remote; if commits are missing, `depth` of each, or all."""
        limit: tuple[str, ...] = ()
        if self.is_shallow():
            limit = (f"--depth={depth}",) if depth else ("--unshallow",)
        refs = f"+refs/heads/*:refs/remotes/{remote}/*"
        self._git("fetch", "--quiet", "--tags", "--force", *limit, "--", remote, refs, env=env)
        if depth and self.is_shallow():
            # Branches that had not moved were not asked for above, and their history is as short as before.
            self._git("fetch", "--quiet", *limit, "--", remote, self.head(), env=env)

    def set_remote_url(self, name: str, url: str) -> None:
        """Change the address of a remote."""
        self._git("remote", "set-url", "--", name, url)

    def setting(self, name: str) -> str | None:
        """A setting of Git, of this repository or of the user; None where there is none."""
        found = self._try("config", "--get", name)
        return _line(found) if found.returncode == 0 else None

    def set_setting(self, name: str, *values: str) -> None:
        """Give a setting of this repository these values and no others."""
        known = self._try("config", "--local", "--null", "--get-all", name).stdout
        if known == "".join(f"{value}\0" for value in values):
            return
        self._try("config", "--local", "--unset-all", name)
        for value in values:
            self._git("config", "--local", "--add", name, value)

    def _identity(self, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """Nothing where the user has told Git a name, else options that give one (CI jobs have none)."""
        known = self._try("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT", env=env)
        if known.returncode == 0:
            return ()
        return ("-c", "user.name=emel", "-c", "user.email=emel@localhost")

    def _git(self, *arguments: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> str:
        done = self._try(*arguments, env=env, stdin=stdin)
        if done.returncode != 0:
            raise RepositoryError(_words(done), where=str(self.root))
        return done.stdout

    def _try(
        self, *arguments: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None
    ) -> Completed:
        return _run(self._process, self.root, arguments, env, stdin)


def _run(
    process: Process,
    cwd: Path,
    arguments: Sequence[str],
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> Completed:
    try:
        return process.run(["git", *arguments], cwd=cwd, env={**ENVIRONMENT, **(env or {})}, stdin=stdin)
    except (FileNotFoundError, NotADirectoryError) as problem:
        if not cwd.is_dir():
            raise RepositoryError(
                "there is no such folder", where=str(cwd), hint="check how its name is spelled"
            ) from problem
        raise RepositoryError(
            "there is no `git` program", hint="install Git, and make sure that it is on PATH"
        ) from problem


def _paths(listed: str) -> tuple[str, ...]:
    return tuple(sorted(entry[3:] for entry in listed.split("\0") if entry))


def _line(done: Completed) -> str:
    return done.stdout.rstrip("\n")


def _words(done: Completed) -> str:
    """What git said went wrong, on one line where it said it so."""
    said = done.stderr.strip() or done.stdout.strip() or f"git ended with exit status {done.returncode}"
    # The address of a remote may hold a token, as those of CI jobs do.
    said = re.sub(r"(?<=://)[^/@\s]+@", "", said)
    return said.removeprefix("fatal: ").removeprefix("error: ")


def _tag(entry: str) -> Tag | None:
    kind, name, commit, seconds, message = entry.split(FIELD, 4)
    if kind != "tag":
        return None
    return Tag(name, commit, message.strip(), _iso(seconds))


def _iso(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
