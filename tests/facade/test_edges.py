"""Edges: odd paths and queries, caps, discovery, logs. Every answer is SCIM; no garbage makes a 5xx."""

import logging
import sys
from typing import Any

import httpx
import orjson
import pytest
from scim2_models import SCIMException

from workteam_crds.naming import TenantKey
from workteam_scim.journal import JsonLines
from workteam_scim.limits import BODY, FILTER, read_query
from workteam_scim.settings import BadSettings, Settings

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.mark.parametrize("path", ["/Users", "//Users", "/Users/", "/users", "//Users//", "/Users?aadOptscim062020"])
async def test_slashes_and_case_do_not_count(entra: httpx.AsyncClient, path: str) -> None:
    """The same list, and never a redirect."""
    answer = await entra.get(f"{str(entra.base_url).rstrip('/')}{path}")
    assert (answer.status_code, answer.json()["totalResults"]) == (200, 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Nothing", 404),
        ("GET", "/Users/a/b", 404),
        ("PUT", "/Users", 405),
        ("DELETE", "/Schemas", 405),
        ("POST", "/Users/x", 405),
        ("GET", "/Bulk", 405),
        ("GET", "/Bulk/x", 404),
        ("PUT", "/Nothing", 404),
        ("GET", "/Users/.search", 405),
        ("GET", "/Me", 501),
        ("TRACE", "/Me", 501),
        ("GET", "/Me/x", 404),
        ("GET", "/Users?filter=userName%20eq", 400),
        ("GET", "/Users?filter=nobody%20eq%20x%20y", 400),
        ("GET", "/Users?startIndex=x", 400),
        ("GET", "/Users?count=1e9", 400),
        ("GET", f"/Users?filter={'(' * 3000}", 400),
        ("GET", f"/Users?filter={'x' * (FILTER + 1)}", 400),
        ("GET", f"/Users?{'&'.join(['a=b'] * 60)}", 400),
    ],
)
async def test_what_is_no_endpoint_is_a_scim_error(
    entra: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await entra.request(method, path, json=None)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/scim+json")
    error = answer.json()
    assert (error["schemas"], error["status"]) == ([ERROR], str(status))
    assert error["detail"]
    assert "\n" not in error["detail"]
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"userName":"\xff"}', 400),
        (b'{"userName":"\\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
        (b'{"userName":{"a":[1]}}', 400),
        (b'{"Operations":[{"op":"add","path":"emails[","value":1}]}', 400),
        (b" " * (BODY + 1), 413),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)
async def test_garbage_is_refused_within_its_cap(entra: httpx.AsyncClient, content: bytes, status: int) -> None:
    """By POST, PUT and PATCH; the user that was there stays as it was."""
    user = (await entra.post("/Users", json={"userName": "ana@x"})).json()
    for method, path in (("POST", "/Users"), ("PUT", f"/Users/{user['id']}")):
        answer = await entra.request(method, path, content=content)
        assert (answer.status_code, answer.json()["status"]) == (status, str(status))
    patched = await entra.patch(f"/Users/{user['id']}", content=content)
    assert patched.status_code < 500
    assert (await entra.get(f"/Users/{user['id']}")).json() == user


async def test_other_content_types(entra: httpx.AsyncClient) -> None:
    """Trap 13: JSON is read in any of its names, without one, and under odd ones."""
    kinds = ("application/json", "application/scim+json", "", "text/json; charset=x", "*/*", "text/plain", "nonsense")
    for number, content_type in enumerate(kinds):
        body = orjson.dumps({"userName": f"u{number}"})
        answer = await entra.post("/Users", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/xml", b"<user/>", 415),
        ("application/xml", b'{"userName":"x"}', 415),
        ("text/html; charset=utf-8", b'{"userName":"x"}', 415),
        ("application/x-www-form-urlencoded", b'{"userName":"x"}', 415),
        ("multipart/form-data; boundary=x", b'{"userName":"x"}', 415),
        ("text/plain", b"userName=x", 415),
        ("application/octet-stream", b"\x00", 415),
        ("application/json", b"userName=x", 400),
        ("", b"userName=x", 400),
        ("nonsense", b"userName=x", 400),
    ],
)
async def test_what_is_no_json(entra: httpx.AsyncClient, content_type: str, body: bytes, status: int) -> None:
    """What says it is something else is 415, and so is what is no JSON and is not called so; else it is 400."""
    answer = await entra.post("/Users", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["status"]) == (status, str(status))
    assert (await entra.get("/Users")).json()["totalResults"] == 0


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, HEAD, OPTIONS"),
        ("/Users", "GET, HEAD, OPTIONS, POST"),
        ("/Groups/x", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/.search", "OPTIONS, POST"),
        ("/Users/.search", "OPTIONS, POST"),
        ("/Bulk", "OPTIONS, POST"),
        ("/Schemas", "GET, HEAD, OPTIONS"),
        ("/Schemas/x", "GET, HEAD, OPTIONS"),
        ("/ResourceTypes", "GET, HEAD, OPTIONS"),
        ("/ServiceProviderConfig", "GET, HEAD, OPTIONS"),
        ("/serviceConfiguration", "GET, HEAD, OPTIONS"),
    ],
)
async def test_what_a_route_takes(entra: httpx.AsyncClient, path: str, allowed: str) -> None:
    """OPTIONS lists the methods; each other one is 405 and lists them too."""
    options = await entra.options(path)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allowed, b"")
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - set(allowed.split(", ")):
        answer = await entra.request(method, path, json={})
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert answer.json() == {
            "schemas": [ERROR],
            "status": "405",
            "detail": f"The method is not served here; {allowed} are.",
        }


