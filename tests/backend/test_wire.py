"""SCIM JSON, in and out, as literals."""

from datetime import UTC, datetime, timedelta

import pytest

from workteam_operator.backend import wire
from workteam_operator.backend.port import Account, Capabilities, DesiredAccount, Team

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


def test_a_user_becomes_an_account_by_path() -> None:
    """What the server alone writes is left out, the manager is an id, and what is empty is not there."""
    raw = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "id": "7",
        "meta": {"version": 'W/"1"'},
        "groups": [{"value": "g"}],
        "userName": "ana@contoso.example",
        "externalId": "ana-1",
        "active": False,
        "title": "Engineer",
        "nickName": None,
        "phoneNumbers": [],
        "name": {"givenName": "Ana", "familyName": "Lima"},
        "emails": [{"type": "work", "value": "ana@contoso.example"}],
        ENTERPRISE: {"department": "Retail", "manager": {"value": "8", "$ref": "…/Users/8", "displayName": "Ben"}},
    }
    assert wire.read_account(raw) == Account(
        id="7",
        user_name="ana@contoso.example",
        external_id="ana-1",
        active=False,
        attributes={
            "title": "Engineer",
            "name.givenName": "Ana",
            "name.familyName": "Lima",
            "emails": [{"type": "work", "value": "ana@contoso.example"}],
            f"{ENTERPRISE}:department": "Retail",
            f"{ENTERPRISE}:manager": "8",
        },
    )


def test_nobody_is_taken_for_inactive_who_was_not_said_to_be() -> None:
    """A user without ``active`` counts as active."""
    assert wire.read_account({"id": "7", "userName": "a"}).active is True
    assert wire.read_account({"id": "7", "userName": "a", "active": None}).active is True


def test_a_new_user_names_its_extension() -> None:
    """An attribute of an extension stands under its URN, which the schemas name."""
    attributes = {"name.givenName": "Ana", f"{ENTERPRISE}:manager": "8"}
    desired = DesiredAccount("ana@contoso.example", "ana-1", active=True, attributes=attributes)
    assert wire.account_body(desired) == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "ana@contoso.example",
        "externalId": "ana-1",
        "active": True,
        "name": {"givenName": "Ana"},
        ENTERPRISE: {"manager": {"value": "8"}},
    }


def test_nothing_is_said_of_active_if_nobody_said_anything() -> None:
    """``active`` None is not sent."""
    assert wire.account_body(DesiredAccount("ana", "1", active=None)) == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ana",
        "externalId": "1",
    }


def test_changes_are_operations_in_lower_case_with_a_path_each() -> None:
    """A value replaces, None removes (RFC 7644 §3.5.2)."""
    changes = {"active": False, "title": None, f"{ENTERPRISE}:manager": "8", f"{ENTERPRISE}:department": None}
    assert wire.patch_body(changes) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": "replace", "path": "active", "value": False},
            {"op": "remove", "path": "title"},
            {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "8"}},
            {"op": "remove", "path": f"{ENTERPRISE}:department"},
        ],
    }


def test_members_are_added_at_once_and_removed_one_by_one() -> None:
    """Additions first; each removal by a filter (RFC 7644 §3.5.2.2)."""
    assert wire.members_body(["b", "a"], ['c"d']) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": "add", "path": "members", "value": [{"value": "a"}, {"value": "b"}]},
            {"op": "remove", "path": 'members[value eq "c\\"d"]'},
        ],
    }


def test_a_new_group_has_its_members_in_order() -> None:
    """By id alone."""
    assert wire.team_body("Crew", "crew-1", {"b", "a"}) == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Crew",
        "externalId": "crew-1",
        "members": [{"value": "a"}, {"value": "b"}],
    }


def test_writing_the_whole_keeps_what_is_not_ours() -> None:
    """Without PATCH a change touches its path alone; an extension's URN joins the schemas."""
    body = {"schemas": ["core"], "id": "7", "name": {"givenName": "Ana", "middleName": "M"}, "urn:x:hr": {"desk": 4}}
    wire.changed(body, {"name.givenName": None, "title": "Lead", f"{ENTERPRISE}:department": "Retail"})
    assert body == {
        "schemas": ["core", "urn:x:hr", ENTERPRISE],
        "id": "7",
        "name": {"middleName": "M"},
        "title": "Lead",
        "urn:x:hr": {"desk": 4},
        ENTERPRISE: {"department": "Retail"},
    }


