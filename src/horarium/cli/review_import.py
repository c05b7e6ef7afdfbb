"""`horarium import --format olist-reviews`: reviews from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from horarium.cli.output import console, print_json

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.shop.imports.reviews import ImportedReviews


def import_review_file(file: Path, *, zone: str, skip_bad: Path | None, json: bool) -> None:
    """Import reviews; the jobs that score their texts are written in the same transaction."""
    from horarium.cli.opening import work
    from horarium.shop.imports.reviews import import_reviews

    async def act(app: "Horarium") -> "ImportedReviews":
        await app.require_ready()
        async with app.database.transaction() as connection:
            done = await import_reviews(connection, file, zone=zone, skip_bad=skip_bad)
            if app.polarities is not None:
                await app.polarities.enqueue_reviews(done.unscored)
        return done

    done = work(act)
    if json:
        shown = {name: getattr(done, name) for name in done.__struct_fields__}
        print_json({**shown, "unscored": len(done.unscored)})
        return
    out = console()
    out.print(f"{done.lines:,} lines read, {done.bad:,} of them left out as malformed.")
    out.print(f"Reviews: {done.added:,} added, {done.changed:,} changed.")
    if done.without_order:
        out.print(f"{done.without_order:,} are of orders that the shop does not have.")
    out.print(f"{len(done.unscored):,} texts are scored in the background.")
