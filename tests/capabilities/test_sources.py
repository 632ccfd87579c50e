"""Which files count, which of their lines, and what they are for."""

import subprocess
import sys
from pathlib import Path

import pytest

from webtrial.errors import CapabilityError
from webtrial.measure.capabilities.anatomy import read_anatomies
from webtrial.measure.capabilities.source import Source, is_within
from webtrial.measure.capabilities.sources import Sources, copy_sources, loaded_sources

MODULE = '''"""A docstring
of two lines."""

import alpha.beta  # 4
from gamma import delta as d, epsilon  # 5
from . import sibling  # 6

SETTINGS = {  # 8
    # a comment alone
    "name": "gamma.zeta",  # 10
}  # 11
"""A text that nobody uses."""


@d(  # 15
    1,  # 16
)  # 17
class One:  # 18
    """A docstring."""

    text = """two
lines"""  # 21 and 22


def two(first: int, gamma=None):  # 25
    return epsilon(  # 26

        first,  # 28
    )  # 29
'''
SOURCE = Source("service", "app/module.py", MODULE)


def sources(*files: Source, **purposes: tuple[str, ...]) -> Sources:
    return Sources(files, purposes)  # type: ignore[arg-type]


def test_lines_of_code_are_those_without_blanks_comments_and_docstrings() -> None:
    assert SOURCE.lines == {4, 5, 6, 8, 10, 11, *range(15, 19), 21, 22, 25, 26, 28, 29}


def test_lines_in_functions_are_those_with_their_decorators_and_signatures() -> None:
    assert SOURCE.lines_in_functions == {25, 26, 28, 29}
    text = "class One:\n    field: int\n\n    @d\n    async def check(self):\n        pass\n"
    assert Source("service", "a.py", text).lines_in_functions == {4, 5, 6}
    assert Source("service", "page.html", "<p>\n").lines_in_functions == frozenset()
    both = sources(SOURCE, routes=("app/*",), models=("app/module.py:One",))
    assert (both.lines_in_functions("routes"), both.lines_in_functions("models")) == (4, 0)


def test_lines_of_a_template_are_those_that_are_not_blank() -> None:
    assert Source("service", "page.html", "<p>\n\n  {% if x %}\n</p>\n").lines == {1, 3, 4}


def test_imports_and_texts_are_told_with_their_places() -> None:
    assert [(each.name, each.place) for each in SOURCE.imports] == [
        ("alpha.beta", "service/app/module.py:4"),
        ("gamma.delta", "service/app/module.py:5"),
        ("gamma.epsilon", "service/app/module.py:5"),
    ]
    assert "gamma.zeta" in {each.name for each in SOURCE.texts}


def test_mentions_are_of_a_module_or_what_is_in_it_imports_first() -> None:
    found = sources(Source("service", "a.py", '"gamma"\n'), SOURCE).mentions_of(["gamma"])
    assert [each.name for each in found] == [
        *("gamma.delta", "gamma.epsilon", "gamma", "gamma.zeta")
    ]
    assert is_within("gamma", "gamma")
    assert not is_within("gammas.zeta", "gamma")


def test_lines_with_a_name_are_those_of_its_imports_calls_and_assignments() -> None:
    assert SOURCE.lines_with(["gamma"]) == {5, 10, 15, 16, 17, 26, 28, 29}
    assert SOURCE.lines_with(["SETTINGS"]) == {8, 10, 11}
    assert SOURCE.lines_with(["nothing"]) == frozenset()


def test_lines_with_a_name_are_those_of_imports_within_the_package_too() -> None:
    text = "from ..gamma import ONE\nfrom .gamma.delta import two\nfrom .other import gamma\n"
    assert Source("service", "app/part.py", text).lines_with(["gamma"]) == {1, 2}


def test_lines_are_counted_by_purpose_those_of_a_class_apart() -> None:
    counted = sources(SOURCE, routes=("app/*",), models=("app/module.py:One",)).lines_by_purpose()
    assert counted == {"models": 6, "routes": 10}
    assert counted.total() == len(SOURCE.lines)


def test_lines_of_a_purpose_and_with_a_name_are_counted_once() -> None:
    of_gamma, of_the_class = {5, 10, 26, 28, 29}, {*range(15, 19), 21, 22}
    both = sources(SOURCE, routes=("app/*",), documentation=("app/module.py:One",))
    assert both.lines_with(["gamma"], "documentation") == len(of_gamma | of_the_class)


@pytest.mark.parametrize(
    ("purposes", "said"),
    [
        ({"routes": ("other/*",)}, r"app/module.py has 0 purposes \(none\)"),
        ({"routes": ("app/*",), "errors": ("*.py",)}, r"has 2 purposes \(routes, errors\)"),
        ({"routes": ("app/*", "app/module.py:Three")}, "module.py has no class or function Three"),
    ],
)
def test_a_file_without_one_purpose_is_named(
    purposes: dict[str, tuple[str, ...]], said: str
) -> None:
    with pytest.raises(CapabilityError, match=said):
        sources(SOURCE, **purposes).lines_by_purpose()


def test_a_file_without_code_needs_no_purpose() -> None:
    assert (
        sources(Source("service", "app/__init__.py", '"""Nothing."""\n')).lines_by_purpose() == {}
    )


def test_only_what_a_process_loads_is_a_source_and_the_templates_of_its_packages(
    tmp_path: Path,
) -> None:
    origin, copy = tmp_path / "origin", tmp_path / "copy"
    for name, text in {
        "used/__init__.py": "from . import part\n",
        "used/part.py": "PART = 1\n",
        "used/other.py": "OTHER = 1\n",
        "used/templates/page.html": "<p>\n",
        "unused/__init__.py": "",
        "unused/templates/page.html": "<p>\n",
    }.items():
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_text(text)
    for module in ("used.other", "unused"):  # bytecode that is there already must not count
        subprocess.run([sys.executable, "-c", f"import {module}"], cwd=origin, check=True)
    copy_sources(origin, copy)
    subprocess.run([sys.executable, "-c", "import used"], cwd=copy, check=True, env={})
    loaded = loaded_sources(copy, "service")
    assert [each.path for each in loaded] == [
        *("used/__init__.py", "used/part.py", "used/templates/page.html")
    ]


def test_a_file_of_capabilities_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "capabilities.toml"
    file.write_text('[Rails]\nstack = "rails"\n')
    with pytest.raises(CapabilityError, match=r"capabilities\.toml cannot be read(.|\n)*purposes"):
        read_anatomies(file)
