"""Filters over JSON say what the SCIM library's own evaluator says of its models."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import InvalidFilterException, ScimFilter

from workteam_scim.predicates import parsed, predicate
from workteam_scim.provider import facade_provider
from workteam_scim.searched import searched_types

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PROVIDER = facade_provider()
MODEL, GROUP_MODEL = (kind.model for kind in searched_types(PROVIDER).values())

ADELE = {
    "schemas": [USER, ENT],
    "id": "a1",
    "externalId": "AdeleV",
    "userName": "AdeleV@contoso.com",
    "active": True,
    "displayName": "Adele Vance",
    "title": "",
    "name": {"givenName": "Adele", "familyName": "Vance"},
    "emails": [
        {"type": "work", "value": "AdeleV@contoso.com", "primary": True},
        {"type": "home", "value": "adele@home.example"},
    ],
    ENT: {"department": "Retail", "manager": {"value": "m1"}},
    "meta": {"resourceType": "User", "created": "2026-01-31T08:00:00Z", "version": 'W/"3"'},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "adelev@CONTOSO.com"', True),
        ('userName ne "adelev@contoso.com"', False),
        ('externalId eq "adelev"', False),
        ('userName co "contoso"', True),
        ('userName sw "adele"', True),
        ('userName ew ".org"', False),
        ('displayName gt "Adele"', True),
        ('displayName ge "adele vance"', True),
        ('displayName lt "Adele Vance"', False),
        ('displayName le "adele vance"', True),
        ("title pr", False),
        ("active pr", True),
        ("name pr", True),
        ("nickName pr", False),
        ("nickName eq null", True),
        ('nickName ne "x"', True),
        ('nickName gt "x"', False),
        ("active eq true and not (title pr)", True),
        ('userName eq "x" or (active eq true and name.givenName sw "A")', True),
        ('emails eq "adele@home.example"', True),
        ('emails.value ne "adele@home.example"', False),
        ('emails[type eq "work" and value ew "contoso.com"]', True),
        ('emails[type eq "home" and primary eq true]', False),
        ('emails[not (type eq "work")]', True),
        ('emails[type eq "work"].value eq "ADELEV@contoso.com"', True),
        (f'{ENT}:manager[value eq "m1"]', True),
        (f'{ENT}:department sw "ret"', True),
        (f"{ENT}:costCenter pr", False),
        ('meta.created gt "2015-10-10T14:38:21.8617979-07:00"', True),
        ('meta.created lt "2026-01-31T09:00:00+02:00"', False),
        ('meta.created eq "2026-01-31T09:00:00+01:00"', True),
        ('meta.created eq "2026-01-31T08:00:00"', True),
        ('meta.created co "2026"', False),
        (f'schemas eq "{ENT}"', True),
        ('schemas[value co "enterprise"]', True),
        ('nobody eq "x"', False),
        ('not (nobody eq "x")', True),
        ('nobody[type eq "x"]', False),
        ('emails[nobody eq "x"]', False),
        ('urn:example:other:userName eq "x"', False),
        ('name eq "Adele"', False),
        ('name gt "Adele"', False),
    ],
)
def test_r06_a_filter_says_what_the_rfc_says(text: str, expected: bool) -> None:  # noqa: FBT001 - the table's column
    """Every operator, with its attribute's case rule; what nobody has matches nothing (RFC 7644 §3.4.2.1)."""
    assert predicate(parsed(text), MODEL)(ADELE) is expected


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("active gt true", "active: true and false are compared by eq and ne only, not by gt."),
        ('emails[primary co "t"]', "emails.primary: true and false are compared by eq and ne only, not by co."),
        ('active eq "maybe"', "active: it is compared with true or false."),
        ('meta.created gt "yesterday"', 'meta.created: it is compared with a dateTime such as "2026-01-31T08:00:00Z".'),
        ("userName eq 5", "userName: it is compared with a text in double quotes."),
    ],
)
def test_what_cannot_be_compared_is_400_and_says_how(text: str, detail: str) -> None:
    with pytest.raises(InvalidFilterException) as refused:
        predicate(parsed(text), MODEL)
    assert refused.value.detail == detail


@pytest.mark.parametrize(
    "text",
    [
        "userName",
        "userName eq",
        'userName eq "x',
        'userName eq "x" and',
        'eq "x"',
        '(userName eq "x"',
        'userName like "x"',
        'emails[type eq "work"',
        "emails[emails[type pr]]",
        "not title pr",
        " ".join(["not ("] * 40) + "title pr" + ")" * 40,
    ],
)
def test_broken_syntax_is_400_with_one_readable_line(text: str) -> None:
    """The detail says how a filter is written, and repeats nothing of what was asked for."""
    with pytest.raises(InvalidFilterException) as refused:
        parsed(text)
    assert refused.value.detail == (
        'The filter cannot be read: it is made of comparisons such as userName eq "x", with values in double quotes, '
        "joined by and, or, not and parentheses."
    )


