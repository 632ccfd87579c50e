"""Kernels for notebooks that are published: this interpreter in a controlled environment.

jupyter_client would start whatever kernel a user has installed under the name that a notebook
gives, and pass on its own whole environment.
"""

from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Unicode

from webtrial.publish.kernelspecs import own_kernel_spec


class CleanKernelManager(AsyncKernelManager):
    """Starts this interpreter's kernel in `folder` with `environment` and nothing else."""

    environment = Dict().tag(config=True)
    folder = Unicode().tag(config=True)
    provisioner_class: type[LocalProvisioner] = LocalProvisioner

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel specification of this interpreter."""
        return own_kernel_spec()

    async def _async_pre_start_kernel(self, **options: Any) -> Any:
        if self.provisioner is None:
            self.provisioner = self.provisioner_class(kernel_spec=self.kernel_spec, parent=self)
        options |= {"env": dict(self.environment), "cwd": self.folder}
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel
