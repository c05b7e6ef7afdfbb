"""A transformer from a local folder, run by ONNX Runtime: an optional extra (`horarium[polarity]`).

The folder has ``model.onnx``, ``tokenizer.json`` and ``SHA256SUMS``, as ``sha256sum`` writes it. A
file that is not the one that the manifest names is not loaded. The model takes `input_ids` and
`attention_mask` (`token_type_ids`, where it has them) and gives logits of two or three classes, in
the order negative, (neutral,) positive; the polarity is the probability of positive less that of
negative.
"""

import importlib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from horarium.errors import HorariumError

MODEL, TOKENIZER, MANIFEST = "model.onnx", "tokenizer.json", "SHA256SUMS"
LONGEST = 256
"""Tokens of a text that the model reads; what follows them it does not."""

AT_ONCE = 32


class UnusableModel(HorariumError):
    """A folder that names no model, one that is not the promised one, or one that cannot be run."""


class Transformer:
    """A model that has been checked and opened."""

    def __init__(self, name: str, session: Any, tokenizer: Any) -> None:
        self.name = name
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = {each.name for each in session.get_inputs()}

    def score(self, texts: Sequence[str]) -> list[float]:
        """A polarity from -1 to 1 for each text."""
        scores: list[float] = []
        for start in range(0, len(texts), AT_ONCE):
            scores += self._score(list(texts[start : start + AT_ONCE]))
        return scores

    def _score(self, texts: list[str]) -> list[float]:
        numpy = _module("numpy")
        encoded = self._tokenizer.encode_batch(texts)
        fed = {
            "input_ids": [each.ids for each in encoded],
            "attention_mask": [each.attention_mask for each in encoded],
            "token_type_ids": [each.type_ids for each in encoded],
        }
        fed = {name: numpy.array(fed[name], dtype="int64") for name in fed if name in self._inputs}
        logits = self._session.run(None, fed)[0]
        odds = numpy.exp(logits - logits.max(axis=-1, keepdims=True))
        shares = odds / odds.sum(axis=-1, keepdims=True)
        return [round(float(each[-1] - each[0]), 4) for each in shares]


def open_model(folder: Path) -> Transformer:
    """The model of a folder.

    Raises:
        UnusableModel: a file is missing or not the one that the manifest names, the extra is not
            installed, or the model takes or gives something else.
    """
    digest = check_files(folder)
    runtime, tokenizers = _module("onnxruntime"), _module("tokenizers")
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        session = runtime.InferenceSession(folder / MODEL, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise UnusableModel(f"{folder}: the model cannot be opened: {error}") from error
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()
    model = Transformer(f"{folder.name}@{digest[:12]}", session, tokenizer)
    _try(folder, model)
    return model


def check_files(folder: Path) -> str:
    """Compare the files with the manifest; returns the hash of the model.

    Raises:
        UnusableModel: a file is missing, not named there, or another one.
    """
    named = _manifest(folder)
    for name in (MODEL, TOKENIZER):
        if name not in named:
            raise UnusableModel(f"{folder / MANIFEST} does not name {name}; it has to")
        if (found := _digest(folder / name)) != named[name]:
            reason = f"its sha256 is {found[:12]}…, {MANIFEST} says {named[name][:12]}…"
            raise UnusableModel(f"{folder / name} is not the file that was promised: {reason}")
    return named[MODEL]


def _manifest(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / MANIFEST).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableModel(f"{folder / MANIFEST} cannot be read: {error}") from error
    pairs = (line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) == 2)
    return {name.lstrip("*"): digest.lower() for digest, name in pairs}


def _digest(path: Path) -> str:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise UnusableModel(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UnusableModel(
            f"{name} is not installed; a polarity model needs: pip install 'horarium[polarity]'"
        ) from None


def _try(folder: Path, model: Transformer) -> None:
    """Score one text: a model of another kind fails here, and not in a job."""
    try:
        score = model.score(["good"])[0]
    except Exception as error:
        raise UnusableModel(f"{folder}: the model cannot score a text: {error}") from error
    if not -1 <= score <= 1:
        raise UnusableModel(f"{folder}: the model gives {score}, which is no polarity")
