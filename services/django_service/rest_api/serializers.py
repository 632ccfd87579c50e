"""Serializers of requests and responses."""

from rest_framework import serializers

from rest_api.fields import DigitsField, StrictCharField, StrictIntegerField
from shop import validators
from shop.models import Category, Order, Product, Review, User


class UserSerializer(serializers.ModelSerializer):
    """A user."""

    # Declared, because the derived field would first query the database for the name.
    username = StrictCharField(
        min_length=validators.USERNAME_MIN,
        max_length=validators.USERNAME_MAX,
        validators=[validators.validate_storable],
    )
    email = StrictCharField(max_length=validators.EMAIL_MAX, validators=[validators.validate_email])
    age = StrictIntegerField(min_value=validators.AGE_MIN, max_value=validators.AGE_MAX)

    class Meta:
        model = User
        fields = ("id", "username", "email", "age")


class OrderSerializer(serializers.ModelSerializer):
    """An order of a user."""

    class Meta:
        model = Order
        fields = ("id", "status", "total", "created_at")


class UserDetailSerializer(UserSerializer):
    """A user with its orders, oldest first."""

    orders = OrderSerializer(many=True, read_only=True)

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "orders")


class UserPageSerializer(serializers.Serializer):
    """A page of users, and where the next page begins."""

    items = UserSerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class UserPageQuery(serializers.Serializer):
    """Number of users, and the id after which they begin."""

    limit = DigitsField(
        min_value=1, max_value=validators.PAGE_LIMIT_MAX, default=validators.PAGE_LIMIT_DEFAULT
    )
    after = DigitsField(min_value=0, default=0)


class ProductSerializer(serializers.ModelSerializer):
    """A product."""

    category_id = serializers.IntegerField()

    class Meta:
        model = Product
        fields = ("id", "name", "price", "category_id")


class CategorySerializer(serializers.ModelSerializer):
    """A category."""

    class Meta:
        model = Category
        fields = ("id", "name")


class ReviewSerializer(serializers.ModelSerializer):
    """A review."""

    product_id = serializers.IntegerField()

    class Meta:
        model = Review
        fields = ("id", "product_id", "rating", "text", "created_at")


class SearchSerializer(serializers.Serializer):
    """Results of a search."""

    products = ProductSerializer(many=True)
    categories = CategorySerializer(many=True)
    reviews = ReviewSerializer(many=True)


class SearchQuery(serializers.Serializer):
    """Text to search for, literally."""

    q = serializers.CharField(
        max_length=validators.SEARCH_MAX,
        trim_whitespace=False,
        validators=[validators.validate_storable],
    )


class CredentialsSerializer(serializers.Serializer):
    """The OAuth2 password form."""

    username = serializers.CharField(trim_whitespace=False)
    password = serializers.CharField(trim_whitespace=False)


class TokenSerializer(serializers.Serializer):
    """A bearer token and its lifetime in seconds."""

    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()


class SalesDaySerializer(serializers.Serializer):
    """One day's sales."""

    date = serializers.DateField()
    orders = serializers.IntegerField()
    total = serializers.DecimalField(max_digits=14, decimal_places=2)


class DashboardSerializer(serializers.Serializer):
    """The dashboard; an upstream without a response is null and named in `missing`."""

    users = serializers.IntegerField()
    sales = SalesDaySerializer(many=True)
    inventory = serializers.JSONField(allow_null=True)
    analytics = serializers.JSONField(allow_null=True)
    missing = serializers.ListField(child=serializers.CharField())


class SourcesQuery(serializers.Serializer):
    """Number of sources, and the delay of each."""

    count = DigitsField(
        min_value=1, max_value=validators.SOURCES_MAX, default=validators.SOURCES_DEFAULT
    )
    delay_ms = DigitsField(
        min_value=0, max_value=validators.DELAY_MAX_MS, default=validators.DELAY_DEFAULT_MS
    )


class SourceSerializer(serializers.Serializer):
    """The value of a source."""

    source = serializers.IntegerField()
    value = serializers.IntegerField()


class SourcesSerializer(serializers.Serializer):
    """The value of each source, by number; null for a source without a response."""

    sources = serializers.ListField(child=SourceSerializer(allow_null=True))


class PoolSerializer(serializers.Serializer):
    """How often a connection was taken, and the total time waited for them."""

    taken = serializers.IntegerField()
    waited_ms = serializers.IntegerField()


class PingSerializer(serializers.Serializer):
    """Report that the service is running."""

    ok = serializers.BooleanField()


class ErrorSerializer(serializers.Serializer):
    """Description of an error."""

    detail = serializers.CharField()