WORDS = st.sampled_from(["", "a", "A", "ab", "B", "ä", "A\u0308", "straße", "STRASSE", "\u0130", "a b", "\"'\\"])
TEXTS = WORDS | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
TIMES = st.sampled_from(["2026-01-31T08:00:00Z", "2026-01-31T10:00:00+02:00", "2027-01-01T00:00:00.5Z"])
VALUES = {"type": WORDS, "value": TEXTS, "primary": st.booleans()}
USERS = st.fixed_dictionaries(
    {"schemas": st.just([USER, ENT]), "id": WORDS, "userName": TEXTS},
    optional={
        "externalId": TEXTS,
        "active": st.booleans(),
        "title": TEXTS,
        "name": st.fixed_dictionaries({}, optional={"givenName": TEXTS, "familyName": WORDS}),
        "emails": st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=3),
        "addresses": st.lists(st.fixed_dictionaries({}, optional={"type": WORDS, "country": WORDS}), max_size=2),
        ENT: st.fixed_dictionaries(
            {},
            optional={"department": TEXTS, "manager": st.fixed_dictionaries({}, optional={"value": TEXTS})},
        ),
        "meta": st.fixed_dictionaries({"resourceType": st.just("User"), "created": TIMES}),
    },
)
TEXT_PATHS = st.sampled_from(
    [
        "id",
        "userName",
        "USERNAME",
        "externalId",
        "title",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails.type",
        "addresses",
        "addresses.country",
        "schemas",
        f"{USER}:title",
        f"{ENT}:department",
        f"{ENT}:manager.value",
        "nobody",
    ]
)
OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
QUOTED = TEXTS.map(ScimFilter.quote)
INNER = st.builds("{} {} {}".format, st.sampled_from(["type", "value", "nobody"]), OPERATORS, QUOTED) | st.sampled_from(
    [
        "type pr",
        "primary eq true",
        "primary ne false",
        "primary pr",
        'not (type eq "a")',
        'type eq "a" and value co "b"',
    ]
)
TERMS = st.one_of(
    st.builds("{} {} {}".format, TEXT_PATHS, OPERATORS, QUOTED),
    st.builds("{} {} null".format, TEXT_PATHS, OPERATORS),
    st.builds("{} pr".format, TEXT_PATHS | st.sampled_from(["active", "meta", "meta.created", f"{ENT}:manager"])),
    st.builds("{} {} {}".format, st.sampled_from(["active", "emails.primary"]), st.sampled_from(["eq", "ne"]),
              st.sampled_from(["true", "false", "null"])),
    st.builds("meta.created {} {}".format, OPERATORS, TIMES.map(ScimFilter.quote)),
    st.builds("{}[{}]".format, st.sampled_from(["emails", "addresses", "nobody"]), INNER),
    st.builds("emails[{}].value {} {}".format, INNER, OPERATORS, QUOTED),
    st.builds("schemas[value {} {}]".format, OPERATORS, QUOTED),
)  # fmt: skip
FILTERS = st.recursive(
    TERMS,
    lambda inner: (
        st.builds("not ({})".format, inner)
        | st.builds("({}) and ({})".format, inner, inner)
        | st.builds("{} or {}".format, inner, inner)
    ),
    max_leaves=4,
)


@given(FILTERS, st.lists(USERS, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_it_equals_the_librarys_evaluator(text: str, users: list[dict[str, Any]]) -> None:
    """For any filter and any user, the function over JSON and ``ScimFilter.match`` over the model agree."""
    with PROVIDER:
        matches, reference = predicate(parsed(text), MODEL), ScimFilter[MODEL](text)  # type: ignore[valid-type]
        models = [MODEL.model_validate(user) for user in users]
        assert [matches(user) for user in users] == [reference.match(model) for model in models]


def test_members_of_a_group_are_compared_exactly() -> None:
    group = {"schemas": [], "id": "g", "displayName": "Sales", "members": [{"value": "u1"}, {"value": "U2"}]}
    found = [
        predicate(parsed(text), GROUP_MODEL)(group)
        for text in ('members eq "u1"', 'members.value eq "u2"', 'members[value sw "U"]', "members pr", "userName pr")
    ]
    assert found == [True, False, True, True, False]
