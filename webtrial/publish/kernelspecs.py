"""Kernel specifications that always execute notebooks with this interpreter.

A kernel specification named `python3` in JUPYTER_PATH or in the user's own folder may start
another interpreter, which lacks the packages that the notebooks need.
"""

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager


def own_kernel_spec() -> KernelSpec:
    """Return the kernel specification of this interpreter."""
    return KernelSpec(resource_dir=str(RESOURCES), **get_kernel_dict())


class OwnKernelSpecs(KernelSpecManager):
    """Kernel specifications as Jupyter finds them, except that `python3` is this interpreter."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the resource folder of each kernel by name."""
        return super().find_kernel_specs() | {NATIVE_KERNEL_NAME: str(RESOURCES)}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel specification of that name. Raises NoSuchKernel if there is none."""
        if kernel_name.lower() == NATIVE_KERNEL_NAME:
            return own_kernel_spec()
        return super().get_kernel_spec(kernel_name)
