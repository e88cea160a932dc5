"""The steps of a cycle about groups: groups, then their members, one PATCH each."""

from urllib.parse import quote

from workteam_cli.rehearsal import dialect, plan
from workteam_cli.rehearsal.cycle import Cycle, identifier
from workteam_cli.rehearsal.directory import Group
from workteam_cli.rehearsal.mapping import Desired, Table
from workteam_cli.rehearsal.paths import MEMBERS
from workteam_cli.rehearsal.record import Action, Status, Subject
from workteam_cli.rehearsal.scope import read_group
from workteam_cli.rehearsal.state import GroupLink


async def provision(cycle: Cycle, table: Table) -> None:
    """Delete what is out of scope, then create or rename the others."""
    gone = [source for source in cycle.state.watermark.groups if source not in cycle.scoped.groups]
    await cycle.each("Removed groups", gone, lambda source: _remove(cycle, source))
    if not cycle.state.watermark.complete:
        for source in cycle.scoped.unsuitable:
            cycle.skipped(Subject(source, cycle.directory.groups[source].display_name), "group is not security-enabled")
    groups = [group for group in cycle.directory.groups.values() if group.id in cycle.scoped.groups]
    await cycle.each("Groups", groups, lambda group: _provision(cycle, table, group))


async def enrol(cycle: Cycle) -> None:
    """Send the memberships of the groups that are new or changed."""
    due: list[tuple[Group, str, bool]] = []
    for source, link in cycle.state.watermark.groups.items():
        if link.members_seen is None and source in cycle.directory.groups:
            due.extend(_differences(cycle, cycle.directory.groups[source]))
    await cycle.each("Memberships", due, lambda one: _enrol(cycle, *one))
    for source, link in list(cycle.state.watermark.groups.items()):
        if link.members_seen is None and source in cycle.directory.groups and not _waiting(cycle, source):
            seen = plan.digest(cycle.directory.groups[source].members)
            cycle.state.group(source, link.model_copy(update={"members_seen": seen}))


async def _provision(cycle: Cycle, table: Table, group: Group) -> None:
    link = cycle.state.watermark.groups.get(group.id)
    desired = table.desired(lambda name: read_group(group, name), creating=link is None)
    subject = Subject(group.id, group.display_name, link.target if link else None)
    item = f"groups/{group.id}"
    if link is None:
        await cycle.attempt(item, Action.CREATE, subject, _match(cycle, table, desired, subject))
        return
    seen = plan.digest(group.members) if table.references else ""
    changes = plan.differences(desired, link.sent)
    if changes:
        await cycle.attempt(item, Action.UPDATE, subject, _update(cycle, subject, link, changes))
    elif link.members_seen not in {None, seen}:
        cycle.state.group(group.id, link.model_copy(update={"members_seen": None}))
    else:
        cycle.state.settled(item)


async def _match(cycle: Cycle, table: Table, desired: Desired, subject: Subject) -> None:
    body = dialect.create_group(desired)
    resource, created = await cycle.find_or_create("/Groups", table, desired, subject.source, body)
    subject = Subject(subject.source, subject.identity, identifier(resource))
    there = plan.plain(desired) if created else plan.held(table, resource)
    link = GroupLink(target=subject.target or "", sent=there, members_seen=None if table.references else "")
    cycle.state.group(subject.source, link)
    cycle.tally.count("groups_created" if created else "groups_adopted")
    cycle.done(Action.CREATE if created else Action.OTHER, subject, plan.modified(desired, {}) if created else ())
    changes = plan.differences(desired, there)
    if changes:
        await _update(cycle, subject, link, changes)


async def _update(cycle: Cycle, subject: Subject, link: GroupLink, changes: Desired) -> None:
    body = dialect.patch(changes, link.sent, cycle.dialect)
    await cycle.patch(f"/Groups/{quote(link.target, safe='')}", "patch group", body)
    due = None if link.members_seen != "" else ""
    new = {"sent": {**link.sent, **plan.plain(changes)}, "members_seen": due}
    cycle.state.group(subject.source, link.model_copy(update=new))
    cycle.tally.count("groups_updated")
    cycle.done(Action.UPDATE, subject, plan.modified(changes, link.sent))


