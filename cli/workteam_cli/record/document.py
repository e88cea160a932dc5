"""One object as one YAML document: what it is to be (spec, labels, annotations), nothing that a server adds. Pure.

The same object gives the same bytes, and every YAML parser reads the same strings: whatever some parser could take
for a number, a date or a yes is quoted.
"""

import re
from typing import Any

import yaml

from workteam_crds.kinds.custom_resource import API_VERSION, DECISIONS, CustomResource

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""A copy of the object that kubectl keeps in it; it says nothing new."""
LEFT_OUT = frozenset({LAST_APPLIED, *DECISIONS})
"""A decision about access would decide again, on a day when nobody does, if the document were applied."""

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9@_./+-]*(?: [A-Za-z0-9@_./+-]+)*")
ENDLESS = 2**31 - 1
"""No line is folded: a value stays on one line of a diff."""
RESERVED = frozenset({"y", "yes", "n", "no", "on", "off", "true", "false", "null"})


class Quoting(yaml.CSafeDumper):
    """Quotes every string that is not plainly a word."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write a value that occurs twice twice."""
        return True


def _text(dumper: Quoting, value: str) -> yaml.ScalarNode:
    plain = PLAIN.fullmatch(value) is not None and value.lower() not in RESERVED
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


Quoting.add_representer(str, _text)


def document_of(resource: CustomResource) -> str:
    """Write an object: keys as the schema has them, names of labels and annotations sorted, no namespace.

    Without its namespace the document may be applied to any (``kubectl apply -n``).
    """
    annotations = {key: value for key, value in resource.metadata.annotations.items() if key not in LEFT_OUT}
    metadata: dict[str, Any] = {"name": resource.metadata.name}
    for key, values in (("labels", resource.metadata.labels), ("annotations", annotations)):
        if values:
            metadata[key] = dict(sorted(values.items()))
    document = {
        "apiVersion": API_VERSION,
        "kind": resource.kind,
        "metadata": metadata,
        "spec": resource.dump()["spec"],
    }
    return yaml.dump(document, Dumper=Quoting, sort_keys=False, allow_unicode=True, width=ENDLESS)
