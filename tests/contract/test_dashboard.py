"""The dashboard, while its upstreams are sound, down, silent or talking nonsense."""

import pytest

from tests.contract.judging import is_money
from tests.contract.moody import NONSENSE, SOUND, TRIES

ABOUT = ("framework", "serialiser", "concurrency", "sources", "http_client")
OF_OWN_CODE = ("framework", "sources", "http_client")

NAMES = ("inventory", "analytics")


@pytest.fixture
def dashboard(client, sign_in, upstreams):
    """PersistentRequests for the dashboard as one account that signed in once."""
    header = sign_in()

    def ask():
        for _ in range(TRIES):
            answer = client.get("/dashboard/stats", headers=header)
            assert answer.status_code == 200, answer.text
            if not upstreams.owe(answer.json()["missing"]):
                break
        return answer.json()

    return ask


def test_sales_of_the_last_seven_days_and_the_number_of_users(dashboard, stack):
    shown = dashboard()
    assert shown.keys() == {"users", "sales", "inventory", "analytics", "missing"}
    assert [(shown["users"],)] == stack.rows("SELECT count(*) FROM users")
    days = stack.rows(
        "SELECT date::text, count(*), sum(amount)::text FROM sales"
        " WHERE date > (SELECT max(date) FROM sales) - 7 GROUP BY date ORDER BY date"
    )
    assert [
        tuple(day[key] for key in ("date", "orders", "total")) for day in shown["sales"]
    ] == days
    assert len(days) == 7
    assert all(is_money(day["total"]) for day in shown["sales"])


def test_what_sound_upstreams_say_is_passed_on(dashboard):
    shown = dashboard()
    assert {name: shown[name] for name in NAMES} == SOUND
    assert shown["missing"] == []


@pytest.mark.parametrize(
    ("name", "mood"),
    [
        ("inventory", "down"),
        pytest.param("analytics", "down", marks=pytest.mark.full),
        pytest.param("inventory", "idle", marks=pytest.mark.full),
        ("analytics", "idle"),
    ],
)
def test_an_upstream_that_is_down_or_late_is_missing_and_the_rest_is_there(
    dashboard, upstreams, name, mood
):
    before = dashboard()
    upstreams.turn(**{name: mood})
    assert dashboard() == before | {name: None, "missing": [name]}
    upstreams.turn(**{name: "sound"})
    assert dashboard() == before


def test_both_upstreams_may_be_down(dashboard, upstreams):
    upstreams.turn(inventory="down", analytics="down")
    shown = dashboard()
    assert (shown["inventory"], shown["analytics"]) == (None, None)
    assert sorted(shown["missing"]) == sorted(NAMES)
    assert len(shown["sales"]) == 7


def test_an_upstream_that_talks_nonsense_is_missing(dashboard, upstreams):
    before = dashboard()
    for number, mood in enumerate(NONSENSE):
        name, other = NAMES if number % 2 else reversed(NAMES)
        upstreams.turn(**{name: mood, other: "sound"})
        assert dashboard() == before | {name: None, "missing": [name]}, mood
    upstreams.turn(inventory="sound", analytics="sound")
    assert dashboard() == before


def test_both_upstreams_are_asked_in_turn_or_at_once_as_stacks_toml_says(
    dashboard, upstreams, stack
):
    if stack.sources == "in turn":
        upstreams.turn(inventory="slow", analytics="slow")
        upstreams.watch()
        dashboard()
        assert upstreams.at_once.most == 1
    else:
        upstreams.watch(gathers=2)
        assert dashboard()["missing"] == []
        assert upstreams.at_once.most == 2
