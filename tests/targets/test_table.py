"""How rows of the table are made of what releases answer."""

from __future__ import annotations

from typing import Any

import onnx

from auditor.targets.known import ELSE, NUMBER_MAP, OPTIONAL, SEQUENCE, SOME_ELSE, WORD_MAP, NodePlace

from .sweep import Answer, answered, bit, choices, within
from .table import end_of, written

FLOATS = ["tensor(double)", "tensor(float)", "tensor(float16)"]


def schema(name: str, **changes: Any) -> dict[str, Any]:
    made = {
        "domain": "", "name": name, "since": 7, "deprecated": False, "counts": [1, 2, 1, 1],
        "inputs": [["X", "T", "Single", FLOATS], ["W", "T2", "Optional", FLOATS]],
        "outputs": [["Y", "T", "Single", FLOATS]], "attributes": {"axis": ["INT", True]},
    }  # fmt: skip
    return made | changes


def release(
    version: str, schemas: list[dict[str, Any]], kernels: list[Any], swept: list[Any], told: bool = True
) -> Any:
    bounds = {"ir_version": 9, "opsets": {"": 19}, "dtypes": 0x802}
    return {"version": version, "schemas": schemas, "kernels": kernels, "told": told, "bounds": bounds, "swept": swept}


def swept(name: str, *said: Answer, domain: str = "", since: int = 7, **more: Any) -> dict[str, Any]:
    return {"domain": domain, "name": name, "since": since, "said": [one.value for one in said]} | more


def lines(*answers: Any, ours: tuple[str, ...] = ("Op", "Fn", "Old")) -> list[str]:
    text = written(list(answers), frozenset(("", name) for name in ours))
    return [line for line in text.splitlines() if "|" in line]


def test_kernels_of_a_release_that_tells_them() -> None:
    every = [schema("Op"), schema("Fn"), schema("Mine", domain="com.x")]
    none = (Answer.NO_KERNEL,) * 3
    kernels = [
        ["", "Op", 7, 2147483647, {"T": ["tensor(float)"]}],
        ["", "Op", 1, 2147483647, {"T": ["tensor(float16)"]}],  # open, and of another version: it is not found
        ["", "Op", 6, 9, {"T": ["tensor(double)", "tensor(int8)"], "T2": ["tensor(float)"]}],
        ["com.x", "Mine", 7, 7, {"X": ["tensor(float)"]}],
    ]
    first = release(
        "1.1", every, kernels[:1], [swept("Op", *none), swept("Fn", *none), swept("Mine", *none, domain="com.x")]
    )
    loads = (Answer.LOADS, Answer.LOADS, Answer.LOADS)
    second = release(
        "1.2",
        every,
        kernels,
        [swept("Op", *loads), swept("Fn", Answer.LOADS, *none[1:]), swept("Mine", *none, domain="com.x")],
    )
    assert lines(first, second) == [
        "1.1|9|802| 19", "1.2|9|802| 19",
        "Fn|7|-0|", "Fn|7|1-|0:800",  # it loads by a function's body
        "Op|7|-0|0:2", "Op|7|1-|0:2 0:800,1:2",
        "Mine|7|-0|", "Mine|7|1-|0:2",
        "Mine|7||1 2|1 1|X:c02 W?:c02|axis!",
    ]  # fmt: skip


def test_a_release_that_tells_nothing_is_known_by_what_it_loads() -> None:
    every = [schema("Op"), schema("Fn"), schema("Old"), schema("New", since=20)]
    kernels = [["", "Op", 7, 9, {"T": FLOATS}], ["", "Fn", 7, 9, {"T": FLOATS}]]
    answers = [
        swept("Op", Answer.NO_KERNEL, Answer.HAS_KERNEL, Answer.OTHER), swept("Fn", *(Answer.NO_OPERATOR,) * 3),
        swept("Old", Answer.LOADS, Answer.NO_KERNEL, Answer.NO_KERNEL), swept("New", Answer.LOADS, since=20),
    ]  # fmt: skip
    assert lines(release("1.1", every, kernels, answers, told=False))[1:] == ["Old|7||0:800", "Op|7||0:402"]


def test_deprecated_versions() -> None:
    old = schema("Old", deprecated=True)
    assert lines(release("1.1", [old], [], [swept("Old")])) == ["1.1|9|802| 19", "Old|7!||"]
    refused = release("1.1", [old], [], [swept("Old", Answer.NO_OPERATOR)], told=False)
    assert lines(refused)[1:] == ["Old|7!||"], "a release that tells nothing refuses the name as well"


