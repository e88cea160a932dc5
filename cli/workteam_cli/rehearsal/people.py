"""The steps of a cycle about people: users, then references to their managers."""

from typing import assert_never
from urllib.parse import quote

from workteam_cli.rehearsal import dialect, plan
from workteam_cli.rehearsal.cycle import Cycle, identifier
from workteam_cli.rehearsal.directory import Person
from workteam_cli.rehearsal.mapping import Desired
from workteam_cli.rehearsal.paths import MANAGER, parse
from workteam_cli.rehearsal.plan import Delete, Facts, Match, Nothing, Skip, Update
from workteam_cli.rehearsal.record import Action, Status, Subject
from workteam_cli.rehearsal.scope import home_name, is_soft_deleted, read_person
from workteam_cli.rehearsal.state import UserLink

_MANAGER = parse(MANAGER)


async def provision(cycle: Cycle) -> None:
    """Purge who is gone, then create, update or disable everybody else."""
    gone = [source for source in cycle.state.watermark.users if source not in cycle.directory.users]
    await cycle.each("Purged users", gone, lambda source: _purge(cycle, source))
    await cycle.each("Users", cycle.directory.users.values(), lambda person: _provision(cycle, person))


async def refer(cycle: Cycle) -> None:
    """Send the managers of those who are new or changed, now that everybody exists."""
    due = [source for source, link in cycle.state.watermark.users.items() if link.manager_due]
    await cycle.each("Managers", due, lambda source: _refer(cycle, source))


def facts_of(cycle: Cycle, person: Person, *, creating: bool) -> Facts:
    """Collect what the decision about a person needs."""
    roles = cycle.scoped.people.get(person.id)
    scoped = roles is not None
    desired = cycle.mapping.users.desired(
        lambda name: read_person(person, name, scoped=scoped, roles=roles or ()), creating=creating
    )
    manager = person.manager.id if person.manager and cycle.mapping.users.references else None
    link = cycle.state.watermark.users.get(person.id)
    soft_deleted = is_soft_deleted(person, scoped=scoped)
    return Facts(desired=desired, scoped=scoped, soft_deleted=soft_deleted, manager=manager, link=link)


async def _provision(cycle: Cycle, person: Person) -> None:
    link = cycle.state.watermark.users.get(person.id)
    facts = facts_of(cycle, person, creating=link is None or link.target is None)
    subject = Subject(person.id, home_name(person.user_principal_name), link.target if link else None)
    item = f"users/{person.id}"
    match plan.plan_person(facts):
        case Nothing():
            cycle.state.settled(item)
        case Skip(reason):
            _skip(cycle, facts, subject, reason)
        case Match(create):
            action = Action.CREATE if create else Action.DISABLE
            await cycle.attempt(item, action, subject, _match(cycle, person, facts, create=create))
        case Update(changes):
            action = Action.DISABLE if changes.get("active") is False else Action.UPDATE
            await cycle.attempt(item, action, subject, _update(cycle, facts, subject, changes))
        case Delete():
            await cycle.attempt(item, Action.DELETE, subject, _delete(cycle, subject))
        case other:
            assert_never(other)


def _skip(cycle: Cycle, facts: Facts, subject: Subject, reason: str) -> None:
    considered = UserLink(target=None, sent=plan.plain(facts.desired), scoped=facts.scoped)
    cycle.state.user(subject.source, considered)
    cycle.state.settled(f"users/{subject.source}")
    cycle.skipped(subject, reason)


async def _match(cycle: Cycle, person: Person, facts: Facts, *, create: bool) -> None:
    """Link an account that is there already, or create it; who is disabled and not there is left out."""
    users = cycle.mapping.users
    subject = Subject(person.id, home_name(person.user_principal_name))
    if create:
        body = dialect.create_user(facts.desired)
        resource, created = await cycle.find_or_create("/Users", users, facts.desired, subject.source, body)
    else:
        found = await cycle.find("/Users", users, facts.desired, subject.source)
        if found is None:
            _skip(cycle, facts, subject, plan.NEVER_PROVISIONED)
            return
        resource, created = found, False
    subject = Subject(subject.source, subject.identity, identifier(resource))
    there = plan.plain(facts.desired) if created else plan.held(users, resource)
    manager = _MANAGER.read(resource) if _MANAGER and not created else None
    link = UserLink(
        target=subject.target,
        sent=there,
        scoped=facts.scoped,
        manager_sent=manager if isinstance(manager, str) else None,
        manager_due=users.references,
    )
    cycle.state.user(subject.source, link)
    cycle.tally.count("created" if created else "adopted")
    if created:
        cycle.done(Action.CREATE, subject, plan.modified(facts.desired, {}))
        return
    cycle.done(Action.OTHER, subject)
    adopted = facts_of(cycle, person, creating=False)
    await _update(cycle, adopted, subject, plan.differences(adopted.desired, there))


