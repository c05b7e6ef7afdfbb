"""Which scorer a process uses: a folder's model if it can be trusted and run, else the lexicons."""

from pathlib import Path

import structlog

from horarium.errors import HorariumError
from horarium.polarity.scorer import Scorer

_log = structlog.get_logger()


def chosen_scorer(folder: Path | None) -> Scorer:
    """The scorer of a model's folder; without one, or with one that is of no use, the lexicons'.

    Reviews are scored in the background and nobody would see an error there: what is wrong with
    the folder is logged once.
    """
    if folder is None:
        return Scorer()
    # Brings NumPy and ONNX Runtime, which nobody else needs.
    from horarium.polarity.transformer import open_model

    try:
        model = open_model(folder)
    except HorariumError as error:
        _log.warning("the polarity model is not used; the lexicons are", reason=str(error))
        return Scorer()
    _log.info("polarity is scored by a model", model=model.name)
    return Scorer(model)
