"""Whole cycles against a SCIM service: counts of the first, literal requests of each change set, nothing when idle."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from workteam_cli.rehearsal.changes import ChangeSet, apply
from workteam_cli.rehearsal.dialect import Dialect
from workteam_cli.rehearsal.directory import Directory
from workteam_cli.rehearsal.mapping import SHIPPED, load_mapping
from workteam_cli.rehearsal.scope import Scope
from workteam_cli.rehearsal.service import Rehearsal, Settings, rehearsing
from workteam_cli.rehearsal.timeline import play

EXPECTED = yaml.safe_load((Path(__file__).parent / "requests.yaml").read_text(encoding="utf-8"))
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SETS = [f"E{number:02d}" for number in range(1, 16)]
MakeSettings = Callable[..., Settings]


class Names:
    """Ids of the target → user-NN and group-NN, also of those that are gone by now."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def learn(self, rehearsal: Rehearsal) -> None:
        watermark = rehearsal.state.watermark
        self._known |= {link.target: f"user-{id_[-2:]}" for id_, link in watermark.users.items() if link.target}
        self._known |= {link.target: f"group-{id_[-2:]}" for id_, link in watermark.groups.items()}

    def written(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.written(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.written(inner) for inner in value]
        for id_, name in self._known.items():
            value = value.replace(id_, name) if isinstance(value, str) else value
        return value


def expected(set_id: str, dialect: Dialect) -> list[Any]:
    """Return the literal requests of a change set."""
    rows = EXPECTED[set_id]
    if set_id != "E11":
        return [*rows.get("both", []), *rows.get(dialect.value, [])]
    legacy = dialect is Dialect.LEGACY
    made: list[Any] = []
    for number in rows["joining"]:
        value = {"$ref": None, "value": f"user-{number:02d}"} if legacy else {"value": f"user-{number:02d}"}
        made.append(
            ["PATCH", "/Groups/group-17", [{"op": "Add" if legacy else "add", "path": "members", "value": [value]}]]
        )
    for number in rows["leaving"]:
        user = f"user-{number:02d}"
        operation: dict[str, Any] = {"op": "remove", "path": f'members[value eq "{user}"]'}
        if legacy:
            operation = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": user}]}
        made.append(["PATCH", "/Groups/group-17", [operation]])
    return made


def comparable(request: Sequence[Any]) -> list[Any]:
    """Return method, path without the dialect's flag, and body; of a PATCH the operations."""
    method, path, body = request
    path = path.replace("?aadOptscim062020&", "?").removesuffix("?aadOptscim062020")
    if method == "PATCH":
        assert body["schemas"] == [PATCH]
        return [method, path, body["Operations"]]
    return [method, path] if body is None else [method, path, body]


def assert_same(sent: list[Any], wanted: list[Any]) -> None:
    """Compare without order; a row marked ``subset`` names a part of a body."""
    assert len(sent) == len(wanted), sent
    for row in wanted:
        if row[-1] == "subset":
            [found] = [s for s in sent if s[0] == "POST" and s[2]["userName"] == row[2]["userName"]]
            assert {key: found[2].get(key) for key in row[2]} == row[2]
        else:
            assert row in sent


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_every_change_set_sends_exactly_what_entra_would(
    dialect: Dialect, settings: MakeSettings, service: Any, contoso: Directory, changes: tuple[ChangeSet, ...]
) -> None:
    """E01 to E15, one cycle each: exactly the requests of requests.yaml, and none failed."""
    names, directory = Names(), contoso
    async with rehearsing(settings(dialect=dialect)) as rehearsal:
        await rehearsal.run_cycle(contoso)
        names.learn(rehearsal)
        service.take()
        assert [change_set.id for change_set in changes] == SETS
        for change_set in changes:
            directory = apply(directory, change_set)
            summary = await rehearsal.run_cycle(directory, change_set.id)
            names.learn(rehearsal)
            sent = [comparable(names.written(request)) for request in service.take()]
            assert_same(sent, expected(change_set.id, dialect))
            assert (change_set.id, summary.failures) == (change_set.id, 0)


async def test_the_first_cycle_has_the_counts_of_the_notes(
    settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """47 people, 44 managers, 6 teams, 53 memberships; users 33 and 34 are searched for and left out."""
    async with rehearsing(settings()) as rehearsal:
        summary = await rehearsal.run_cycle(contoso)
    assert summary.as_json() == {
        "cycle": "initial",
        "created": 47,
        "adopted": 0,
        "updated": 0,
        "disabled": 0,
        "deleted": 0,
        "managers": 44,
        "groupsCreated": 6,
        "groupsAdopted": 0,
        "groupsUpdated": 0,
        "groupsDeleted": 0,
        "membershipsAdded": 53,
        "membershipsRemoved": 0,
        "skipped": {
            "disabled or soft-deleted, never provisioned": 2,
            "manager not in scope": 2,
            "member not provisioned": 2,
            "nested group is not read": 1,
            "not in scope": 4,
        },
        "failures": 0,
        "escrow": 0,
        "requests": {
            "create /Groups": 6,
            "create /Users": 47,
            "patch manager": 44,
            "patch member": 53,
            "search /Groups": 6,
            "search /Users": 49,
        },
        "retries": 0,
    }
    sizes = {group["displayName"]: len(group.get("members", [])) for group in service.resources("/Groups")}
    assert sizes == {
        "sg-Workteam Users": 24,
        "sg-Workteam Managers": 13,
        "sg-Engineering": 7,
        "sg-Workteam Contractors": 0,
        "Project Aurora": 6,
        'Crew "Nordlicht" – Köln & 東京': 3,  # noqa: RUF001 - the dash is in the name
    }


async def test_scope_all_creates_everybody_who_is_enabled(
    settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """50 people: everyone but 33, 34 and 48; without any role."""
    async with rehearsing(settings(scope=Scope.ALL)) as rehearsal:
        summary = await rehearsal.run_cycle(contoso)
    users = [body for method, path, body in service.requests if (method, path) == ("POST", "/Users")]
    assert summary.created == 50
    assert [user for user in users if "roles" in user] == []


async def test_the_workteam_mapping_sends_its_attributes_and_no_groups(
    settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """A guest's body, literally, and not one request to /Groups."""
    mapping = load_mapping(SHIPPED / "workteam.yaml")
    async with rehearsing(settings(mapping=mapping)) as rehearsal:
        await rehearsal.test_connection()
        summary = await rehearsal.run_cycle(contoso)
    assert (summary.created, summary.managers) == (47, 44)
    assert [path for _, path, _ in service.requests if path.startswith("/Groups")] == []
    posts = [body for method, _, body in service.requests if method == "POST"]
    [sofia] = [body for body in posts if body["userName"] == "sofia.marin@fabrikam.com"]
    assert sofia == {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "userName": "sofia.marin@fabrikam.com",
        "active": True,
        "externalId": "a0000000-0000-4000-8000-000000000032",
        "emails": [{"primary": True, "type": "work", "value": "sofia.marin@fabrikam.com"}],
        "name": {"givenName": "Sofia", "familyName": "Marin"},
        "displayName": "Sofia Marin (Fabrikam)",
        "title": "External Auditor",
        "nickName": "sofia.marin_fabrikam.com#EXT#",
        "meta": {"resourceType": "User"},
    }


async def test_an_idle_cycle_sends_nothing(settings: MakeSettings, service: Any, contoso: Directory) -> None:
    """A second cycle over the same directory makes no request at all."""
    async with rehearsing(settings()) as rehearsal:
        await rehearsal.run_cycle(contoso)
        service.take()
        summary = await rehearsal.run_cycle(contoso)
    assert service.take() == []
    assert (summary.cycle, summary.requests, summary.skipped) == ("incremental", {}, {})


async def test_a_restart_completes_the_late_references(
    settings: MakeSettings, service: Any, contoso: Directory, changes: tuple[ChangeSet, ...], tmp_path: Path
) -> None:
    """After E15 a full cycle creates nobody, and brings Karen Berg's membership and Garth Fort's manager."""
    made = settings(state=tmp_path / "state.json")
    async with rehearsing(made) as rehearsal:
        await play(rehearsal, contoso, changes)
    async with rehearsing(made) as rehearsal:
        before = {group["displayName"]: len(group.get("members", [])) for group in service.resources("/Groups")}
        [summary] = await play(rehearsal, contoso, changes, restart=True)
        names = rehearsal.state.watermark.users
    after = {group["displayName"]: len(group.get("members", [])) for group in service.resources("/Groups")}
    garth = next(user for user in service.resources("/Users") if user["userName"] == "GarthF@contoso.com")
    assert (summary.created, summary.adopted, summary.groups_adopted, summary.managers) == (0, 49, 6, 1)
    assert (before["sg-Workteam Users"], after["sg-Workteam Users"]) == (25, 26)
    manager = garth["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["manager"]["value"]
    assert manager == names["a0000000-0000-4000-8000-000000000017"].target


async def test_a_user_made_by_hand_is_adopted(settings: MakeSettings, service: Any, contoso: Directory) -> None:
    """A hit of the matching query, in another case, is linked; one PATCH sends what differs; no second account."""
    patti = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "PATTIF@contoso.com",
        "title": "Boss",
    }
    async with rehearsing(settings()) as rehearsal:
        await rehearsal._client.once("POST", "/Users", kind="by hand", body=patti)
        service.take()
        summary = await rehearsal.run_cycle(contoso)
    [(_, _, body)] = [request for request in service.requests if request[0] == "PATCH" and "title" in str(request[2])]
    assert (summary.created, summary.adopted, summary.updated) == (46, 1, 1)
    title = {"op": "Replace", "path": "title", "value": "Chief Executive Officer"}
    assert title in body["Operations"]
    assert {"op": "Replace", "path": "userName", "value": "PattiF@contoso.com"} in body["Operations"]


async def test_no_user_agent_and_the_token_bare(settings: MakeSettings, service: Any, contoso: Directory) -> None:
    """Entra sends no User-Agent, its version header, and ``Bearer`` before the token."""
    async with rehearsing(settings()) as rehearsal:
        await rehearsal.test_connection()
    headers = service.headers[0]
    assert "user-agent" not in headers
    assert (headers["adscimversion"], headers["authorization"]) == ("5.0", "Bearer a-token-for-tests")
