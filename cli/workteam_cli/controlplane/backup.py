"""What etcd holds, saved and restored while nobody writes to it: what an administrator does to a whole cluster."""

import shutil

from workteam_cli.controlplane.plane import APISERVER, ETCD, ControlPlane


class Backup:
    """One backup of one control plane's etcd."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._data, self._copy = plane.home / "etcd", plane.home / "copy"

    def save(self) -> None:
        """Save what etcd holds; the API server is away for some seconds."""
        self.stop()
        shutil.copytree(self._data, self._copy)
        self._plane.start()

    def stop(self) -> None:
        """End the API server and etcd."""
        self._plane.processes.end(APISERVER, ETCD)

    def restore(self) -> None:
        """Forget what was written since, and start again."""
        shutil.rmtree(self._data)
        shutil.copytree(self._copy, self._data)
        self._plane.start()
