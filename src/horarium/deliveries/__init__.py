"""Deliveries: final revisions of reports, sent by mail or signed webhook, once to each reader."""

from horarium.deliveries.records import Delivery, DeliveryState, list_deliveries, read_delivery
from horarium.deliveries.route import Route, routes
from horarium.deliveries.tasks import DeliveryTasks
from horarium.deliveries.webhook import NotDelivered, Undeliverable, signature

__all__ = [
    "Delivery",
    "DeliveryState",
    "DeliveryTasks",
    "NotDelivered",
    "Route",
    "Undeliverable",
    "list_deliveries",
    "read_delivery",
    "routes",
    "signature",
]
