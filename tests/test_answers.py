"""That stacks answer alike before anything is measured, against small servers that do or do not."""

import json
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from webtrial.errors import ContractError
from webtrial.load.scenarios import ExpectedBody, SeededData, targets
from webtrial.measure.answers import ASKED_AGAIN, Earlier, agreed_answers, canonical, sign_in
from webtrial.system.ports import free_port

MATERIAL = SeededData(300, {"common": ("lamp",), "rare": ("zither",)}, ("account001",), "secret")
SEARCHES = {"one": ["product_search"], "two": ["product_search"]}

Answer = Callable[[str], tuple[int, bytes]]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one packet an answer: a second one would wait for the acknowledgement

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answer(self.path)
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


def test_the_same_document_in_another_form_is_the_same_answer() -> None:
    with serving(compact) as one, serving(spacious) as two:
        known = agreed_answers({"one": one, "two": two}, SEARCHES, MATERIAL, {})
    target = "/products/search?q=zither"
    for stack, answer in (("one", compact), ("two", spacious)):
        body = answer(target)[1]
        assert known[stack][target] == ExpectedBody(len(body), zlib.crc32(body))
        assert set(known[stack]) == set(targets("product_search", MATERIAL))


def test_a_stack_that_answers_otherwise_is_named_with_the_request() -> None:
    def other(path: str) -> tuple[int, bytes]:
        return compact(path.replace("lamp", "desk"))

    said = pytest.raises(ContractError, match=r"two and one answer /products/search\?q=lamp")
    with serving(compact) as one, serving(other) as two, said:
        agreed_answers({"one": one, "two": two}, SEARCHES, MATERIAL, {})


def test_a_stack_that_refuses_is_named_with_what_it_said() -> None:
    said = pytest.raises(ContractError, match=r"(?s)broken answers .* with 500 .*oh no")
    with serving(lambda path: (500, b"oh no")) as url, said:
        agreed_answers({"broken": url}, {"broken": ["ping"]}, MATERIAL, {})


def test_a_stack_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ContractError, match=r"gone at .* does not answer"):
        agreed_answers({"gone": url}, {"gone": ["ping"]}, MATERIAL, {})


def test_each_stack_is_asked_for_its_own_scenarios_and_compared_in_those_it_shares() -> None:
    asked = {"one": ["ping"], "two": ["user_detail"], "three": ["ping", "user_detail"]}

    def other(path: str) -> tuple[int, bytes]:
        return compact("elsewhere" if path.startswith("/users") else path)

    with serving(compact) as one, serving(compact) as two, serving(compact) as three:
        known = agreed_answers({"one": one, "two": two, "three": three}, asked, MATERIAL, {})
    assert set(known["one"]) | set(known["two"]) == set(known["three"])
    assert not set(known["one"]) & set(known["two"])
    said = pytest.raises(ContractError, match="three and two answer /users/")
    with serving(compact) as one, serving(compact) as two, serving(other) as three, said:
        agreed_answers({"one": one, "two": two, "three": three}, asked, MATERIAL, {})


def test_stacks_that_are_up_one_after_the_other_are_compared() -> None:
    def other(path: str) -> tuple[int, bytes]:
        return compact(path.replace("lamp", "desk"))

    answered = Earlier()
    with serving(compact) as one:
        agreed_answers({"one": one}, SEARCHES, MATERIAL, {}, answered)
    said = pytest.raises(ContractError, match=r"two and one answer /products/search\?q=lamp")
    with serving(other) as two, said:
        agreed_answers({"two": two}, SEARCHES, MATERIAL, {}, answered)


def test_a_stack_that_is_started_again_is_asked_a_part_of_what_it_answered() -> None:
    asked: list[str] = []

    def noted(path: str) -> tuple[int, bytes]:
        asked.append(path)
        return compact(path)

    earlier, in_all = Earlier(), {"one": ["user_detail"]}
    everything = {*targets("user_detail", MATERIAL)}
    left = everything
    with serving(noted) as url:
        first = agreed_answers({"one": url}, in_all, MATERIAL, {}, earlier)
        assert {*asked} == everything
        for turn in range(ASKED_AGAIN):
            asked.clear()
            again = agreed_answers({"one": url}, in_all, MATERIAL, {}, earlier, turn)
            assert again == first
            assert len(asked) == pytest.approx(len(everything) / ASKED_AGAIN, abs=1)
            left = left - {*asked}
    assert not left  # with each turn others


def test_a_stack_that_is_started_again_and_answers_otherwise_is_named() -> None:
    def other(path: str) -> tuple[int, bytes]:
        return compact("elsewhere")

    earlier, asked = Earlier(), {"one": ["user_detail"]}
    with serving(compact) as url:
        agreed_answers({"one": url}, asked, MATERIAL, {}, earlier)
    for turn in range(ASKED_AGAIN):
        said = pytest.raises(ContractError, match="one and one answer /users/")
        with serving(other) as url, said:
            agreed_answers({"one": url}, asked, MATERIAL, {}, earlier, turn)


def test_an_answer_that_differs_once_is_asked_for_again() -> None:
    asked: list[str] = []

    def seldom_other(path: str) -> tuple[int, bytes]:
        asked.append(path)
        return compact("/" if len(asked) == 1 else path)

    for slip, firm in (("one", "two"), ("two", "one")):
        asked.clear()
        with serving(seldom_other) as slips, serving(compact) as stays:
            urls = {slip: slips, firm: stays}
            known = agreed_answers(dict(sorted(urls.items())), SEARCHES, MATERIAL, {})
        assert known["one"] == known["two"]


def test_the_dashboard_is_compared_with_a_token_of_each_stack() -> None:
    with serving(compact) as one, serving(spacious) as two:
        tokens = {"one": {"account001": "a"}, "two": {"account001": "b"}}
        asked = {stack: ["dashboard"] for stack in tokens}
        known = agreed_answers({"one": one, "two": two}, asked, MATERIAL, tokens)
    assert set(known["one"]) == {"/dashboard/stats"}


def test_every_account_gets_its_token() -> None:
    with serving(lambda path: (200, b'{"access_token": "abc"}')) as url:
        assert sign_in({"one": url}, ["x", "y"], "secret") == {"x": "abc", "y": "abc"}


def test_accounts_are_dealt_out_to_the_stacks_that_share_a_secret() -> None:
    def of(stack: str) -> Answer:
        return lambda path: (200, json.dumps({"access_token": stack}).encode())

    with serving(of("one")) as one, serving(of("two")) as two:
        tokens = sign_in({"one": one, "two": two}, ["x", "y", "z"], "secret")
    assert tokens == {"x": "one", "y": "two", "z": "one"}


def test_a_refused_sign_in_says_who_and_why() -> None:
    said = pytest.raises(ContractError, match="one did not sign x in: status 401, wrong pass")
    with serving(lambda path: (401, b"wrong password")) as url, said:
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
