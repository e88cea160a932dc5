"""What a user's attributes are made of, named as in RFC 7643 §4.1 and §4.3. Pure."""

from typing import Annotated

from pydantic import StringConstraints

from workteam_crds.kinds.custom_resource import Long, Short, Text
from workteam_crds.part import Part


class PersonName(Part):
    """The components of the user's name."""

    formatted: Text | None = None
    """The full name, formatted for display."""
    family_name: Text | None = None
    """The family name or last name."""
    given_name: Text | None = None
    """The given name or first name."""
    middle_name: Text | None = None
    """The middle name or names."""
    honorific_prefix: Text | None = None
    """A title before the name, such as Dr."""
    honorific_suffix: Text | None = None
    """What follows the name, such as III."""


class Email(Part):
    """One e-mail address."""

    value: Text | None = None
    """The address, kept as it was sent."""
    type: Short | None = None
    """work, home or other."""
    primary: bool | None = None
    """Whether this is the preferred one; at most one is."""
    display: Text | None = None
    """The address as it is to be shown."""


class PhoneNumber(Part):
    """One telephone number."""

    value: Text | None = None
    """The number: plain text, never parsed or reformatted."""
    type: Short | None = None
    """work, mobile, fax, home, pager or other."""
    primary: bool | None = None
    """Whether this is the preferred one; at most one is."""
    display: Text | None = None
    """The number as it is to be shown."""


class Address(Part):
    """One physical address."""

    type: Short | None = None
    """work, home or other."""
    formatted: Long | None = None
    """The whole address, formatted for display or a label."""
    street_address: Text | None = None
    """Street, house number and what else belongs there."""
    locality: Text | None = None
    """The city."""
    region: Text | None = None
    """The state or region."""
    postal_code: Short | None = None
    """The postal code, free text."""
    country: Short | None = None
    """The country, free text."""
    primary: bool | None = None
    """Whether this is the preferred one; at most one is."""


class Role(Part):
    """One role of the application that the user holds."""

    value: Text | None = None
    """The role's value."""
    display: Text | None = None
    """The role's name as it is to be shown."""
    type: Short | None = None
    """What sort of role it is."""
    primary: bool | None = None
    """Whether this is the main one; at most one is."""


class InstantMessaging(Part):
    """One address for instant messages."""

    value: Text | None = None
    """The address, kept as it was sent."""
    type: Short | None = None
    """The service, such as xmpp or skype."""
    primary: bool | None = None
    """Whether this is the preferred one; at most one is."""
    display: Text | None = None
    """The address as it is to be shown."""


class Photo(Part):
    """One picture of the user."""

    value: Annotated[str, StringConstraints(max_length=2048)] | None = None
    """Where the picture is; free text, as directories send what is no URL."""
    type: Short | None = None
    """photo or thumbnail."""
    primary: bool | None = None
    """Whether this is the preferred one; at most one is."""
    display: Text | None = None
    """The picture's name as it is to be shown."""


class Entitlement(Part):
    """One thing that the user is entitled to."""

    value: Text | None = None
    """The entitlement's value."""
    display: Text | None = None
    """The entitlement's name as it is to be shown."""
    type: Short | None = None
    """What sort of entitlement it is."""
    primary: bool | None = None
    """Whether this is the main one; at most one is."""


class Certificate(Part):
    """One X.509 certificate of the user."""

    value: Annotated[str, StringConstraints(max_length=16_384)] | None = None
    """The certificate as DER in base64; kept as it was sent."""
    display: Text | None = None
    """The certificate's name as it is to be shown."""
    type: Short | None = None
    """What sort of certificate it is."""
    primary: bool | None = None
    """Whether this is the preferred one; at most one is."""


class Manager(Part):
    """The user's manager."""

    value: Text | None = None
    """The SCIM id, that is the metadata.name, of the manager's WorkteamUser. It may point at nobody."""


class Enterprise(Part):
    """The enterprise extension (RFC 7643 §4.3)."""

    employee_number: Text | None = None
    """The number the organisation gave the person; text, leading zeros count."""
    cost_center: Text | None = None
    """The cost centre."""
    organization: Text | None = None
    """The organisation's name."""
    division: Text | None = None
    """The division's name."""
    department: Text | None = None
    """The department's name."""
    manager: Manager | None = None
    """The user's manager."""
