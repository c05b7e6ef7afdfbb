"""Versions: an edit names the state that it was made from, so that none undoes another unseen.

Each row of users, products and orders carries a version that no other state of any row has
(``shop.renew_version``). Whoever edits passes the versions that it knows; with `ANY` it says that
it edits whatever is there.
"""

from collections.abc import Collection

from horarium.errors import Conflict

Versions = Collection[int] | None
ANY: Versions = None


class Outdated(Conflict):
    """What was to be edited has been changed since its editor read it; nothing was changed."""


def check_version(what: str, version: int, known: Versions) -> None:
    """Refuse an edit that was made from another state.

    Args:
        what: as it is named in the sentence, such as ``order 17``.

    Raises:
        Outdated: the version is none of those that the editor knows.
    """
    if known is not None and version not in known:
        raise Outdated(
            f"{what} was changed meanwhile: its version is {version}; read it again, then edit it"
        )
