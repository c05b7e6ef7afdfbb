"""A model of a local folder: checked, used, and passed over where it is not what was promised."""

import importlib
from pathlib import Path
from typing import Any

import pytest
import tiny_model

from horarium.polarity import LEXICON, Language, chosen_scorer
from horarium.polarity.transformer import UnusableModel, check_files, open_model


def test_a_model_scores_what_has_words(tmp_path: Path) -> None:
    scorer = chosen_scorer(tiny_model.make(tmp_path / "tiny"))
    texts = ["very good phone", "плохо", "", "the phone", "Sehr gut und schnell"]
    good, bad, nothing, neither, foreign = scorer.score(texts)
    assert good.model.startswith("tiny@")
    assert (good.language, bad.language) == (Language.ENGLISH, Language.RUSSIAN)
    assert (good.polarity or 0) > 0.9
    assert (bad.polarity or 0) < -0.9
    assert neither.polarity == 0
    assert scorer.score(["\ud800 go\u00adod"])[0].polarity == scorer.score(["good"])[0].polarity
    assert (nothing.polarity, foreign.polarity) == (None, None)


def test_three_classes_and_many_texts(tmp_path: Path) -> None:
    model = open_model(tiny_model.make(tmp_path / "tiny", outputs=3))
    scores = model.score(["good", "bad bad bad", "phone " * 1000] * 30)
    assert len(scores) == 90
    assert scores[0] > 0.5
    assert scores[1] < -0.9
    assert scores[2] == 0


def test_another_file_than_the_promised_one_is_not_loaded(tmp_path: Path) -> None:
    folder = tiny_model.make(tmp_path / "tiny")
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(UnusableModel, match="promised"):
        open_model(folder)
    assert chosen_scorer(folder).score(["good"])[0].model == LEXICON


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json", "SHA256SUMS"])
def test_a_file_that_is_missing(tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    for name in {"model.onnx", "tokenizer.json"} - {missing}:
        (folder / name).write_bytes(b"x")
    if missing != "SHA256SUMS":
        (folder / "SHA256SUMS").write_text("".join(f"{'0' * 64}  {n}\n" for n in (missing,)))
    with pytest.raises(UnusableModel):
        check_files(folder)
    assert chosen_scorer(folder).model is None


def test_files_that_are_no_model(tmp_path: Path) -> None:
    folder = tiny_model.make(tmp_path / "tiny")
    (folder / "model.onnx").write_bytes(b"no model")
    tiny_model.sign(folder)
    with pytest.raises(UnusableModel, match="cannot be opened"):
        open_model(folder)
    assert chosen_scorer(folder).model is None


def test_the_extra_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_model.make(tmp_path / "tiny")
    found = importlib.import_module

    def absent(name: str, *rest: Any) -> Any:
        if name == "onnxruntime":
            raise ImportError(name)
        return found(name, *rest)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(UnusableModel, match="not installed"):
        open_model(folder)
    assert chosen_scorer(folder).score(["good"])[0].model == LEXICON


def test_without_a_folder_the_lexicons() -> None:
    assert chosen_scorer(None).score(["good"])[0].model == LEXICON