def test_bits() -> None:
    assert bit("tensor(float)") == 2 and bit("seq(tensor(float))") == 2 << SEQUENCE
    assert bit("optional(seq(tensor(float)))") == 2 << SEQUENCE + OPTIONAL
    assert bit("map(string,tensor(float))") == 2 << WORD_MAP and bit("map(int64,double)") == 1 << 11 + NUMBER_MAP
    assert bit("seq(map(string,tensor(float)))") == ELSE and SOME_ELSE > 1 << 28


def test_choices() -> None:
    found = list(choices(schema("Op")))
    assert [one.types for one in found] == [{"T": kind} for kind in FLOATS]
    assert [one.dtype_of(NodePlace(0, False)) for one in found] == [1 << 11, 1 << 1, 1 << 10]
    assert found[0].dtype_of(NodePlace(1, False)) == 0 and found[0].dtype_of(NodePlace(0, True)) == 1 << 11
    many = [
        ["A", f"T{i}", "Single", [f"tensor({t})" for t in ("float", "double", "int8", "uint8", "int64")]]
        for i in range(4)
    ]
    few = [one.types for one in choices(schema("Op", inputs=many, counts=[4, 4, 1, 1]))]
    assert len(few) == 1 + 4 * 5 and few[0] == dict.fromkeys(("T0", "T1", "T2", "T3"), "tensor(float)")


def test_what_a_refusal_says() -> None:
    """onnxruntime's own words, of 1.15 to 1.32."""
    assert answered("") is Answer.LOADS
    start = "[ONNXRuntimeError] : "
    assert (
        answered(f"{start}9 : NOT_IMPLEMENTED : Could not find an implementation for Conv(11) node") is Answer.NO_KERNEL
    )
    assert answered(f"{start}9 : NOT_IMPLEMENTED : Failed to find kernel for Loop") is Answer.NO_KERNEL
    assert answered(f"{start}1 : FAIL : Fatal error: com.x:Y(-1) is not a registered function/op") is Answer.NO_OPERATOR
    assert answered(f"{start}6 : RUNTIME_EXCEPTION : Exception during initialization: ...") is Answer.HAS_KERNEL
    assert answered(f"{start}1 : FAIL : Type Error") is Answer.NOT_TAKEN
    assert answered(f"{start}1 : FAIL : Node (x) Op (Y) [ShapeInferenceError]") is Answer.OTHER


def test_functions_hold_under_the_opsets_where_they_load() -> None:
    """LeakyRelu has a body in ONNX, which names operators that may change; nothing says so of Det."""
    leaky = schema("LeakyRelu", since=16, counts=[1, 1, 1, 1])
    loads = swept(
        "LeakyRelu", Answer.LOADS, Answer.NO_KERNEL, Answer.OTHER, since=16, opsets=[[16, 17, 19], [18, 19], []]
    )
    row = "LeakyRelu|16f||16-17@0:800 18-@0:2 19-@0:800 ?0:400"
    assert lines(release("1.1", [leaky], [], [loads]))[1] == row
    assert lines(release("1.1", [leaky], [], [loads], told=False))[1] == row
    det = schema("Det", since=11, counts=[1, 1, 1, 1])
    other = swept("Det", *(Answer.OTHER,) * 3, since=11)
    assert lines(release("1.1", [det], [], [other]))[1] == "Det|11||"


def test_a_function_has_no_casts_around_a_kernel() -> None:
    """Softmax-13 of float16 loads at 13 to 17 in 1.16, whatever kernel there is for float32; Sigmoid has no body."""
    softmax, sigmoid = (schema(name, since=13, counts=[1, 1, 1, 1]) for name in ("Softmax", "Sigmoid"))
    kernels = [["", name, 13, 19, {"T": FLOATS[:2]}] for name in ("Softmax", "Sigmoid")]
    every = [
        swept("Softmax", *(Answer.LOADS,) * 3, since=13, opsets=[[], [], [13, 14, 15, 16, 17]]),
        swept("Sigmoid", *(Answer.LOADS,) * 3, since=13),
    ]
    expected = ["Sigmoid|13||0:802", "Softmax|13f||0:802 13-17@0:400"]
    for told in (True, False):
        assert (
            lines(release("1.1", [softmax, sigmoid], kernels, every, told), ours=("Softmax", "Sigmoid"))[1:] == expected
        )


def test_an_operator_ends_where_its_next_version_begins() -> None:
    every = [schema("Op", since=since) for since in (7, 9, 14)] + [schema("Other", since=10)]
    one = release("1.1", every, [], [])
    assert [end_of(one, held) for held in every] == [8, 13, 19, 19]


