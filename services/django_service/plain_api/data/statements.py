"""The SQL of `raw` and `async_raw`: each function returns a statement and its values."""

from typing import Any

from shop.sizes import INT4_MAX, SALES_DAYS, SEARCH_ROWS

Statement = tuple[str, tuple[Any, ...]]


def users(after: int, limit: int) -> Statement:
    sql = "SELECT id, username, email, age FROM users WHERE id > %s ORDER BY id LIMIT %s"
    return sql, (min(after, INT4_MAX), limit)


def user(user_id: int) -> Statement:
    return "SELECT id, username, email, age FROM users WHERE id = %s", (user_id,)


def orders_of(user_id: int) -> Statement:
    sql = "SELECT id, status, total, created_at FROM orders WHERE user_id = %s ORDER BY id"
    return sql, (user_id,)


def insert_user(fields: dict[str, Any]) -> Statement:
    sql = "INSERT INTO users (username, email, age) VALUES (%s, %s, %s) RETURNING id"
    return sql, (fields["username"], fields["email"], fields["age"])


def update_user(user_id: int, fields: dict[str, Any]) -> Statement:
    sql = "UPDATE users SET username = %s, email = %s, age = %s WHERE id = %s"
    return sql, (fields["username"], fields["email"], fields["age"], user_id)


def delete_user(user_id: int) -> Statement:
    return "DELETE FROM users WHERE id = %s", (user_id,)


def products_named(text: str) -> Statement:
    sql = (
        "SELECT id, name, price, category_id FROM products WHERE name ILIKE %s ORDER BY id LIMIT %s"
    )
    return sql, (_containing(text), SEARCH_ROWS)


def all_categories() -> Statement:
    return "SELECT id, name FROM categories ORDER BY id", ()


def latest_reviews() -> Statement:
    sql = "SELECT id, product_id, rating, text, created_at FROM reviews ORDER BY id DESC LIMIT %s"
    return sql, (SEARCH_ROWS,)


def catalog(offset: int, limit: int) -> Statement:
    sql = (
        "SELECT p.id, p.category_id, p.name, p.price, c.name AS category"
        " FROM products p JOIN categories c ON c.id = p.category_id"
        " ORDER BY p.id OFFSET %s LIMIT %s"
    )
    return sql, (offset, limit)


def account(username: str) -> Statement:
    return "SELECT id, username, password_hash FROM accounts WHERE username = %s", (username,)


def count_users() -> Statement:
    return "SELECT count(*) AS users FROM users", ()


def last_days_sales() -> Statement:
    sql = (
        "SELECT date, count(*) AS orders, sum(amount) AS total FROM sales"
        " WHERE date > (SELECT max(date) FROM sales) - %s::integer"
        " GROUP BY date ORDER BY date"
    )
    return sql, (SALES_DAYS,)


def _containing(text: str) -> str:
    """Return a LIKE pattern that finds the text literally, anywhere."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"
