"""Classical machine learning (ai.onnx.ml): linear models, support vectors, trees, and what prepares their features.

What these models have learnt stands in attributes, not in stored tensors: so the counts of parameters leave it
out. A multiply-accumulate is counted where a row is multiplied by coefficients or by support vectors; trees compare.
"""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Fact, ShapeError, show
from ...registry import op
from ...sizes.dim import Size
from ..checks import agree, all_given, of_rank, tally

_ML = "ai.onnx.ml"
_FLOAT = DType.FLOAT.value
_INT64 = DType.INT64.value
_STRING = DType.STRING.value


# Features


@op("Binarizer", "Imputer", domain=_ML)
def same_shape(x: Fact) -> Fact:
    """The same type and shape; other values."""
    return Fact(x.dtype, x.shape)


@op("Scaler", domain=_ML)
def scaler(x: Fact) -> Fact:
    """Whatever comes in, floats come out. https://onnx.ai/onnx/operators/onnx_aionnxml_Scaler.html"""
    return Fact(_FLOAT, x.shape)


@op("Normalizer", domain=_ML)
def normalizer(x: Fact) -> Fact:
    """Of a batch (N, C), or of one row."""
    _rows(x)
    return Fact(_FLOAT, x.shape)


@op("OneHotEncoder", domain=_ML)
def one_hot_encoder(
    x: Fact, *, cats_int64s: tuple[int, ...] | None = None, cats_strings: tuple[str, ...] | None = None
) -> Fact:
    """One more axis, with a place for each category."""
    if x.shape is None:
        return Fact(_FLOAT)
    return Fact(_FLOAT, (*x.shape, _one_of(cats_int64s, cats_strings)))


@op("FeatureVectorizer", domain=_ML)
def feature_vectorizer(*x: Fact, inputdimensions: tuple[int, ...] | None = None) -> Answer:
    """The features of all inputs side by side; how many of each are taken, the attribute says."""
    batch: Size | None = None
    for fact in all_given(x):
        if fact.shape is not None:
            batch = agree(batch, 1 if len(fact.shape) < 2 else fact.shape[0], "the batches")
    if inputdimensions is None:
        return Answer((Fact(_FLOAT, (batch, None)),))
    return Answer(
        (Fact(_FLOAT, (batch, sum(inputdimensions))),),
        formula=lambda: f"{' + '.join(map(str, inputdimensions))} = {sum(inputdimensions)}",
    )


@op("ArrayFeatureExtractor", domain=_ML)
def array_feature_extractor(x: Fact, y: Fact) -> Fact:
    """Picks along the last axis; of a vector, it makes one row."""
    if x.shape is None:
        return x.unknown()
    if not x.shape:
        raise ShapeError("X has no axis to pick from", parameter="x")
    picked = None if y.shape is None else tally(*y.shape)
    return x.shaped(*(x.shape[:-1] or (1,)), picked)


# Labels


@op("LabelEncoder", domain=_ML)
@op("CategoryMapper", domain=_ML)
def category_mapper(x: Fact) -> Fact:
    """Strings become integers, and integers strings."""
    return Fact({_STRING: _INT64, _INT64: _STRING}.get(x.dtype or 0), x.shape)


@op("LabelEncoder", since=2, domain=_ML)
def label_encoder_2(
    x: Fact,
    *,
    values_floats: tuple[float, ...] | None = None,
    values_int64s: tuple[int, ...] | None = None,
    values_strings: tuple[str, ...] | None = None,
) -> Fact:
    return label_encoder(x, values_floats=values_floats, values_int64s=values_int64s, values_strings=values_strings)


@op("LabelEncoder", since=4, domain=_ML)
def label_encoder(
    x: Fact,
    *,
    values_floats: tuple[float, ...] | None = None,
    values_int64s: tuple[int, ...] | None = None,
    values_strings: tuple[str, ...] | None = None,
    values_tensor: Fact | None = None,
) -> Fact:
    """The type is that of the values, of which there must be one kind."""
    kinds = [
        dtype
        for dtype, values in ((_FLOAT, values_floats), (_INT64, values_int64s), (_STRING, values_strings))
        if values
    ]
    if values_tensor is not None and values_tensor.dtype is not None:
        kinds.append(values_tensor.dtype)
    return Fact(kinds[0] if len(kinds) == 1 else None, x.shape)


# Maps, of which nothing is followed


@op("CastMap", domain=_ML)
def cast_map(x: Fact, *, cast_to: str = "TO_FLOAT", map_form: str = "DENSE", max_map: int = 1) -> Fact:
    """One row; sparse, with a place for every possible key."""
    dtype = {"TO_FLOAT": _FLOAT, "TO_INT64": _INT64, "TO_STRING": _STRING}.get(cast_to)
    return Fact(dtype, (1, max_map if map_form == "SPARSE" else None))


@op("DictVectorizer", domain=_ML)
def dict_vectorizer(x: Fact) -> Fact:
    """One place for each word of the vocabulary. ONNX says a vector, onnxruntime makes one row: the rank is open."""
    return Fact()


