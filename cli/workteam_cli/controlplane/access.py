"""kubectl and helm against one cluster, named by its kubeconfig and by nothing else."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from workteam_cli.controlplane.files import write_private
from workteam_cli.output import Exit, Problem

TOKEN_LIFE = "720h"  # noqa: S105 - 30 days; renewed by each `up`


@dataclass(frozen=True)
class Access:
    """A cluster as its administrator sees it. The KUBECONFIG of the environment is never used."""

    kubeconfig: Path
    kubectl_path: Path
    helm_path: Path

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl and return its stdout; Problem with its last line if it fails."""
        return self._run(self.kubectl_path, "--kubeconfig", str(self.kubeconfig), *arguments, stdin=stdin)

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        """Run helm and return its stdout; Problem with its last line if it fails."""
        return self._run(self.helm_path, "--kubeconfig", str(self.kubeconfig), *arguments, stdin=stdin)

    def require_reachable(self) -> None:
        """Raise Problem if the API server does not answer within ten seconds."""
        try:
            self.kubectl("version", "--request-timeout=10s")
        except Problem as problem:
            sentence = f"The cluster of {self.kubeconfig} cannot be reached: {problem}"
            raise Problem(sentence, Exit.UNAVAILABLE) from problem

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or change objects by server-side apply; fields of other writers stay."""
        text = yaml.safe_dump_all(objects)
        self.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=workteam", "-f", "-", stdin=text)

    def get(self, *arguments: str) -> dict[str, Any] | None:
        """An object, or a list of them, as JSON; None if it does not exist."""
        text = self.kubectl("get", *arguments, "--ignore-not-found", "-o", "json")
        return orjson.loads(text) if text.strip() else None

    def service_account_token(self, namespace: str, name: str) -> str:
        """A token of a ServiceAccount from the TokenRequest API, good for 30 days if the cluster allows."""
        return self.kubectl("create", "token", name, "-n", namespace, f"--duration={TOKEN_LIFE}").strip()

    def kubeconfig_as(self, namespace: str, name: str, path: Path, *, server: str | None = None) -> Path:
        """Write a kubeconfig (0600) that reaches this cluster, or a proxy before it, as one of its ServiceAccounts."""
        seen = self.kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json")
        cluster = orjson.loads(seen)["clusters"][0]["cluster"]
        if server:
            cluster = {"server": server}
        write_private(path, kubeconfig(cluster, self.service_account_token(namespace, name), namespace))
        return path

    def _run(self, program: Path, *arguments: str, stdin: str | None) -> str:
        env = {key: value for key, value in os.environ.items() if not key.startswith(("KUBECONFIG", "HELM_"))}
        done = subprocess.run(  # noqa: S603 - the two programs that this package names
            [str(program), *arguments], input=stdin, capture_output=True, text=True, check=False, env=env
        )
        if done.returncode:
            why = _cause((done.stderr.strip() or done.stdout.strip()).split("\n"))
            raise Problem(f"{program.name} {arguments[2]} failed: {why}", Exit.FAILED)
        return done.stdout


def _cause(lines: list[str]) -> str:
    """Return the last thing that was said; a list of refused fields belongs to the line above it."""
    start = max((at for at, line in enumerate(lines) if not line.startswith("* ")), default=0)
    return " ".join(lines[start:])


def kubeconfig(cluster: dict[str, Any], token: str, namespace: str = "default") -> str:
    """A kubeconfig with one cluster, one user with a bearer token, and one context, as YAML."""
    context = {"cluster": "workteam", "user": "workteam", "namespace": namespace}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "workteam", "cluster": cluster}],
            "users": [{"name": "workteam", "user": {"token": token}}],
            "contexts": [{"name": "workteam", "context": context}],
            "current-context": "workteam",
        },
        sort_keys=False,
    )
