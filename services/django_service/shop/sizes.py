"""How much is shown, and how far numbers reach."""

INT4_MAX = 2**31 - 1
CATALOG_PAGE = 20
SEARCH_ROWS = 20
SALES_DAYS = 7
