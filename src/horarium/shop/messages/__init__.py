"""Acts that arrive as messages on RabbitMQ: orders and products, as the API takes them.

A message is JSON, ``{"action": "create", "data": {...}, "event_id": "..."}``. `acts` reads one,
`intake` does many in one transaction, `consumer` stands between that and RabbitMQ.
"""

from horarium.shop.messages.counts import Count, message_counts
from horarium.shop.messages.outcome import Outcome

__all__ = ["Count", "Outcome", "message_counts"]
