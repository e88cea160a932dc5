"""The three tests of Microsoft's SCIM validator that send every attribute of a user; values are as odd as there."""

from typing import Any

import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

CREATED = {
    "schemas": [USER, ENT],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "active": True,
    "displayName": "KYQJLHXQTBAP",
    "title": "JGHFXZUDCVPM",
    "preferredLanguage": "pt-PT",
    "userType": "OLTQKAOZYWLM",
    "nickName": "FWSDYXTRNCAE",
    "locale": "NNRDFXPHOXUY",
    "timezone": "America/Belize",
    "profileUrl": "MFGMVEZJKZMB",
    "emails": [{"type": "work", "value": "marge_kuhic@mohr.example", "primary": True}],
    "name": {
        "givenName": "Elwyn",
        "familyName": "Robbie",
        "formatted": "Alvina",
        "middleName": "Trystan",
        "honorificPrefix": "Wendell",
        "honorificSuffix": "Tate",
    },
    "addresses": [
        {
            "type": "work",
            "formatted": "JOYDAQKBHWHV",
            "streetAddress": "5468 Marilou Mews",
            "locality": "VYNDZHCMSWKL",
            "region": "XPBHQTVWRGNC",
            "postalCode": "pr01 7fy",
            "country": "Marshall Islands",
            "primary": True,
        }
    ],
    "phoneNumbers": [
        {"type": "work", "value": "45-955-7623", "primary": True},
        {"type": "mobile", "value": "45-955-7624"},
        {"type": "fax", "value": "45-955-7625"},
    ],
    "roles": [{"primary": "True", "display": "CZKWMXJHLVTA", "value": "QRVNSJTLXAEU", "type": "UTAKVZIPXHQE"}],
    ENT: {
        "employeeNumber": "TGLRXQYBWSPN",
        "department": "ECSHLKZWQUMD",
        "costCenter": "WAJYTUPQKNRC",
        "organization": "LDKQXVSHYTEO",
        "division": "BHXPZQWVTNLK",
        "manager": {"value": "CYKQWKOFNTWC"},
    },
}
"""A user with every attribute of the default target; a role's primary is text there, and the manager is nobody."""

VERBOSE = {
    "active": "True",
    "displayName": "MBVUTRFRWUDB",
    "title": "IRZQNCOSGZXE",
    "preferredLanguage": "br",
    "userType": "ZAHSOYUHRIVW",
    "nickName": "PDDLHZOGGXQF",
    "locale": "TOTDMBSZMSDB",
    "timezone": "Africa/Kigali",
    "profileUrl": "YEQNZCTBKXHW",
    'emails[type eq "work"].value': "ladarius@kreiger.example",
    'emails[type eq "work"].primary': True,
    "name.givenName": "Joanny",
    "name.familyName": "Marlin",
    "name.formatted": "Bradford",
    "name.middleName": "Kaela",
    "name.honorificPrefix": "Aron",
    "name.honorificSuffix": "Ludie",
    'addresses[type eq "work"].formatted': "FWNCPTQYWMJH",
    'addresses[type eq "work"].streetAddress': "9104 Renner Plaza",
    'addresses[type eq "work"].locality': "RVGWXSQAFUIP",
    'addresses[type eq "work"].region': "QHDPTVYCLLRB",
    'addresses[type eq "work"].postalCode': "vb40 6xh",
    'addresses[type eq "work"].primary': True,
    'addresses[type eq "work"].country': "Saint Kitts and Nevis",
    'phoneNumbers[type eq "work"].value': "15-432-9920",
    'phoneNumbers[type eq "work"].primary': True,
    'phoneNumbers[type eq "mobile"].value': "15-432-9921",
    'phoneNumbers[type eq "fax"].value': "15-432-9922",
    f"{ENT}:employeeNumber": "VSBMAZKLVNDQ",
    f"{ENT}:department": "RXUCOFLKSZJX",
    f"{ENT}:costCenter": "GAOKQVJWNHTB",
    f"{ENT}:organization": "YNMXKFSEVWZL",
    f"{ENT}:division": "PHQDRGCXTALO",
    'roles[primary eq "True"].display': "AIBKDLYZOPVX",
    'roles[primary eq "True"].value': "WNLHUZRXGYFB",
    'roles[primary eq "True"].type': "OCTDRNQIKSVZ",
}
"""The 36 paths of a verbose request."""

