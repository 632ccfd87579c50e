"""Kernels of notebooks that are published: this interpreter in an environment made on purpose.

jupyter_client would start whatever a user has installed under the name of a notebook's kernel, and
hand on all that it was started with.
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
        """The kernel of this interpreter."""
        return own_kernel_spec()

    async def _async_pre_start_kernel(self, **given: Any) -> Any:
        if self.provisioner is None:
            self.provisioner = self.provisioner_class(kernel_spec=self.kernel_spec, parent=self)
        given |= {"env": dict(self.environment), "cwd": self.folder}
        return await super()._async_pre_start_kernel(**given)

    pre_start_kernel = _async_pre_start_kernel
