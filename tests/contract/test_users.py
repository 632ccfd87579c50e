"""Users: listed, created, read, replaced, deleted."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.contract.judging import INVALID, NO_DIGITS, is_money, is_timestamp, named, refused

ABOUT = ("framework", "data_access", "orm", "driver", "serialiser", "concurrency")
OF_OWN_CODE = ("framework", "data_access", "orm", "serialiser")

NOBODY = ["0", "2147483647", "2147483648", "9223372036854775808", "1" + "0" * 30, "9" * 4000]
NO_NUMBER = ["x", "١", "1.5", "-1", "1e3", "0x1", "%00", "1%20", "+1", "1_0", "null"]
AT_ONCE = 12


@pytest.fixture
def created(client, new_user):
    return client.post("/users", json=new_user()).json()


def test_ping_answers(client):
    answer = client.get("/ping")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_a_page_of_users_has_twenty_by_id_unless_told_otherwise(client, stack):
    page = client.get("/users").json()
    keys = ("id", "username", "email", "age")
    expected = stack.rows("SELECT id, username, email, age FROM users ORDER BY id LIMIT 20")
    assert page == {
        "items": [dict(zip(keys, row, strict=True)) for row in expected],
        "next": expected[-1][0],
    }


def test_a_page_has_as_many_users_as_asked_for_behind_the_one_named(client):
    for limit in (1, 7, 100):
        page = client.get("/users", params={"limit": limit, "after": 40}).json()
        assert [user["id"] for user in page["items"]] == list(range(41, 41 + limit))
        assert page["next"] == 40 + limit


def test_the_last_page_has_no_next_even_when_it_is_full(client, stack):
    ids = [number for (number,) in stack.rows("SELECT id FROM users ORDER BY id DESC LIMIT 5")]
    full = client.get("/users", params={"limit": 4, "after": ids[4]}).json()
    assert ([user["id"] for user in full["items"]], full["next"]) == (ids[3::-1], None)
    short = client.get("/users", params={"limit": 5, "after": ids[1]}).json()
    assert ([user["id"] for user in short["items"]], short["next"]) == ([ids[0]], None)


def test_behind_the_last_user_there_is_an_empty_page(client):
    for after in ("2147483646", "2147483647", "2147483648", "1" + "0" * 30):
        answer = client.get("/users", params={"after": after})
        assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None}), after


def test_a_limit_out_of_range_is_refused_by_name(client):
    for value in ("0", "101", "-1", "x", "1.5", "", *NO_DIGITS):
        answer = client.get("/users", params={"limit": value})
        assert refused(answer, *INVALID)
        assert "limit" in named(answer) and "after" not in named(answer)


def test_an_after_that_is_no_id_is_refused_by_name(client):
    for value in ("-1", "x", "1.5", "", *NO_DIGITS):
        answer = client.get("/users", params={"after": value, "limit": "0"})
        assert refused(answer, *INVALID)
        assert {"after", "limit"} <= named(answer)


def test_a_user_is_read_with_its_orders_oldest_first(client, stack):
    (number,) = stack.rows("SELECT user_id FROM orders GROUP BY 1 HAVING count(*) > 3 LIMIT 1")[0]
    user = client.get(f"/users/{number}").json()
    (row,) = stack.rows("SELECT id, username, email, age FROM users WHERE id = %s", number)
    assert (user["id"], user["username"], user["email"], user["age"]) == row
    orders = stack.rows(
        'SELECT id, status, total::text, to_char(created_at, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')'
        " FROM orders WHERE user_id = %s ORDER BY id",
        number,
    )
    assert [tuple(order.values()) for order in user["orders"]] == orders
    assert all(is_money(order["total"]) for order in user["orders"])
    assert all(is_timestamp(order["created_at"]) for order in user["orders"])


def test_a_created_user_can_be_read_and_has_no_orders(client, new_user):
    body = new_user()
    answer = client.post("/users", json=body)
    assert answer.status_code == 201
    assert answer.json() == body | {"id": answer.json()["id"]}
    read = client.get(f"/users/{answer.json()['id']}")
    assert read.json() == answer.json() | {"orders": []}


def test_a_name_that_is_taken_is_a_conflict_that_names_it(client, created, new_user):
    answer = client.post("/users", json=new_user(username=created["username"]))
    assert refused(answer, 409)
    assert "username" in answer.text


def test_names_that_differ_in_case_are_two_names(client, created, new_user):
    answer = client.post("/users", json=new_user(username=created["username"].upper()))
    assert answer.status_code == 201


def test_of_concurrent_creations_of_one_name_exactly_one_succeeds(client, new_user, stack):
    for body in [new_user() for _ in range(4)]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            post = partial(client.post, "/users", json=body)
            waiting = [pool.submit(post) for _ in range(AT_ONCE)]
        answers = [each.result() for each in waiting]
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1)
        found = stack.rows("SELECT count(*) FROM users WHERE username = %s", body["username"])
        assert found == [(1,)]


def test_a_user_is_replaced(client, created, new_user):
    body = new_user(age=77)
    answer = client.put(f"/users/{created['id']}", json=body)
    assert (answer.status_code, answer.json()) == (200, body | {"id": created["id"]})
    assert client.get(f"/users/{created['id']}").json() == answer.json() | {"orders": []}


def test_a_user_can_be_replaced_by_itself(client, created):
    answer = client.put(f"/users/{created['id']}", json=created)
    assert (answer.status_code, answer.json()) == (200, created)


def test_a_user_cannot_take_the_name_of_another(client, created, new_user):
    other = client.post("/users", json=new_user()).json()
    answer = client.put(f"/users/{other['id']}", json=new_user(username=created["username"]))
    assert refused(answer, 409)
    assert "username" in answer.text
    assert client.get(f"/users/{other['id']}").json() == other | {"orders": []}


def test_of_users_who_take_one_name_at_once_exactly_one_gets_it(client, new_user):
    body = new_user()
    ids = [client.post("/users", json=new_user()).json()["id"] for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda number: client.put(f"/users/{number}", json=body), ids))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (AT_ONCE - 1)


def test_a_deleted_user_is_gone_and_its_orders_with_it(client, created, stack):
    target = f"/users/{created['id']}"
    stack.rows(
        "INSERT INTO orders (user_id, status, total, created_at) VALUES (%s, 'new', 1, now())",
        created["id"],
    )
    answer = client.delete(target)
    assert (answer.status_code, answer.content) == (204, b"")
    assert refused(client.get(target), 404)
    assert refused(client.delete(target), 404)
    found = stack.rows("SELECT count(*) FROM orders WHERE user_id = %s", created["id"])
    assert found == [(0,)]


def test_who_does_not_exist_is_not_found_however_large_the_id(client, new_user):
    for number in NOBODY:
        assert refused(client.get(f"/users/{number}"), 404)
        assert refused(client.put(f"/users/{number}", json=new_user()), 404)
        assert refused(client.delete(f"/users/{number}"), 404)


def test_an_id_that_is_no_number_is_refused(client, new_user):
    for number in NO_NUMBER:
        assert refused(client.get(f"/users/{number}"))
        assert refused(client.put(f"/users/{number}", json=new_user()))
        assert refused(client.delete(f"/users/{number}"))