def test_what_no_tiny_model_can_tell() -> None:
    """A body that hangs on ranks, an operator with a graph that is not ONNX's."""
    layer = schema("LayerNormalization", since=17, counts=[1, 1, 1, 1])
    none = swept("LayerNormalization", *(Answer.NO_KERNEL,) * 3, since=17)
    assert lines(release("1.1", [layer], [], [none]))[1] == "LayerNormalization|17f||?0:c02"
    held = schema("Held", domain="com.x", attributes={"body": ["GRAPH", True]})
    assert lines(release("1.1", [held], [], [swept("Held", domain="com.x")]))[1] == "Held|7||?*"


def test_values_that_the_newest_takes_and_others_refuse() -> None:
    def said(*values: Answer) -> Any:
        held = {f"bits={n}": answer.value for n, answer in enumerate(values)}
        return swept("Op", Answer.LOADS, Answer.LOADS, Answer.LOADS, values=held)

    kernels = [["", "Op", 7, 7, {"T": FLOATS}]]
    old = release("1.1", [schema("Op")], kernels, [said(Answer.HAS_KERNEL, Answer.HAS_KERNEL, Answer.OTHER)])
    new = release("1.2", [schema("Op")], kernels, [said(Answer.LOADS, Answer.HAS_KERNEL, Answer.LOADS)])
    assert lines(old, new)[-1] == "Op|7|bits=0|-0|?*" and len(lines(old, new)) == 4
    settled = {"settled": {"asked": [], "always": [["", "Op", 7, "bits=0", "0:802"]]}}
    assert lines(old | settled, new)[-1] == "Op|7|bits=0|-0|0:802"


def test_numbers_that_no_release_takes() -> None:
    """Of ONNX's own operators, and where it is sure that nothing mends it; a word that none takes is no word of it."""

    def refusing(domain: str) -> list[str]:
        values = dict.fromkeys(("bits=0", "bits=1", "mode=x"), Answer.HAS_KERNEL.value)
        one = release(
            "1.1",
            [schema("Op", domain=domain)],
            [[domain, "Op", 7, 7, {"T": FLOATS}]],
            [swept("Op", *(Answer.LOADS,) * 3, domain=domain, values=values)],
        )
        always = [[domain, "Op", 7, value, "*"] for value in values]
        return [line for line in lines(one | {"settled": {"asked": [], "always": always}}) if "=" in line]

    assert refusing("") == ["Op|7|bits=0,1||*"] and refusing("com.x") == []


def test_functions_that_are_refused_in_a_sequence_map() -> None:
    mish = schema("Mish", since=18, counts=[1, 1, 1, 1])
    found = [swept("Mish", *(Answer.LOADS,) * 3, since=18) | {"refused in maps": start} for start in (0, 19)]
    assert lines(*(release(f"1.{n}", [mish], [], [one]) for n, one in enumerate(found)))[-1] == "Mish|18|19|1-"


def test_a_sequence_map_has_a_body() -> None:
    kinds = ["seq(tensor(float))", "seq(tensor(string))"]
    one = schema(
        "SequenceMap", since=17, counts=[1, 9, 1, 9], attributes={"body": ["GRAPH", True]},
        inputs=[["s", "S", "Single", kinds]], outputs=[["t", "S", "Variadic", kinds]],
    )  # fmt: skip
    models = [onnx.load_from_string(choice.model) for choice in choices(one)]
    bodies = [model.graph.node[0].attribute[0].g for model in models]
    assert [body.input[0].type.tensor_type.elem_type for body in bodies] == [1, 8]
    assert [node.op_type for node in bodies[0].node] == ["Identity"]
    inside = onnx.load_from_string(within(next(choices(schema("Op"))).model))
    assert [node.op_type for node in inside.graph.node[0].attribute[0].g.node] == ["Identity", "Op"]
    assert [one.name for one in inside.graph.input] == ["s", "x0"]


def test_every_map_that_may_come_out_is_no_question() -> None:
    maps = ["seq(map(int64,tensor(float)))", "seq(map(string,tensor(float)))"]
    zipped = schema("Op", outputs=[["Z", "T2", "Single", maps]], inputs=[["X", "T", "Single", FLOATS]])
    none = swept("Op", *(Answer.OTHER,) * 3)
    assert lines(release("1.1", [zipped], [["", "Op", 7, 7, {"T2": maps}]], [none]))[1] == "Op|7||*"
    assert lines(release("1.1", [zipped], [["", "Op", 7, 7, {"T2": maps[:1]}]], [none]))[1] == "Op|7||>0:40000001"
