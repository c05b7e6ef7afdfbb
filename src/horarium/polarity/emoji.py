"""Emoji and emoticons that judge, for texts that VADER does not read."""

import re

_BY_WEIGHT = {
    3.0: "😍🥰🤩😻💯🔥🏆🥇💎",
    2.2: "❤💖💗💓💕💝💛💚💙💜🧡👍👏🙌😘😁😃😄😊🙂☺😀🤗😇🥳🎉🌟⭐✨💪👌🤝🙏😎😋🌹💐✅",
    1.2: "😉😌😂🤣😆😅🆗✔",
    -1.2: "😐😑😕🤔🙄😬😒🤷😳❓",
    -2.2: "☹🙁😞😟😔😢😭😩😫😓😖😣😥😰😨😱💔👎🤦❌🚫🥴🤕😪",
    -3.0: "😠😡🤬👿😤🤮🤢💩🖕☠💀🗑",
}
WEIGHTS = {each: weight for weight, signs in _BY_WEIGHT.items() for each in signs}

_SMILES = re.compile(r"[:;=8][-']?[)D\]]+|\){2,}|\^_\^|<3")
_FROWNS = re.compile(r"[:;=][-']?[(\[]+|\({2,}")
_CHAR = re.compile("[" + "".join(WEIGHTS) + "]")

MOST = 3
"""Signs of one kind that count: a row of twenty hearts is one feeling."""


def valence(text: str) -> float | None:
    """The sum of what the signs in a text weigh; `None`: it has none."""
    signs = _CHAR.findall(text)
    smiles, frowns = len(_SMILES.findall(text)), len(_FROWNS.findall(text))
    if not signs and not smiles and not frowns:
        return None
    total = sum(WEIGHTS[each] * min(signs.count(each), MOST) for each in set(signs))
    return total + 1.5 * min(smiles, MOST) - 1.5 * min(frowns, MOST)