async def _remove(cycle: Cycle, source: str) -> None:
    link = cycle.state.watermark.groups[source]
    subject = Subject(source, str(link.sent.get("displayName", source)), link.target)
    await cycle.attempt(f"groups/{source}", Action.DELETE, subject, _delete(cycle, subject))


async def _delete(cycle: Cycle, subject: Subject) -> None:
    there = await cycle.delete(f"/Groups/{quote(subject.target or '', safe='')}", "delete group")
    for item in [item for item in cycle.state.watermark.escrow if item.startswith(f"members/{subject.source}/")]:
        cycle.state.settled(item)
    cycle.state.group(subject.source, None)
    cycle.holders.pop(subject.target or "", None)
    cycle.tally.count("groups_deleted")
    cycle.log.write(cycle.label, Action.DELETE, Status.SUCCESS if there else Status.WARNING, subject)


def _differences(cycle: Cycle, group: Group) -> list[tuple[Group, str, bool]]:
    """Return who is to be added (True) or removed; skip who is not provisioned, forget who was purged."""
    users = cycle.state.watermark.users
    sent = cycle.state.watermark.members.get(group.id, {})
    wanted = set(group.members)
    found: list[tuple[Group, str, bool]] = []
    for person in [person for person in sent if person not in wanted]:
        if person in users and users[person].target is not None:
            found.append((group, person, False))
        else:  # purged: its object connection is gone, and nothing is sent
            cycle.state.member(group.id, person, None)
            cycle.state.settled(f"members/{group.id}/{person}")
    there = {person for person, target in sent.items() if person in users and users[person].target == target}
    joining = [person for person in dict.fromkeys(group.members) if person not in there]
    return found + [(group, person, True) for person in joining if _may_join(cycle, group, person)]


def _may_join(cycle: Cycle, group: Group, member: str) -> bool:
    item = f"members/{group.id}/{member}"
    subject = Subject(group.id, f"{group.display_name}: {member}")
    link = cycle.state.watermark.users.get(member)
    person = cycle.directory.users.get(member)
    if person is None:
        cycle.skipped(subject, "nested group is not read")
    elif link is not None and link.target and link.scoped and person.deleted_date_time is None:
        return True
    elif f"users/{member}" in cycle.state.watermark.escrow:
        cycle.reference_failed(item, subject, "the member could not be provisioned; tried again in the next cycle")
        return False
    else:
        cycle.skipped(subject, "member not provisioned")
    cycle.state.settled(item)
    return False


async def _enrol(cycle: Cycle, group: Group, person: str, joining: bool) -> None:  # noqa: FBT001 - one of a tuple
    member = cycle.state.watermark.users[person].target or ""
    link = cycle.state.watermark.groups[group.id]
    subject = Subject(group.id, f"{group.display_name}: {person}", link.target)

    async def send() -> None:
        body = (dialect.add_member if joining else dialect.remove_member)(member, cycle.dialect)
        await cycle.patch(f"/Groups/{quote(link.target, safe='')}", "patch member", body)
        cycle.state.member(group.id, person, member if joining else None)
        cycle.tally.count("memberships_added" if joining else "memberships_removed")
        old, new = (None, member) if joining else (member, None)
        cycle.done(Action.UPDATE, subject, [{"name": MEMBERS, "oldValue": old, "newValue": new}])

    await cycle.attempt(f"members/{group.id}/{person}", Action.UPDATE, subject, send())


def _waiting(cycle: Cycle, group: str) -> bool:
    """Whether a membership of the group failed and is to be tried again."""
    return any(item.startswith(f"members/{group}/") for item in cycle.state.watermark.escrow)
