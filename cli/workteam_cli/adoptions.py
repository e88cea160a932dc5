"""Which objects wait for a person's word on the account or team that they may adopt (rule A2). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from workteam_cli.decisions import Decision, Deed
from workteam_cli.objects import Subject, TenantObjects, shown_name
from workteam_cli.output import Exit, Problem
from workteam_cli.standing import State, standing_of
from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import ADOPT
from workteam_operator.adoption import candidate_named

ASKED = frozenset({Reason.UNIQUENESS_CONFLICT, Reason.CONFIRM_ADOPTION})
"""The reasons that a person may resolve by naming an account."""


@dataclass(frozen=True)
class Proposal:
    """One object, and the one account or team that the operator asks about."""

    subject: Subject
    found: str
    """The id in Workteam."""
    why: str
    """Why the operator does not decide it."""

    def document(self) -> dict[str, str]:
        """Return it as JSON values."""
        subject = self.subject
        return {
            "kind": subject.kind,
            "id": subject.metadata.name,
            "name": shown_name(subject),
            "account": self.found,
            "why": self.why,
        }

    def decision(self) -> Decision:
        """Return what confirms it."""
        return confirmed(self.subject, self.found)


def proposals(objects: TenantObjects) -> tuple[Proposal, ...]:
    """Return all objects that wait for a person's word and of which one candidate is named."""
    found = (proposal_of(subject) for subject in objects.subjects)
    return tuple(proposal for proposal in found if proposal is not None)


def proposal_of(subject: Subject) -> Proposal | None:
    """Return what an object waits for; None if it is not a person's word on one account or team."""
    standing = standing_of(subject)
    waits = standing.state is State.STALLED and standing.reason in ASKED
    if not waits or subject.metadata.annotations.get(ADOPT):
        return None
    found = candidate_named(standing.message)
    return Proposal(subject, found, standing.message.partition(":")[0]) if found else None


def confirmed(subject: Subject, account_id: str) -> Decision:
    """Return the decision that an object takes, or keeps, an account or team.

    Raises ``Problem`` if it has another one already.
    """
    recorded = subject.status.account_id if isinstance(subject, WorkteamUser) else subject.status.team_id
    name = shown_name(subject)
    if recorded == account_id:
        return Decision(subject, Deed.CONFIRMED_ADOPTION, ADOPT, account_id)
    if subject.deleting:
        raise Problem(f"{name} is being deleted, so it adopts nothing.", Exit.FAILED)
    if recorded is not None:
        raise Problem(f"{name} has {recorded} in Workteam already, so it adopts nothing else.", Exit.FAILED)
    return Decision(subject, Deed.CONFIRMED_ADOPTION, ADOPT, account_id)


def named(subjects: Sequence[Subject]) -> tuple[Proposal, ...]:
    """Return what the named objects wait for. Raises ``Problem`` for the first that waits for no such word."""
    found = []
    for subject in subjects:
        proposal = proposal_of(subject)
        if proposal is None:
            standing = standing_of(subject)
            name = shown_name(subject)
            raise Problem(
                f"{name} names no one account that it might adopt: it is {standing.state}, {standing.reason}. "
                f"`workteam explain {name}` says more, and --account ID names an account in spite of it.",
                Exit.FAILED,
            )
        found.append(proposal)
    return tuple(found)
