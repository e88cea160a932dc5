"""What the steps of one cycle share: parts, counts, and the one place where a failure becomes an entry in escrow."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.client import Answer, Client, RejectedError, UnavailableError
from workteam_cli.rehearsal.dialect import Dialect
from workteam_cli.rehearsal.directory import Directory
from workteam_cli.rehearsal.expressions import Role
from workteam_cli.rehearsal.mapping import AttributeMapping, Desired, Table
from workteam_cli.rehearsal.record import Action, Progress, ProvisioningLog, Status, Subject, Tally
from workteam_cli.rehearsal.scope import InScope
from workteam_cli.rehearsal.state import State

Item = TypeVar("Item")


@dataclass
class Cycle:
    """One cycle over one state of the directory."""

    label: str
    directory: Directory
    scoped: InScope
    mapping: AttributeMapping
    dialect: Dialect
    parallel: int
    client: Client
    state: State
    log: ProvisioningLog
    progress: Progress
    tally: Tally = field(default_factory=Tally)
    holders: dict[str, str] = field(default_factory=dict)
    """Id in the target → source id: nobody is linked to somebody else's account."""
    _silent: int = 0

    def __post_init__(self) -> None:
        """Know who holds which id from earlier cycles."""
        for links in (self.state.watermark.users, self.state.watermark.groups):
            self.holders |= {link.target: source for source, link in links.items() if link.target}

    async def each(self, step: str, items: Iterable[Item], work: Callable[[Item], Awaitable[None]]) -> None:
        """Do the work for every item, so many at a time; the first ``Problem`` ends all of it."""
        todo = list(items)
        if not todo:
            return
        self.progress.begin(step, len(todo))
        queue = iter(todo)

        async def worker() -> None:
            for item in queue:
                await work(item)
                self.progress.advance()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.parallel, len(todo))):
                    group.create_task(worker())
        except BaseExceptionGroup as failures:
            problem = failures.subgroup(Problem)
            if problem is None:
                raise
            raise _leaf(problem) from None

    async def attempt(self, item: str, action: Action, subject: Subject, doing: Awaitable[None]) -> None:
        """Do one thing; what fails is logged with the service's own words and kept in escrow."""
        try:
            await doing
        except RejectedError as error:
            self._failed(item, action, subject, _explained(error, subject), error.body)
            self._silent = 0
        except UnavailableError as error:
            self._failed(item, action, subject, str(error), error.body)
            self._silent = 0 if error.heard else self._silent + 1
            if self._silent >= self.client.patience.unreachable_after:
                raise Problem(
                    f"{self.client.base_url} does not answer any more; the cycle stops, what is done is recorded. "
                    "Run the same command again when the service is back.",
                    Exit.UNAVAILABLE,
                ) from None
        else:
            self._silent = 0
            self.state.settled(item)

    def reference_failed(self, item: str, subject: Subject, sentence: str) -> None:
        """Keep a reference whose other end could not be provisioned."""
        self._failed(item, Action.UPDATE, subject, sentence, "")

    def skipped(self, subject: Subject, reason: str) -> None:
        """Count and log what is left out, with the reason."""
        self.tally.skipped[reason] += 1
        self.log.write(self.label, Action.OTHER, Status.SKIPPED, subject, reason=reason)

    def done(self, action: Action, subject: Subject, modified: Iterable[Mapping[str, Any]] = ()) -> None:
        """Log a success."""
        self.log.write(self.label, action, Status.SUCCESS, subject, modified=modified)

    async def find(self, endpoint: str, table: Table, desired: Desired, source: str) -> Mapping[str, Any] | None:
        """Ask one matching attribute after the other; the first hit wins, two hits of one query are a failure."""
        for row in table.matching:
            value = desired.get(row.target.text)
            if value is None or isinstance(value, bool):
                continue
            hits = await self.client.search(
                endpoint, row.target.text, value.value if isinstance(value, Role) else value
            )
            if len(hits) > 1:
                raise RejectedError(
                    "DuplicateTargetEntries: two objects match; correct one of them", status=200, body=""
                )
            if hits:
                self._claim(identifier(hits[0]), source)
                return hits[0]
        return None

    async def find_or_create(
        self, endpoint: str, table: Table, desired: Desired, source: str, body: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], bool]:
        """Return the resource and whether we created it.

        The target is searched before every POST, a repeated one too: an answer may be lost after the work was done.
        """
        for attempt in range(1, self.client.patience.attempts + 1):
            found = await self.find(endpoint, table, desired, source)
            if found is not None:
                return found, False
            try:
                answer = await self.client.once("POST", endpoint, kind=f"create {endpoint}", body=body)
            except UnavailableError as error:
                if attempt == self.client.patience.attempts:
                    raise
                await self.client.rest(attempt, error)
            else:
                self._claim(identifier(answer.resource), source)
                return answer.resource, True
        raise AssertionError("the last attempt returns or raises")

    async def patch(self, path: str, kind: str, body: Mapping[str, Any]) -> Answer:
        """Send one PATCH; it is safe to arrive twice."""
        return await self.client.patiently("PATCH", path, kind=kind, body=body)

    async def delete(self, path: str, kind: str) -> bool:
        """Send one DELETE; return False if the object was gone already."""
        try:
            await self.client.patiently("DELETE", path, kind=kind)
        except RejectedError as error:
            if error.status != 404:  # noqa: PLR2004 - not found
                raise
            return False
        return True

    def _claim(self, target: str, source: str) -> None:
        holder = self.holders.setdefault(target, source)
        if holder != source:
            raise RejectedError(f"EntryConflict: the match is already linked to {holder}", status=200, body="")

    def _failed(self, item: str, action: Action, subject: Subject, sentence: str, body: str) -> None:
        self.tally.failures += 1
        self.state.failed(item, self.label, sentence)
        self.log.write(self.label, action, Status.FAILURE, subject, reason=sentence, error=body or None)


def stale(cycle: Cycle, item: str) -> bool:
    """Whether an item in escrow can never be tried again: what it was about is gone from directory or scope."""
    kind, _, rest = item.partition("/")
    watermark, directory = cycle.state.watermark, cycle.directory
    match kind:
        case "users":
            return rest not in directory.users and rest not in watermark.users
        case "managers":
            link = watermark.users.get(rest)
            return rest not in directory.users or link is None or not link.manager_due
        case "groups":
            return rest not in cycle.scoped.groups and rest not in watermark.groups
        case _:
            group, _, person = rest.partition("/")
            known = directory.groups.get(group)
            members = known.members if known and group in watermark.groups else ()
            return person not in members and person not in watermark.members.get(group, {})


def identifier(resource: Mapping[str, Any]) -> str:
    """Return the id of a resource; an answer without one is no SCIM."""
    found = resource.get("id")
    if not isinstance(found, str) or not found:
        raise RejectedError("the answer has no id", status=200, body="")
    return found


def _explained(error: RejectedError, subject: Subject) -> str:
    if error.status == 404 and subject.target:  # noqa: PLR2004 - not found
        return "InvalidAnchor (404): the object is gone in the target; --restart matches anew"
    return str(error)


def _leaf(group: BaseExceptionGroup[Problem]) -> Problem:
    first: Any = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    problem: Problem = first
    return problem
