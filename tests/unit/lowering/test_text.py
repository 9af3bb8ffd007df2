"""Vectorisers of text beside scikit-learn's own: English and Russian, and texts made to hurt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.murmurhash import murmurhash3_32
from tests.fakes.lowered import beside
from tests.fakes.transformed import transformed

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower
from emel.lowering.builder import Program
from emel.lowering.registry import READERS
from emel.lowering.values import Outputs
from emel_runtime.operations.text import murmur3
from emel_runtime.pure import Unanswerable, decode, load

LAST_BITS = 1e-14
RUSSIAN = [
    "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.",
    "Всё смешалось в доме Облонских.",
    "В начале июля, в чрезвычайно жаркое время, под вечер, один молодой человек вышел из своей каморки.",
    "Однажды весною, в час небывало жаркого заката, в Москве, на Патриарших прудах, появилось двое.",
    "Мой дядя самых честных правил, когда не в шутку занемог, он уважать себя заставил.",
    "У лукоморья дуб зелёный; златая цепь на дубе том: и днём и ночью кот учёный всё ходит по цепи кругом.",
    "Ещё одно, последнее сказанье — и летопись окончена моя.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю.",
]
ENGLISH = [line for line in (load_breast_cancer().DESCR + load_diabetes().DESCR).split("\n") if line][::4]
HARD = ["", " ", "x\n\ny  z\t\tq", "ﬁne café naïve ŒUVRE Straße", "a b c", "ЁЖ ёж Ёж еж"]
TEXTS = RUSSIAN + ENGLISH + HARD
LABELS = [0] * len(RUSSIAN) + [1] * len(ENGLISH) + [0, 1] * 3
COLUMN = [Column("text", "string")]
ROWS: list[list[Any]] = [[text] for text in TEXTS]


@pytest.mark.parametrize("accents", [None, "unicode", "ascii"])
@pytest.mark.parametrize("ngrams", [(1, 1), (1, 2), (2, 4)])
@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
def test_tokens_are_counted_alike(analyzer: str, ngrams: tuple[int, int], accents: str | None) -> None:
    model = CountVectorizer(
        analyzer=analyzer, ngram_range=ngrams, strip_accents=accents, lowercase=accents != "unicode"
    )

    both = transformed(model.fit(TEXTS[::2]), ROWS, COLUMN)

    assert len(both.rows) > len(ROWS) + 20
    assert both.difference == 0.0


@pytest.mark.parametrize(
    "options",
    [
        {"stop_words": "english"},
        {"stop_words": ["всё", "и", "the"], "ngram_range": (1, 2)},
        {"token_pattern": r"(?u)\b\w+\b"},
        {"token_pattern": r"([а-яё]{3,})[а-яё]"},
        {"binary": True},
        {"max_features": 30},
        {"vocabulary": ["кот", "дуб", "нигде"]},
    ],
    ids=str,
)
def test_options_of_counting_are_kept(options: dict[str, Any]) -> None:
    assert transformed(CountVectorizer(**options).fit(TEXTS), ROWS, COLUMN).difference == 0.0


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sublinear_tf": True},
        {"norm": "l1"},
        {"norm": None},
        {"use_idf": False},
        {"smooth_idf": False, "binary": True},
        {"analyzer": "char_wb", "ngram_range": (2, 3)},
    ],
    ids=str,
)
def test_weights_of_tokens_agree(options: dict[str, Any]) -> None:
    assert transformed(TfidfVectorizer(**options).fit(TEXTS), ROWS, COLUMN).difference <= LAST_BITS


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"alternate_sign": False, "norm": "l1"},
        {"norm": None},
        {"binary": True},
        {"analyzer": "char", "ngram_range": (1, 3)},
    ],
    ids=str,
)
def test_hashed_tokens_agree(options: dict[str, Any]) -> None:
    # So few places that tokens meet, and that some of them cancel each other.
    model = HashingVectorizer(n_features=60, **options).fit(TEXTS)

    assert transformed(model, ROWS, COLUMN).difference <= LAST_BITS


def test_words_are_told_from_the_rest_by_each_character_of_unicode() -> None:
    text = " ".join([f"x{chr(code)}y" for code in range(0x20000) if not 0xD800 <= code < 0xE000])
    model = CountVectorizer(lowercase=False).fit([text, "x y"])
    spaces = CountVectorizer(analyzer="char", ngram_range=(3, 3), lowercase=False).fit(["x y"])
    collapsed = "".join([f"x{chr(code)} y" for code in range(0x10000) if not 0xD800 <= code < 0xE000])

    for vectorizer, given in ((model, text), (spaces, collapsed)):
        program = Program(COLUMN, READERS)
        counts = program.dense(program.read_transformer(vectorizer, program.row))
        made, _ = load(program.encode(Outputs(value=counts))).answer([[given]])

        np.testing.assert_array_equal(np.ravel(made), vectorizer.transform([given]).toarray().ravel())


def test_the_hash_is_the_same_for_each_length() -> None:
    for token in ["", "a", "ab", "abc", "abcd", "abcde", "ё", "снег", "日本語", "x" * 1001]:
        assert murmur3(token.encode()) == murmurhash3_32(token, seed=0, positive=True)


def test_counts_of_a_table_are_weighted_like_those_of_text() -> None:
    counts = np.random.RandomState(0).poisson(0.7, (40, 12)).astype(float)
    model = TfidfTransformer().fit(counts[::2])

    assert transformed(model, [row for row in counts.tolist() if any(row)]).difference <= LAST_BITS


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        make_pipeline(TfidfVectorizer(), StandardScaler(with_mean=False), LogisticRegression()),
        make_pipeline(CountVectorizer(), MaxAbsScaler(), SelectKBest(k=40), LogisticRegression()),
        make_pipeline(CountVectorizer(), MultinomialNB()),
        make_pipeline(CountVectorizer(), DecisionTreeClassifier(random_state=0)),
        make_pipeline(HashingVectorizer(n_features=2**16), LogisticRegression()),
        make_pipeline(
            FeatureUnion(
                [
                    ("words", make_pipeline(CountVectorizer(), TfidfTransformer())),
                    ("characters", TfidfVectorizer(analyzer="char", ngram_range=(1, 3))),
                ],
                transformer_weights={"characters": 0.5},
            ),
            LogisticRegression(),
        ),
    ],
    ids=lambda model: "-".join(type(step).__name__ for _, step in model.steps),
)
def test_texts_are_classified_alike(model: Any) -> None:
    both = beside(model.fit(TEXTS[::2], LABELS[::2]), ROWS, COLUMN, limit=300)

    assert both.boundary >= 8
    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_a_number_is_predicted_from_text() -> None:
    model = make_pipeline(TfidfVectorizer(), Ridge()).fit(TEXTS, [len(text) for text in TEXTS])

    assert beside(model, ROWS, COLUMN).difference <= LAST_BITS


def test_a_missing_text_is_refused() -> None:
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    inputs = [Column("text", "string", missing=True)]

    both = beside(model, ROWS, inputs)

    assert None not in [row[0] for row in both.rows]
    with pytest.raises(Unanswerable, match="the text is missing"):
        load(lower(model, inputs).data).answer([[None]])


def test_a_text_model_has_sparse_values_up_to_its_scores() -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)

    program, _ = decode(lower(model, COLUMN).data)

    names = [operation["name"] for operation in program["operations"]]
    assert names[:4] == ["count_tokens", "sparse_multiply", "sparse_unit", "sparse_linear"]


@pytest.mark.parametrize(
    "options",
    [{"tokenizer": str.split, "token_pattern": None}, {"preprocessor": str.lower}, {"analyzer": str.split}],
    ids=lambda options: next(iter(options)),
)
def test_functions_of_the_users_own_are_refused(options: dict[str, Any]) -> None:
    program = Program(COLUMN, READERS)
    own = next(iter(options))

    with pytest.raises(UnsupportedModelError, match=f"a function of its own as {own}"):
        program.read_transformer(CountVectorizer(**options).fit(TEXTS), program.row)


def test_a_column_of_numbers_is_no_text() -> None:
    program = Program([Column("text")], READERS)

    with pytest.raises(UnsupportedModelError, match="takes one column of strings"):
        program.read_transformer(CountVectorizer().fit(TEXTS), program.row)
