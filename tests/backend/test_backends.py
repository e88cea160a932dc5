"""What every driver of the port promises, held against a real SCIM server."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

import pytest

from workteam_cli.tenant.application import StandIn
from workteam_operator import metrics
from workteam_operator.backend.guarded import GuardedBackend
from workteam_operator.backend.memory import MemoryBackend, MemoryTenant
from workteam_operator.backend.port import Account, Backend, BackendRejected, BackendUnavailable, DesiredAccount, Team
from workteam_operator.backend.scim import ScimBackend
from workteam_operator.paging import read_all

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

ANA = DesiredAccount(
    user_name="Ana@contoso.example",
    external_id="ana-1",
    active=True,
    attributes={
        "title": "Engineer",
        "name.givenName": "Ana",
        "emails": [{"type": "work", "value": "ana@contoso.example", "primary": True}],
        f"{ENTERPRISE}:department": "Retail",
    },
)
BEN = DesiredAccount(user_name="ben@contoso.example", external_id="ben-1", active=None)


class BackendContract:
    """Subclass it, give a ``backend`` fixture with an empty tenant, and inherit every promise."""

    async def test_an_account_comes_back_as_it_was_created(self, backend: Backend) -> None:
        """What was sent is what a later read returns, by path."""
        created = await backend.create_account(ANA)
        assert await backend.read_account(created.id) == created
        assert created == Account(created.id, "Ana@contoso.example", "ana-1", active=True, attributes=ANA.attributes)

    async def test_an_account_is_active_unless_somebody_says_otherwise(self, backend: Backend) -> None:
        """``active`` None creates an active account."""
        assert (await backend.create_account(BEN)).active is True

    async def test_a_taken_user_name_is_said_to_be_taken(self, backend: Backend) -> None:
        """The same userName in another case is refused as a matter of uniqueness."""
        await backend.create_account(ANA)
        with pytest.raises(BackendRejected) as refused:
            await backend.create_account(replace(ANA, user_name="ANA@contoso.example", external_id="other"))
        assert refused.value.uniqueness is True

    async def test_a_user_name_is_found_in_any_case_and_an_external_id_in_its_own(self, backend: Backend) -> None:
        """UserName matches without case; externalId exactly."""
        ana = await backend.create_account(ANA)
        assert await backend.find_accounts(external_id=None, user_name="aNA@CONTOSO.example") == (ana,)
        assert await backend.find_accounts(external_id="ana-1", user_name="x") == (ana,)
        assert await backend.find_accounts(external_id="ANA-1", user_name="x") == ()

    async def test_an_account_that_matches_twice_is_found_once(self, backend: Backend) -> None:
        """Two accounts, one by each attribute, are both found; each once."""
        ana, ben = await backend.create_account(ANA), await backend.create_account(BEN)
        assert await backend.find_accounts(external_id="ana-1", user_name=ANA.user_name) == (ana,)
        found = await backend.find_accounts(external_id="ben-1", user_name=ANA.user_name)
        assert {account.id for account in found} == {ana.id, ben.id}

    @pytest.mark.parametrize("name", ['a"b', "a\\b", "o'neil", "ümläut", "a b&c=d#e?f%20g", 'x" or userName pr or "'])
    async def test_any_character_can_be_searched_for(self, backend: Backend, name: str) -> None:
        """Quotes, backslashes and what means something in a URL find only that account."""
        await backend.create_account(BEN)
        made = await backend.create_account(DesiredAccount(user_name=name, external_id=f"id {name}", active=True))
        assert await backend.find_accounts(external_id=f"id {name}", user_name="nobody") == (made,)
        assert await backend.find_accounts(external_id=None, user_name=name) == (made,)

    async def test_attributes_change_by_path(self, backend: Backend) -> None:
        """One call changes, adds and unsets, and leaves the rest."""
        ana, ben = await backend.create_account(ANA), await backend.create_account(BEN)
        changes = {
            "userName": "ana.maria@contoso.example",
            "title": None,
            "name.familyName": "Lima",
            "emails": [{"type": "work", "value": "am@contoso.example"}],
            f"{ENTERPRISE}:department": None,
            f"{ENTERPRISE}:costCenter": "7",
            f"{ENTERPRISE}:manager": ben.id,
        }
        changed = await backend.update_account(ana, changes)
        assert changed == await backend.read_account(ana.id)
        assert changed == Account(
            ana.id,
            "ana.maria@contoso.example",
            "ana-1",
            active=True,
            attributes={
                "name.givenName": "Ana",
                "name.familyName": "Lima",
                "emails": [{"type": "work", "value": "am@contoso.example"}],
                f"{ENTERPRISE}:costCenter": "7",
                f"{ENTERPRISE}:manager": ben.id,
            },
        )

    async def test_a_manager_can_be_taken_away(self, backend: Backend) -> None:
        """None unsets a reference."""
        ben = await backend.create_account(BEN)
        ana = await backend.create_account(replace(ANA, attributes={f"{ENTERPRISE}:manager": ben.id}))
        assert ana.attributes == {f"{ENTERPRISE}:manager": ben.id}
        changed = await backend.update_account(ana, {f"{ENTERPRISE}:manager": None})
        assert changed is not None
        assert changed.attributes == {}

    async def test_access_is_taken_alone(self, backend: Backend) -> None:
        """``active`` False changes nothing else."""
        ana = await backend.create_account(ANA)
        assert await backend.update_account(ana, {"active": False}) == replace(ana, active=False)
        assert await backend.read_account(ana.id) == replace(ana, active=False)

    async def test_a_missing_account_is_none(self, backend: Backend) -> None:
        """Reading and changing an account that is gone return None."""
        ana = await backend.create_account(ANA)
        await backend.delete_account(ana.id)
        assert await backend.read_account(ana.id) is None
        assert await backend.update_account(ana, {"title": "x"}) is None
        assert await backend.read_account("no/such?id") is None

    async def test_deleting_twice_is_fine(self, backend: Backend) -> None:
        """Deleting an account or team that is already gone succeeds, and it stays gone."""
        ana = await backend.create_account(ANA)
        team = await backend.create_team("Crew", "crew-1", frozenset({ana.id}))
        for _ in range(2):
            await backend.delete_team(team.id)
            await backend.delete_account(ana.id)
        assert await backend.find_accounts(external_id="ana-1", user_name=ANA.user_name) == ()
        assert await backend.read_team(team.id) is None

    async def test_a_team_comes_back_with_its_members_only_if_they_are_asked_for(self, backend: Backend) -> None:
        """A search has no members; a read has them."""
        ana = await backend.create_account(ANA)
        team = await backend.create_team("Crew", "crew-1", frozenset({ana.id}))
        assert await backend.read_team(team.id) == Team(team.id, "Crew", "crew-1", frozenset({ana.id}))
        without = Team(team.id, "Crew", "crew-1", None)
        assert await backend.find_teams(external_id="crew-1", display_name="x") == (without,)
        assert await backend.find_teams(external_id=None, display_name="cREW") == (without,)
        assert await backend.find_teams(external_id="CREW-1", display_name="x") == ()

    async def test_a_team_is_renamed_and_keeps_its_members(self, backend: Backend) -> None:
        ana = await backend.create_account(ANA)
        team = await backend.create_team("Crew", "crew-1", frozenset({ana.id}))
        renamed = await backend.update_team(team.id, {"displayName": "Squad"})
        assert renamed == Team(team.id, "Squad", "crew-1", None)
        assert await backend.read_team(team.id) == Team(team.id, "Squad", "crew-1", frozenset({ana.id}))

    async def test_member_changes_can_be_repeated(self, backend: Backend) -> None:
        """Adding a member twice, and removing one that is gone, changes nothing more; others stay."""
        ana, ben = await backend.create_account(ANA), await backend.create_account(BEN)
        team = await backend.create_team("Crew", "crew-1", frozenset({ana.id}))
        for _ in range(2):
            assert await backend.change_members(team.id, add=frozenset({ben.id}), remove=frozenset()) is True
        assert await backend.read_team(team.id) == Team(team.id, "Crew", "crew-1", frozenset({ana.id, ben.id}))
        for _ in range(2):
            assert await backend.change_members(team.id, add=frozenset(), remove=frozenset({ana.id})) is True
        assert await backend.read_team(team.id) == Team(team.id, "Crew", "crew-1", frozenset({ben.id}))

    async def test_whole_lists_have_everything_once(self, backend: Backend) -> None:
        """Accounts as a read by id shows them, teams as far as lists show members."""
        ana, ben = await backend.create_account(ANA), await backend.create_account(BEN)
        crew = await backend.create_team("Crew", "crew-1", frozenset({ana.id}))
        gang = await backend.create_team("Gang", "gang-1", frozenset())
        accounts, teams = await read_all(backend.list_accounts), await read_all(backend.list_teams)
        assert sorted(accounts, key=lambda account: account.user_name) == [ana, ben]
        assert {(team.id, team.display_name, team.external_id) for team in teams} == {
            (crew.id, "Crew", "crew-1"),
            (gang.id, "Gang", "gang-1"),
        }

    async def test_a_missing_team_is_none(self, backend: Backend) -> None:
        """Reading and changing a team that is gone say so."""
        assert await backend.read_team("gone") is None
        assert await backend.update_team("gone", {"displayName": "x"}) is None
        assert await backend.change_members("gone", add=frozenset({"a"}), remove=frozenset()) is False


class TestScimBackend(BackendContract):
    """By PATCH."""

    @pytest.fixture
    async def backend(self, scim: ScimBackend) -> Backend:
        await scim.probe()
        return scim

    async def test_a_change_is_answered_with_the_account(self, stand_in: StandIn, backend: Backend) -> None:
        """Once a change was answered with 204, the account is asked for (RFC 7644 §3.5.2): no look behind the next."""
        ana = await backend.create_account(ANA)
        await backend.update_account(ana, {"title": "Engineer II"})
        before = len(stand_in.control.log())
        changed = await backend.update_account(ana, {"title": "Lead"})
        assert changed == replace(ana, attributes={**ana.attributes, "title": "Lead"})
        assert [entry.method for entry in stand_in.control.log()[before:]] == ["PATCH"]


class TestScimBackendWithoutPatch(BackendContract):
    """By reading and writing the whole."""

    @pytest.fixture
    async def backend(self, stand_in: StandIn, scim: ScimBackend) -> Backend:
        stand_in.control.behave(patch=False)
        assert (await scim.probe()).patch is False
        return scim


class SecondServer(Protocol):
    """See conftest."""

    base_url: str
    token: str


class TestSecondServer(BackendContract):
    """By PATCH, at a server that shares no code with the stand-in."""

    @pytest.fixture
    async def backend(self, second: SecondServer) -> AsyncIterator[Backend]:
        scim = ScimBackend.connect(second.base_url, second.token, metrics.meter("second"))
        assert (await scim.probe()).groups is True
        yield scim
        await scim.close()

    @pytest.mark.parametrize("name", ["a\\b", "o'neil", "ümläut", "a b&c=d#e?f%20g"])
    async def test_any_character_can_be_searched_for(self, backend: Backend, name: str) -> None:
        """But for a quotation mark, which this server's filters cannot hold."""
        await BackendContract.test_any_character_can_be_searched_for(self, backend, name)

    async def test_what_cannot_be_searched_for_is_not_taken_for_absent(self, backend: Backend) -> None:
        """A filter that the server cannot read finds not nobody, but an error: nothing is created for it."""
        with pytest.raises(BackendRejected):
            await backend.find_accounts(external_id=None, user_name='a"b')


class TestGuardedBackend(BackendContract):
    """Behind a tenant's pace."""

    @pytest.fixture
    def backend(self, scim: ScimBackend) -> Backend:
        return GuardedBackend(scim, Deaf(), rate=1_000, clock=time.monotonic)


class TestMemoryBackend(BackendContract):
    """Without HTTP: what the state machine plays Workteam with."""

    @pytest.fixture
    def backend(self) -> Backend:
        return MemoryBackend(MemoryTenant())


class Deaf:
    """Hears how calls end, and does nothing about it."""

    def answered(self) -> None: ...
    def unanswered(self, error: BackendUnavailable) -> None: ...
    def throttled(self, seconds: float) -> None: ...
