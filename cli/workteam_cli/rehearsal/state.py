"""The watermark: what the service knows of each object from earlier cycles, and the escrow of what failed.

A snapshot (one JSON file, replaced atomically) and beside it a journal that gets one line per acknowledged request: a
killed run continues where it was. A half-written last line is what a crash leaves, and is dropped.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workteam_cli.output import Exit, Problem


class UserLink(BaseModel):
    """What is known of one person: the object connection and the values sent last."""

    model_config = ConfigDict(frozen=True)
    target: str | None
    """The id in the target; None for somebody who was looked at and skipped."""
    sent: dict[str, str | bool]
    """What the target has, by path; for a skipped person what was considered."""
    scoped: bool
    manager_seen: str | None = None
    """The source id of the manager when the reference was last evaluated."""
    manager_sent: str | None = None
    """The manager's id in the target, as sent last."""
    manager_due: bool = False
    """The reference is still to be evaluated: the object changed, or the last try failed."""


class GroupLink(BaseModel):
    """What is known of one group."""

    model_config = ConfigDict(frozen=True)
    target: str
    sent: dict[str, str | bool]
    members_seen: str | None = None
    """A digest of the member list that was evaluated last; None while that is still to be done."""


class Escrowed(BaseModel):
    """One failure that is kept for the next cycle."""

    model_config = ConfigDict(frozen=True)
    attempts: int
    cycle: str
    error: str


class Watermark(BaseModel):
    """Everything that a later cycle builds on."""

    model_config = ConfigDict(extra="forbid")
    base_url: str | None = None
    complete: bool = False
    """Whether an initial cycle came to its end."""
    played: list[str] = Field(default_factory=list)
    """The change sets whose cycle came to its end."""
    users: dict[str, UserLink] = Field(default_factory=dict)
    groups: dict[str, GroupLink] = Field(default_factory=dict)
    members: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Group → person → the person's id in the target."""
    escrow: dict[str, Escrowed] = Field(default_factory=dict)


class State:
    """The watermark in memory and, if a file was named, on disk. One process at a time holds a file."""

    def __init__(self, watermark: Watermark, file: Path | None = None, journal: TextIO | None = None) -> None:
        self.watermark = watermark
        self._file = file
        self._journal = journal

    @classmethod
    @contextlib.contextmanager
    def opened(cls, file: Path | None, *, read_only: bool = False) -> Iterator["State"]:
        """Give the state of a file (made if there is none), or one that is forgotten at the end."""
        if file is None:
            yield cls(Watermark())
            return
        if read_only:
            yield cls(_read(file))
            return
        with _writable(file):
            opened = _journal_of(file).open("a", encoding="utf-8")
        with opened as journal:
            _lock(journal, file)
            state = cls(_read(file), file, journal)
            state.compact()
            yield state

    def user(self, source: str, link: UserLink | None) -> None:
        """Record what is now known of a person; None forgets it."""
        self._record(["users", source, link.model_dump() if link else None])

    def group(self, source: str, link: GroupLink | None) -> None:
        """Record what is now known of a group; None forgets it and its members."""
        self._record(["groups", source, link.model_dump() if link else None])

    def member(self, group: str, person: str, target: str | None) -> None:
        """Record that a person is (or, with None, is no longer) in a team."""
        self._record(["members", group, [person, target]])

    def failed(self, item: str, cycle: str, error: str) -> None:
        """Keep a failure in escrow."""
        before = self.watermark.escrow.get(item)
        kept = Escrowed(attempts=(before.attempts if before else 0) + 1, cycle=cycle, error=error)
        self._record(["escrow", item, kept.model_dump()])

    def settled(self, item: str) -> None:
        """Take an item out of escrow, if it is in."""
        if item in self.watermark.escrow:
            self._record(["escrow", item, None])

    def forget(self) -> None:
        """Drop links, values and escrow: the next cycle is a full one and matches anew."""
        kept = self.watermark
        self.watermark = Watermark(base_url=kept.base_url, played=kept.played)
        self.compact()

    def compact(self) -> None:
        """Write the whole watermark atomically; the journal starts anew."""
        if self._file is None or self._journal is None:
            return
        with _writable(self._file):
            fresh = self._file.with_name(self._file.name + ".new")
            with fresh.open("w", encoding="utf-8") as target:
                os.fchmod(target.fileno(), 0o600)  # it names people
                target.write(self.watermark.model_dump_json(indent=1))
                target.flush()
                os.fsync(target.fileno())
            fresh.replace(self._file)
            self._journal.truncate(0)

    def _record(self, entry: list[Any]) -> None:
        _replay(self.watermark, entry)
        if self._journal is not None and self._file is not None:
            with _writable(self._file):
                self._journal.write(json.dumps(entry) + "\n")
                self._journal.flush()


def _replay(watermark: Watermark, entry: list[Any]) -> None:
    """Apply one line of the journal; applying it twice does no harm."""
    table, key, value = entry
    if table == "members":
        person, target = value
        members = watermark.members.setdefault(key, {})
        if target is None:
            members.pop(person, None)
        else:
            members[person] = target
        return
    kinds: dict[str, tuple[dict[str, Any], type[BaseModel]]] = {
        "users": (watermark.users, UserLink),
        "groups": (watermark.groups, GroupLink),
        "escrow": (watermark.escrow, Escrowed),
    }
    rows, kind = kinds[table]
    if value is not None:
        rows[key] = kind.model_validate(value)
        return
    rows.pop(key, None)
    if table == "groups":
        watermark.members.pop(key, None)


def _read(file: Path) -> Watermark:
    cure = "give another --state FILE, or delete it to match everything anew"
    watermark = Watermark()
    if file.exists():
        try:
            watermark = Watermark.model_validate_json(file.read_bytes())
        except (ValidationError, OSError):
            raise Problem(f"{file} is no state file of workteam rehearse; {cure}.", Exit.BAD_FILE) from None
    journal = _journal_of(file)
    if not journal.exists():
        return watermark
    *whole, _torn = journal.read_text(encoding="utf-8").split("\n")
    for line in whole:
        try:
            _replay(watermark, json.loads(line))
        except (ValueError, KeyError, TypeError):
            raise Problem(f"{journal} is damaged; {cure}.", Exit.BAD_FILE) from None
    return watermark


def _journal_of(file: Path) -> Path:
    return file.with_name(file.name + ".journal")


def _lock(journal: TextIO, file: Path) -> None:
    os.fchmod(journal.fileno(), 0o600)
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Problem(f"Another rehearsal uses {file}; wait for it, or give another --state.", Exit.BUSY) from None


@contextlib.contextmanager
def _writable(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = "make room or choose another --state FILE"
        raise Problem(f"{file} cannot be written ({error.strerror}); {cure}.", Exit.CANNOT_WRITE) from None
