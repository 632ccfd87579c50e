"""Stacks must respond alike before anything is measured; small servers do or do not."""

import json
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from webtrial.errors import ContractError
from webtrial.load.requests import ExpectedBody, SeededData
from webtrial.load.scenarios import targets
from webtrial.measure.response_agreement import (
    RECHECK_EVERY,
    KnownResponses,
    agreed_responses,
    canonical,
    sign_in,
)
from webtrial.system.ports import free_port

MATERIAL = SeededData(300, {"common": ("lamp",), "rare": ("zither",)}, ("account001",), "secret")
SEARCHES = {"one": ["product_search"], "two": ["product_search"]}

Respond = Callable[[str], tuple[int, bytes]]


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one packet per response: a second one would wait for the acknowledgement

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = respond(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def compact(path: str) -> tuple[int, bytes]:
    return 200, json.dumps({"path": path, "n": 1}, separators=(",", ":")).encode()


def spacious(path: str) -> tuple[int, bytes]:
    return 200, json.dumps({"n": 1, "path": path}, indent=2).encode()


def test_equal_documents_in_different_formats_agree() -> None:
    with serving(compact) as one, serving(spacious) as two:
        known = agreed_responses({"one": one, "two": two}, SEARCHES, MATERIAL, {})
    target = "/products/search?q=zither"
    for stack, respond in (("one", compact), ("two", spacious)):
        body = respond(target)[1]
        assert known[stack][target] == ExpectedBody(len(body), zlib.crc32(body))
        assert set(known[stack]) == set(targets("product_search", MATERIAL))


def test_a_differing_stack_is_named_with_the_request() -> None:
    def other(path: str) -> tuple[int, bytes]:
        return compact(path.replace("lamp", "desk"))

    raised = pytest.raises(
        ContractError, match=r"two and one responded differently to /products/search\?q=lamp"
    )
    with serving(compact) as one, serving(other) as two, raised:
        agreed_responses({"one": one, "two": two}, SEARCHES, MATERIAL, {})


def test_a_failing_stack_is_named_with_its_response() -> None:
    raised = pytest.raises(
        ContractError, match=r"(?s)broken responded to .* with status 500, not 200: oh no"
    )
    with serving(lambda path: (500, b"oh no")) as url, raised:
        agreed_responses({"broken": url}, {"broken": ["ping"]}, MATERIAL, {})


def test_a_missing_stack_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ContractError, match=r"gone at .* does not respond"):
        agreed_responses({"gone": url}, {"gone": ["ping"]}, MATERIAL, {})


def test_each_stack_gets_its_own_scenarios_and_is_compared_in_shared_ones() -> None:
    requested = {"one": ["ping"], "two": ["user_detail"], "three": ["ping", "user_detail"]}

    def other(path: str) -> tuple[int, bytes]:
        return compact("elsewhere" if path.startswith("/users") else path)

    with serving(compact) as one, serving(compact) as two, serving(compact) as three:
        known = agreed_responses({"one": one, "two": two, "three": three}, requested, MATERIAL, {})
    assert set(known["one"]) | set(known["two"]) == set(known["three"])
    assert not set(known["one"]) & set(known["two"])
    raised = pytest.raises(ContractError, match="three and two responded differently to /users/")
    with serving(compact) as one, serving(compact) as two, serving(other) as three, raised:
        agreed_responses({"one": one, "two": two, "three": three}, requested, MATERIAL, {})


def test_stacks_that_run_one_after_another_are_compared() -> None:
    def other(path: str) -> tuple[int, bytes]:
        return compact(path.replace("lamp", "desk"))

    known = KnownResponses()
    with serving(compact) as one:
        agreed_responses({"one": one}, SEARCHES, MATERIAL, {}, known)
    raised = pytest.raises(
        ContractError, match=r"two and one responded differently to /products/search\?q=lamp"
    )
    with serving(other) as two, raised:
        agreed_responses({"two": two}, SEARCHES, MATERIAL, {}, known)


