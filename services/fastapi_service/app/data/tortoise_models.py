"""The tables as Tortoise models. The shared schema is created elsewhere."""

from tortoise import Model, fields


class User(Model):
    id = fields.IntField(primary_key=True)
    username = fields.CharField(50, unique=True)
    email = fields.CharField(254)
    age = fields.SmallIntField()
    orders: fields.ReverseRelation["Order"]

    class Meta:
        table = "users"


class Order(Model):
    id = fields.IntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="orders"
    )
    status = fields.CharField(20)
    total = fields.DecimalField(10, 2)
    created_at = fields.DatetimeField()

    class Meta:
        table = "orders"
        ordering = ("id",)


class Account(Model):
    id = fields.IntField(primary_key=True)
    username = fields.TextField()  # a CharField would reject a query for a name that is too long
    password_hash = fields.CharField(200)

    class Meta:
        table = "accounts"


class Category(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(50, unique=True)

    class Meta:
        table = "categories"


class Product(Model):
    id = fields.IntField(primary_key=True)
    category: fields.ForeignKeyRelation[Category] = fields.ForeignKeyField("models.Category")
    category_id: int
    name = fields.CharField(200)
    price = fields.DecimalField(10, 2)

    class Meta:
        table = "products"


class Review(Model):
    id = fields.IntField(primary_key=True)
    product: fields.ForeignKeyRelation[Product] = fields.ForeignKeyField("models.Product")
    product_id: int
    rating = fields.SmallIntField()
    text = fields.CharField(500)
    created_at = fields.DatetimeField()

    class Meta:
        table = "reviews"


class Sale(Model):
    id = fields.IntField(primary_key=True)
    date = fields.DateField()
    amount = fields.DecimalField(10, 2)

    class Meta:
        table = "sales"
