"""A whole stack: control plane, chart, tenants with their stand-ins, facade and operator.

``workteam dev up``, the demo, the tests and the bench all start things by this code. Blocking.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.binaries import find, find_binaries, find_kubectl
from workteam_cli.controlplane.chart import DEPLOYMENTS, PREFIXES, Launch, install, launch
from workteam_cli.controlplane.known import gone
from workteam_cli.controlplane.leases import free_leases
from workteam_cli.controlplane.plane import ControlPlane
from workteam_cli.controlplane.ports import LOOPBACK
from workteam_cli.controlplane.processes import Processes, Record, told
from workteam_cli.controlplane.readiness import wait_until_ready
from workteam_cli.controlplane.reporting import Report, silent
from workteam_cli.controlplane.settings import (
    APISERVER,
    ETCD,
    FACADE,
    OPERATOR,
    WORKTEAM,
    StackSettings,
    TenantSettings,
)
from workteam_cli.controlplane.tenants import kept_token, scim_token, write_tenant
from workteam_cli.controlplane.tools import HELM
from workteam_cli.dev_stack import Endpoint, StackInfo
from workteam_cli.output import Exit, Problem
from workteam_crds.naming import TenantKey

STALE_AFTER = 15 * 24 * 3600
"""Seconds after which a process gets its renewed token by a restart: half of what a token lives."""


@dataclass(frozen=True)
class RunningTenant:
    """A tenant of a running stack: from Entra's side, and on Workteam's."""

    settings: TenantSettings
    scim: Endpoint
    workteam: Endpoint


class Stack:
    """A stack in a home; get one from :func:`running`, or have one left running by ``bringing.bring_up``."""

    def __init__(self, settings: StackSettings, processes: Processes, report: Report = silent) -> None:
        self.settings = settings
        self.processes = processes
        self.report = report
        self.tenants: dict[str, RunningTenant] = {}
        self._access: Access | None = None
        self._launches: dict[str, Launch] = {}

    @property
    def access(self) -> Access:
        """Kubectl and helm as administrator of the stack's cluster."""
        if self._access is None:
            raise Problem("The stack was not started.", Exit.UNAVAILABLE)
        return self._access

    def prepare(self) -> Access:
        """Start the control plane and install the chart, once; no process of ours runs yet."""
        if self._access is None:
            access = self._cluster()
            self.report("installing the chart")
            install(access, self.settings, self.url(FACADE))
            self._access = access
        return self._access

    def start(self) -> StackInfo:
        """Start what does not run, and return when everything is ready; what runs already is left alone."""
        self.prepare()
        for tenant in self.settings.tenants:
            self.add_tenant(tenant)
        names = [name for name in (FACADE, OPERATOR) if name in self.settings.processes]
        for name in names:
            self._launches[name] = self._local(name)
            self._ensure(name, self._launches[name])
        for name in names:
            self._await(name)
        if OPERATOR in names:
            self.await_tenant(self.settings.tenants[0])
        return self.info()

    def add_tenant(self, settings: TenantSettings) -> RunningTenant:
        """Add a tenant, with a stand-in of its own, in one of the tenants' namespaces; it may not be Ready yet."""
        workteam = self._workteam(settings)
        write_tenant(self.access, settings, workteam)
        key = TenantKey(settings.namespace, settings.name)
        token_file = self._file("tokens", f"scim.{settings.label}")
        token = scim_token(self.access, self.settings.release_namespace, key, token_file)
        scim = Endpoint(f"{self.url(FACADE)}/{settings.namespace}/{settings.name}/scim/v2", token)
        self.tenants[settings.label] = RunningTenant(settings, scim, workteam)
        return self.tenants[settings.label]

    def await_tenant(self, tenant: TenantSettings) -> None:
        """Wait until the operator says that a tenant is Ready; Problem after two minutes."""
        self.report("waiting for the tenant")
        what = ("--for=condition=Ready", f"workteamtenant/{tenant.name}", "-n", tenant.namespace, "--timeout=120s")
        self.access.kubectl("wait", *what)

    def await_token(self, tenant: TenantSettings) -> None:
        """Wait until the facade takes a tenant's token, which it is told of by a watch; Problem after two minutes."""
        scim, record = self.tenants[tenant.label].scim, self.processes.records()[FACADE]
        url = f"{scim.base_url}/ServiceProviderConfig"
        wait_until_ready(FACADE, url, record.process, self.processes.log(FACADE), token=scim.token)

    def end_tenant(self, settings: TenantSettings) -> None:
        """Delete a tenant's object and end its stand-in: it is gone for good, so its objects do not hold it."""
        where = ("workteamtenant", settings.name, "-n", settings.namespace)
        if self.access.get(*where) is not None:
            self.access.kubectl("patch", *where, "--type=merge", "-p", '{"spec":{"decommissioned":true}}')
            self.access.kubectl("delete", *where, "--wait=false", "--ignore-not-found")
        self.processes.end(self.standin(settings))
        self.tenants.pop(settings.label, None)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to ``facade``, ``operator`` or another process, and wait until it is gone."""
        record = self.processes.records()[name]
        self.processes.send(name, number)
        if not gone(record.process, seconds=60):
            raise Problem(f"{name} does not end at {number.name}.", Exit.FAILED)

    def run(self, name: str) -> None:
        """Start a process that was ended, on its port and as before, and wait until it is ready."""
        self._ensure(name, self._launches[name])
        self._await(name)

    def restart(self, name: str) -> None:
        """End a process in order, start it as before and wait until it is ready."""
        self.processes.end(name)
        self.run(name)

    def url(self, name: str) -> str:
        """Return where ``facade`` or ``operator`` serve, as an http URL without a path."""
        return f"http://{LOOPBACK}:{self.processes.port(name)}"

    def standin(self, tenant: TenantSettings) -> str:
        """Name the process of a tenant's stand-in: ``workteam`` for the first, its own for each other."""
        return WORKTEAM if tenant.label == self.settings.tenants[0].label else f"{WORKTEAM}-{tenant.label}"

    def info(self) -> StackInfo:
        """Describe the stack as ``dev up`` prints it."""
        names = (FACADE, OPERATOR, APISERVER, ETCD, WORKTEAM)
        records = {name: self.processes.running(name) for name in names}
        first = self.tenants[self.settings.tenants[0].label]
        return StackInfo(
            kubeconfig=str(self.access.kubeconfig),
            scim=first.scim,
            namespace=first.settings.namespace,
            tenant=first.settings.name,
            workteam=first.workteam,
            pids={name: record.pid if record else None for name, record in records.items()},
            logs={name: str(self.processes.log(name)) if record else None for name, record in records.items()},
            home=str(self.processes.home),
        )

    def _cluster(self) -> Access:
        if self.settings.kubeconfig:
            self.report("reaching the cluster")
            access = Access(self.settings.kubeconfig.absolute(), find_kubectl(), *find((HELM,), self.report))
            access.require_reachable()
            return access
        binaries = find_binaries(self.report, controllers=self.settings.controllers)
        self.report("starting etcd and kube-apiserver")
        return ControlPlane(self.processes.home, binaries, self.processes, durable=self.settings.durable).start()

    def _workteam(self, tenant: TenantSettings) -> Endpoint:
        """Return the tenant's Workteam: the given one, else a stand-in that is running and ready now."""
        if tenant.workteam:
            return tenant.workteam
        name = self.standin(tenant)
        self.report("starting the stand-in tenant")
        token_file = self._file("tokens", f"workteam.{tenant.label}")
        token = kept_token(token_file)
        port = self.processes.port(name)
        folder = self._file("workteam", tenant.label)
        flags = [
            "--port",
            str(port),
            "--home",
            str(folder),
            "--profile",
            tenant.profile,
            "--token-file",
            str(token_file),
        ]
        command = (sys.executable, "-m", "workteam_cli.tenant", *flags)
        self._launches[name] = Launch(command, {})
        record = self._ensure(name, self._launches[name])
        endpoint = Endpoint(f"http://{LOOPBACK}:{port}/scim/v2", token)
        ready = f"{endpoint.base_url}/ServiceProviderConfig"
        wait_until_ready("The stand-in tenant", ready, record.process, self.processes.log(name), token=token)
        return endpoint

    def _local(self, name: str) -> Launch:
        """Read what the Deployment runs, and put it on this machine: its address, and a kubeconfig with its token."""
        read = launch(self.access, self.settings, name)
        path = self._file("kubeconfigs", name)
        server = self.settings.api_servers.get(name)
        self.access.kubeconfig_as(self.settings.release_namespace, DEPLOYMENTS[name], path, server=server)
        prefix = PREFIXES[name]
        local = {f"{prefix}HOST": LOOPBACK, f"{prefix}PORT": str(self.processes.port(name)), "KUBECONFIG": str(path)}
        return replace(read, env={**read.env, **local})

    def _ensure(self, name: str, wanted: Launch) -> Record:
        """Keep a process that runs, was told the same and has a fresh token; else end it and start it on its port."""
        running = self.processes.running(name)
        if running and running.told == told(wanted.command, wanted.env) and time.time() - running.begun < STALE_AFTER:
            return running
        self.processes.end(name)
        if name in DEPLOYMENTS and self.settings.kubeconfig is None:
            namespaces = self.settings.tenant_namespaces if name == FACADE else (self.settings.release_namespace,)
            free_leases(self.access, DEPLOYMENTS[name], namespaces)
        self.report(f"starting {name}")
        return self.processes.start(name, wanted.command, env=wanted.env, surroundings=_surroundings())

    def _await(self, name: str) -> None:
        record = self.processes.records()[name]
        wait_until_ready(name, f"{self.url(name)}/readyz", record.process, self.processes.log(name))

    def _file(self, folder: str, name: str) -> Path:
        return self.processes.home / folder / name


def _surroundings() -> Mapping[str, str]:
    """Return this environment without what would lead a process to another cluster or to other settings."""
    foreign = ("KUBECONFIG", "KUBERNETES_", "WORKTEAM_")
    return {key: value for key, value in os.environ.items() if not key.startswith(foreign)} | {"PYTHONSAFEPATH": "1"}


@contextlib.contextmanager
def running(settings: StackSettings, report: Report = silent) -> Iterator[Stack]:
    """Run a stack that ends with the block, or with this process however that ends."""
    with Processes(settings.home) as processes:
        stack = Stack(settings, processes, report)
        stack.start()
        yield stack
