"""Schemas of requests and responses.

A Decimal is written as text with all its decimals, two in every column of money; a time in UTC ends
in Z.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# In Pydantic's patterns, $ is the very end: a final line feed does not match.
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
# PostgreSQL cannot store NUL in text.
STORABLE = r"^[^\x00]*$"


def _only_digits(text: str) -> str:
    if not re.fullmatch("-?[0-9]+", text):
        raise ValueError("write it in digits")
    return text


Digits = Annotated[int, BeforeValidator(_only_digits)]
"""An integer of a path or a query: Pydantic alone would also accept 1.0, +1 and 1_0."""


class UserBody(BaseModel):
    """A user sent by a client; other fields are ignored."""

    username: str = Field(min_length=3, max_length=50, pattern=STORABLE)
    email: str = Field(max_length=254, pattern=EMAIL)
    age: int = Field(strict=True, ge=18, le=120)


class Credentials(BaseModel):
    """OAuth2's password form; grant_type and other fields are ignored."""

    username: str
    password: str = Field(json_schema_extra={"format": "password"})


class UsersQuery(BaseModel):
    """A page of users."""

    limit: Digits = Field(default=20, ge=1, le=100)
    after: Digits = Field(default=0, ge=0)


class SourcesQuery(BaseModel):
    """Number of sources, and the delay of each."""

    count: Digits = Field(default=4, ge=1, le=8)
    delay_ms: Digits = Field(default=20, ge=0, le=1000)


PageNumber = Annotated[int, Field(ge=1), BeforeValidator(_only_digits)]
SearchText = Annotated[str, Field(min_length=1, max_length=100, pattern=STORABLE)]


class Answer(BaseModel):
    """Base of responses; reads dictionaries and objects."""

    model_config = ConfigDict(from_attributes=True)


class Pong(Answer):
    ok: bool


class User(Answer):
    id: int
    username: str
    email: str
    age: int


class Order(Answer):
    id: int
    status: str
    total: Decimal
    created_at: datetime


class UserWithOrders(User):
    orders: list[Order]


class UserPage(Answer):
    items: list[User]
    next: int | None


class Product(Answer):
    id: int
    name: str
    price: Decimal
    category_id: int


class Category(Answer):
    id: int
    name: str


class Review(Answer):
    id: int
    product_id: int
    rating: int
    text: str
    created_at: datetime


class Found(Answer):
    products: list[Product]
    categories: list[Category]
    reviews: list[Review]


class Token(Answer):
    access_token: str
    token_type: str
    expires_in: int


class SalesOfDay(Answer):
    date: date
    orders: int
    total: Decimal


class Stats(Answer):
    users: int
    sales: list[SalesOfDay]
    inventory: Any
    analytics: Any
    missing: list[str]


class Sources(Answer):
    """The value of each source, by number; null for a source that failed."""

    sources: list[Any]


class PoolUse(Answer):
    """Counts of the pool; both null if it does not count."""

    taken: int | None
    waited_ms: float | None


class Refusal(Answer):
    """Description of an error in a sentence."""

    detail: str


class Fault(Answer):
    """A fault of a part of the request; `loc` is its path."""

    type: str
    loc: list[str | int]
    msg: str


class Invalid(Answer):
    """All faults of the request."""

    detail: list[Fault]
