"""What was done in Workteam, one record for each step: who has to answer for it, to whom, what, and what was before.

The ordinary log names attributes. Their values are in a file of their own, for those who may read personal data, if
``WORKTEAM_OPERATOR_CHANGE_LOG`` names one.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import orjson

from workteam_crds.kinds.custom_resource import REQUEST_ID
from workteam_operator import steps
from workteam_operator.backend.port import Account, BackendError, Team
from workteam_operator.group_situation import GroupFacts
from workteam_operator.ownership import Owner, recorded_id
from workteam_operator.settings import BadSettings
from workteam_operator.steps import Step
from workteam_operator.user_situation import UserFacts

log = logging.getLogger(__name__)

F = TypeVar("F", UserFacts, GroupFacts)
Record: TypeAlias = dict[str, Any]

STDOUT = "-"
"""The path that stands for standard output."""


class ChangeLog:
    """Writes the records down."""

    def __init__(self, write: Callable[[bytes], object] | None = None) -> None:
        """``write`` takes one line with values; None: there is no such file."""
        self._write = write

    async def told(self, step: Step, before: F, acting: Awaitable[F]) -> F:
        """Let a step be done, and write down what became of it. Raises what ``acting`` raises."""
        action = _action(step)
        if action is None:
            return await acting
        try:
            after = await acting
        except BackendError as error:
            self._record(action, step, before, {"result": "failed", "error": str(error)})
            raise
        except asyncio.CancelledError:
            self._record(action, step, before, {"result": "unknown"})
            raise
        self._record(action, step, before, _ending(step, before, after))
        return after

    def _record(self, action: str, step: Step, before: UserFacts | GroupFacts, ending: Record) -> None:
        owner, held = _owner(before), _held(before)
        record: Record = {"action": action, "generation": owner.metadata.generation, "why": _why(owner)}
        record |= {"id": recorded_id(owner) or (held.id if held else None)} | _asked_by(owner) | _what(step)
        record = {name: value for name, value in (record | ending).items() if value is not None}
        had = sorted(_state(held)) if held else []
        log.info(
            "%s: %s",
            action,
            ending["result"],
            extra={"key": str(owner.key), "tenant": str(owner.tenant), "change": record | {"had": had}},
        )
        if self._write is not None:
            values = {"before": _state(held) if held else None, "wanted": _wanted(step, before)}
            self._write_down(owner, record | values)

    def _write_down(self, owner: Owner, record: Record) -> None:
        head = {"time": datetime.now(UTC).isoformat(), "key": str(owner.key), "tenant": str(owner.tenant)}
        line = orjson.dumps(head | record, default=sorted, option=orjson.OPT_APPEND_NEWLINE)
        try:
            assert self._write is not None  # noqa: S101 - see _record
            self._write(line)
        except OSError as error:
            log.error("the change log cannot be written: %s", error.strerror)  # noqa: TRY400 - the text says it all


def written_to(path: str | None) -> ChangeLog:
    """Open the file of values, readable for us alone, for as long as the process lives. Raises ``BadSettings``."""
    if path is None:
        return ChangeLog()
    if path == STDOUT:
        return ChangeLog(lambda line: os.write(sys.stdout.fileno(), line))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        cause = f"WORKTEAM_OPERATOR_CHANGE_LOG: {path} cannot be written: {error.strerror}"
        raise BadSettings(f"The operator cannot start: {cause}") from None
    return ChangeLog(lambda line: os.write(descriptor, line))


def _action(step: Step) -> str | None:
    """Name what a step does in Workteam; None if that is nothing."""
    match step:
        case steps.Erase():
            return "Delete"
        case (
            steps.Adopt()
            | steps.Create()
            | steps.Update()
            | steps.ChangeMembers()
            | steps.Deactivate()
            | steps.LeaveTeams()
        ):
            return type(step).__name__
        case _:
            return None


def _what(step: Step) -> Record:
    """Return names and numbers of what a step changes."""
    match step:
        case steps.Adopt(found, ours):
            return {"id": found, "ours": ours}
        case steps.Update(changes):
            return {"attributes": sorted(changes)}
        case steps.Deactivate():
            return {"attributes": ["active"]}
        case steps.ChangeMembers(add, remove):
            return {"add": len(add), "remove": len(remove)}
        case steps.LeaveTeams(groups):
            return {"groups": [str(key) for key in groups]}
        case _:
            return {}


def _wanted(step: Step, before: UserFacts | GroupFacts) -> Record:
    """Return the values that a step sends."""
    match step:
        case steps.Update(changes):
            return dict(changes)
        case steps.ChangeMembers(add, remove):
            return {"add": sorted(add), "remove": sorted(remove)}
        case steps.Create():
            return _created(before)
        case _:
            return {}


def _created(before: UserFacts | GroupFacts) -> Record:
    if isinstance(before, GroupFacts):
        return {"displayName": before.group.spec.display_name, "members": sorted(before.members.accounts)}
    desired = before.desired
    sent = {"userName": desired.user_name, "externalId": desired.external_id, "active": desired.active}
    return sent | dict(desired.attributes)


def _ending(step: Step, before: UserFacts | GroupFacts, after: UserFacts | GroupFacts) -> Record:
    """Say whether Workteam did it: it may have refused a value, or not have what was to be changed."""
    held = _held(after)
    match step:
        case steps.Create() | steps.Adopt():
            return {"result": "done", "id": held.id} if held else {"result": "refused"}
        case steps.Update() if held is None:
            return {"result": "missing"}
        case steps.Update() if held is _held(before):
            return {"result": "refused"}
        case _:
            return {"result": "done"}


def _why(owner: Owner) -> str:
    if owner.deleting:
        return "deleted"
    return "upkeep" if owner.status.observed_generation == owner.metadata.generation else "edited"


def _asked_by(owner: Owner) -> Record:
    """Return the request from which the object is as it is, if that is why something is done."""
    if _why(owner) == "upkeep":
        return {}
    return {"request": owner.metadata.annotations.get(REQUEST_ID)}


def _owner(facts: UserFacts | GroupFacts) -> Owner:
    return facts.user if isinstance(facts, UserFacts) else facts.group


def _held(facts: UserFacts | GroupFacts) -> Account | Team | None:
    return facts.account if isinstance(facts, UserFacts) else facts.team


def _state(held: Account | Team) -> Record:
    """Return an account or team by the names that SCIM gives its values."""
    if isinstance(held, Team):
        return {"displayName": held.display_name, "externalId": held.external_id, "members": held.members}
    who = {"userName": held.user_name, "externalId": held.external_id, "active": held.active}
    return who | dict(held.attributes)
