"""Lookups that Django does not have."""

from typing import Any

from django.db.models.lookups import Contains


class ILike(Contains):
    r"""`column ILIKE '%text%'`, with `%`, `_` and `\` of the text as literals.

    Django's `icontains` compares UPPER(column), which a trigram index on the column cannot serve.
    """

    lookup_name = "ilike"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        """Return the operator and its right-hand side."""
        return f"ILIKE {rhs}"
