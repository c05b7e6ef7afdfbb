"""The shop: users, products, orders and reviews, which the built-in reports read.

Functions take a connection first, and nobody here commits. Each `create_…` returns what it made,
each `read_…` raises `NotFound`, each `list_…` gives a `Page`.
"""

from horarium.shop import money, sample
from horarium.shop.imports import (
    MAPPINGS,
    BadLine,
    BadLines,
    Counts,
    Imported,
    Progress,
    import_orders,
)
from horarium.shop.orders import Item, Kind, Order, Status, list_orders, read_order
from horarium.shop.pages import Page
from horarium.shop.placement import InsufficientStock, NewItem, NewOrder, create_order
from horarium.shop.products import (
    NewProduct,
    Product,
    create_product,
    list_products,
    read_product,
)
from horarium.shop.profiles import Profile, profile, settle_profile
from horarium.shop.reviews import (
    NewReview,
    Review,
    ReviewChange,
    ReviewFilter,
    ReviewOrder,
    change_review,
    create_review,
    delete_review,
    list_reviews,
    read_review,
)
from horarium.shop.users import NewUser, User, create_user, list_users, read_user

__all__ = [
    "MAPPINGS",
    "BadLine",
    "BadLines",
    "Counts",
    "Imported",
    "InsufficientStock",
    "Item",
    "Kind",
    "NewItem",
    "NewOrder",
    "NewProduct",
    "NewReview",
    "NewUser",
    "Order",
    "Page",
    "Product",
    "Profile",
    "Progress",
    "Review",
    "ReviewChange",
    "ReviewFilter",
    "ReviewOrder",
    "Status",
    "User",
    "change_review",
    "create_order",
    "create_product",
    "create_review",
    "create_user",
    "delete_review",
    "import_orders",
    "list_orders",
    "list_products",
    "list_reviews",
    "list_users",
    "money",
    "profile",
    "read_order",
    "read_product",
    "read_review",
    "read_user",
    "sample",
    "settle_profile",
]
