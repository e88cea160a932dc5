"""etcd and kube-apiserver on loopback: a real control plane without a container engine.

With kube-controller-manager beside them a deleted namespace goes away; else it stays Terminating.
"""

import base64
import secrets
from pathlib import Path

from workteam_cli.controlplane.access import Access, kubeconfig
from workteam_cli.controlplane.binaries import Binaries
from workteam_cli.controlplane.files import on_disk, write_private
from workteam_cli.controlplane.ports import LOOPBACK, free_port
from workteam_cli.controlplane.processes import Processes, Record
from workteam_cli.controlplane.readiness import wait_until_ready

ETCD, APISERVER, CONTROLLERS = "etcd", "apiserver", "controllers"


class ControlPlane:
    """A control plane whose data, certificates and kubeconfig live in a home.

    ``start()`` starts what does not run, each on the port that it had before, and returns when the API server is
    ready. Blocking, and to be used from one thread. ``durable=False`` lets etcd skip fsync: for tests only.
    """

    def __init__(self, home: Path, binaries: Binaries, processes: Processes, *, durable: bool = True) -> None:
        self.home = home.absolute()
        self.binaries = binaries
        self.processes = processes
        self.durable = durable
        self.kubeconfig = self.home / "kubeconfig"

    @property
    def access(self) -> Access:
        """Kubectl and helm against this control plane, as its administrator."""
        return Access(self.kubeconfig, self.binaries.kubectl, self.binaries.helm)

    def start(self) -> Access:
        """Start etcd and kube-apiserver where they do not run, and wait until they are ready."""
        with on_disk(self.home):
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        etcd = self.processes.running(ETCD) or self._start_etcd()
        api = self.processes.running(APISERVER) or self._start_apiserver(etcd.port)
        log = self.processes.log(APISERVER)
        url = f"https://{LOOPBACK}:{api.port}"
        wait_until_ready("kube-apiserver", f"{url}/readyz", api.process, log, ca=self._certificate)
        write_private(self.kubeconfig, self._admin(url))
        if self.binaries.kube_controller_manager is not None:
            self._start_controllers(self.binaries.kube_controller_manager)
        return self.access

    @property
    def _certificate(self) -> Path:
        return self.home / "pki" / "apiserver.crt"

    def _start_etcd(self) -> Record:
        port = self.processes.port(ETCD)
        listen, peers = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{free_port()}"
        flags = ["--data-dir", str(self.home / "etcd"), "--log-level", "error"]
        flags += ["--listen-client-urls", listen, "--advertise-client-urls", listen, "--listen-peer-urls", peers]
        flags += [] if self.durable else ["--unsafe-no-fsync"]
        record = self.processes.start(ETCD, [str(self.binaries.etcd), *flags])
        wait_until_ready("etcd", f"{listen}/health", record.process, self.processes.log(ETCD))
        return record

    def _start_apiserver(self, etcd_port: int) -> Record:
        port = self.processes.port(APISERVER)
        flags = self._apiserver_flags(etcd_port, port)
        return self.processes.start(APISERVER, [str(self.binaries.kube_apiserver), *flags])

    def _start_controllers(self, program: Path) -> None:
        """Start the two controllers that follow a deletion, unless they run, and wait until they are ready."""
        certificates = self.home / "pki" / "controllers"
        port = self.processes.port(CONTROLLERS)
        flags = [
            f"--kubeconfig={self.kubeconfig}",
            f"--authentication-kubeconfig={self.kubeconfig}",
            f"--authorization-kubeconfig={self.kubeconfig}",
            "--authentication-skip-lookup=true",
            f"--service-account-private-key-file={self.home / 'pki' / 'apiserver.key'}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={port}",
            f"--cert-dir={certificates}",
            "--leader-elect=false",
            "--controllers=namespace-controller,garbage-collector-controller",
        ]
        record = self.processes.running(CONTROLLERS) or self.processes.start(CONTROLLERS, [str(program), *flags])
        url, log = f"https://{LOOPBACK}:{port}/healthz", self.processes.log(CONTROLLERS)
        certificate = certificates / "kube-controller-manager.crt"
        wait_until_ready("kube-controller-manager", url, record.process, log, ca=certificate)

    def _apiserver_flags(self, etcd_port: int, port: int) -> list[str]:
        # kube-apiserver makes its certificate and key itself; the same key signs ServiceAccount tokens
        key = self.home / "pki" / "apiserver.key"
        return [
            f"--etcd-servers=http://{LOOPBACK}:{etcd_port}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={port}",
            "--endpoint-reconciler-type=none",  # a loopback advertise address is refused
            f"--cert-dir={key.parent}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-max-token-expiration=720h",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self._token_file()}",
            "--disable-admission-plugins=ServiceAccount",
        ]

    def _token_file(self) -> Path:
        path = self.home / "pki" / "tokens.csv"
        if not path.exists():
            write_private(path, f"{secrets.token_urlsafe(32)},admin,admin,system:masters\n")
        return path

    def _admin(self, url: str) -> str:
        token = self._token_file().read_text(encoding="utf-8").split(",")[0]
        authority = base64.b64encode(self._certificate.read_bytes()).decode()
        return kubeconfig({"server": url, "certificate-authority-data": authority}, token)
