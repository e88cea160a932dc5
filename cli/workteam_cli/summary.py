"""The tutorial's *Current Status* of one tenant: counts by state, what waits and why, budgets, the last sweep. Pure."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workteam_cli.objects import Subject, TenantObjects, shown_name
from workteam_cli.remedies import way_out
from workteam_cli.standing import IN_SYNC, Standing, State, keeps_access, standing_of
from workteam_crds.conditions import ConditionType, Reason, is_true
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Ledger, WorkteamTenant
from workteam_operator.budget import allowed, is_open, page_of, remaining, request_for, used

EXAMPLES = 3
"""How many objects are named for one reason."""


@dataclass(frozen=True)
class Waiting:
    """Some objects of one kind that are not in sync for one reason."""

    kind: str
    state: State
    reason: Reason
    message: str
    """The operator's sentence about the first of them."""
    count: int
    examples: tuple[tuple[str, str], ...]
    """Object name and the name a person knows, of the first few."""

    @property
    def remedy(self) -> str | None:
        """Return what a person does about it; None if nothing."""
        return way_out(self.reason)


@dataclass(frozen=True)
class BudgetUse:
    """How much of one budget the last hour took (rule A6)."""

    used: int
    allowed: int
    left: int
    """How many more may lose access before a person is asked."""
    latched: bool
    """Whether it was exceeded, and nothing more happens until a person acts."""


@dataclass(frozen=True)
class Summary:
    """What ``workteam status`` prints."""

    tenant: WorkteamTenant
    users: Mapping[State, int]
    groups: Mapping[State, int]
    waiting: tuple[Waiting, ...]
    deactivations: BudgetUse
    deletions: BudgetUse
    held: int
    """Losses of access that the budget holds: they wait for a person."""
    exposed: tuple[tuple[str, str], ...]
    """Who is to lose access and still has it: object name and userName."""
    paused: int
    """Users and groups that a person stopped one by one."""
    unreadable: tuple[str, ...]

    @property
    def in_sync(self) -> bool:
        """Say whether the tenant is ready and every object is in sync."""
        ready = is_true(self.tenant.status.conditions, ConditionType.READY)
        return ready and not self.waiting and not self.unreadable


def summarise(objects: TenantObjects, now: datetime) -> Summary:
    """Count a tenant's objects."""
    users, groups = _standings(objects.users), _standings(objects.groups)
    people = len(objects.users)
    return Summary(
        objects.tenant,
        _counted(users),
        _counted(groups),
        tuple(_waiting([*users, *groups])),
        _use(objects.tenant, BookingKind.DEACTIVATION, people, now),
        _use(objects.tenant, BookingKind.DELETION, people, now),
        sum(standing.reason is Reason.DELETION_BUDGET_EXCEEDED for _, standing in (*users, *groups)),
        tuple(
            (user.metadata.name, user.spec.user_name)
            for user in objects.users
            if keeps_access(user, objects.tenant.spec.deprovisioning)
        ),
        sum(subject.paused for subject in objects.subjects),
        tuple(sorted(str(key) for key in objects.unreadable)),
    )


def summary_document(summary: Summary) -> dict[str, Any]:
    """Return the summary as JSON values; states that nobody is in are left out."""
    tenant, (namespace, name) = summary.tenant, summary.tenant.tenant
    sweep = tenant.status.last_full_sweep
    return {
        "namespace": namespace,
        "tenant": name,
        "inSync": summary.in_sync,
        "mode": str(tenant.spec.mode),
        "paused": {"tenant": tenant.paused, "objects": summary.paused},
        "conditions": [condition.dump() for condition in summary.tenant.status.conditions],
        "users": _tally(summary.users),
        "groups": _tally(summary.groups),
        "waiting": [_waiting_document(waiting) for waiting in summary.waiting],
        "budget": {"deactivations": vars(summary.deactivations), "deletions": vars(summary.deletions)},
        "held": summary.held,
        "stillWithAccess": {"count": len(summary.exposed), "examples": _named(summary.exposed[:EXAMPLES])},
        "lastSweep": None if sweep is None else sweep.dump(),
        "retentionDue": tenant.status.retention_due or 0,
        "unreadable": list(summary.unreadable),
    }


def _waiting_document(waiting: Waiting) -> dict[str, Any]:
    examples = {"examples": _named(waiting.examples)}
    said = {**vars(waiting), "state": str(waiting.state), "reason": str(waiting.reason), **examples}
    return {**said, "remedy": waiting.remedy}


def _named(examples: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"id": name, "name": shown} for name, shown in examples]


def _tally(counts: Mapping[State, int]) -> dict[str, int]:
    return {"total": sum(counts.values()), **{str(state): number for state, number in counts.items()}}


def _standings(subjects: Iterable[Subject]) -> list[tuple[Subject, Standing]]:
    return [(subject, standing_of(subject)) for subject in subjects]


def _counted(standings: Iterable[tuple[Subject, Standing]]) -> dict[State, int]:
    counts = Counter(standing.state for _, standing in standings)
    return {state: counts[state] for state in State if counts[state]}


def _waiting(standings: Iterable[tuple[Subject, Standing]]) -> Iterable[Waiting]:
    """Group what is not in sync: users before groups, then states in their order."""
    order = list(State)

    def cause(item: tuple[Subject, Standing]) -> tuple[bool, int, str]:
        subject, standing = item
        return subject.kind != "WorkteamUser", order.index(standing.state), standing.reason.value

    waiting = sorted((item for item in standings if item[1].state not in IN_SYNC), key=cause)
    for _, items in itertools.groupby(waiting, key=cause):
        alike = list(items)
        subject, standing = alike[0]
        examples = tuple((s.metadata.name, shown_name(s)) for s, _ in alike[:EXAMPLES])
        yield Waiting(subject.kind, standing.state, standing.reason, standing.message, len(alike), examples)


def _use(tenant: WorkteamTenant, kind: BookingKind, people: int, now: datetime) -> BudgetUse:
    """Judge one budget by the operator's own rules."""
    request = request_for(tenant, kind, users=people, now=now)
    page = page_of(tenant.status.ledger or Ledger(), kind)
    most, left = allowed(request.allowance, people), remaining(page, request)
    return BudgetUse(used(page, now), most, left, latched=not is_open(page, request))
