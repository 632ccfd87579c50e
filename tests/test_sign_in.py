"""Which stacks sign accounts in, and whose tokens each of them is asked with."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from webtrial.load.scenarios import Tokens
from webtrial.measure import blocks

ACCOUNTS = ("a", "b", "c")
ASKED = {"one": {"dashboard"}, "two": {"dashboard", "crud"}, "three": {"crud"}}


class Signing:
    """In place of `sign_in`: notes what it was asked for; each token is of the first stack."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], list[str]]] = []

    def __call__(self, urls: dict[str, str], accounts: Sequence[str], password: str) -> Tokens:
        assert password == "secret"
        self.asked.append((list(urls), list(accounts)))
        return {account: f"{account} by {next(iter(urls))}" for account in accounts}


@pytest.fixture
def signing(monkeypatch: pytest.MonkeyPatch) -> Signing:
    monkeypatch.setattr(blocks, "sign_in", found := Signing())
    return found


def context(tokens: dict[str, Tokens] | None = None, targets: Sequence[str] = ()) -> Any:
    seeded_data = SimpleNamespace(accounts=ACCOUNTS, password="secret")
    return SimpleNamespace(
        context=SimpleNamespace(seeded_data=seeded_data),
        tokens=tokens or {},
        targets=dict.fromkeys(targets),
    )


def urls(*stacks: str) -> dict[str, str]:
    return {stack: f"http://{stack}" for stack in stacks}


def test_the_stacks_that_need_them_share_what_all_of_them_gave(signing: Signing) -> None:
    found = blocks._signed_in(context(), urls("one", "two", "three"), ASKED)
    assert signing.asked == [(["one", "two"], ["a", "b", "c"])]
    assert found.keys() == {"one", "two"}
    assert found["one"] == found["two"]
    assert found["one"].keys() == {*ACCOUNTS}


def test_a_stack_that_comes_later_signs_one_account_in_and_shares_the_others(
    signing: Signing,
) -> None:
    known = {account: f"{account}'s" for account in ACCOUNTS}
    found = blocks._signed_in(context({"one": known}), urls("one", "two"), ASKED)
    assert signing.asked == [(["two"], ["a"])]
    assert found == {"two": known}


def test_who_has_its_tokens_is_asked_for_nothing(signing: Signing) -> None:
    known = {"one": {"a": "x"}, "two": {"a": "x"}}
    assert blocks._signed_in(context(known), urls("one", "two", "three"), ASKED) == {}
    assert signing.asked == []


def test_each_target_has_a_secret_of_its_own(signing: Signing) -> None:
    asked = {"one": {"dashboard"}, "two": {"dashboard"}, "three": {"dashboard"}}
    found = blocks._signed_in(context(targets=["one", "two"]), urls("one", "two", "three"), asked)
    assert signing.asked == [([stack], ["a", "b", "c"]) for stack in ("one", "two", "three")]
    assert found == {
        stack: {account: f"{account} by {stack}" for account in ACCOUNTS}
        for stack in ("one", "two", "three")
    }


def test_what_a_target_gave_is_good_for_no_other(signing: Signing) -> None:
    found = blocks._signed_in(
        context({"one": {"a": "x"}}, targets=["one"]), urls("one", "two"), ASKED
    )
    assert signing.asked == [(["two"], ["a", "b", "c"])]
    assert found["two"]["a"] == "a by two"