@op("ZipMap", domain=_ML)
def zip_map(x: Fact) -> Fact:
    """A sequence of maps, one for each row: no tensor."""
    _rows(x)
    return Fact()


# Models


@op("LinearClassifier", domain=_ML)
def linear_classifier(
    x: Fact,
    *,
    classlabels_ints: tuple[int, ...] | None = None,
    classlabels_strings: tuple[str, ...] | None = None,
    coefficients: tuple[float, ...],
    intercepts: tuple[float, ...] | None = None,
) -> Answer:
    """A label for each row, and a score for each class. https://onnx.ai/onnx/operators/onnx_aionnxml_LinearClassifier.html

    Of two classes one row of coefficients may do. MACs: every row of X by every coefficient.
    """
    batch, _ = _rows(x)
    labels = _one_of(classlabels_ints, classlabels_strings)
    classes = labels if labels is not None and labels > 1 else None
    if intercepts is not None and classes != 2 and len(intercepts) != classes:
        classes = None
    return Answer(
        (Fact(_label(classlabels_ints, classlabels_strings), (batch,)), Fact(_FLOAT, (batch, classes))),
        macs=tally(batch, len(coefficients)),
    )


@op("LinearRegressor", domain=_ML)
def linear_regressor(x: Fact, *, targets: int = 1) -> Answer:
    """MACs: every row of X by one row of coefficients for each target."""
    batch, features = _rows(x)
    return Answer((Fact(_FLOAT, (batch, targets)),), macs=tally(batch, features, targets))


@op("SVMClassifier", domain=_ML)
def svm_classifier(
    x: Fact,
    *,
    classlabels_ints: tuple[int, ...] | None = None,
    classlabels_strings: tuple[str, ...] | None = None,
    coefficients: tuple[float, ...] | None = None,
    prob_a: tuple[float, ...] | None = None,
    support_vectors: tuple[float, ...] | None = None,
    vectors_per_class: tuple[int, ...] | None = None,
) -> Answer:
    """A label for each row, and a score for each class. https://onnx.ai/onnx/operators/onnx_aionnxml_SVMClassifier.html

    Without probabilities onnxruntime gives a score for each pair of classes: the same number up to three.
    MACs: every row of X by every support vector, and by every coefficient.
    """
    batch, _ = _rows(x)
    labels = _one_of(classlabels_ints, classlabels_strings)
    classes = labels
    if vectors_per_class:
        sure = labels == len(vectors_per_class) and labels > 1 and (labels < 4 or bool(prob_a))
        classes = labels if sure else None
    return Answer(
        (Fact(_label(classlabels_ints, classlabels_strings), (batch,)), Fact(_FLOAT, (batch, classes))),
        macs=tally(batch, len(support_vectors or ()) + len(coefficients or ())),
    )


@op("SVMRegressor", domain=_ML)
def svm_regressor(
    x: Fact, *, coefficients: tuple[float, ...] | None = None, support_vectors: tuple[float, ...] | None = None
) -> Answer:
    """One score for each row. MACs: every row of X by every support vector, and by every coefficient."""
    batch, _ = _rows(x)
    return Answer(
        (Fact(_FLOAT, (batch, 1)),),
        macs=tally(batch, len(support_vectors or ()) + len(coefficients or ())),
    )


@op("TreeEnsembleClassifier", domain=_ML)
def tree_ensemble_classifier(
    x: Fact, *, classlabels_int64s: tuple[int, ...] | None = None, classlabels_strings: tuple[str, ...] | None = None
) -> tuple[Fact, Fact]:
    """https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html"""
    batch, _ = of_rank(x, 2, "x")
    classes = _one_of(classlabels_int64s, classlabels_strings)
    return Fact(_label(classlabels_int64s, classlabels_strings), (batch,)), Fact(_FLOAT, (batch, classes))


@op("TreeEnsembleRegressor", domain=_ML)
def tree_ensemble_regressor(x: Fact, *, n_targets: int | None = None) -> Fact:
    return Fact(_FLOAT, (of_rank(x, 2, "x")[0], n_targets))


@op("TreeEnsemble", since=5, domain=_ML)
def tree_ensemble(x: Fact, *, n_targets: int | None = None) -> Fact:
    """Of X's own type. https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html"""
    return x.shaped(of_rank(x, 2, "x")[0], n_targets)


def _rows(x: Fact) -> tuple[Size | None, Size | None]:
    """How many rows there are, and how long they are; a vector is one row."""
    match x.shape:
        case None:
            return None, None
        case (features,):
            return 1, features
        case (batch, features):
            return batch, features
    raise ShapeError(f"X must be a batch of rows, or one row; has shape {show(x.shape)}", parameter="x")


def _one_of(first: tuple[int, ...] | None, second: tuple[str, ...] | None) -> int | None:
    """How many there are in the one list of two that is given."""
    return None if bool(first) == bool(second) else len(first or second or ())


def _label(ints: tuple[int, ...] | None, strings: tuple[str, ...] | None) -> int | None:
    if bool(ints) == bool(strings):
        return None
    return _INT64 if ints else _STRING
