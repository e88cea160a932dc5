"""Whatever people do on both sides, and whenever the operator dies: no harm is done, and in the end all is settled.

Hypothesis plays histories; the longer run is ``-m slow``. ``TRIALS=5000`` plays so many others, new ones each time.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import Coroutine
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from workteam_cli.trial.fate import Fault
from workteam_cli.trial.verdict import unresolved
from workteam_cli.trial.virtual_time import VirtualLoop
from workteam_cli.trial.world import NAMESPACE, World
from workteam_crds.cluster.port import AlreadyExists
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser
from workteam_crds.kinds.custom_resource import ADOPT, GRANT_ACCESS, PAUSED, CustomResource
from workteam_crds.naming import folded
from workteam_crds.testing import a_group, a_membership, a_user
from workteam_operator.backend.port import Account, BackendRejected, Team

R = TypeVar("R")

PEOPLE = {
    "ana": "7c1d2f7e-0d4d-4a3c-9a57-000000000001",
    "bo": "7c1d2f7e-0d4d-4a3c-9a57-000000000002",
    "cy": "cy",
}
"""Who is provisioned, and their externalIds: Entra's object ids, and one mailNickname."""
GROUPS = ("crew", "choir")
NAMES = tuple(f"{name}@contoso.example" for name in (*PEOPLE, "dee"))

people = st.sampled_from(sorted(PEOPLE))
names = st.sampled_from(NAMES)
some = st.integers(0, 5)
"""Which of those that there are."""
FAULTS = st.lists(st.sampled_from(Fault), min_size=1, max_size=4)