def test_a_restarted_stack_gets_a_fraction_of_its_earlier_requests() -> None:
    requested: list[str] = []

    def noted(path: str) -> tuple[int, bytes]:
        requested.append(path)
        return compact(path)

    earlier, in_all = KnownResponses(), {"one": ["user_detail"]}
    everything = {*targets("user_detail", MATERIAL)}
    left = everything
    with serving(noted) as url:
        first = agreed_responses({"one": url}, in_all, MATERIAL, {}, earlier)
        assert {*requested} == everything
        for turn in range(RECHECK_EVERY):
            requested.clear()
            again = agreed_responses({"one": url}, in_all, MATERIAL, {}, earlier, turn)
            assert again == first
            assert len(requested) == pytest.approx(len(everything) / RECHECK_EVERY, abs=1)
            left = left - {*requested}
    assert not left  # each turn sends different ones


def test_a_restarted_stack_that_differs_is_named() -> None:
    def other(path: str) -> tuple[int, bytes]:
        return compact("elsewhere")

    earlier, requested = KnownResponses(), {"one": ["user_detail"]}
    with serving(compact) as url:
        agreed_responses({"one": url}, requested, MATERIAL, {}, earlier)
    for turn in range(RECHECK_EVERY):
        raised = pytest.raises(ContractError, match="one and one responded differently to /users/")
        with serving(other) as url, raised:
            agreed_responses({"one": url}, requested, MATERIAL, {}, earlier, turn)


def test_a_response_that_differs_once_is_requested_again() -> None:
    requested: list[str] = []

    def seldom_other(path: str) -> tuple[int, bytes]:
        requested.append(path)
        return compact("/" if len(requested) == 1 else path)

    for slip, firm in (("one", "two"), ("two", "one")):
        requested.clear()
        with serving(seldom_other) as slips, serving(compact) as stays:
            urls = {slip: slips, firm: stays}
            known = agreed_responses(dict(sorted(urls.items())), SEARCHES, MATERIAL, {})
        assert known["one"] == known["two"]


def test_the_dashboard_is_compared_with_a_token_of_each_stack() -> None:
    with serving(compact) as one, serving(spacious) as two:
        tokens = {"one": {"account001": "a"}, "two": {"account001": "b"}}
        requested = {stack: ["dashboard"] for stack in tokens}
        known = agreed_responses({"one": one, "two": two}, requested, MATERIAL, tokens)
    assert set(known["one"]) == {"/dashboard/stats"}


def test_every_account_gets_its_token() -> None:
    with serving(lambda path: (200, b'{"access_token": "abc"}')) as url:
        assert sign_in({"one": url}, ["x", "y"], "secret") == {"x": "abc", "y": "abc"}


def test_accounts_are_distributed_over_stacks_that_share_a_secret() -> None:
    def of(stack: str) -> Respond:
        return lambda path: (200, json.dumps({"access_token": stack}).encode())

    with serving(of("one")) as one, serving(of("two")) as two:
        tokens = sign_in({"one": one, "two": two}, ["x", "y", "z"], "secret")
    assert tokens == {"x": "one", "y": "two", "z": "one"}


def test_a_refused_sign_in_names_stack_account_and_reason() -> None:
    raised = pytest.raises(ContractError, match="one refused to sign in x: status 401, wrong pass")
    with serving(lambda path: (401, b"wrong password")) as url, raised:
        sign_in({"one": url}, ["x"], "secret")


def page(rows: str) -> bytes:
    return f"<html><title>x</title><table><tbody>{rows}</tbody></table></html>".encode()


def test_pages_are_compared_by_the_cells_of_their_tables() -> None:
    plain = canonical(page("<tr><td>Desk lamp</td><td>19.99</td></tr>"))
    assert plain == canonical(page("<tr>\n <td> Desk lamp</td>\n <td>19.99 </td></tr>"))
    assert plain != canonical(page("<tr><td>Desk lamp</td><td>20.00</td></tr>"))
    assert plain != canonical(page("<tr><td>Desk lamp19.99</td></tr>"))


def test_pages_without_a_table_are_compared_byte_by_byte() -> None:
    assert canonical(b"<html>one</html>") != canonical(b"<html>two</html>")
