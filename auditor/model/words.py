"""The words that an operator's string attributes may hold, by opset: loaded by who asks, not at the start.

onnx.defs has no list of them. They were taken out of what each schema's version says of the attribute, and a test finds
every one of them there, in every version, and no string attribute of which nothing is said here.
"""

from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from ..tuples import NamedTuple
from .graph import Attributes
from .schemas import schema, versions

_ACTIVATIONS = (
    "Relu Tanh Sigmoid Affine LeakyRelu ThresholdedRelu ScaledTanh HardSigmoid Elu Softsign Softplus"  # of the page
)
_TRANSFORMS = "NONE SOFTMAX LOGISTIC SOFTMAX_ZERO PROBIT"
_NODE_MODES = "BRANCH_LEQ BRANCH_LT BRANCH_GTE BRANCH_GT BRANCH_EQ BRANCH_NEQ LEAF"
_PLACES = "half_pixel pytorch_half_pixel align_corners asymmetric tf_crop_and_resize"

# Operators, attribute, then since which opset which words.
_WORDS: tuple[tuple[str, str, str, dict[int, str]], ...] = (
    (
        "",
        "AveragePool Conv ConvInteger ConvTranspose LpPool MaxPool QLinearConv",
        "auto_pad",
        {1: "NOTSET SAME_UPPER SAME_LOWER VALID"},
    ),
    ("", "BitShift", "direction", {11: "LEFT RIGHT"}),
    ("", "Cast CastLike", "round_mode", {24: "up down nearest"}),
    ("", "CausalConvWithState", "activation", {27: "none silu swish"}),
    ("", "DepthToSpace", "mode", {11: "DCR CRD"}),
    ("", "GRU LSTM RNN", "direction", {1: "forward reverse bidirectional"}),
    ("", "GRU LSTM RNN", "activations", {1: _ACTIVATIONS}),
    ("", "Gelu", "approximate", {20: "none tanh"}),
    ("", "GridSample", "mode", {16: "bilinear nearest bicubic", 20: "linear nearest cubic"}),
    ("", "GridSample", "padding_mode", {16: "zeros border reflection"}),
    ("", "ImageDecoder", "pixel_format", {20: "RGB BGR Grayscale"}),
    ("", "LinearAttention", "update_rule", {27: "linear gated delta gated_delta"}),
    ("", "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss", "reduction", {12: "none sum mean"}),
    ("", "Pad", "mode", {1: "constant reflect edge", 19: "constant reflect edge wrap"}),
    ("", "Resize", "mode", {10: "nearest linear", 11: "nearest linear cubic"}),
    ("", "Resize", "nearest_mode", {11: "round_prefer_floor round_prefer_ceil floor ceil"}),
    (
        "",
        "Resize",
        "coordinate_transformation_mode",
        {11: f"{_PLACES} tf_half_pixel_for_nn", 13: _PLACES, 19: f"{_PLACES} half_pixel_symmetric"},
    ),
    ("", "Resize", "keep_aspect_ratio_policy", {18: "stretch not_larger not_smaller"}),
    ("", "RoiAlign", "mode", {10: "avg max"}),
    ("", "RoiAlign", "coordinate_transformation_mode", {16: "half_pixel output_half_pixel"}),
    ("", "ScatterElements ScatterND", "reduction", {16: "none add mul", 18: "none add mul max min"}),
    ("", "SpaceToDepth", "mode", {28: "DCR CRD"}),
    ("", "StringNormalizer", "case_change_action", {10: "NONE LOWER UPPER"}),
    ("", "TensorScatter", "mode", {24: "linear circular"}),
    ("", "TfIdfVectorizer", "mode", {9: "TF IDF TFIDF"}),
    ("", "Upsample", "mode", {1: "nearest bilinear", 7: "nearest linear"}),
    ("ai.onnx.ml", "CastMap", "cast_to", {1: "TO_FLOAT TO_STRING TO_INT64"}),
    ("ai.onnx.ml", "CastMap", "map_form", {1: "DENSE SPARSE"}),
    ("ai.onnx.ml", "Normalizer", "norm", {1: "MAX L1 L2"}),
    ("ai.onnx.ml", "SVMClassifier SVMRegressor", "kernel_type", {1: "LINEAR POLY RBF SIGMOID"}),
    (
        "ai.onnx.ml",
        "LinearClassifier LinearRegressor SVMClassifier SVMRegressor TreeEnsembleClassifier TreeEnsembleRegressor",
        "post_transform",
        {1: _TRANSFORMS},
    ),
    ("ai.onnx.ml", "TreeEnsembleClassifier TreeEnsembleRegressor", "nodes_modes", {1: _NODE_MODES}),
    ("ai.onnx.ml", "TreeEnsembleRegressor", "aggregate_function", {1: "AVERAGE SUM MIN MAX"}),
    ("ai.onnx.preview.training", "Momentum", "mode", {1: "nesterov standard"}),
)


class BadWord(NamedTuple):
    """An attribute that holds a word which the operator does not define at this opset."""

    attribute: str
    word: str
    known: tuple[str, ...]
    elsewhere: tuple[int, ...]
    """The opsets that brought or dropped it, where another version of the operator has the word; else none."""


def bad_words(domain: str, op_type: str, opset: int, attributes: Attributes) -> Iterator[BadWord]:
    """The first undefined word of each attribute of a node."""
    for attribute in _by_operator().get((domain, op_type), {}):
        value = attributes.get(attribute)
        given = (value,) if isinstance(value, str) else value if type(value) is tuple else ()
        known = words(domain, op_type, attribute, opset) if given else ()
        for word in given:
            if (
                isinstance(word, str)
                and known
                and word not in known
                and not _is_default(domain, op_type, opset, attribute, word)
            ):
                yield BadWord(attribute, word, known, _elsewhere(domain, op_type, attribute, word))
                break


def words(domain: str, op_type: str, attribute: str, opset: int) -> tuple[str, ...]:
    """What the attribute may hold; empty where it may hold anything, and where there is no such attribute yet."""
    lists = _by_operator().get((domain, op_type), {}).get(attribute, ())
    at = bisect_right(lists, opset, key=lambda entry: entry[0])
    return lists[at - 1][1] if at else ()


def listed() -> Iterator[tuple[str, str, str]]:
    """Every attribute of which the words are known: domain, operator, attribute."""
    for (domain, op_type), attributes in _by_operator().items():
        yield from ((domain, op_type, attribute) for attribute in attributes)


@cache
def _by_operator() -> dict[tuple[str, str], dict[str, tuple[tuple[int, tuple[str, ...]], ...]]]:
    found: dict[tuple[str, str], dict[str, tuple[tuple[int, tuple[str, ...]], ...]]] = {}
    for domain, names, attribute, by_opset in _WORDS:
        lists = tuple((since, tuple(text.split())) for since, text in by_opset.items())
        for name in names.split():
            found.setdefault((domain, name), {})[attribute] = lists
    return found


def _is_default(domain: str, op_type: str, opset: int, attribute: str, word: str) -> bool:
    """Whether ONNX itself writes it so: GRU's direction at opset 1 is 'foward' by default."""
    known = schema(domain, op_type, opset)
    return known is not None and attribute in known.attributes and known.attributes[attribute].default == word


def _elsewhere(domain: str, op_type: str, attribute: str, word: str) -> tuple[int, ...]:
    return tuple(v for v in versions(domain, op_type) if word in words(domain, op_type, attribute, v))
