"""How much an answer holds."""

PRODUCTS_FOUND = 20
PRODUCTS_PER_PAGE = 20
DAYS_OF_SALES = 7
