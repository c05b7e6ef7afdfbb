"""A model of eight words, made in a test: what a folder with a transformer looks like."""

from hashlib import sha256
from pathlib import Path

import pytest

VOCABULARY = ("[PAD]", "[UNK]", "good", "bad", "phone", "хорошо", "плохо", "very")
NEGATIVE = (0.0, 0.0, -2.0, 2.0, 0.0, -2.0, 2.0, 0.0)


def make(folder: Path, *, outputs: int = 2) -> Path:
    """Write the model, its tokenizer and their manifest; skips where the extra is not installed."""
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    tokenizers = pytest.importorskip("tokenizers")
    folder.mkdir()
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({w: n for n, w in enumerate(VOCABULARY)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx.save(_network(onnx, outputs), folder / "model.onnx")
    sign(folder)
    return folder


def sign(folder: Path) -> None:
    """Write the manifest of the files as they are."""
    names = ("model.onnx", "tokenizer.json")
    lines = [f"{sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


def _network(onnx: object, outputs: int) -> object:
    """The sum of what its words weigh, negative and positive, where the mask has them."""
    from onnx import TensorProto, helper, numpy_helper

    numpy = pytest.importorskip("numpy")
    weights = [[each, *[0.0] * (outputs - 2), -each][:outputs] for each in NEGATIVE]
    table = numpy_helper.from_array(numpy.array(weights, dtype="float32"), "table")
    axes = numpy_helper.from_array(numpy.array([1], dtype="int64"), "axes")
    last = numpy_helper.from_array(numpy.array([2], dtype="int64"), "last")
    kind = TensorProto.INT64
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["weights"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide_mask"]),
        helper.make_node("Mul", ["weights", "wide_mask"], ["seen"]),
        helper.make_node("ReduceSum", ["seen", "axes"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(n, kind, ["b", "t"])
            for n in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", outputs])],
        [table, axes, last],
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)
