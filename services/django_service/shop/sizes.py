"""Page sizes and limits of numbers."""

INT4_MAX = 2**31 - 1
CATALOG_PAGE = 20
SEARCH_ROWS = 20
SALES_DAYS = 7
