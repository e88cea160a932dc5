"""Decisions about one person, as a table, and the lives that the change sets do not show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workteam_cli.rehearsal import plan
from workteam_cli.rehearsal.directory import Directory, Reference
from workteam_cli.rehearsal.mapping import load_mapping
from workteam_cli.rehearsal.plan import Delete, Facts, Match, Nothing, Plan, Skip, Update
from workteam_cli.rehearsal.service import Settings, rehearsing
from workteam_cli.rehearsal.state import UserLink

ON, OFF = {"userName": "a", "active": True}, {"userName": "a", "active": False}
SKIPPED = UserLink(target=None, sent=OFF, scoped=True)
ACTIVE = UserLink(target="t", sent=ON, scoped=True)
LEFT = UserLink(target="t", sent=OFF, scoped=False)
DIEGO, PATTI, RENE = (f"a0000000-0000-4000-8000-0000000000{number}" for number in ("07", "01", "09"))
MakeSettings = Callable[..., Settings]


def facts(desired: Any, *, scoped: bool = True, gone: bool = False, link: UserLink | None = None) -> Facts:
    """Describe a person without a manager."""
    return Facts(desired=desired, scoped=scoped, soft_deleted=gone, manager=None, link=link)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(facts(ON), Match(create=True), id="new and active: search, then create"),
        pytest.param(facts(OFF, gone=True), Match(create=False), id="new and disabled: search only"),
        pytest.param(facts(OFF, scoped=False, gone=True), Skip("not in scope"), id="not in scope: not even a search"),
        pytest.param(facts(OFF, gone=True, link=SKIPPED), Nothing(), id="skipped before and unchanged"),
        pytest.param(facts(ON, link=SKIPPED), Match(create=True), id="skipped before, enabled now"),
        pytest.param(facts(ON, link=ACTIVE), Nothing(), id="unchanged"),
        pytest.param(
            facts({"userName": "a", "active": True, "title": "x"}, link=ACTIVE), Update({"title": "x"}), id="new"
        ),
        pytest.param(facts({"active": True}, link=ACTIVE), Nothing(), id="an emptied source is skipped"),
        pytest.param(
            facts({"userName": "b", "active": False}, scoped=False, gone=True, link=ACTIVE),
            Update({"active": False}),
            id="left the scope: only active is sent",
        ),
        pytest.param(
            facts({"userName": "b", "active": False}, scoped=False, gone=True, link=LEFT),
            Nothing(),
            id="left earlier: a rename is not sent",
        ),
        pytest.param(facts(ON, link=LEFT), Update({"active": True}), id="assigned again"),
        pytest.param(
            facts({"userName": "a"}, gone=True, link=ACTIVE), Delete(), id="active is not mapped: disabled means DELETE"
        ),
    ],
)
def test_plan(given: Facts, wanted: Plan) -> None:
    assert plan.plan_person(given) == wanted


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        pytest.param(ACTIVE, Delete(), id="in the recycle bin until now"),
        pytest.param(LEFT, Skip("left the scope earlier, no longer managed"), id="unassigned first: no DELETE"),
        pytest.param(SKIPPED, Nothing(), id="never provisioned"),
    ],
)
def test_plan_of_a_purged_person(link: UserLink, wanted: Plan) -> None:
    assert plan.plan_purged(link) == wanted


def with_user(directory: Directory, source: str, **changes: Any) -> Directory:
    """Return the directory with one person changed."""
    users = dict(directory.users)
    users[source] = users[source].model_copy(update=changes)
    return replace(directory, users=users)


def without_assignment(directory: Directory, principal: str) -> Directory:
    """Return the directory with a principal not assigned to the app."""
    kept = {key: one for key, one in directory.assignments.items() if one.principal_id != principal}
    return replace(directory, assignments=kept)


async def test_unassigned_first_and_purged_later_gets_no_delete(
    settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """The account stays inactive for ever, since the service does not manage it any more."""
    left = without_assignment(contoso, RENE)
    users = {key: user for key, user in left.users.items() if key != RENE}
    groups = {
        key: group.model_copy(update={"members": tuple(one for one in group.members if one != RENE)})
        for key, group in left.groups.items()
    }
    async with rehearsing(settings()) as rehearsal:
        for directory in (contoso, left, replace(left, users=users, groups=groups)):
            summary = await rehearsal.run_cycle(directory)
    assert summary.skipped == {"left the scope earlier, no longer managed": 1}
    assert [request for request in service.requests if request[0] == "DELETE"] == []


async def test_an_unassigned_group_is_deleted_and_its_people_disabled(
    settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """Groups have no soft delete; who is in no other assigned group is switched off; nothing is left in escrow."""
    crew = "b0000000-0000-4000-8000-000000000019"
    async with rehearsing(settings()) as rehearsal:
        await rehearsal.run_cycle(contoso)
        summary = await rehearsal.run_cycle(without_assignment(contoso, "b0000000-0000-4000-8000-000000000012"))
        again = await rehearsal.run_cycle(without_assignment(contoso, "b0000000-0000-4000-8000-000000000012"))
    assert crew in contoso.groups
    assert (summary.groups_deleted, summary.failures, summary.escrow) == (1, 0, 0)
    assert summary.disabled > 0
    assert len(service.resources("/Groups")) == 5
    assert again.requests == {}


@pytest.mark.parametrize(
    ("dialect", "operation"),
    [
        ("legacy", {"op": "Replace", "path": "manager", "value": ""}),
        ("compliant", {"op": "remove", "path": 'manager[value eq "ID"]'}),
    ],
)
async def test_no_manager_any_more(
    dialect: str, operation: dict[str, str], settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """A manager that was sent and is taken away is cleared once."""
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"
    async with rehearsing(settings(dialect=dialect)) as rehearsal:
        await rehearsal.run_cycle(contoso)
        service.take()
        before = rehearsal.state.watermark.users[DIEGO].manager_sent or ""
        await rehearsal.run_cycle(with_user(contoso, DIEGO, manager=None))
        await rehearsal.run_cycle(with_user(contoso, DIEGO, manager=None))
    [(method, _, body)] = service.take()
    [sent] = body["Operations"]
    assert method == "PATCH"
    assert {**sent, "path": sent["path"].removeprefix(urn).replace(before, "ID")} == operation


async def test_another_manager_out_of_scope_is_not_sent(
    settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """The reference is skipped, and the old one stays in the target."""
    async with rehearsing(settings()) as rehearsal:
        await rehearsal.run_cycle(contoso)
        service.take()
        irvin = Reference(id="a0000000-0000-4000-8000-000000000017")
        summary = await rehearsal.run_cycle(with_user(contoso, DIEGO, manager=irvin))
    assert service.take() == []
    assert summary.skipped == {"manager not in scope": 1}


async def test_two_people_with_one_user_name_are_a_conflict(
    settings: MakeSettings, service: Any, contoso: Directory
) -> None:
    """The second is never linked to the first one's account."""
    twin = with_user(contoso, RENE, user_principal_name="PATTIF@contoso.com")
    async with rehearsing(settings()) as rehearsal:
        summary = await rehearsal.run_cycle(twin)
        escrow = rehearsal.state.watermark.escrow
    assert (summary.created, len(service.resources("/Users"))) == (46, 46)
    assert escrow[f"users/{RENE}"].error == f"EntryConflict: the match is already linked to {PATTI}"


