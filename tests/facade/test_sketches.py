"""What is told of a body that was refused: enough to know its shape, and nothing that a client chose."""

import logging
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_scim.paths import group_table, user_table
from workteam_scim.sketches import Sketch, names, sketch

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def patch(*operations: Any) -> dict[str, Any]:
    """Return the message around operations."""
    return {"schemas": ["canary"], "Operations": list(operations)}


@pytest.mark.parametrize(
    ("body", "told", "named"),
    [
        pytest.param(
            patch({"op": "Replace", "path": "ACTIVE", "value": "canary"}),
            [{"op": "replace", "path": "active", "value": "text"}],
            ("active",),
            id="value-and-path",
        ),
        pytest.param(
            patch({"op": "canary", "path": 'emails[type eq "canary"].value', "value": {"canary": 1, "value": None}}),
            [{"op": "other", "path": "emails[].value", "value": {"other": "null"}}],
            ("emails",),
            id="unknown-verb-and-filter",
        ),
        pytest.param(
            patch({"op": "add", "value": {"canary": [], f"{ENTERPRISE}:department": 7, "name.givenName": True}}),
            [{"op": "add", "value": {"other": [], f"{ENTERPRISE}:department": "number", "name.givenName": "boolean"}}],
            ("enterprise", "name"),
            id="keys-without-a-path",
        ),
        pytest.param(
            patch(*({"op": "add", "path": "roles", "value": [{"value": "canary"}, {"value": ""}]} for _ in range(9))),
            [{"op": "add", "path": "roles", "value": [{"value": "text"}, {"value": "empty text"}]}],
            ("roles",),
            id="what-is-alike-is-told-once",
        ),
        pytest.param(
            patch("canary", {"canary": "canary"}, {"op": 1, "path": 2}, {"op": "add", "path": "x" * 2000}),
            ["text", {"other": "text"}, {"op": "other", "path": "number"}, {"op": "add", "path": "other"}],
            (),
            id="no-operations-at-all",
        ),
        pytest.param(
            {"userName": ["canary"], "id": "canary", ENTERPRISE: {"manager": {"value": [[[[["canary"]]]]]}}},
            {
                "userName": ["text"],
                "id": "text",
                ENTERPRISE: {f"{ENTERPRISE}:manager": {"value": [[["other"]]]}},
            },
            ("userName", "enterprise"),
            id="a-whole-resource",
        ),
        pytest.param({USER: {"title": 1}}, {USER: {"title": "number"}}, ("title",), id="inside-its-urn"),
        pytest.param(["canary"], ["text"], (), id="no-object"),
    ],
)
def test_names_of_documents_and_types_only(body: Any, told: Sketch, named: tuple[str, ...]) -> None:
    """Reviewed by hand; what the client invented is ``other``."""
    assert (sketch(body, user_table()), names(body, user_table())) == (told, named)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="\u00e9\u4e2d", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="\u00e9\u4e2d"), inner, max_size=3),
    max_leaves=20,
)


@given(body=JSON | JSON.map(lambda value: {"Operations": [value, {"op": value, "path": value, "value": value}]}))
def test_nothing_of_the_client_gets_through(body: Any) -> None:
    """Every text of the body is in letters that no word of ours has: none of them is in a sketch."""
    for table in (user_table(), group_table()):
        assert str(sketch(body, table)).isascii()
        assert set(names(body, table)) == set()


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        pytest.param(
            "/Users/{}",
            patch({"op": "Replace", "path": "active", "value": "canary"}),
            [{"op": "replace", "path": "active", "value": "text"}],
            id="patch",
        ),
        pytest.param(
            "/Users/{}",
            patch({"op": "add", "path": "emails[type eq work].value", "value": {"canary": "canary"}}),
            [{"op": "add", "path": "emails[].value", "value": {"other": "text"}}],
            id="an-unknown-shape-of-a-value",
        ),
        pytest.param("/Users", {"userName": {"canary": 1}}, {"userName": {"other": "number"}}, id="post"),
    ],
)
async def test_trap_29_a_rejected_body_is_logged_redacted(
    entra: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str, body: Any, told: Sketch
) -> None:
    """Of a 400 the log has the shape under the request's id, and never a value or a name of the client's invention."""
    created = (await entra.post("/Users", json={"userName": "ana@contoso.example"})).json()["id"]
    with caplog.at_level(logging.INFO, "workteam_scim"):
        method = "POST" if path == "/Users" else "PATCH"
        answer = await entra.request(method, path.format(created), json=body, headers={"X-Request-Id": "entra-1"})
        await entra.post("/Users", json={"userName": "ana@contoso.example"})
    assert answer.status_code == 400
    [line] = [vars(record) for record in caplog.records if record.name == "workteam_scim.replay"]
    wanted = {"request_id": "entra-1", "scim_type": "invalidValue", "body": told}
    assert {name: line[name] for name in wanted} == wanted
    assert "canary" not in str([vars(record) for record in caplog.records if record.name.startswith("workteam_scim")])
