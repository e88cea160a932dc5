"""The discovery documents: every attribute that the kinds hold, and no other (RFC 7643 §5 to §7). Pure.

Strings are plain strings on purpose, also where RFC 7643 has references: a value is answered as it was sent, and
Microsoft's validator sends what is no URL. ``type`` has canonical values, from which its gallery validation derives
paths such as ``emails[type eq "work"].value``.
"""

from typing import Any, TypeAlias

from workteam_scim.limits import BODY, BULK_OPERATIONS

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

PAGE = 200
"""Resources of a page at most (RFC 7644 §3.4.2.4: a client may be given fewer than it asked for)."""

Document: TypeAlias = dict[str, Any]


def attribute(name: str, description: str, **characteristics: Any) -> Document:
    """Return one attribute: a string that may be read and written, unless ``characteristics`` say otherwise."""
    return {
        "name": name,
        "type": "string",
        "multiValued": False,
        "description": description,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
        **characteristics,
    }


def complex_attribute(name: str, description: str, *subs: Document, **characteristics: Any) -> Document:
    """Return one attribute with sub-attributes."""
    return attribute(name, description, type="complex", subAttributes=list(subs), **characteristics)


def several(name: str, description: str, *subs: Document, types: tuple[str, ...] = ()) -> Document:
    """Return one multi-valued attribute; each value has a type and may be the primary one."""
    kind = attribute("type", "What sort of value it is.")
    if types:
        kind["canonicalValues"] = list(types)
    primary = attribute("primary", "Whether this is the preferred value.", type="boolean")
    return complex_attribute(name, description, *subs, kind, primary, multiValued=True)


VALUE = attribute("value", "The value.")
DISPLAY = attribute("display", "The value as it is to be shown.")

USER_SCHEMA: Document = {
    "id": USER,
    "name": "User",
    "description": "User Account",
    "attributes": [
        attribute("userName", "The name for signing in; unique.", required=True, uniqueness="server"),
        attribute("externalId", "The id that the directory gave the user.", caseExact=True),
        attribute("active", "Whether the user has access.", type="boolean"),
        attribute("displayName", "The name as it is to be shown."),
        attribute("nickName", "The casual name."),
        complex_attribute(
            "name",
            "The components of the user's name.",
            attribute("formatted", "The full name, formatted for display."),
            attribute("familyName", "The family name or last name."),
            attribute("givenName", "The given name or first name."),
            attribute("middleName", "The middle name or names."),
            attribute("honorificPrefix", "A title before the name, such as Dr."),
            attribute("honorificSuffix", "What follows the name, such as III."),
        ),
        attribute("title", "The job title."),
        attribute("userType", "The relation to the organisation, such as Employee."),
        attribute("preferredLanguage", "The preferred language."),
        attribute("locale", "The locale."),
        attribute("timezone", "The time zone."),
        attribute("profileUrl", "A page about the user.", caseExact=True),
        several("emails", "E-mail addresses.", VALUE, DISPLAY, types=("work", "home", "other")),
        several("phoneNumbers", "Telephone numbers.", VALUE, DISPLAY, types=("work", "mobile", "fax", "home", "other")),
        several(
            "addresses",
            "Physical addresses.",
            attribute("formatted", "The whole address, formatted for display."),
            attribute("streetAddress", "Street and house number."),
            attribute("locality", "The city."),
            attribute("region", "The state or region."),
            attribute("postalCode", "The postal code."),
            attribute("country", "The country."),
            types=("work", "home", "other"),
        ),
        several("ims", "Addresses for instant messages.", VALUE, DISPLAY),
        several(
            "photos",
            "Pictures of the user.",
            attribute("value", "Where the picture is.", caseExact=True),
            DISPLAY,
            types=("photo", "thumbnail"),
        ),
        several("entitlements", "What the user is entitled to.", VALUE, DISPLAY),
        several("roles", "Roles of the application.", VALUE, DISPLAY),
        several(
            "x509Certificates",
            "X.509 certificates.",
            attribute("value", "The certificate as DER in base64.", caseExact=True),
            DISPLAY,
        ),
    ],
}

ENTERPRISE_SCHEMA: Document = {
    "id": ENTERPRISE,
    "name": "EnterpriseUser",
    "description": "Enterprise User",
    "attributes": [
        attribute("employeeNumber", "The number the organisation gave the person."),
        attribute("costCenter", "The cost centre."),
        attribute("organization", "The organisation's name."),
        attribute("division", "The division's name."),
        attribute("department", "The department's name."),
        complex_attribute("manager", "The user's manager.", attribute("value", "The manager's id.", caseExact=True)),
    ],
}

GROUP_SCHEMA: Document = {
    "id": GROUP,
    "name": "Group",
    "description": "Group",
    "attributes": [
        attribute("displayName", "The group's name; unique.", required=True, uniqueness="server"),
        attribute("externalId", "The id that the directory gave the group.", caseExact=True),
        complex_attribute(
            "members",
            "The members of the group.",
            attribute("value", "The member's id.", caseExact=True, mutability="immutable"),
            multiValued=True,
        ),
    ],
}

SCHEMAS: tuple[Document, ...] = (USER_SCHEMA, ENTERPRISE_SCHEMA, GROUP_SCHEMA)

RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
RESOURCE_TYPES: tuple[Document, ...] = (
    {
        "schemas": [RESOURCE_TYPE],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "User Account",
        "schema": USER,
        "schemaExtensions": [{"schema": ENTERPRISE, "required": False}],
    },
    {
        "schemas": [RESOURCE_TYPE],
        "id": "Group",
        "name": "Group",
        "endpoint": "/Groups",
        "description": "Group",
        "schema": GROUP,
    },
)

SERVICE_PROVIDER_CONFIG: Document = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": True, "maxOperations": BULK_OPERATIONS, "maxPayloadSize": BODY},
    "filter": {"supported": True, "maxResults": PAGE},
    "changePassword": {"supported": False},
    "sort": {"supported": True},
    "etag": {"supported": True},
    "pagination": {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": PAGE,
        "maxPageSize": PAGE,
    },
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The Secret Token that `workteam settings` shows.",
            "primary": True,
        },
        {
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": "A client of `workteam client create`, at /{namespace}/{tenant}/oauth/token.",
            "primary": False,
        },
    ],
}
