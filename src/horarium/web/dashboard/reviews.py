"""The reviews of a day as one sentence of the page. Pure."""

from horarium.reports import ReviewFigures
from horarium.web.wording import number


def reviews_line(reviews: ReviewFigures) -> str:
    """How many reviews the day has, how they judge, and the orders of the worst; empty: none."""
    if not reviews.count:
        return ""
    parts = [f"{number(reviews.count)} {'review' if reviews.count == 1 else 'reviews'}"]
    if reviews.mean_polarity is not None:
        parts.append(f"mean polarity {_signed(reviews.mean_polarity)}")
    if reviews.unscored:
        parts.append(f"{number(reviews.unscored)} still to be scored")
    worst = [
        f"order {each.order_id} ({_signed(each.polarity)})"
        for each in reviews.worst
        if each.order_id is not None
    ]
    return ", ".join(parts) + (f"; the worst are of {', '.join(worst)}." if worst else ".")


def _signed(polarity: float) -> str:
    """As people read it: with its sign, and a true minus."""
    return f"{polarity:+.2f}".replace("-", "\N{MINUS SIGN}")
