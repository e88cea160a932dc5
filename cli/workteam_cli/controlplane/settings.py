"""What a stack is to be: the options of ``workteam dev up``, and what tests and benches set besides. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workteam_cli.dev_stack import Endpoint

ETCD, APISERVER, WORKTEAM, FACADE, OPERATOR = "etcd", "apiserver", "workteam", "facade", "operator"

Setting = str | int | float | bool


@dataclass(frozen=True)
class TenantSettings:
    """One WorkteamTenant, with a stand-in of its own unless another endpoint is given."""

    name: str = "acme"
    namespace: str = "workteam"
    profile: str = "full"
    """``full`` or ``workteam``: what the stand-in can do."""
    spec: Mapping[str, Any] = field(default_factory=dict)
    """Laid over the spec that ``up`` writes, key by key."""
    workteam: Endpoint | None = None
    """Another Workteam tenant than a stand-in started here."""

    @property
    def label(self) -> str:
        """Name its files: namespace and name, which may not hold a dot together."""
        return f"{self.namespace}.{self.name}"


@dataclass(frozen=True)
class StackSettings:
    """A whole stack in one home."""

    home: Path
    kubeconfig: Path | None = None
    """An existing cluster to use instead of a control plane of our own."""
    tenants: tuple[TenantSettings, ...] = (TenantSettings(),)
    """The first is the one that ``dev up`` prints."""
    more_namespaces: tuple[str, ...] = ()
    """Tenants' namespaces beside those of the tenants."""
    tenant_secrets: tuple[str, ...] = ()
    """Secrets that the operator may read; all if empty."""
    release_namespace: str = "workteam-system"
    log_level: str = "INFO"
    operator_settings: Mapping[str, Setting] = field(default_factory=dict)
    """``KEY`` becomes WORKTEAM_OPERATOR_KEY in the Deployment: short waits for tests."""
    api_servers: Mapping[str, str] = field(default_factory=dict)
    """Another URL of the API server for ``facade`` or ``operator``: a proxy with faults in front of it."""
    processes: frozenset[str] = frozenset({FACADE, OPERATOR})
    """Which of the two run; the control plane and the stand-ins always do."""
    controllers: bool = False
    """Whether kube-controller-manager runs too, so that a deleted namespace goes away; not with ``kubeconfig``."""
    durable: bool = True
    """False lets etcd skip fsync: for tests only."""

    @property
    def tenant_namespaces(self) -> tuple[str, ...]:
        """List the namespaces of tenants, each once, in order."""
        return tuple(dict.fromkeys([*(tenant.namespace for tenant in self.tenants), *self.more_namespaces]))
