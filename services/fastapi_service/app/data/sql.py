"""The statements, with PostgreSQL's own notation of parameters."""

USERS = "SELECT id, username, email, age FROM users WHERE id > $1 ORDER BY id LIMIT $2"
USER = "SELECT id, username, email, age FROM users WHERE id = $1"
ORDERS_OF_USER = "SELECT id, status, total, created_at FROM orders WHERE user_id = $1 ORDER BY id"
CREATE_USER = "INSERT INTO users (username, email, age) VALUES ($1, $2, $3) RETURNING id"
UPDATE_USER = "UPDATE users SET username = $2, email = $3, age = $4 WHERE id = $1"
DELETE_USER = "DELETE FROM users WHERE id = $1"
PRODUCTS = (
    "SELECT id, category_id, name, price FROM products WHERE name ILIKE $1 ORDER BY id LIMIT $2"
)
CATEGORIES = "SELECT id, name FROM categories ORDER BY id"
REVIEWS = "SELECT id, product_id, rating, text, created_at FROM reviews ORDER BY id DESC LIMIT $1"
CATALOG = (
    "SELECT p.id, p.category_id, p.name, p.price, c.name AS category"
    " FROM products p JOIN categories c ON c.id = p.category_id"
    " ORDER BY p.id OFFSET $1 LIMIT $2"
)
ACCOUNT = "SELECT id, username, password_hash FROM accounts WHERE username = $1"
COUNT_USERS = "SELECT count(*) FROM users"
SALES_BY_DAY = (
    "SELECT date, count(*) AS orders, sum(amount) AS total FROM sales"
    " WHERE date > (SELECT max(date) FROM sales) - $1::integer"
    " GROUP BY date ORDER BY date"
)