CHANGED: dict[str, Any] = {
    "active": True,
    "displayName": "MBVUTRFRWUDB",
    "title": "IRZQNCOSGZXE",
    "preferredLanguage": "br",
    "userType": "ZAHSOYUHRIVW",
    "nickName": "PDDLHZOGGXQF",
    "locale": "TOTDMBSZMSDB",
    "timezone": "Africa/Kigali",
    "profileUrl": "YEQNZCTBKXHW",
    "emails": [{"type": "work", "value": "ladarius@kreiger.example", "primary": True}],
    "name": {
        "givenName": "Joanny",
        "familyName": "Marlin",
        "formatted": "Bradford",
        "middleName": "Kaela",
        "honorificPrefix": "Aron",
        "honorificSuffix": "Ludie",
    },
    "addresses": [
        {
            "type": "work",
            "formatted": "FWNCPTQYWMJH",
            "streetAddress": "9104 Renner Plaza",
            "locality": "RVGWXSQAFUIP",
            "region": "QHDPTVYCLLRB",
            "postalCode": "vb40 6xh",
            "country": "Saint Kitts and Nevis",
            "primary": True,
        }
    ],
    "phoneNumbers": [
        {"type": "work", "value": "15-432-9920", "primary": True},
        {"type": "mobile", "value": "15-432-9921"},
        {"type": "fax", "value": "15-432-9922"},
    ],
    "roles": [{"primary": True, "display": "AIBKDLYZOPVX", "value": "WNLHUZRXGYFB", "type": "OCTDRNQIKSVZ"}],
    ENT: {
        "employeeNumber": "VSBMAZKLVNDQ",
        "department": "RXUCOFLKSZJX",
        "costCenter": "GAOKQVJWNHTB",
        "organization": "YNMXKFSEVWZL",
        "division": "PHQDRGCXTALO",
    },
}
"""What a user holds after them."""

FILTERED = "["


def operations(op: str, *, verbose: bool) -> list[dict[str, Any]]:
    """Return the 36 as operations of their own, or those without a filter together in one without a path."""
    if verbose:
        return [{"op": op, "path": path, "value": value} for path, value in VERBOSE.items()]
    together = {path: value for path, value in VERBOSE.items() if FILTERED not in path}
    filtered = [{"op": op, "path": path, "value": value} for path, value in VERBOSE.items() if FILTERED in path]
    return [{"op": op, "value": together}, *filtered]


def test_create_a_new_user(examiner: Any) -> None:
    """Every value that was sent is read back, by a filter."""
    examiner.create("/Users", userName="test_user@contoso.example", **CREATED)
    [found] = examiner.find("/Users", 'userName eq "test_user@contoso.example"')
    sent = CREATED | {"userName": "test_user@contoso.example"}
    sent["roles"] = [{"primary": True, "display": "CZKWMXJHLVTA", "value": "QRVNSJTLXAEU", "type": "UTAKVZIPXHQE"}]
    assert {key: value for key, value in found.items() if key not in {"id", "meta"}} == sent


@pytest.mark.parametrize("verbose", [True, False], ids=["verbose", "one-request-without-a-path"])
def test_patch_user_replace_attributes(examiner: Any, *, verbose: bool) -> None:
    """36 values of somebody who had others; the manager stays."""
    user = f"/Users/{examiner.user(**CREATED)}"
    now = examiner.patch(user, *operations("replace", verbose=verbose))
    assert {key: now[key] for key in CHANGED} == CHANGED | {ENT: CHANGED[ENT] | {"manager": {"value": "CYKQWKOFNTWC"}}}


@pytest.mark.parametrize("verbose", [True, False], ids=["verbose", "one-request-without-a-path"])
def test_patch_user_add_attributes(examiner: Any, *, verbose: bool) -> None:
    """36 values of somebody who had a userName only: each element is made once, whatever names it."""
    user = f"/Users/{examiner.user()}"
    now = examiner.patch(user, *operations("add", verbose=verbose))
    assert {key: now[key] for key in CHANGED} == CHANGED
