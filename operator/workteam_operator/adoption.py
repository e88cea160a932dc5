"""Which existing account or team an object may take as its own (rules A2, A3, A7). Pure."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from workteam_crds.conditions import Reason
from workteam_crds.kinds.progress import Intent
from workteam_crds.kinds.tenants import Adoption
from workteam_crds.naming import folded, is_guid


@dataclass(frozen=True)
class Candidate:
    """An account or team that a look-up found."""

    id: str
    name: str
    external_id: str | None
    active: bool = True


@dataclass(frozen=True)
class Wanted:
    """What the object is to have in Workteam, and what a person said about it."""

    name: str
    external_id: str
    active: bool
    """Whether the object gives access."""
    policy: Adoption
    confirmed: str | None = None
    """The id that a person named by annotation."""
    intents: tuple[Intent, ...] = ()
    restored: bool = False
    """Whether the object came back from a backup, so that it may not give access back to a leaver (rule A3)."""


@dataclass(frozen=True)
class Holder:
    """Another object that has recorded an account or team."""

    name: str
    leaving: bool = False
    """Whether it is terminating, so that the account may go to a live object."""
    renaming: bool = False
    """Whether Workteam still has its earlier name or externalId."""
    created: bool = False
    """Whether it made what it recorded."""


@dataclass(frozen=True)
class Adopt:
    """Take it."""

    candidate: Candidate
    ours: bool = False
    """Whether an earlier create made it, of this object or of the one that hands it on."""


@dataclass(frozen=True)
class Refuse:
    """A person has to decide."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Await:
    """Another object has it and will let it go, or take another name."""

    holder: str


Decision: TypeAlias = Adopt | Refuse | Await | None
"""None: there is nothing to take."""


def decide(wanted: Wanted, found: Sequence[Candidate], holders: Mapping[str, Holder]) -> Decision:
    """Return what to do about the accounts or teams that the look-ups found; ``holders`` are by their ids."""
    kept = {candidate_id for candidate_id, holder in holders.items() if not holder.leaving}
    matching = _matching(wanted, found, kept)
    if not matching:
        return None
    if len(matching) > 1:
        ids = " and ".join(sorted(candidate.id for candidate in matching))
        return Refuse(Reason.UNIQUENESS_CONFLICT, f"{ids} both match: name one by the annotation workte.am/adopt")
    [candidate] = matching
    verdict = _verdict(wanted, candidate)
    holder = holders.get(candidate.id)
    match verdict, holder:
        case _, None:
            return verdict
        case Adopt(_, ours), Holder(leaving=True):
            return Adopt(candidate, ours=ours or holder.created)
        case _, Holder(leaving=True) | Holder(renaming=True):
            return Await(holder.name)
        case _ if candidate.external_id == wanted.external_id and not _same_name(wanted, candidate):
            return Refuse(Reason.DUPLICATE_EXTERNAL_ID, f"The object {holder.name} has the same externalId")
        case _:
            return Refuse(Reason.UNIQUENESS_CONFLICT, f"{candidate.id} belongs to the object {holder.name}")


def candidate_named(message: str) -> str | None:
    """Return the one account or team that a refusal asks a person about; None if it names none, or several."""
    found = re.match(r"(\S+) (?:matches|exists already)\b", message)
    return found[1] if found else None


def is_made_by(intent: Intent, candidate: Candidate) -> bool:
    """Say whether a create whose answer was lost made an account: it has both values of that (rule A7)."""
    made = (intent.external_id, folded(intent.user_name))
    return (candidate.external_id, folded(candidate.name)) == made


def not_found(intents: Iterable[Intent], found: Sequence[Candidate]) -> tuple[Intent, ...]:
    """Return the creates whose account or team no look-up found."""
    return tuple(intent for intent in intents if not any(is_made_by(intent, candidate) for candidate in found))


def own_creates(
    intents: Iterable[Intent], found: Iterable[Candidate], holders: Mapping[str, Holder]
) -> tuple[str, ...]:
    """Return the ids of what creates whose answers were lost made, and no object has recorded."""
    unheld = (candidate for candidate in found if candidate.id not in holders)
    wanted = tuple(intents)
    return tuple(sorted(c.id for c in unheld if any(is_made_by(intent, c) for intent in wanted)))


def _matching(wanted: Wanted, found: Iterable[Candidate], kept: Container[str]) -> list[Candidate]:
    """Return what may be meant. What an unanswered create made is not, if a live object has it by now: ``kept``."""
    named = [candidate for candidate in found if candidate.id == wanted.confirmed]
    if named:
        return named
    if resumed := [candidate for candidate in found if _made_by_us(wanted, candidate) and candidate.id not in kept]:
        return resumed
    by_name = wanted.policy is Adoption.MATCH_USER_NAME
    return [c for c in found if _same_name(wanted, c) or (c.external_id == wanted.external_id and not by_name)]


def _verdict(wanted: Wanted, candidate: Candidate) -> Adopt | Refuse:
    if candidate.id == wanted.confirmed:
        return Adopt(candidate)
    if _made_by_us(wanted, candidate):
        return Adopt(candidate, ours=True)
    if wanted.policy is Adoption.NEVER:
        text = f"{candidate.id} exists already and the tenant adopts nothing: name it by the annotation workte.am/adopt"
        return Refuse(Reason.UNIQUENESS_CONFLICT, text)
    same_id = candidate.external_id == wanted.external_id
    if wanted.policy is Adoption.MATCH and not (
        _same_name(wanted, candidate) and (same_id or not candidate.external_id)
    ):
        other = "externalId" if _same_name(wanted, candidate) else "name"
        text = (
            f"{candidate.id} matches but has another {other}: name it by the annotation workte.am/adopt if it is right"
        )
        return Refuse(Reason.UNIQUENESS_CONFLICT, text)
    certain = same_id and _same_name(wanted, candidate) and is_guid(candidate.external_id) and not wanted.restored
    if wanted.active and not candidate.active and not certain:
        text = f"{candidate.id} matches and is inactive, so it may be another person's: confirm by workte.am/adopt"
        return Refuse(Reason.CONFIRM_ADOPTION, text)
    return Adopt(candidate)


def _same_name(wanted: Wanted, candidate: Candidate) -> bool:
    return folded(candidate.name) == folded(wanted.name)


def _made_by_us(wanted: Wanted, candidate: Candidate) -> bool:
    return any(is_made_by(intent, candidate) for intent in wanted.intents)
