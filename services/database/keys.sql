-- Constraints and indexes, built once after the tables are filled instead of row by row.

ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE products ADD CONSTRAINT products_category_id_fkey
    FOREIGN KEY (category_id) REFERENCES categories (id);
ALTER TABLE reviews ADD CONSTRAINT reviews_product_id_fkey
    FOREIGN KEY (product_id) REFERENCES products (id);
ALTER TABLE sales ADD CONSTRAINT sales_product_id_fkey
    FOREIGN KEY (product_id) REFERENCES products (id);

-- Oldest first, as GET /users/{id} returns them.
CREATE INDEX orders_of_user ON orders (user_id, id);
CREATE INDEX products_of_category ON products (category_id);
CREATE INDEX products_name_trigrams ON products USING gin (name gin_trgm_ops);
CREATE INDEX reviews_of_product ON reviews (product_id);
CREATE INDEX sales_by_date ON sales (date) INCLUDE (amount);
