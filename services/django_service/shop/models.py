"""The shared tables. Django reads and writes them but does not own them: managed = False."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from shop import validators
from shop.passwords import PasswordHashField


class User(models.Model):
    """A customer. Customers do not sign in; an Account does."""

    username = models.CharField(
        max_length=validators.USERNAME_MAX, unique=True, validators=[validators.validate_username]
    )
    email = models.CharField(
        max_length=validators.EMAIL_MAX, validators=[validators.validate_email]
    )
    age = models.SmallIntegerField(validators=validators.validate_age)

    class Meta:
        managed = False
        db_table = "users"

    def __str__(self) -> str:
        return self.username


class Order(models.Model):
    """An order of a user. The database deletes orders with their user, hence DO_NOTHING."""

    user = models.ForeignKey(User, on_delete=models.DO_NOTHING, related_name="orders")
    status = models.CharField(max_length=20)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "orders"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"Order {self.pk}"


class Account(AbstractBaseUser):
    """An account for signing in. Staff may do everything in the admin."""

    username = models.CharField(max_length=50, unique=True)
    password = PasswordHashField(db_column="password_hash", max_length=200)
    is_staff = models.BooleanField(default=False)
    last_login = None

    objects = BaseUserManager()
    USERNAME_FIELD = "username"

    class Meta:
        managed = False
        db_table = "accounts"

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Return whether the account has a permission in the admin."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """Return whether the account sees the app in the admin."""
        return self.is_staff


class Category(models.Model):
    """A category of products."""

    name = models.CharField(max_length=50, unique=True)

    class Meta:
        managed = False
        db_table = "categories"
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product for sale."""

    category = models.ForeignKey(Category, on_delete=models.DO_NOTHING, related_name="products")
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        managed = False
        db_table = "products"

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """A review of a product."""

    product = models.ForeignKey(Product, on_delete=models.DO_NOTHING, related_name="reviews")
    rating = models.SmallIntegerField()
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "reviews"

    def __str__(self) -> str:
        return f"Review {self.pk}"


class Sale(models.Model):
    """A sale of a product on a day."""

    product = models.ForeignKey(Product, on_delete=models.DO_NOTHING, related_name="sales")
    date = models.DateField()
    quantity = models.SmallIntegerField()
    amount = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        managed = False
        db_table = "sales"

    def __str__(self) -> str:
        return f"Sale {self.pk}"