async def test_a_head_is_a_get_without_its_body(entra: httpx.AsyncClient) -> None:
    """Status, type, length and ETag are those of the GET; also of what is not there."""
    user = (await entra.post("/Users", json={"userName": "ana@x"})).json()
    for path in (f"/Users/{user['id']}", "/Users", "/Schemas", "/Users/nobody", "/Me"):
        got, head = await entra.get(path), await entra.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == got.headers.get(name)


async def test_outside_every_tenant_it_is_404(running: Any) -> None:
    """The detail says what a Base URL looks like; health is not below a tenant."""
    async with httpx.AsyncClient(transport=running.transport, base_url="https://scim.example") as client:
        for path in ("/", "/acme", "/teams/acme/scim/v3/Users", "/docs"):
            answer = await client.get(path)
            assert answer.status_code == 404
            assert answer.json()["detail"] == "No SCIM endpoint: the Base URL ends in /{namespace}/{tenant}/scim/v2."
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ok"}
        assert "scim_cache_staleness_seconds" in (await client.get("/metrics")).text


async def test_schemas_name_every_attribute_of_the_default_mapping(entra: httpx.AsyncClient) -> None:
    """Flattened as Microsoft's gallery validation does it: types by canonical values, extension by URN."""
    schemas = {schema["id"]: schema["attributes"] for schema in (await entra.get("/Schemas")).json()["Resources"]}
    flat = {path for urn, attributes in schemas.items() for found in attributes for path in flattened(urn, found)}
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    assert {
        "userName",
        "externalId",
        "active",
        "displayName",
        "title",
        "preferredLanguage",
        "name.givenName",
        "name.familyName",
        "name.formatted",
        'emails[type eq "work"].value',
        'emails[type eq "other"].value',
        *(f'addresses[type eq "work"].{part}' for part in ("formatted", "streetAddress", "locality")),
        *(f'addresses[type eq "work"].{part}' for part in ("region", "postalCode", "country")),
        *(f'phoneNumbers[type eq "{kind}"].value' for kind in ("work", "mobile", "fax")),
        'roles[primary eq "True"].value',
        f"{enterprise}:employeeNumber",
        f"{enterprise}:department",
        f"{enterprise}:manager",
        "members",
    } <= flat
    assert "User Account" in (await entra.get("/Schemas")).text


def flattened(urn: str, attribute: dict[str, Any]) -> list[str]:
    """Return the paths that stand for an attribute in Entra's list."""
    name = attribute["name"]
    if urn.endswith("enterprise:2.0:User"):
        return [f"{urn}:{name}"]
    subs = attribute.get("subAttributes", [])
    if not subs or name == "members":
        return [name]
    if not attribute["multiValued"]:
        return [f"{name}.{sub['name']}" for sub in subs]
    kinds = next(sub.get("canonicalValues") for sub in subs if sub["name"] == "type")
    wheres = [f'type eq "{kind}"' for kind in kinds] if kinds else ['primary eq "True"']
    return [f"{name}[{where}].{sub['name']}" for where in wheres for sub in subs]


async def test_discovery(entra: httpx.AsyncClient) -> None:
    """ResourceTypes names users first; the configuration has an alias; both say what is supported."""
    types = (await entra.get("/ResourceTypes")).json()["Resources"]
    assert [found["endpoint"] for found in types] == ["/Users", "/Groups"]
    first, second = await entra.get("/ServiceProviderConfig"), await entra.get("/serviceConfiguration")
    assert first.json() == second.json()
    supported = {key: value["supported"] for key, value in first.json().items() if "supported" in value}
    assert supported == {
        "patch": True, "bulk": True, "filter": True, "changePassword": False, "sort": True, "etag": True
    }  # fmt: skip


def test_the_query_is_read_by_name() -> None:
    """Plus and percent are decoded, names in any case, strangers ignored; broken UTF-8 is a SCIM error."""
    raw = b"aadOptscim062020&FILTER=userName+eq+%22a%2Bb%40c%22&startindex=2&x=y"
    assert read_query(raw) == {"filter": 'userName eq "a+b@c"', "startIndex": "2"}
    with pytest.raises(SCIMException):
        read_query(b"filter=%ff")


def test_a_base_url_ends_where_scim_begins() -> None:
    settings = Settings(external_url="https://scim.example/base/", tenant_namespaces=("a",), namespace="r")
    assert settings.base_url(TenantKey("a", "acme")) == "https://scim.example/base/a/acme/scim/v2"


def test_an_exception_is_logged_without_its_text() -> None:
    """Type and place are in the line; what the text quotes is not."""
    try:
        raise ValueError("canary@contoso.example")  # noqa: TRY301 - to have a place
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", None, sys.exc_info())
    line = JsonLines().format(record)
    assert "canary" not in line
    assert orjson.loads(line)["error"] == "ValueError"
    assert "test_edges.py" in orjson.loads(line)["at"][0]


def test_settings_come_from_the_environment() -> None:
    """Namespaces are split at commas; what has another prefix is none of ours."""
    given = {
        "WORKTEAM_SCIM_EXTERNAL_URL": "https://scim.example",
        "WORKTEAM_SCIM_TENANT_NAMESPACES": "a, b,",
        "WORKTEAM_SCIM_NAMESPACE": "release",
        "WORKTEAM_SCIM_PORT": "9000",
        "HOME": "/nowhere",
    }
    settings = Settings.read(given)
    assert (settings.tenant_namespaces, settings.port, settings.token_secret) == (
        ("a", "b"),
        9000,
        "workteam-scim-tokens",
    )
    with pytest.raises(BadSettings, match=r"^The facade cannot start: WORKTEAM_SCIM_LOG_LEVEL: "):
        Settings.read(given | {"WORKTEAM_SCIM_LOG_LEVEL": "LOUD"})