def test_a_group_has_members_only_if_they_were_asked_for() -> None:
    """Not asked for is None, not an empty team."""
    raw = {"id": "t", "displayName": "Crew", "externalId": "c", "members": [{"value": "1"}, {"value": "2"}]}
    assert wire.read_team(raw, members=True) == Team("t", "Crew", "c", frozenset({"1", "2"}))
    assert wire.read_team(raw, members=False) == Team("t", "Crew", "c", None)
    assert wire.read_team({"id": "t", "displayName": "Crew"}, members=True) == Team("t", "Crew", None, frozenset())


def test_capabilities_are_what_may_be_written_of_users() -> None:
    """Parts of complex attributes; parts and types of multi-valued ones; extensions by URN; nothing read only."""
    kind = {"name": "type", "canonicalValues": ["work", "other"]}
    user = {
        "id": "core:User",
        "attributes": [
            {"name": "userName"},
            {"name": "id", "mutability": "readOnly"},
            {"name": "name", "subAttributes": [{"name": "givenName"}, {"name": "familyName"}]},
            {"name": "emails", "multiValued": True, "subAttributes": [{"name": "value"}, kind]},
            {"name": "tags", "multiValued": True},
        ],
    }
    extension = {"id": "urn:x", "attributes": [{"name": "manager", "subAttributes": [{"name": "value"}]}]}
    unused = {"id": "urn:y", "attributes": [{"name": "badge"}]}
    kinds = [{"name": "User", "schema": "core:User", "schemaExtensions": [{"schema": "urn:x"}]}]
    assert wire.capabilities({"patch": {"supported": True}}, kinds, [user, extension, unused]) == Capabilities(
        patch=True,
        groups=False,
        attributes=frozenset(
            {
                "userName",
                "name.givenName",
                "name.familyName",
                "emails",
                "emails.value",
                "emails.type",
                'emails[type eq "work"]',
                'emails[type eq "other"]',
                "tags",
                "urn:x:manager",
                "urn:x:manager.value",
            }
        ),
    )


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        pytest.param("120", timedelta(seconds=120), id="seconds"),
        pytest.param(" 0 ", timedelta(0), id="at once"),
        pytest.param("Wed, 25 Nov 2026 12:00:30 GMT", timedelta(seconds=30), id="a date to come"),
        pytest.param("Wed, 25 Nov 2026 11:00:00 GMT", timedelta(0), id="a date that is past"),
        pytest.param("9" * 400, timedelta(days=1), id="no more than a day"),
        pytest.param(None, None, id="absent"),
        pytest.param("soon", None, id="unreadable"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="no whole seconds"),
        pytest.param("٣", None, id="digits of another script"),
    ],
)
def test_retry_after_has_two_forms(value: str | None, wait: timedelta | None) -> None:
    """RFC 9110 §10.2.3: whole seconds or a date."""
    assert wire.retry_after(value, now=NOON) == wait


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param({"detail": "no\n  such title"}, "no such title", id="one line"),
        pytest.param({"detail": "x" * 400}, "x" * 299 + "…", id="cut"),
        pytest.param({"detail": {"a": 1}}, "", id="no text"),
        pytest.param(["detail"], "", id="no object"),
    ],
)
def test_the_tenants_words_are_trimmed(raw: object, words: str) -> None:
    assert wire.detail(raw) == words


def test_what_a_patch_asks_back_names_each_attribute_once() -> None:
    """Parts and types of an attribute are not asked for apart; externalId always is, as schemas seldom list it."""
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    paths = {
        "userName", "name.givenName", "name.familyName", "emails", "emails.value", 'emails[type eq "work"]',
        f"{enterprise}:department", f"{enterprise}:manager", f"{enterprise}:manager.value",
    }  # fmt: skip
    asked = wire.asked_for(Capabilities(patch=True, groups=True, attributes=frozenset(paths)))
    assert asked == f"emails,externalId,name,{enterprise}:department,{enterprise}:manager,userName"


@pytest.mark.parametrize(
    ("body", "speaks"),
    [
        pytest.param({"schemas": [wire.ERROR], "status": "404"}, True, id="an error of SCIM"),
        pytest.param({"schemas": [wire.ERROR]}, True, id="without a status"),
        pytest.param({"status": 404, "error": "Not Found", "path": "/scim/v2/Users/1"}, False, id="Spring"),
        pytest.param({"status": "404", "title": "Not Found", "type": "about:blank"}, False, id="RFC 9457"),
        pytest.param({"detail": "Not Found", "schemas": None}, False, id="without schemas"),
        pytest.param([wire.ERROR], False, id="a list"),
        pytest.param(None, False, id="no JSON"),
    ],
)
def test_only_an_error_of_scim_says_that_an_account_is_not_there(body: object, *, speaks: bool) -> None:
    """A gateway's JSON has a status 404 too."""
    assert wire.is_error(body) is speaks
