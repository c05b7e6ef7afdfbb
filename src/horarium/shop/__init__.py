"""The shop: users, products, orders and reviews, which the built-in reports read.

Functions take a connection first, and nobody here commits but the `Till`. Each `create_…` returns
what it made, each `read_…` raises `NotFound`, each `list_…` gives a `Listing`, that of reviews a
`Page`.
"""

from horarium.shop import money, sample
from horarium.shop.changes import OrderChange, cancel_order, change_order, delete_order
from horarium.shop.cursors import Listing
from horarium.shop.imports import (
    MAPPINGS,
    BadLine,
    BadLines,
    Counts,
    Imported,
    Progress,
    column_map,
    import_orders,
)
from horarium.shop.orders import Item, Kind, Order, Status, list_orders, read_order
from horarium.shop.pages import Page
from horarium.shop.placement import create_order
from horarium.shop.products import (
    NewProduct,
    Product,
    ProductChange,
    change_product,
    create_product,
    delete_product,
    list_products,
    read_product,
)
from horarium.shop.profiles import Profile, profile, settle_profile
from horarium.shop.request import InsufficientStock, NewItem, NewOrder
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
from horarium.shop.till import Till
from horarium.shop.users import (
    NewUser,
    User,
    UserChange,
    change_user,
    create_user,
    delete_user,
    list_users,
    read_user,
)
from horarium.shop.versions import Outdated

__all__ = [
    "MAPPINGS",
    "BadLine",
    "BadLines",
    "Counts",
    "Imported",
    "InsufficientStock",
    "Item",
    "Kind",
    "Listing",
    "NewItem",
    "NewOrder",
    "NewProduct",
    "NewReview",
    "NewUser",
    "Order",
    "OrderChange",
    "Outdated",
    "Page",
    "Product",
    "ProductChange",
    "Profile",
    "Progress",
    "Review",
    "ReviewChange",
    "ReviewFilter",
    "ReviewOrder",
    "Status",
    "Till",
    "User",
    "UserChange",
    "cancel_order",
    "change_order",
    "change_product",
    "change_review",
    "change_user",
    "column_map",
    "create_order",
    "create_product",
    "create_review",
    "create_user",
    "delete_order",
    "delete_product",
    "delete_review",
    "delete_user",
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
