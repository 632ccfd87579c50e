"""HTML of records for notebooks: a name and a list of facts, all escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any


def card(name: str, facts: Mapping[str, Any], more: str = "") -> str:
    """Return the HTML of a record: `name`, one row per fact, then `more`, which is already HTML.

    A fact that has `_repr_html_` is rendered with it; any other fact is shown as text.
    """
    rows = "".join(
        f'<tr><th scope="row" style="text-align: left; vertical-align: top">{escape(fact)}</th>'
        f'<td style="text-align: left">{_shown(value)}</td></tr>'
        for fact, value in facts.items()
    )
    return (
        f'<div class="webtrial-record"><p><b>{escape(name)}</b></p>'
        f"<table><tbody>{rows}</tbody></table>{more}</div>"
    )


def rows_as_html(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return the HTML of a table with `names` as column headers; every cell is escaped."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(value: Any) -> str:
    if hasattr(value, "_repr_html_"):
        return str(value._repr_html_())
    return "–" if value is None else escape(str(value))
