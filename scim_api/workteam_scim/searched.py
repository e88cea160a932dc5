"""Searched: a resource type as it is searched and answered: its words, its attributes, its model. Pure."""

from dataclasses import dataclass
from typing import cast

from scim2_models import ResourceType, ScimProvider

from workteam_scim.paths import Table, group_table, user_table
from workteam_scim.places import Model


@dataclass(frozen=True, eq=False)
class Searched:
    """One resource type; ``name`` is ``User`` or ``Group``. Each is equal to itself alone."""

    name: str
    table: Table
    model: Model


def searched_types(provider: ScimProvider) -> dict[str, Searched]:
    """Return the resource types of a service by their names."""
    return {found.name: found for found in (_searched(kind, provider) for kind in provider.resource_types)}


def _searched(resource_type: ResourceType, provider: ScimProvider) -> Searched:
    name = resource_type.name or ""
    model = cast("Model", provider.model_for(resource_type))
    return Searched(name, user_table() if name == "User" else group_table(), model)
