"""The catalogue: HTML by each framework's own engine, the same products and prices in all."""

import re

from tests.contract.judging import INVALID, NO_DIGITS, heading_of, named, page_in, refused, rows_of

ABOUT = ("framework", "data_access", "orm", "driver", "concurrency")
OF_OWN_CODE = ("framework", "data_access", "orm")


def page_of(client, target="/catalog"):
    answer = client.get(target)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == "text/html"
    return page_in(answer)


def products(stack, number):
    """Number, name, category and price of the page's products."""
    query = """
        SELECT p.id::text, p.name, c.name, p.price::text
        FROM products p JOIN categories c ON c.id = category_id ORDER BY p.id LIMIT 20 OFFSET %s
    """
    return stack.rows(query, (number - 1) * 20)


def links(page):
    return {link["href"] for link in page.find_all("a")}


def test_a_page_shows_twenty_products_with_category_and_price(client, stack):
    for number in (1, 2, 100):
        page = page_of(client, f"/catalog?page={number}")
        assert rows_of(page) == products(stack, number)
        assert len(rows_of(page)) == 20
        assert heading_of(page) == f"Catalogue, page {number}"
        assert page.find("html")["lang"]


def test_without_a_number_it_is_the_first_page(client):
    assert rows_of(page_of(client)) == rows_of(page_of(client, "/catalog?page=1"))


def test_pages_lead_to_their_neighbours_and_no_further(client, stack):
    (count,) = stack.rows("SELECT count(*) FROM products")[0]
    last = -(-count // 20)
    for number, neighbours in ((1, {2}), (2, {1, 3}), (last, {last - 1})):
        found = links(page_of(client, f"/catalog?page={number}"))
        numbers = {int(re.search(r"page=(\d+)", link)[1]) for link in found if "page=" in link}
        assert numbers == neighbours
    for link in found:
        assert client.get(link).status_code == 200


def test_markup_in_a_name_is_text(client, stack):
    (before,) = stack.rows("SELECT name FROM products WHERE id = 1")[0]
    name = "<script>alert('&')</script> & \"more\""
    stack.rows("UPDATE products SET name = %s WHERE id = 1", name)
    try:
        page = page_of(client)
        assert rows_of(page)[0][1] == name
        assert not page.find_all("script")
    finally:
        stack.rows("UPDATE products SET name = %s WHERE id = 1", before)


def test_past_the_end_there_is_no_page(client):
    for number in ("100000", "2147483648", "1" + "0" * 30):
        assert client.get("/catalog", params={"page": number}).status_code == 404, number


def test_a_number_that_no_page_has_is_refused_by_name(client):
    for number in ("0", "-1", "x", "1.5", "", *NO_DIGITS):
        answer = client.get("/catalog", params={"page": number})
        assert refused(answer, *INVALID)
        assert "page" in named(answer)
