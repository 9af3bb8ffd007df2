"""Encoders of categories, and of objects with features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Any, NamedTuple

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Value

WIDE = 64
"""Elements from which on a one-hot value is sparse."""
EXACT = 2.0**53
"""Beyond it not every integer is a float64."""


class Codes(NamedTuple):
    """What the categories of one position become."""

    known: Sequence[tuple[Any, float]]
    """Categories, among them None or NaN for a missing value, each with its code."""
    other: float | None
    """What all else becomes; None refuses the row."""


def one_hot_encoder(model: Any, program: Program, value: Value) -> Value:
    """One element per category that is neither dropped nor infrequent, and one for those that are."""
    grouped = model.handle_unknown in ("infrequent_if_exist", "warn")
    dropped = model._drop_idx_after_grouping
    codes = []
    for place, categories in enumerate(model.categories_):
        mapping = _mapping(model, place)
        drop = None if dropped is None else dropped[place]
        infrequent = model._infrequent_indices[place] if mapping is not None else None
        other = -1.0
        if mapping is not None and infrequent is not None and grouped:
            other = _without(drop, int(mapping[infrequent[0]]))
        known = [
            (category, _without(drop, index if mapping is None else int(mapping[index])))
            for index, category in enumerate(categories.tolist())
        ]
        codes.append(Codes(known, None if model.handle_unknown == "error" else other))
    widths = [int(width) for width in model._n_features_outs]
    made = one_hot(program, categorize(program, value, codes), widths)
    return made._replace(matrix=model.sparse_output)


def _mapping(model: Any, place: int) -> Any:
    """From the number of each category to that after the infrequent ones were put together."""
    enabled = getattr(model, "_infrequent_enabled", False)
    return model._default_to_infrequent_mappings[place] if enabled else None


def _without(drop: int | None, code: int) -> float:
    if drop is None:
        return float(code)
    return -1.0 if code == drop else float(code - (code > drop))


def ordinal_encoder(model: Any, program: Program, value: Value) -> Value:
    """The number of the category."""
    other = float(model.unknown_value) if model.handle_unknown == "use_encoded_value" else None
    codes = []
    for place, categories in enumerate(model.categories_):
        mapping = _mapping(model, place)
        gap = model._missing_indices.get(place)
        known = [
            (category, float(index if mapping is None else mapping[index]))
            for index, category in enumerate(categories.tolist())
            if index != gap
        ]
        if gap is not None:
            known.append((None, float(model.encoded_missing_value)))
        codes.append(Codes(known, other))
    return categorize(program, value, codes)


def target_encoder(model: Any, program: Program, value: Value) -> Value:
    """The mean of the target for the category; for several classes one mean for each."""
    classes = len(model.classes_) if model.target_type_ == "multiclass" else 1
    means = model.target_mean_.tolist() if classes > 1 else [float(model.target_mean_)]
    places = [place for place in range(value.width) for _ in range(classes)]
    codes = [
        Codes(
            list(zip(model.categories_[place].tolist(), encoding.tolist(), strict=True)), means[at % classes]
        )
        for at, (place, encoding) in enumerate(zip(places, model.encodings_, strict=True))
    ]
    return categorize(program, program.select(value, places), codes)


def label_encoder(model: Any, program: Program, value: Value) -> Value:
    """The number of the label."""
    known = [(label, float(index)) for index, label in enumerate(model.classes_.tolist())]
    return categorize(program, value, [Codes(known, None)])


def label_binarizer(model: Any, program: Program, value: Value) -> Value:
    """One number per label, or one for the second of two."""
    labels = model.classes_.tolist()
    if model.y_type_ not in ("binary", "multiclass"):
        raise UnsupportedModelError(f"LabelBinarizer of {model.y_type_} labels has no reader")
    low, high = float(model.neg_label), float(model.pos_label)
    width = 1 if len(labels) < 3 else len(labels)
    codes = [
        Codes([(label, high if label == named else low) for label in labels], low)
        for named in (labels[1:] if len(labels) == 2 else labels)
    ]
    return categorize(program, program.select(value, [0] * width), codes)


def dict_vectorizer(model: Any, program: Program, value: Value) -> Value:
    """Numbers by their name, and one element for each string that a name had."""
    width = len(model.feature_names_)
    numbers: list[tuple[int, int]] = []
    texts: list[tuple[int, Codes]] = []
    positions: list[int] = []
    for place in range(value.width):
        origin = value.origins[place]
        name = "" if origin is None else program.columns[origin.column].name
        if not program.is_text(value, place):
            numbers += [(place, model.vocabulary_[name])] if name in model.vocabulary_ else []
            continue
        start = f"{name}{model.separator}"
        found = [feature for feature in model.feature_names_ if str(feature).startswith(start)]
        known = [(feature[len(start) :], float(index)) for index, feature in enumerate(found)]
        if found:
            texts.append((place, Codes(known, -1.0)))
            positions += [model.vocabulary_[feature] for feature in found]
    parts = []
    if texts:
        hot = categorize(program, program.select(value, [place for place, _ in texts]), [c for _, c in texts])
        parts.append(one_hot(program, hot, [len(codes.known) for _, codes in texts]))
    if numbers:
        picked = program.select(value, [place for place, _ in numbers])
        parts.append(fill(program, picked, [0.0] * picked.width) if picked.missing else picked)
        positions += [position for _, position in numbers]
    if not parts:
        raise UnsupportedModelError("DictVectorizer knows none of the sample's columns")
    joined = program.dense(program.concat(parts))
    order = sorted(range(len(positions)), key=positions.__getitem__)
    arrays = {"positions": program.array("u32", [positions[place] for place in order])}
    made = program.add("to_sparse", program.select(joined, order), width=width, arrays=arrays, sparse=True)
    return made._replace(matrix=model.sparse)


def categorize(program: Program, value: Value, codes: Sequence[Codes]) -> Value:
    """One code for each position. Errors: UnsupportedModelError for what is no string and no number."""
    texts: list[str] = []
    numbers: list[float] = []
    kinds, results, gaps = [], [], []
    for place, (known, _) in enumerate(codes):
        present = [(category, code) for category, code in known if not is_missing(category)]
        keys = [category for category, _ in present]
        program.note_categories(value, place, keys)
        text = any(isinstance(key, str) for key in keys)
        kinds.append(int(text))
        results += [code for _, code in present]
        if text:
            texts += keys
        else:
            numbers += _as_numbers(keys)
        gaps.append([code for category, code in known if is_missing(category)])
    refuse = any(other is None for _, other in codes)
    arrays = {
        "kinds": program.array("u8", kinds),
        "counts": program.array(
            "u32", [len(one.known) - len(gap) for one, gap in zip(codes, gaps, strict=True)]
        ),
        "texts": program.array("text", texts),
        "numbers": program.array("f64", numbers),
        "codes": program.array("f64", results),
        "gaps": program.array("u8", [len(gap[:1]) for gap in gaps]),
        # Where both None and NaN are categories, a missing value is NaN, the last of them.
        "gap_codes": program.array("f64", [gap[-1] if gap else 0.0 for gap in gaps]),
        "unknown": program.array("f64", [0.0 if refuse else one.other for one in codes]),
    }
    made = [*results, *(code for gap in gaps for code in gap), *(one.other for one in codes)]
    lacking = any(code is not None and code != code for code in made)
    return program.add("categorize", value, width=len(codes), missing=lacking, arrays=arrays, refuse=refuse)


def encode_frame(
    program: Program, value: Value, known: Mapping[int, Sequence[Any]], *, refuse: bool
) -> Value:
    """Numbers in place of the categories of pandas at these positions, as their order has them; NaN for a
    missing one, and for one that is unknown unless that refuses the row."""
    places = list(known)
    other = None if refuse else nan
    codes = [
        Codes([*((each, float(code)) for code, each in enumerate(known[place])), (None, nan)], other)
        for place in places
    ]
    rest = [place for place in range(value.width) if place not in known]
    parts = [categorize(program, program.select(value, places), codes)]
    joined = program.concat([*parts, program.select(value, rest)] if rest else parts)
    order = [*places, *rest]
    return program.select(joined, [order.index(place) for place in range(value.width)])


def one_hot(program: Program, value: Value, widths: Sequence[int]) -> Value:
    """As many elements for each position as its width, with a 1 where its code says."""
    arrays = {"widths": program.array("u32", widths)}
    wide = sum(widths) >= WIDE
    name = "sparse_one_hot" if wide else "one_hot"
    return program.add(name, value, width=sum(widths), missing=False, arrays=arrays, sparse=wide)


def fill(program: Program, value: Value, fills: Sequence[Any], marker: Any = None) -> Value:
    """Replace what is missing; see the operation `fill` for the marker."""
    arrays = {
        "kinds": program.array("u8", [int(isinstance(one, str)) for one in fills]),
        "texts": program.array("text", [one for one in fills if isinstance(one, str)]),
        "numbers": program.array("f64", _as_numbers([one for one in fills if not isinstance(one, str)])),
    }
    return program.add("fill", value, missing=False, origins=value.origins, arrays=arrays, marker=marker)


def is_missing(value: Any) -> bool:
    """None, NaN, or what pandas has for them."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _as_numbers(values: Iterable[Any]) -> list[float]:
    numbers = []
    for value in values:
        try:
            number = nan if is_missing(value) else float(value)
        except (TypeError, ValueError) as problem:
            raise UnsupportedModelError(f"{value!r} of the model is no string and no number") from problem
        if isinstance(value, int) and abs(value) > EXACT:
            raise UnsupportedModelError(
                f"the integer {value} is larger than those that a float64 keeps apart",
                hint="train the model on strings in place of such numbers",
            )
        numbers.append(number)
    return numbers


TRANSFORMERS = {
    "sklearn.OneHotEncoder": one_hot_encoder,
    "sklearn.OrdinalEncoder": ordinal_encoder,
    "sklearn.TargetEncoder": target_encoder,
    "sklearn.LabelEncoder": label_encoder,
    "sklearn.LabelBinarizer": label_binarizer,
    "sklearn.DictVectorizer": dict_vectorizer,
}
