"""Which stacks sign accounts in, and which tokens the requests to each stack carry."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from webtrial.load.requests import Tokens
from webtrial.measure import blocks

ACCOUNTS = ("a", "b", "c")
SCENARIOS = {"one": {"dashboard"}, "two": {"dashboard", "crud"}, "three": {"crud"}}


class Signing:
    """Replaces `sign_in`: records its calls; each token is issued by the first stack."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], list[str]]] = []

    def __call__(self, urls: dict[str, str], accounts: Sequence[str], password: str) -> Tokens:
        assert password == "secret"
        self.calls.append((list(urls), list(accounts)))
        return {account: f"{account} by {next(iter(urls))}" for account in accounts}


@pytest.fixture
def signing(monkeypatch: pytest.MonkeyPatch) -> Signing:
    monkeypatch.setattr(blocks, "sign_in", found := Signing())
    return found


def context(tokens: dict[str, Tokens] | None = None, targets: Sequence[str] = ()) -> Any:
    seeded_data = SimpleNamespace(accounts=ACCOUNTS, password="secret")
    return SimpleNamespace(
        run_context=SimpleNamespace(seeded_data=seeded_data),
        tokens=tokens or {},
        targets=dict.fromkeys(targets),
    )


def urls(*stacks: str) -> dict[str, str]:
    return {stack: f"http://{stack}" for stack in stacks}


def test_stacks_that_need_tokens_share_those_that_all_of_them_issued(signing: Signing) -> None:
    found = blocks._new_tokens(context(), urls("one", "two", "three"), SCENARIOS)
    assert signing.calls == [(["one", "two"], ["a", "b", "c"])]
    assert found.keys() == {"one", "two"}
    assert found["one"] == found["two"]
    assert found["one"].keys() == {*ACCOUNTS}


def test_a_stack_that_starts_later_signs_one_account_in_and_shares_the_other_tokens(
    signing: Signing,
) -> None:
    known = {account: f"{account}'s" for account in ACCOUNTS}
    found = blocks._new_tokens(context({"one": known}), urls("one", "two"), SCENARIOS)
    assert signing.calls == [(["two"], ["a"])]
    assert found == {"two": known}


def test_a_stack_that_has_tokens_signs_no_account_in(signing: Signing) -> None:
    known = {"one": {"a": "x"}, "two": {"a": "x"}}
    assert blocks._new_tokens(context(known), urls("one", "two", "three"), SCENARIOS) == {}
    assert signing.calls == []


def test_each_target_has_a_secret_of_its_own(signing: Signing) -> None:
    scenarios_of = {"one": {"dashboard"}, "two": {"dashboard"}, "three": {"dashboard"}}
    targets = context(targets=["one", "two"])
    found = blocks._new_tokens(targets, urls("one", "two", "three"), scenarios_of)
    assert signing.calls == [([stack], ["a", "b", "c"]) for stack in ("one", "two", "three")]
    assert found == {
        stack: {account: f"{account} by {stack}" for account in ACCOUNTS}
        for stack in ("one", "two", "three")
    }


def test_a_token_of_a_target_is_used_for_no_other(signing: Signing) -> None:
    found = blocks._new_tokens(
        context({"one": {"a": "x"}}, targets=["one"]), urls("one", "two"), SCENARIOS
    )
    assert signing.calls == [(["two"], ["a", "b", "c"])]
    assert found["two"]["a"] == "a by two"
