"""A tenant's Current Status as a person reads it, in 80 columns but for names that are longer."""

from collections.abc import Mapping, Sequence

from workteam_cli.asked import Asked, in_words
from workteam_cli.output import counted, prose, table
from workteam_cli.standing import State
from workteam_cli.summary import EXAMPLES, BudgetUse, Summary, Waiting
from workteam_crds.conditions import Condition, ConditionStatus
from workteam_crds.part import rfc3339

LABEL = 25
HOLDS = {ConditionStatus.TRUE: "yes", ConditionStatus.FALSE: "no", ConditionStatus.UNKNOWN: "unknown"}


def print_status(summary: Summary, asked: Asked, warnings: Sequence[str]) -> None:
    """Print all of it."""
    prose(f"Current Status of {summary.tenant.tenant}")
    prose("")
    for condition in summary.tenant.status.conditions:
        prose(_condition(condition), condition.type, indent=LABEL)
    if not summary.tenant.status.conditions:
        prose("The operator has not looked at this tenant yet.")
    prose("")
    for label, text in _lines(summary, asked):
        if text:
            prose(text, label, indent=LABEL)
    prose("")
    _print_counts(summary.users, summary.groups)
    for waiting in summary.waiting:
        _print_waiting(waiting)
    for key in summary.unreadable:
        prose("")
        prose(f"{key} cannot be read by this version of the command.")
    for warning in warnings:
        prose("")
        prose(f"Warning: {warning}")


def _lines(summary: Summary, asked: Asked) -> list[tuple[str, str | None]]:
    tenant = summary.tenant
    due = tenant.status.retention_due
    return [
        ("Mode", str(tenant.spec.mode)),
        ("Paused", _paused(summary)),
        ("Last request", _last_request(asked)),
        ("Last refused", _last_refused(asked)),
        ("Last sweep", _sweep(summary)),
        ("Deactivations this hour", _budget(summary.deactivations)),
        ("Deletions this hour", _budget(summary.deletions)),
        ("Held", _held(summary.held)),
        ("Still with access", _exposed(summary.exposed)),
        ("Leavers kept too long", f"{due}, see spec.deprovisioning.retention" if due else None),
    ]


def _condition(condition: Condition) -> str:
    why = f"{condition.reason}: {condition.message}" if condition.message else str(condition.reason)
    return f"{HOLDS[condition.status]} since {rfc3339(condition.last_transition_time)} ({why})"


def _paused(summary: Summary) -> str | None:
    spec = summary.tenant.spec.scim
    parts = ["the whole tenant"] if summary.tenant.paused else []
    parts += [counted(summary.paused, "object", "objects")] if summary.paused else []
    parts += ["what Entra sends (spec.scim.paused)"] if spec.paused else []
    parts += ["what Entra sends (spec.scim.enabled is false)"] if not spec.enabled else []
    return ", ".join(parts) or None


def _last_request(asked: Asked) -> str:
    if asked.unknown is not None:
        return f"not known: {asked.unknown}"
    if not asked.requests:
        return f"none since {asked.since}, when the facade began"
    return f"{asked.requests[0]['at']} {in_words(asked.requests[0])}"


def _last_refused(asked: Asked) -> str | None:
    refused = next((one for one in asked.requests if one["outcome"] in {"refused", "failed"}), None)
    return None if refused is None else f"{refused['at']} {in_words(refused)}"


def _sweep(summary: Summary) -> str:
    sweep = summary.tenant.status.last_full_sweep
    if sweep is None or sweep.time is None:
        return "none yet" + (f", {sweep.errors} given up" if sweep is not None and sweep.errors else "")
    given_up = f"; {sweep.errors} given up since" if sweep.errors else ""
    return (
        f"{rfc3339(sweep.time)}: {sweep.compared} compared, {sweep.drifted} changed by others, "
        f"{sweep.unmanaged} that no object has (--unmanaged lists them){given_up}"
    )


def _held(number: int) -> str | None:
    some = counted(number, "loss of access waits", "losses of access wait")
    return f"{some} for `workteam release`" if number else None


def _exposed(people: Sequence[tuple[str, str]]) -> str | None:
    """Name who is to lose access and still has it, whatever keeps it: the groups below tell."""
    if not people:
        return None
    some = counted(len(people), "person is to lose it and still has it", "people are to lose it and still have it")
    names = ", ".join(shown for _, shown in people[:EXAMPLES])
    rest = f" and {len(people) - EXAMPLES} more" if len(people) > EXAMPLES else ""
    return f"{some}: {names}{rest}"


def _budget(use: BudgetUse) -> str:
    latched = "; exceeded, nothing more happens until a person acts" if use.latched else ""
    return f"{use.used} of {use.allowed}, {use.left} left{latched}"


def _print_counts(users: Mapping[State, int], groups: Mapping[State, int]) -> None:
    states = [state for state in State if state in users or state in groups]
    rows: list[tuple[object, ...]] = [(state, users.get(state, 0), groups.get(state, 0)) for state in states]
    table(["", "users", "groups"], [*rows, ("Total", sum(users.values()), sum(groups.values()))])


def _print_waiting(waiting: Waiting) -> None:
    what = {"WorkteamUser": "user", "WorkteamGroup": "group"}[waiting.kind]
    why = f": {waiting.message}" if waiting.message else ""
    prose("")
    prose(f"{counted(waiting.count, what, what + 's')} {waiting.state}, {waiting.reason}{why}")
    for name, shown in waiting.examples:
        prose(f"{name}  {shown}", "  ", indent=2)
    if rest := waiting.count - len(waiting.examples):
        prose(f"and {rest} more", "  ", indent=2)
    if waiting.remedy:
        prose(waiting.remedy, "  Way out: ", indent=11)