async def test_on_create_rows_are_not_sent_later(
    settings: MakeSettings, service: Any, contoso: Directory, tmp_path: Path
) -> None:
    """*Only during object creation* is in the POST, and in no PATCH."""
    rows = (
        'users:\n- {source: "[userPrincipalName]", target: userName, matching: 1}\n'
        '- {source: \'Switch([IsSoftDeleted], , "False", "True", "True", "False")\', target: active}\n'
        '- {source: "[jobTitle]", target: title, apply: OnCreate}\n'
    )
    (tmp_path / "m.yaml").write_text(rows, encoding="utf-8")
    made = settings(mapping=load_mapping(tmp_path / "m.yaml"))
    async with rehearsing(made) as rehearsal:
        await rehearsal.run_cycle(contoso)
        posts = [body for method, _, body in service.take() if method == "POST"]
        await rehearsal.run_cycle(with_user(contoso, PATTI, job_title="Owner"))
    assert "Chief Executive Officer" in [post.get("title") for post in posts]
    assert service.take() == []


async def test_without_active_in_the_mapping_leaving_means_delete(
    settings: MakeSettings, service: Any, contoso: Directory, tmp_path: Path
) -> None:
    """One DELETE; assigned again, the person is created again."""
    (tmp_path / "m.yaml").write_text(
        'users:\n- {source: "[userPrincipalName]", target: userName, matching: 1}\n', encoding="utf-8"
    )
    async with rehearsing(settings(mapping=load_mapping(tmp_path / "m.yaml"))) as rehearsal:
        await rehearsal.run_cycle(contoso)
        service.take()
        left = await rehearsal.run_cycle(without_assignment(contoso, RENE))
        back = await rehearsal.run_cycle(contoso)
    assert (left.deleted, back.created) == (1, 1)
    assert [method for method, _, _ in service.take()] == ["DELETE", "GET", "POST"]
