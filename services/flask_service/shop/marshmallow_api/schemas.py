"""Schemas of requests and responses."""

from marshmallow import EXCLUDE, Schema, fields, validate

from ..formats import EMAIL
from .fields import Digits, Money, Timestamp, is_email, text


class UserBody(Schema):
    """A user sent by a client; other fields are ignored."""

    class Meta:
        unknown = EXCLUDE

    username = text(3, 50)
    email = fields.String(
        required=True,
        validate=[validate.Length(max=254), is_email],
        metadata={"pattern": EMAIL},
    )
    age = fields.Integer(required=True, strict=True, validate=validate.Range(min=18, max=120))


class UserAnswer(Schema):
    id = fields.Integer()
    username = fields.String()
    email = fields.String()
    age = fields.Integer()


class OrderAnswer(Schema):
    id = fields.Integer()
    status = fields.String()
    total = Money()
    created_at = Timestamp()


class UserWithOrders(UserAnswer):
    orders = fields.List(fields.Nested(OrderAnswer))


class UsersQuery(Schema):
    limit = Digits(load_default=20, validate=validate.Range(min=1, max=100))
    after = Digits(load_default=0, validate=validate.Range(min=0))


class UsersAnswer(Schema):
    items = fields.List(fields.Nested(UserAnswer))
    next = fields.Integer(allow_none=True)


class SearchQuery(Schema):
    q = text(1, 100)


class ProductAnswer(Schema):
    id = fields.Integer()
    name = fields.String()
    price = Money()
    category_id = fields.Integer()


class CategoryAnswer(Schema):
    id = fields.Integer()
    name = fields.String()


class ReviewAnswer(Schema):
    id = fields.Integer()
    product_id = fields.Integer()
    rating = fields.Integer()
    text = fields.String()
    created_at = Timestamp()


class SearchAnswer(Schema):
    products = fields.List(fields.Nested(ProductAnswer))
    categories = fields.List(fields.Nested(CategoryAnswer))
    reviews = fields.List(fields.Nested(ReviewAnswer))


class CatalogQuery(Schema):
    page = Digits(load_default=1, validate=validate.Range(min=1))


class Credentials(Schema):
    """OAuth2's password form; grant_type and other fields are ignored."""

    class Meta:
        unknown = EXCLUDE

    username = fields.String(required=True)
    password = fields.String(required=True, metadata={"format": "password"})


class TokenAnswer(Schema):
    access_token = fields.String()
    token_type = fields.String()
    expires_in = fields.Integer()


class SalesOfDay(Schema):
    date = fields.Date()
    orders = fields.Integer()
    total = Money()


class DashboardAnswer(Schema):
    users = fields.Integer()
    sales = fields.List(fields.Nested(SalesOfDay))
    inventory = fields.Raw(allow_none=True)
    analytics = fields.Raw(allow_none=True)
    missing = fields.List(fields.String())


class SourcesQuery(Schema):
    count = Digits(load_default=4, validate=validate.Range(min=1, max=8))
    delay_ms = Digits(load_default=20, validate=validate.Range(min=0, max=1000))


class SourceAnswer(Schema):
    source = fields.Integer()
    value = fields.Integer()


class SourcesAnswer(Schema):
    sources = fields.List(fields.Nested(SourceAnswer, allow_none=True))


class PoolAnswer(Schema):
    taken = fields.Integer()
    waited_ms = fields.Float()


class Pong(Schema):
    ok = fields.Boolean()
