"""What comes in and what goes out.

A Decimal is written as text with the decimals it has, two in every column of money; a moment in
UTC ends in Z.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# $ is the very end for Pydantic's patterns: a line feed does not pass.
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
# PostgreSQL's text cannot hold NUL.
STORABLE = r"^[^\x00]*$"


def _only_digits(text: str) -> str:
    if not re.fullmatch("-?[0-9]+", text):
        raise ValueError("write it in digits")
    return text


Digits = Annotated[int, BeforeValidator(_only_digits)]
"""An integer of a path or a query: Pydantic alone would also take 1.0, +1 and 1_0."""


class UserBody(BaseModel):
    """What a client says of a user; it may say more, which is ignored."""

    username: str = Field(min_length=3, max_length=50, pattern=STORABLE)
    email: str = Field(max_length=254, pattern=EMAIL)
    age: int = Field(strict=True, ge=18, le=120)


class Credentials(BaseModel):
    """OAuth2's password form; grant_type and whatever else comes with it are ignored."""

    username: str
    password: str = Field(json_schema_extra={"format": "password"})


class UsersQuery(BaseModel):
    """Which page of users."""

    limit: Digits = Field(default=20, ge=1, le=100)
    after: Digits = Field(default=0, ge=0)


class SourcesQuery(BaseModel):
    """How many sources to ask, each of which takes so long."""

    count: Digits = Field(default=4, ge=1, le=8)
    delay_ms: Digits = Field(default=20, ge=0, le=1000)


PageNumber = Annotated[int, Field(ge=1), BeforeValidator(_only_digits)]
SearchText = Annotated[str, Field(min_length=1, max_length=100, pattern=STORABLE)]


class Answer(BaseModel):
    """Reads dictionaries and objects alike."""

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
    """What each says, by number; null for one that failed."""

    sources: list[Any]


class PoolUse(Answer):
    """Both null where nobody counts."""

    taken: int | None
    waited_ms: float | None


class Refusal(Answer):
    """What is wrong, in a sentence."""

    detail: str


class Fault(Answer):
    """What is wrong with a part of the request; `loc` leads to it."""

    type: str
    loc: list[str | int]
    msg: str


class Invalid(Answer):
    """Everything that is wrong with the request."""

    detail: list[Fault]
