"""Filters of searches: what is looked up, and how the others are written for the library."""

import pytest

from workteam_scim.filters import Comparison, comparisons, respelt
from workteam_scim.paths import group_table, user_table

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENT}:manager.value"
WORK = 'emails[type eq "work"].value'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "a b"', [("userName", "a b")]),
        (f' {USER.upper()}:USERNAME  EQ  "a\\"b" ', [("userName", 'a"b')]),
        ("externalId eq jyoung", [("externalId", "jyoung")]),
        ('emails[type eq "work"].value eq "x"', [(WORK, "x")]),
        ('emails[type eq "work"] eq "x"', [(WORK, "x")]),
        ("Emails[TYPE eq work] eq x", [(WORK, "x")]),
        ('manager eq "m"', [(MANAGER, "m")]),
        ('manager.value eq "m"', [(MANAGER, "m")]),
        (f'{ENT}:manager eq "m"', [(MANAGER, "m")]),
        (f'{ENT.lower()}:Manager.Value eq "m"', [(MANAGER, "m")]),
        (f'{ENT}:employeeNumber eq "1"', [(f"{ENT}:employeeNumber", "1")]),
        ('employeeNumber eq "1"', [(f"{ENT}:employeeNumber", "1")]),
        ('nobody eq "x"', [(None, "x")]),
        ('nobody[type eq "work"].value eq "x"', [(None, "x")]),
        ("nobody eq true", [(None, None)]),
        ("active eq true", [("active", None)]),
        ('title eq "\\x"', [("title", "\\x")]),
        ("title eq 'a b'", [("title", "a b")]),
        ('title eq "a\nb"', [("title", "a\nb")]),
        (f'{"x" * 2000} eq "x"', [(None, "x")]),
        (f'ID eq "i" and {USER}:id eq "j"', [("id", "i"), ("id", "j")]),
        ('meta.created eq "2026"', [("meta.created", "2026")]),
        ('id eq "i" and manager eq "m"', [("id", "i"), (MANAGER, "m")]),
        ('id eq "i" or id eq "j"', []),
        ('userName sw "a"', []),
        ('userName eq "a" and title eq "b" and active eq true', []),
        ('emails[type eq "work".value eq "x"', []),
        ("userName eq a b", []),
        ("", []),
    ],
)
def test_a_comparison_is_read(text: str, expected: list[tuple[str | None, str | None]]) -> None:
    """Paths as the documents spell them; None is an attribute that nobody has, or a literal that is no text."""
    assert comparisons(text, user_table()) == tuple(Comparison(*pair) for pair in expected)


def test_members_of_groups_are_read() -> None:
    assert comparisons('members eq "u" and id eq "g"', group_table()) == (
        Comparison("members", "u"),
        Comparison("id", "g"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title eq Boss", 'title eq "Boss"'),
        ('active eq "True"', "active eq true"),
        ("active eq FALSE", "active eq false"),
        ("active eq 'False'", "active eq false"),
        ("active eq maybe", "active eq maybe"),
        ("title eq True", 'title eq "True"'),
        ("title eq null", "title eq null"),
        ("title eq 5", 'title eq "5"'),
        ("title eq 'a b'", 'title eq "a b"'),
        ('title eq "a\\x"', 'title eq "a\\\\x"'),
        ("Title eq O'Brien and not(UserName co b)", 'title eq "O\'Brien" and not(userName co "b")'),
        ("meta.Created gt 2015-10-10T14:38:21.8617979-07:00", 'meta.Created gt "2015-10-10T14:38:21.8617979-07:00"'),
        (
            "name.FamilyName eq Employee and (emails.Value co example.com or emails.Value co example.org)",
            'name.familyName eq "Employee" and (emails.value co "example.com" or emails.value co "example.org")',
        ),
        ('Roles[Primary eq "True"].Value sw a', 'roles[primary eq true].value sw "a"'),
        ("emails[Type eq work and VALUE co x]", 'emails[type eq "work" and value co "x"]'),
        ('emails[type eq "work"] pr', 'emails[type eq "work"].value pr'),
        ('addresses[type eq "work"].Country eq US', 'addresses[type eq "work"].country eq "US"'),
        ("manager[value eq m]", f'{ENT}:manager[value eq "m"]'),
        ("department ne Sales", f'{ENT}:department ne "Sales"'),
        ('emails[type eq "other"] eq "x"', 'emails[type eq "other"].value eq "x"'),
        ('active eq true and manager eq "m"', f'active eq true and {MANAGER} eq "m"'),
        ("manager pr", f"{MANAGER} pr"),
        (
            '(emails[type eq "work"] co "manager eq x" or Title sw "\\"a")',
            f'({WORK} co "manager eq x" or title sw "\\"a")',
        ),
        ('emails[type eq "work" and value co "x"]', 'emails[type eq "work" and value co "x"]'),
        ("nobody sw x", 'nobody sw "x"'),
        (f'{"x" * 2000} sw "x"', f'{"x" * 2000} sw "x"'),
        ('title eq "x', 'title eq "x'),
        ("title eq Big Boss", 'title eq "Big" Boss'),
        ("userName eq", "userName eq"),
        ("(((", "((("),
    ],
)
def test_a_filter_is_written_for_the_library(text: str, expected: str) -> None:
    """Names and literals change, texts in quotes and what is broken never."""
    assert respelt(text, user_table()) == expected