class AnyHistory(RuleBasedStateMachine):
    """People, Workteam and fate, each acting when it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.made = 0

    def do(self, act: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(act)

    @initialize(
        dice=st.integers(0, 1000),
        unique=st.booleans(),
        on_delete=st.sampled_from(["Deactivate", "Delete", "Orphan"]),
        missing=st.sampled_from(["Stall", "Recreate"]),
    )
    def begin(self, dice: int, unique: bool, on_delete: str, missing: str) -> None:  # noqa: FBT001 - drawn
        async def begin() -> World:
            world = World(Random(dice), onDelete=on_delete, missingAccount=missing)  # noqa: S311 - a trial
            world.tenant.unique = unique
            await world.begin()
            return world

        random.seed(dice)
        self.world = self.do(begin())

    # what people do to objects

    @rule(who=people)
    def entra_creates(self, who: str) -> None:
        """The facade lets nobody in whose userName a live object has."""
        name = f"{who}@contoso.example"
        if name not in {folded(user.spec.user_name) for user in self.users() if not user.deleting}:
            self.made += 1
            user = a_user(f"{who}-{self.made}", namespace=NAMESPACE, userName=name, externalId=PEOPLE[who])
            self.do(self.world.create(user, held=True))

    @rule(who=people)
    def git_creates(self, who: str) -> None:
        """Nobody checks what comes from Git; the object's name is the externalId."""
        user = a_user(f"git-{who}", namespace=NAMESPACE, userName=f"{who}@contoso.example")
        self.create(user)

    @rule(which=some, active=st.booleans())
    def takes_or_gives_access(self, which: int, active: bool) -> None:  # noqa: FBT001 - drawn
        if (user := _of(self.users(), which)) is not None:
            self.do(self.world.edit(user, active=active))

    @rule(which=some, name=names)
    def renames(self, which: int, name: str) -> None:
        if (user := _of(self.users(), which)) is not None and not user.deleting:
            self.do(self.world.edit(user, userName=name))

    @rule(which=some, title=st.sampled_from(["Lead", "Chief"]))
    def promotes(self, which: int, title: str) -> None:
        if (user := _of(self.users(), which)) is not None:
            self.do(self.world.edit(user, title=title))

    @rule(which=some, whom=some)
    def names_a_manager(self, which: int, whom: int) -> None:
        user, boss = _of(self.users(), which), _of(self.users(), whom)
        if user is not None and boss is not None:
            self.do(self.world.edit(user, enterprise={"manager": {"value": boss.metadata.name}}))

    @rule(which=some)
    def deletes(self, which: int) -> None:
        if (user := _of(self.users(), which)) is not None:
            self.do(self.world.delete(user))

    @rule(which=some)
    def loses_its_finalizer(self, which: int) -> None:
        """Of a live object only: what is deleted would be gone, and nothing is inferred from that."""
        owner = _of(self.world.witness.past.owners(), which)
        if owner is not None and not owner.deleting:
            self.do(self.world.unhold(owner))

    @rule(which=some)
    def grants_access(self, which: int) -> None:
        if (user := _of(self.users(), which)) is not None and user.status.account_id:
            self.do(self.world.annotate(user, GRANT_ACCESS, user.status.account_id))

    @rule(which=some, what=some)
    def names_an_account(self, which: int, what: int) -> None:
        user, account = _of(self.users(), which), _of(self.accounts(), what)
        if user is not None and account is not None and not user.deleting:
            self.do(self.world.annotate(user, ADOPT, account.id))

    # how people hold things

    @rule(which=some, word=st.sampled_from(["true", "yes", "false"]))
    def pauses(self, which: int, word: str) -> None:
        if (owner := _of(self.world.witness.past.owners(), which)) is not None:
            self.do(self.world.annotate(owner, PAUSED, word))

    @rule(word=st.sampled_from(["true", "false"]))
    def pauses_all(self, word: str) -> None:
        self.do(self.world.annotate(self.world.resource, PAUSED, word))

    @rule(mode=st.sampled_from(["Plan", "Enforce"]))
    def plans(self, mode: str) -> None:
        self.do(self.world.edit(self.world.resource, mode=mode))

    @rule(who=st.sets(st.sampled_from([*NAMES, "git-bo"]), max_size=2))
    def protects(self, who: set[str]) -> None:
        """By userName, or by the object's name."""
        self.do(self.world.set_policy(protected=sorted(who)))

    # what people do to groups

    @rule(name=st.sampled_from(GROUPS), whom=st.sets(some, max_size=3))
    def creates_a_group(self, name: str, whom: set[int]) -> None:
        self.create(a_group(name, *self.ids(whom), namespace=NAMESPACE))

    @rule(which=some, whom=st.sets(some, max_size=4))
    def changes_members(self, which: int, whom: set[int]) -> None:
        if (group := _of(self.groups(), which)) is not None:
            self.do(self.world.edit(group, members=self.ids(whom)))

    @rule(which=some, whom=st.sets(some, max_size=2))
    def adds_a_list(self, which: int, whom: set[int]) -> None:
        """As the facade does: the list first, then its number."""
        group = _of(self.groups(), which)
        if group is not None and not group.deleting:
            self.create(a_membership(group.metadata.name, *self.ids(whom), namespace=NAMESPACE))
            self.do(self.world.edit(group, memberships=1))

    @rule(which=some, name=st.sampled_from(("Crew", "Choir", "Squad")))
    def renames_a_group(self, which: int, name: str) -> None:
        if (group := _of(self.groups(), which)) is not None and not group.deleting:
            self.do(self.world.edit(group, displayName=name))

    @rule(which=some)
    def deletes_a_group(self, which: int) -> None:
        if (group := _of(self.groups(), which)) is not None:
            self.do(self.world.delete(group))
            for item in self.world.witness.past.objects():
                if isinstance(item, WorkteamGroupMembership) and item.spec.group_ref.name == group.metadata.name:
                    self.do(self.world.delete(item))

    # what people do in Workteam

    @rule(which=some, active=st.booleans())
    def workteam_sets_active(self, which: int, active: bool) -> None:  # noqa: FBT001 - drawn
        if (account := _of(self.accounts(), which)) is not None:
            self.world.tenant.put_account(replace(account, active=active))

    @rule(which=some, name=names)
    def workteam_renames(self, which: int, name: str) -> None:
        if (account := _of(self.accounts(), which)) is not None:
            self.put(replace(account, user_name=name))

    @rule(which=some)
    def workteam_deletes(self, which: int) -> None:
        if (account := _of(self.accounts(), which)) is not None:
            self.world.tenant.drop_account(account.id)

    @rule(name=names, identity=st.sampled_from([None, *PEOPLE.values()]), active=st.booleans())
    def workteam_hires(self, name: str, identity: str | None, active: bool) -> None:  # noqa: FBT001 - drawn
        if identity is None or identity not in {account.external_id for account in self.accounts()}:
            self.put(Account(self.world.tenant.new_id(), name, identity, active=active))

    @rule(which=some, whom=some)
    def workteam_changes_a_team(self, which: int, whom: int) -> None:
        """Somebody joins a team, or leaves it."""
        team, account = _of(self.teams(), which), _of(self.accounts(), whom)
        if team is not None and account is not None:
            self.world.tenant.put_team(replace(team, members=(team.members or frozenset()) ^ {account.id}))

    @rule(which=some)
    def workteam_deletes_a_team(self, which: int) -> None:
        if (team := _of(self.teams(), which)) is not None:
            self.world.tenant.drop_team(team.id)

    # what nobody wants

    @rule(after=st.integers(1, 25), has_effect=st.booleans())
    def dies(self, after: int, has_effect: bool) -> None:  # noqa: FBT001 - drawn
        self.world.doom(after, has_effect=has_effect)

    @rule(faults=FAULTS)
    def workteam_fails(self, faults: list[Fault]) -> None:
        self.world.fate.towards_workteam.extend(faults)

    @rule(faults=st.lists(st.sampled_from([Fault.NOT_DONE, Fault.ANSWER_LOST]), min_size=1, max_size=3))
    def cluster_fails(self, faults: list[Fault]) -> None:
        self.world.fate.towards_cluster.extend(faults)

    @rule(lag=st.sampled_from([0.0, 5.0, 20.0]))
    def searches_lag(self, lag: float) -> None:
        """Less than ``create_settle``: beyond it nobody can know whether a create was done."""
        self.world.tenant.lag = lag

    @rule(admin=st.booleans())
    def token_may_write(self, admin: bool) -> None:  # noqa: FBT001 - drawn
        self.world.tenant.admin = admin

    @rule(deaf=st.booleans())
    def watches_are_deaf(self, deaf: bool) -> None:  # noqa: FBT001 - drawn
        self.world.set_deaf(deaf=deaf)

    @rule(seconds=st.sampled_from([0.3, 1.0, 5.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.do(self.world.live(seconds))

    @invariant()
    def no_harm_is_done(self) -> None:
        if hasattr(self, "world"):
            assert self.world.witness.wrongs == []

    def teardown(self) -> None:
        """Everything is settled once faults are over, and then nothing happens any more."""
        try:
            if hasattr(self, "world"):
                self.do(self.ends_well())
        finally:
            self.runner.close()

    async def ends_well(self) -> None:
        world = self.world
        world.tenant.lag, world.tenant.admin, world.deaf = 0.0, True, False
        await self.lets_all_go()
        await world.restart()
        await world.live(600)
        await world.visit_all()
        await world.live(600)
        assert world.witness.wrongs == []
        assert list(unresolved(world.witness, world.tenant)) == []
        before = self.writes()
        await world.live(3600)
        assert self.writes() == before
        await world.end()

    async def lets_all_go(self) -> None:
        """Nobody holds anything any more."""
        for resource in (*self.world.witness.past.owners(), self.world.resource):
            await self.world.annotate(resource, PAUSED, "false")
        await self.world.edit(self.world.resource, mode="Enforce")
        await self.world.set_policy(protected=[])

    def writes(self) -> list[object]:
        """Return what changes with each write to an object, and in Workteam; a sweep is noted in the tenant alone."""
        objects = [owner.manifest() for owner in self.world.witness.past.owners()]
        return [*objects, len(self.world.tenant.accounts.past), len(self.world.tenant.teams.past)]

    def create(self, resource: CustomResource) -> None:
        with contextlib.suppress(AlreadyExists):
            self.do(self.world.create(resource, held=False))

    def put(self, account: Account) -> None:
        with contextlib.suppress(BackendRejected):  # the name is taken
            self.world.tenant.put_account(account)

    def users(self) -> list[WorkteamUser]:
        return [owner for owner in self.world.witness.past.owners() if isinstance(owner, WorkteamUser)]

    def groups(self) -> list[WorkteamGroup]:
        return [owner for owner in self.world.witness.past.owners() if isinstance(owner, WorkteamGroup)]

    def accounts(self) -> list[Account]:
        return list(self.world.tenant.accounts.held.values())

    def teams(self) -> list[Team]:
        return list(self.world.tenant.teams.held.values())

    def ids(self, which: set[int]) -> list[str]:
        users = self.users()
        return sorted({users[index % len(users)].metadata.name for index in which}) if users else []


def _of(things: list[R], which: int) -> R | None:
    return things[which % len(things)] if things else None


BOUNDED = settings(
    phases=[Phase.generate],  # a failure is told as it was met: making it small takes minutes
    max_examples=30,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
TRIALS = os.environ.get("TRIALS")


def test_any_history_ends_well_and_does_no_harm() -> None:
    """The same histories each time, in seconds."""
    run_state_machine_as_test(AnyHistory, settings=BOUNDED)


@pytest.mark.slow
def test_many_histories_end_well_and_do_no_harm() -> None:
    """More of them; what fails is made small."""
    many = settings(BOUNDED, phases=list(Phase), max_examples=int(TRIALS or 300), derandomize=TRIALS is None)
    run_state_machine_as_test(AnyHistory, settings=many)
