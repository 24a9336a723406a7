"""Repeated blocks are found by structure: the numbers of blocks are those of the papers."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from auditor.costs.count import count
from auditor.model.load import load
from auditor.picture.graph import Box, Change, Connection, Frame, GraphPicture, OperatorKind, Role, Sort, TensorMade
from auditor.picturing.block_titles import block_title, common_name, dominant_kind
from auditor.picturing.blocks import folded
from auditor.picturing.graph import unfolded
from auditor.shapes.facts import infer

from ..corpus import DATA


def light(name: str) -> GraphPicture:
    model = load(DATA / "light" / f"light_{name}.onnx")
    facts = infer(model)
    return unfolded(model, facts, count(facts))


def folds(picture: GraphPicture) -> list[str]:
    return [box.op for box in picture.frames[0].boxes if box.role is Role.FOLD]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("resnet50", ["Bottleneck × 16"]),  # He et al. 2015, table 1: 3 + 4 + 6 + 3
        ("densenet121", [f"Dense layer × {n}" for n in (6, 12, 24, 16)]),  # Huang et al. 2016, table 1
        ("inception_v1", [f"Inception module × {n}" for n in (2, 5, 2)]),  # Szegedy et al. 2014: 3a-3b, 4a-4e, 5a-5b
    ],
)
def test_the_blocks_are_those_of_the_paper(model: str, expected: list[str]) -> None:
    assert folds(folded(light(model))) == expected


def test_a_projection_is_part_of_its_block() -> None:
    picture = folded(light("resnet50"))
    blocks = next(f for f in picture.frames if f.repeats == 16)
    convolutions = [
        sum(box.op == "Conv" for box in picture.frames[block.inside[0]].boxes)
        for block in blocks.boxes
        if block.role is Role.FOLD
    ]
    stages = [4, 3, 3, 4, 3, 3, 3, 4, 3, 3, 3, 3, 3, 4, 3, 3]  # the first block of each stage has a fourth
    assert convolutions == stages


def test_a_fold_sums_what_is_inside() -> None:
    whole, picture = light("resnet50"), folded(light("resnet50"))
    assert total(picture.frames[0].boxes, "macs") == total(whole.frames[0].boxes, "macs")
    assert total(picture.frames[0].boxes, "parameters") == total(whole.frames[0].boxes, "parameters")
    (fold,) = (box for box in picture.frames[0].boxes if box.role is Role.FOLD)
    assert fold.kind is OperatorKind.CONV
    assert [made.text for made in fold.made] == ["float32 [1, 2048, 7, 7]"]


def total(boxes: Sequence[Box], count: str) -> int:
    return sum(getattr(box, count) for box in boxes)


def test_frames_know_who_opens_them() -> None:
    picture = folded(light("densenet121"))
    for place, frame in enumerate(picture.frames[1:], 1):
        assert [box.inside for box in picture.frames[frame.parent].boxes].count((place,)) == 1


def chain(operators: Sequence[str], **others: Change) -> GraphPicture:
    boxes = [Box("input", "x", role=Role.INPUT)]
    boxes += [Box(op, f"{op}[{i}]", node=i, change=others.get(f"n{i}")) for i, op in enumerate(operators)]
    wires = tuple(Connection(i, i + 1, f"t{i}") for i in range(len(operators)))
    return GraphPicture((Frame(Sort.MAIN, "g", tuple(boxes), wires),))


def test_few_boxes_stay_as_they_are() -> None:
    picture = chain(["Conv", "Relu"] * 11)
    assert folded(picture) == picture


def test_a_long_run_is_parted_into_hundreds() -> None:
    picture = folded(chain(["Relu"] * 30_000))
    assert max(len(frame.boxes) for frame in picture.frames) <= 102
    assert folds(picture) == ["Relu × 30,000"]
    first = picture.frames[picture.frames[0].boxes[1].inside[0]]
    assert [box.label for box in first.boxes if box.role is Role.FOLD] == [
        "1 to 10,000",
        "10,001 to 20,000",
        "20,001 to 30,000",
    ]


def test_small_blocks_share_a_frame() -> None:
    """A frame for each of four hundred blocks of two boxes would be more frame than picture."""
    picture = folded(chain(["Conv", "Relu"] * 400))
    assert folds(picture) == ["Conv-Relu × 400"]
    whole = picture.frames[picture.frames[0].boxes[1].inside[0]]
    parts = [box for box in whole.boxes if box.role is Role.FOLD]
    assert [(box.op, box.label) for box in parts[:2]] == [("Conv-Relu × 20", "1 to 20"), ("Conv-Relu × 20", "21 to 40")]
    assert [box.op for box in picture.frames[parts[0].inside[0]].boxes if box.role is Role.NODE] == [
        "Conv",
        "Relu",
    ] * 20


def test_what_changed_is_not_folded() -> None:
    same = folds(folded(chain(["Conv", "Relu"] * 20)))
    assert same == ["Conv-Relu × 20"]
    changed = folded(chain(["Conv", "Relu"] * 20, n20=Change.CHANGED))
    assert folds(changed) == ["Conv-Relu × 10", "Relu-Conv × 9"]
    assert any(box.node == 20 for box in changed.frames[0].boxes)


def test_two_branches_are_no_run() -> None:
    """Two equal ways side by side are not one behind the other."""
    boxes = [Box("input", "x", role=Role.INPUT)]
    wires = []
    for way in range(2):
        for step in range(15):
            boxes.append(Box(f"Op{step}", f"{way}.{step}", node=len(boxes)))
            wires.append(Connection(0 if step == 0 else len(boxes) - 2, len(boxes) - 1, f"{way}.{step}"))
    boxes.append(Box("Join", "join", node=len(boxes)))
    wires += [Connection(15, 31, "a"), Connection(30, 31, "b")]
    picture = GraphPicture((Frame(Sort.MAIN, "g", tuple(boxes), tuple(wires)),))
    assert folds(folded(picture)) == []


@pytest.mark.parametrize("seed", range(40))
def test_every_box_stands_in_one_frame_and_wires_lead_on(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.randint(25, 300)
    boxes = [Box("input", "x", role=Role.INPUT)]
    boxes += [Box(rng.choice("ABC"), f"a.b{i}", node=i) for i in range(size)]
    wires = {}
    for target in range(1, size + 1):
        for _ in range(rng.randint(1, 2)):
            source = max(0, target - rng.choice([1, 1, 1, 2, 3, 7, 50]))
            wires[source, target] = Connection(source, target, f"t{source}")
    before = GraphPicture((Frame(Sort.MAIN, "g", tuple(boxes), tuple(wires.values())),))
    after = folded(before)
    nodes = [box.node for frame in after.frames for box in frame.boxes if box.role is Role.NODE]
    assert sorted(nodes) == list(range(size))
    for frame in after.frames:
        assert all(0 <= wire.source < wire.target < len(frame.boxes) for wire in frame.wires)
    # From box to box the same tensors lead, through ports or not.
    taken = {(box.node, tensor) for box, tensor in takers(before)}
    assert {(box.node, tensor) for box, tensor in takers(after) if box.role is Role.NODE} == taken


def takers(picture: GraphPicture) -> list[tuple[Box, str]]:
    return [(frame.boxes[wire.target], wire.tensor) for frame in picture.frames for wire in frame.wires]


def conv(kernel: str, *, group: int = 1, channels: int = 8) -> Box:
    attributes = (("kernel_shape", kernel), ("group", str(group)))
    return Box("Conv", "c", made=(TensorMade("t", f"float32 [1, {channels}, 4, 4]"),), attributes=attributes)


def boxes(*operators: str) -> list[Box]:
    return [Box(op, op) for op in operators]


@pytest.mark.parametrize(
    ("block", "title"),
    [
        ([conv("[1, 1]"), conv("[3, 3]"), conv("[1, 1]"), *boxes("Add")], "Bottleneck"),
        ([conv("[1, 1]", channels=64), conv("[3, 3]", group=64, channels=64), conv("[1, 1]")], "Inverted residual"),
        ([conv("[3, 3]"), conv("[3, 3]"), *boxes("Add")], "Basic block"),
        (boxes("MatMul", "MatMul", "MatMul", "MatMul", "Softmax", "MatMul", "MatMul", "Add"), "Transformer layer"),
        (boxes("MatMul", "Softmax", "MatMul"), "Attention"),
        (boxes("Conv", "Conv", "Relu", "MaxPool"), "Conv-Relu-MaxPool"),
        (boxes("A", "B", "C", "D", "E", "F"), "A-B-C-D-E…"),
    ],
)
def test_a_block_is_called_by_its_operators(block: list[Box], title: str) -> None:
    assert block_title(block) == title


def test_names_say_which_block_it_is() -> None:
    assert common_name([Box("Conv", "layer1.0.conv1"), Box("Relu", "layer1.0.relu")]) == "layer1.0"
    assert common_name([Box("Conv", "n12"), Box("Relu", "n13")]) == ""


def test_the_kind_of_a_block_is_that_of_its_products() -> None:
    relu = Box("Relu", "r", OperatorKind.ACTIVATION)
    assert dominant_kind([relu, relu, Box("Conv", "c", OperatorKind.CONV)]) is OperatorKind.CONV
    assert dominant_kind([relu, relu, Box("Add", "a", OperatorKind.ELEMENTWISE)]) is OperatorKind.ACTIVATION
    assert dominant_kind([Box("Shape", "s", small=True)]) is OperatorKind.SHAPE
