"""What the report says each stack was given."""

from types import SimpleNamespace

from webtrial.results.validity.tables import budgets_table


def test_budgets_come_first_and_then_what_each_stack_says_of_itself() -> None:
    stacks = {
        "one": {"title": "One", "middleware": ["A", "B"], "prepares": "their first use"},
        "two": {"title": "Two", "middleware": [], "prepares": "their sixth use"},
        "three": {"title": "Three", "middleware": ["A", "B"]},
        "old": {"title": "Old"},
    }
    budgets = {"upstream_connections": 16}
    run = SimpleNamespace(manifest=SimpleNamespace(budgets=budgets, stacks=stacks))
    assert budgets_table(run).frame.to_numpy().tolist() == [  # type: ignore[arg-type]
        ["upstream connections", "16"],
        ["middleware", "A, B (One and Three); none (Two)"],
        ["statements prepared from", "their first use (One); their sixth use (Two)"],
    ]
