"""Vectorisers of text: a column of strings becomes a sparse value."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Value

HARD = (
    "",
    " ",
    "a",
    "The the THE, and don't! x_y 3.14 e-mail a1 ½ ²",
    "Straße İstanbul ﬁne ŒUVRE naïve cafe\u0301 Ёлка ёлка Йод и\u0306од",
    "Мама мыла раму — «и» папа!\nно\tне\u00a0сын \u200b \u2028 😀👍🏽",
    "日本語のテキスト العربية हिन्दी ไทย",
)
"""Texts on which two tokenisers may differ: case, marks, digits, spaces, scripts."""
SHOWN = 100
"""Tokens of the vocabulary that are tried alone."""


def count_vectorizer(model: Any, program: Program, value: Value) -> Value:
    """How often each token stands in the text."""
    words = sorted(model.vocabulary_, key=model.vocabulary_.__getitem__)
    program.note_categories(value, 0, words[:: max(1, len(words) // SHOWN)])
    arrays = {"vocabulary": program.array("text", words)}
    return _tokens(model, program, value, "count_tokens", len(words), arrays)


def tfidf_vectorizer(model: Any, program: Program, value: Value) -> Value:
    """Counts, and then what TfidfTransformer makes of them."""
    return tfidf_transformer(model._tfidf, program, count_vectorizer(model, program, value))


def hashing_vectorizer(model: Any, program: Program, value: Value) -> Value:
    """Counts at places that are made from the tokens themselves."""
    made = _tokens(
        model,
        program,
        value,
        "hash_tokens",
        model.n_features,
        {},
        places=model.n_features,
        signed=bool(model.alternate_sign),
    )
    return made if model.norm is None else program.add("unit", made, norm=model.norm)


def tfidf_transformer(model: Any, program: Program, value: Value) -> Value:
    """Counts, damped by their logarithm, weighted by how rare the token is, and divided by their norm."""
    if not value.sparse:
        arrays = {"positions": program.array("u32", range(value.width))}
        value = program.add("to_sparse", value, arrays=arrays, sparse=True)
    if model.sublinear_tf:
        value = program.add("sublinear", value)
    if model.use_idf:
        value = program.columnwise("multiply", value, model.idf_)
    return value if model.norm is None else program.add("unit", value, norm=model.norm)


def _tokens(
    model: Any,
    program: Program,
    value: Value,
    name: str,
    made: int,
    arrays: dict[str, int],
    **attributes: Any,
) -> Value:
    _require_readable(model)
    if value.width != 1 or not program.is_text(value, 0):
        raise UnsupportedModelError(
            f"{type(model).__name__} takes one column of strings",
            hint="take a sample whose only column is the text, or name one column in the ColumnTransformer",
        )
    program.note_categories(value, 0, HARD)
    shortest, longest = model.ngram_range
    words = model.analyzer == "word"
    stops = (model.get_stop_words() or ()) if words else ()
    return program.add(
        name,
        value,
        width=made,
        missing=False,
        sparse=True,
        arrays={**arrays, "stop_words": program.array("text", sorted(stops))},
        analyzer=model.analyzer,
        shortest=int(shortest),
        longest=int(longest),
        lowercase=bool(model.lowercase),
        accents=model.strip_accents,
        pattern=model.token_pattern if words else None,
        binary=bool(model.binary),
        **attributes,
    )


def _require_readable(model: Any) -> None:
    own = [
        name
        for name in ("analyzer", "preprocessor", "tokenizer", "strip_accents")
        if callable(getattr(model, name))
    ]
    if own:
        raise UnsupportedModelError(f"{type(model).__name__} has a function of its own as {own[0]}")
    if model.input != "content":
        raise UnsupportedModelError(f"{type(model).__name__} reads its texts from files")


TRANSFORMERS = {
    "sklearn.CountVectorizer": count_vectorizer,
    "sklearn.TfidfTransformer": tfidf_transformer,
    "sklearn.TfidfVectorizer": tfidf_vectorizer,
    "sklearn.HashingVectorizer": hashing_vectorizer,
}
