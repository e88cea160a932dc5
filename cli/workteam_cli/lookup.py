"""Find the one user or group that a person means. Pure."""

from collections.abc import Callable

from workteam_cli.objects import Subject, TenantObjects, shown_name
from workteam_cli.output import Exit, Problem
from workteam_crds.kinds import WorkteamUser
from workteam_crds.naming import folded

LISTED = 5
"""How many of several are named."""

NAMES: tuple[Callable[[Subject], str | None], ...] = (
    lambda subject: subject.metadata.name,
    lambda subject: subject.spec.user_name if isinstance(subject, WorkteamUser) else None,
    lambda subject: subject.spec.external_id,
    lambda subject: subject.spec.display_name,
)
"""What an object is known by, the least ambiguous first: the first that fits anything decides."""


def find(objects: TenantObjects, name: str) -> Subject:
    """Return the user or group of a name, in any case. Raises ``Problem`` if there is none, or several."""
    wanted = folded(name)
    for known_by in NAMES:
        found = [subject for subject in objects.subjects if folded(known_by(subject) or "") == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            some = ", ".join(f"{s.kind} {s.metadata.name} ({shown_name(s)})" for s in found[:LISTED])
            rest = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
            raise Problem(f"{name} is ambiguous, ask for one by its id: {some}{rest}.", Exit.NO_INPUT)
    raise Problem(
        f"{objects.tenant.tenant} has no user or group with the userName, displayName, externalId or id {name}.",
        Exit.NO_INPUT,
    )
