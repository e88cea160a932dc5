"""Which programs a control plane needs, and in which version. Pure."""

from dataclasses import dataclass

_KUBERNETES_STAMP = {
    "gitVersion": "v1.37.2",
    "gitMajor": "1",
    "gitMinor": "37",
    "gitTreeState": "clean",
    "gitCommit": "unknown",
}


@dataclass(frozen=True)
class Tool:
    """One program: its Go package in our go.mod, and how it is asked for its version."""

    name: str
    version: str
    package: str
    version_arguments: tuple[str, ...] = ("--version",)
    stamps: tuple[str, ...] = ()
    """Variables that the linker sets; without them kube-apiserver calls itself v0.0.0-master."""


_KUBERNETES_STAMPS = tuple(
    f"-X k8s.io/component-base/version.{key}={value}" for key, value in _KUBERNETES_STAMP.items()
)

ETCD = Tool("etcd", "3.7.0", "go.etcd.io/etcd/server/v3")
KUBE_APISERVER = Tool(
    "kube-apiserver",
    "1.37.2",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    stamps=_KUBERNETES_STAMPS,
)
KUBE_CONTROLLER_MANAGER = Tool(
    "kube-controller-manager",
    "1.37.2",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    stamps=_KUBERNETES_STAMPS,
)
HELM = Tool("helm", "4.3.1", "helm.sh/helm/v4/cmd/helm", ("version", "--short"))
