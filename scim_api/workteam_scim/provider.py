"""What the facade offers, and what it forgives: the one address of every leniency.

The library forgives what ``ENTRA`` says. What only we forgive is done by ``normalise`` and ``elements``, in
the order of ``NORMALISERS``; ``folded`` is how names are compared, here and in our indexes.
"""

from scim2_models import ResourceType, Schema, ScimPolicy, ScimProvider, ServiceProviderConfig, default_comparison_key

from workteam_scim import elements, normalise
from workteam_scim.documents import RESOURCE_TYPES, SCHEMAS, SERVICE_PROVIDER_CONFIG

ENTRA = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    comparison_key=default_comparison_key,
)
"""What the library can forgive: unknown attributes, a remove with a value, a filtered path without a match."""

READING: tuple[normalise.Quirk, ...] = (
    normalise.drop_filter_of_single_value,
    normalise.unwrap_simple,
    normalise.read_simple,
    normalise.wrap_single_complex,
    elements.open_role_document,
    elements.wrap_several,
    elements.keep_one_primary,
    normalise.empty_unsets,
    normalise.merge_single_complex,
)
"""What only we forgive in values, in this order: for POST, PUT and PATCH."""

NORMALISERS: tuple[normalise.Quirk, ...] = (
    *READING,
    elements.add_elements_once,
    elements.remove_by_path_alone,
)
"""What only we forgive in operations, in this order: for PATCH."""


def facade_provider() -> ScimProvider:
    """Describe the service by our own documents, so that strings stay as they were sent."""
    return ScimProvider.from_discovery(
        [Schema.model_validate(document) for document in SCHEMAS],
        [ResourceType.model_validate(document) for document in RESOURCE_TYPES],
        config=ServiceProviderConfig.model_validate(SERVICE_PROVIDER_CONFIG),
        policy=ENTRA,
    )
