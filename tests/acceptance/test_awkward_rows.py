"""Every row of awkward.json is either covered by the expected states or skipped on purpose, literal by literal."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any, NamedTuple

import pytest

SAMPLE = files("workteam_cli.rehearsal") / "sample"


class Holds(NamedTuple):
    """What an attribute of one entity is after the initial cycle; None where it must be absent."""

    who: str
    attribute: str
    value: Any


class Skipped(NamedTuple):
    """An entity that must never be provisioned, and why."""

    who: str
    why: str


def user(number: int) -> str:
    return f"a0000000-0000-4000-8000-{number:012}"


def group(number: int) -> str:
    return f"b0000000-0000-4000-8000-{number:012}"


MANAGER_ROLE = {"type": "WindowsAzureActiveDirectoryRole", "primary": True, "value": "Manager"}
ROWS: dict[str, tuple[Holds | Skipped, ...]] = {
    "guest-ext-upn": (
        Holds(user(32), "userName", "sofia.marin@fabrikam.com"),
        Holds(user(32), "externalId", "sofia.marin_fabrikam.com#EXT#"),
    ),
    "account-disabled": (Skipped(user(33), "disabled before the first cycle; arrives with E15"),),
    "soft-deleted": (Skipped(user(34), "in the recycle bin before the first cycle; purged by E09"),),
    "no-mail": (Holds(user(35), "emails", None),),
    "no-given-name": (Holds(user(37), "name", {"formatted": "Wulandari", "familyName": "Wulandari"}),),
    "umlauts": (
        Holds(user(38), "displayName", "Käthe Schönfelder-Groß"),
        Holds(user(38), "userName", "KaetheS@contoso.com"),
    ),
    "apostrophe": (
        Holds(user(39), "userName", "Siobhan.O'Malley@contoso.com"),
        Holds(user(39), "externalId", "Siobhan.O'Malley"),
        Holds(user(39), "displayName", "Siobhán O'Malley"),
    ),
    "cjk": (
        Holds(user(40), "displayName", "田中 さくら"),
        Holds(user(40), "name", {"formatted": "さくら 田中", "givenName": "さくら", "familyName": "田中"}),
        Holds(user(40), "title", "ソフトウェアエンジニア"),
    ),
    "arabic": (Holds(user(41), "displayName", "\u0644\u064a\u0644\u0649 \u062d\u062f\u0651\u0627\u062f"),),
    "long-display-name": (
        Holds(
            user(42),
            "displayName",
            "Maria da Conceição Aparecida Fernandes de Oliveira Albuquerque e Castro "
            "Vasconcelos Menezes Cavalcanti de Almeida Sobral",
        ),
    ),
    "spaces-in-job-title": (Holds(user(43), "title", "  Software Engineer "),),
    "local-mail-domain": (
        Holds(user(44), "userName", "JulianI@contoso.onmicrosoft.com"),
        Holds(
            user(44),
            "emails",
            [
                {"type": "work", "primary": True, "value": "julian.isla@corp.contoso.local"},
                {"type": "other", "value": "SMTP:julian.isla@corp.contoso.local"},
            ],
        ),
    ),
    "upper-case-upn": (Holds(user(45), "userName", "JANET.SCHORR@CONTOSO.COM"),),
    "mail-nickname-case-twins": (
        Holds(user(46), "externalId", "AnneW"),
        Holds(user(47), "externalId", "annew"),
    ),
    "namesakes": (
        Holds(user(46), "displayName", "Anne Wallace"),
        Holds(user(47), "displayName", "Anne Wallace"),
        Holds(user(46), "title", "Accounts Payable Clerk"),
        Holds(user(47), "title", "Sales Coordinator"),
    ),
    "shared-mailbox": (Skipped(user(48), "not assigned"),),
    "service-account": (
        Holds(user(49), "userName", "svc-build@contoso.onmicrosoft.com"),
        Holds(user(49), "name", None),
        Holds(user(49), "emails", None),
        Holds(user(49), "enterprise", {"manager": {"value": user(13)}}),
    ),
    "manager-out-of-scope": (
        Holds(user(36), "enterprise", {"employeeNumber": "000136", "department": "Operations"}),
        Skipped(user(17), "a manager without assignment; arrives with E15"),
    ),
    "dangling-manager": (Holds(user(52), "enterprise", {"employeeNumber": "000152", "department": "Marketing"}),),
    "odd-phone-numbers": (
        Holds(
            user(50),
            "phoneNumbers",
            [
                {"type": "fax", "value": "tel:+1-512-555-0198;ext=9"},
                {"type": "mobile", "value": "001-737.555.0150 (private, after 6 pm)"},
                {"type": "work", "value": "(512) 555-0150 x2203"},
            ],
        ),
    ),
    "empty-department": (Holds(user(51), "enterprise", {"employeeNumber": "000151", "manager": {"value": user(16)}}),),
    "decomposed-unicode": (
        Holds(user(53), "displayName", "Zoe\u0308 Lindstro\u0308m"),
        Holds(
            user(53),
            "name",
            {
                "formatted": "Zoe\u0308 Lindstro\u0308m",
                "givenName": "Zoe\u0308",
                "familyName": "Lindstro\u0308m",
            },
        ),
    ),
    "two-roles": (Holds(user(31), "roles", [MANAGER_ROLE]),),
    "default-access": (Holds(user(32), "roles", None), Holds(user(32), "active", True)),
    "dynamic-everybody": (Skipped(group(1), "not assigned"),),
    "nested-group": (Skipped(group(15), "no assignment of its own; no member of group 12 either"),),
    "in-scope-by-nesting-only": (
        Skipped(user(15), "only direct members of an assigned group are in scope"),
        Skipped(user(18), "only direct members of an assigned group are in scope"),
    ),
    "empty-group": (
        Holds(group(16), "displayName", "sg-Workteam Contractors"),
        Holds(group(16), "members", []),
    ),
    "m365-security-enabled": (
        Holds(group(17), "members", [user(22), user(25), user(26), user(38), user(40), user(43)]),
    ),
    "m365-not-security-enabled": (
        Skipped(group(8), "not assigned"),
        Skipped(group(9), "not assigned"),
        Skipped(group(10), "not assigned"),
    ),
    "distribution-list": (Skipped(group(20), "not assigned"),),
    "group-name-quotes-unicode": (Holds(group(19), "displayName", 'Crew "Nordlicht" \u2013 Köln & 東京'),),
    "group-name-case-twins": (
        Holds(group(17), "displayName", "Project Aurora"),
        Skipped(group(18), "not assigned"),
    ),
}
"""By flag of awkward.json. The value of a role, a list or a name is whole, sorted as the expected states sort it."""


def test_every_flag_is_spoken_of() -> None:
    """The table has each flag of awkward.json and no other."""
    assert ROWS.keys() == {row["flag"] for row in json.loads((SAMPLE / "awkward.json").read_text("utf-8"))}


@pytest.mark.parametrize("dialect", ["legacy", "compliant"])
@pytest.mark.parametrize("flag", ROWS)
def test_an_awkward_row_is_covered(
    expected_state: Callable[[str, str], dict[str, dict[str, Any]]], flag: str, dialect: str
) -> None:
    """After the initial cycle the row is as it must be on both sides, or on neither side and in no team."""
    state = expected_state("initial", dialect)
    objects = state["users"] | state["groups"]
    held = state["accounts"] | state["teams"]
    members = {member for side in ("groups", "teams") for each in state[side].values() for member in each["members"]}
    for row in ROWS[flag]:
        match row:
            case Holds(who, attribute, value):
                assert [side[who].get(attribute) for side in (objects, held)] == [value, value]
            case Skipped(who):
                assert [who in place for place in (objects, held, members)] == [False, False, False]


@pytest.mark.parametrize("dialect", ["legacy", "compliant"])
def test_who_is_never_in_scope_never_arrives(
    expected_state: Callable[[str, str], dict[str, dict[str, Any]]], dialect: str
) -> None:
    """Of those who were skipped at first, only Karen Berg and Irvin Sayers are there after E15."""
    state = expected_state("after-e15", dialect)
    skipped = {row.who for rows in ROWS.values() for row in rows if isinstance(row, Skipped)}
    there = skipped & (state["users"] | state["groups"] | state["accounts"] | state["teams"]).keys()
    assert there == {user(17), user(33)}
