"""Users: list, create, read, replace, delete."""

from typing import Annotated

from fastapi import APIRouter, Query, status

from ...bodies import Utf8Route
from ...data import INT4_MAX
from ...responses import INVALID, NOT_FOUND, WITH_BODY
from ...schemas import User, UserBody, UserPage, UsersQuery, UserWithOrders
from ..dependencies import NO_SUCH_USER, ShopDep, UserIdDep

router = APIRouter(prefix="/users", tags=["users"], responses=INVALID, route_class=Utf8Route)


@router.get("")
def list_users(query: Annotated[UsersQuery, Query()], shop: ShopDep) -> UserPage:
    """List users by id, a page at a time."""
    # One extra row shows whether another page follows.
    users = shop.users(min(query.after, INT4_MAX), query.limit + 1)
    items = [User.model_validate(user) for user in users[: query.limit]]
    return UserPage(items=items, next=items[-1].id if len(users) > len(items) else None)


@router.post("", status_code=status.HTTP_201_CREATED, responses=WITH_BODY)
def create_user(body: UserBody, shop: ShopDep) -> User:
    """Create a user."""
    return User.model_validate(shop.create_user(body.model_dump()))


@router.get("/{user_id}", responses=NOT_FOUND)
def read_user(user_id: UserIdDep, shop: ShopDep) -> UserWithOrders:
    """Read a user and its orders, oldest first."""
    user = shop.user_with_orders(user_id)
    if user is None:
        raise NO_SUCH_USER
    return UserWithOrders.model_validate(user)


@router.put("/{user_id}", responses=NOT_FOUND | WITH_BODY)
def replace_user(user_id: UserIdDep, body: UserBody, shop: ShopDep) -> User:
    """Replace a user."""
    user = shop.update_user(user_id, body.model_dump())
    if user is None:
        raise NO_SUCH_USER
    return User.model_validate(user)


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT, responses=NOT_FOUND)
def delete_user(user_id: UserIdDep, shop: ShopDep) -> None:
    """Delete a user and its orders."""
    if not shop.delete_user(user_id):
        raise NO_SUCH_USER
