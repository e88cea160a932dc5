"""What the values may be: helm refuses everything else before it renders."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from workteam_cli.output import Problem

REFUSED = {
    "no URL": {"externalURL": ""},
    "URL of another scheme": {"externalURL": "ftp://scim.example.com"},
    "URL without a scheme": {"externalURL": "scim.example.com"},
    "URL with a slash at its end": {"externalURL": "https://scim.example.com/"},
    "URL with a query": {"externalURL": "https://scim.example.com?a=b"},
    "URL with a space": {"externalURL": "https://scim.example.com/a b"},
    "URL that is no text": {"externalURL": 7},
    "no tenant namespace": {"tenantNamespaces": []},
    "a tenant namespace twice": {"tenantNamespaces": ["a", "a"]},
    "a tenant namespace that cannot exist": {"tenantNamespaces": ["Not_A_Name"]},
    "the release's own namespace": {"tenantNamespaces": ["workteam", "workteam-system"]},
    "a Lease of no time": {"scimApi": {"leaseSeconds": 0}},
    "fewer facades than none": {"scimApi": {"replicas": -1}},
    "an operator's Lease of no time": {"operator": {"leaseSeconds": 0}},
    "fewer than none": {"operator": {"replicas": -1}},
    "an unknown value": {"tenantNamespace": ["workteam"]},
    "an unknown value of the facade": {"scimApi": {"replica": 1}},
    "an unknown value of the operator": {"operator": {"setting": {}}},
    "an unknown value of the image": {"image": {"name": "x"}},
    "an unknown value of the CRDs": {"crds": {"install": True}},
    "an unknown value of the Ingress": {"ingress": {"host": "scim.example.com"}},
    "an unknown log level": {"operator": {"logLevel": "verbose"}},
    "a setting in lower case": {"operator": {"settings": {"workers": 2}}},
    "a setting that has a value of its own": {"operator": {"settings": {"PORT": 1}}},
    "a Lease that has a value of its own": {"operator": {"settings": {"LEASE_SECONDS": 9}}},
    "a setting that is a list": {"operator": {"settings": {"WORKERS": [1]}}},
    "root": {"runAsUser": 0},
    "half a digest": {"image": {"digest": "sha256:12"}},
    "a switch that is text": {"ingress": {"enabled": "yes"}},
}


@pytest.mark.parametrize("values", REFUSED.values(), ids=REFUSED.keys())
def test_refused(render: Callable[[dict[str, Any]], Sequence[dict[str, Any]]], values: dict[str, Any]) -> None:
    """Helm refuses the values."""
    with pytest.raises(Problem, match=r"^helm template failed"):
        render(values)


@pytest.mark.parametrize("url", ["http://127.0.0.1:20000", "https://scim.example.com", "https://example.com:8443/a/b"])
def test_url_accepted(render: Callable[[dict[str, Any]], Sequence[dict[str, Any]]], url: str) -> None:
    """A URL with or without port and path reaches the facade's environment as it is."""
    (facade,) = [
        each
        for each in render({"externalURL": url})
        if each["metadata"]["name"] == "workteam-scim" and each["kind"] == "Deployment"
    ]
    environment = facade["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "WORKTEAM_SCIM_EXTERNAL_URL", "value": url} in environment
