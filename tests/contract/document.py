"""The contract as services/contract/openapi.yaml has it, held against answers and documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import yaml
from openapi_schema_validator import OAS30ReadValidator, OAS31Validator

from webtrial.run.stacks import SERVICES

METHODS = ("get", "post", "put", "delete")
_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path; parameters by place, name and whether they are required."""

    method: str
    path: str
    parameters: frozenset[tuple[str, str, bool]]
    body_types: frozenset[str]
    statuses: frozenset[int]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class Document:
    """An OpenAPI document, references followed."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def follow(self, node: Any) -> Any:
        """The node, or what it refers to."""
        while isinstance(node, dict) and "$ref" in node:
            found: Any = self.content
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def operations(self) -> Iterator[Operation]:
        """Every method of every path; a path's parameters are nameless, since names differ."""
        for path, item in self.content["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def problems(self, answer: httpx.Response) -> list[str]:
        """What of an answer is not as the document says; nothing where it says nothing."""
        node = self._answered(answer.request)
        if node is None:
            return []
        described = self.follow(node["responses"].get(str(answer.status_code)))
        if described is None:
            return [f"status {answer.status_code} is not documented"]
        kind = answer.headers.get("content-type", "").partition(";")[0]
        content = described.get("content", {})
        if not content:
            return ["there is a body"] if answer.content else []
        if kind not in content:
            return [f"content type {kind!r} is not documented"]
        return self._misfits(content[kind]["schema"], answer) if kind.endswith("json") else []

    def _misfits(self, schema: dict[str, Any], answer: httpx.Response) -> list[str]:
        dialect = OAS30ReadValidator if self.content["openapi"] < "3.1" else OAS31Validator
        validator = dialect(schema | {"components": self.content["components"]})
        return [
            f"{each.json_path}: {each.message}" for each in validator.iter_errors(answer.json())
        ]

    def _answered(self, request: httpx.Request) -> Any:
        for path, item in self.content["paths"].items():
            pattern = _PARAMETER.sub("[^/]+", path.replace(".", r"\."))
            if re.fullmatch(pattern, request.url.path) and request.method.lower() in item:
                return item[request.method.lower()]
        return None

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        node = item[method]
        given = [*item.get("parameters", []), *node.get("parameters", [])]
        body = self.follow(node.get("requestBody", {}))
        return Operation(
            method.upper(),
            _PARAMETER.sub("{}", path),
            frozenset(_parameter(self.follow(each)) for each in given),
            frozenset(body.get("content", {})),
            frozenset(int(status) for status in node["responses"] if status != "default"),
        )


def _parameter(node: dict[str, Any]) -> tuple[str, str, bool]:
    name = "" if node["in"] == "path" else node["name"]
    return node["in"], name, node.get("required", False)


CONTRACT = Document(yaml.safe_load((SERVICES / "contract" / "openapi.yaml").read_text()))


def hold_to_contract(answer: httpx.Response) -> None:
    """Fail where an answer is not as the contract describes it: a hook of every client."""
    answer.read()
    problems = CONTRACT.problems(answer)
    assert not problems, f"{answer.request.method} {answer.request.url}: {problems}"