async def _update(cycle: Cycle, facts: Facts, subject: Subject, changes: Desired) -> None:
    """Send what differs in one PATCH, and note that the manager is to be looked at."""
    link = facts.link
    assert link is not None  # noqa: S101 - only what is linked is updated
    if changes:
        body = dialect.patch(changes, link.sent, cycle.dialect)
        await cycle.patch(f"/Users/{quote(link.target or '', safe='')}", "patch user", body)
    due = facts.scoped and cycle.mapping.users.references
    new = {"sent": {**link.sent, **plan.plain(changes)}, "scoped": facts.scoped, "manager_due": due}
    cycle.state.user(subject.source, link.model_copy(update=new))
    if changes:
        disabling = changes.get("active") is False
        cycle.tally.count("disabled" if disabling else "updated")
        cycle.done(Action.DISABLE if disabling else Action.UPDATE, subject, plan.modified(changes, link.sent))


async def _purge(cycle: Cycle, source: str) -> None:
    link = cycle.state.watermark.users[source]
    name = link.sent.get("userName", source)
    subject = Subject(source, str(name), link.target)
    match plan.plan_purged(link):
        case Delete():
            await cycle.attempt(f"users/{source}", Action.DELETE, subject, _delete(cycle, subject))
        case Skip(reason):
            cycle.state.user(source, None)
            cycle.skipped(subject, reason)
        case Nothing():
            cycle.state.user(source, None)
        case other:
            assert_never(other)


async def _delete(cycle: Cycle, subject: Subject) -> None:
    there = await cycle.delete(f"/Users/{quote(subject.target or '', safe='')}", "delete user")
    cycle.state.user(subject.source, None)
    cycle.state.settled(f"managers/{subject.source}")
    cycle.holders.pop(subject.target or "", None)
    cycle.tally.count("deleted")
    cycle.log.write(cycle.label, Action.DELETE, Status.SUCCESS if there else Status.WARNING, subject)


async def _refer(cycle: Cycle, source: str) -> None:
    person = cycle.directory.users.get(source)
    link = cycle.state.watermark.users[source]
    if person is None or link.target is None:
        return
    subject = Subject(source, home_name(person.user_principal_name), link.target)
    manager = person.manager.id if person.manager else None
    boss = cycle.state.watermark.users.get(manager) if manager else None
    item = f"managers/{source}"
    seen = link.model_copy(update={"manager_seen": manager, "manager_due": False})
    if manager is not None and (boss is None or boss.target is None or not boss.scoped):
        if f"users/{manager}" in cycle.state.watermark.escrow:
            cycle.reference_failed(item, subject, "the manager could not be provisioned; tried again in the next cycle")
            return
        cycle.state.user(source, seen)
        cycle.state.settled(item)
        cycle.skipped(subject, "manager not in scope")
        return
    target = boss.target if boss else None
    if target == link.manager_sent:
        cycle.state.user(source, seen)
        cycle.state.settled(item)
        return
    await cycle.attempt(item, Action.UPDATE, subject, _set_manager(cycle, subject, link, seen, target))


async def _set_manager(cycle: Cycle, subject: Subject, link: UserLink, seen: UserLink, target: str | None) -> None:
    before = link.manager_sent
    if target is None:
        body = dialect.clear_manager(before or "", cycle.dialect)
    else:
        body = dialect.set_manager(target, had_one=before is not None, dialect=cycle.dialect)
    await cycle.patch(f"/Users/{quote(link.target or '', safe='')}", "patch manager", body)
    cycle.state.user(subject.source, seen.model_copy(update={"manager_sent": target}))
    cycle.tally.count("managers")
    cycle.done(Action.UPDATE, subject, [{"name": MANAGER, "oldValue": before, "newValue": target}])
