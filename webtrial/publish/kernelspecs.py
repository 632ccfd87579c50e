"""Which interpreter executes the notebooks: always this one.

A kernel specification named `python3` in a folder of JUPYTER_PATH, or in the user's own, may start
another interpreter, in which nothing of what the notebooks need is installed.
"""

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager


def own_kernel_spec() -> KernelSpec:
    """The kernel of this interpreter."""
    return KernelSpec(resource_dir=str(RESOURCES), **get_kernel_dict())


class OwnKernelSpecs(KernelSpecManager):
    """Kernel specifications as Jupyter finds them, but for `python3`."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Folders of resources by the names of kernels."""
        return super().find_kernel_specs() | {NATIVE_KERNEL_NAME: str(RESOURCES)}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification of that name; NoSuchKernel where there is none."""
        if kernel_name.lower() == NATIVE_KERNEL_NAME:
            return own_kernel_spec()
        return super().get_kernel_spec(kernel_name)
