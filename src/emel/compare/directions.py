"""Which way a metric gets better: what the user says, or else what its name says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from emel.records import Direction

WORDS: Mapping[Direction, frozenset[str]] = {
    "higher": frozenset(
        (
            *("accuracy", "acc", "auc", "auroc", "auprc", "ap", "map", "f1", "fbeta", "precision", "recall"),
            *("sensitivity", "specificity", "r2", "mcc", "kappa", "jaccard", "iou", "dice", "ndcg", "mrr"),
            *("bleu", "rouge", "meteor", "gini", "correlation", "pearson", "spearman", "likelihood"),
            *("throughput",),
        )
    ),
    "lower": frozenset(
        (
            *("loss", "logloss", "error", "err", "rmse", "mse", "mae", "mape", "smape", "rmsle", "msle"),
            *("medae", "deviance", "perplexity", "brier", "crossentropy", "entropy", "hinge", "hamming"),
            *("wer", "cer", "ece", "latency", "duration", "seconds"),
        )
    ),
}
PAIRS: Mapping[tuple[str, str], Direction] = {
    ("explained", "variance"): "higher",
    ("false", "positives"): "lower",
    ("false", "negatives"): "lower",
}
# scikit-learn turns losses round for its searches: `neg_log_loss`, `neg_mean_squared_error`.
TURNED_ROUND = frozenset({"neg", "negative"})


def direction_of(metric: str, chosen: Mapping[str, Direction]) -> Direction | None:
    """`higher`, `lower`, or None where neither the user nor the name says.

    The user's names are full names (`test.accuracy`), or the last part alone (`accuracy`). Of the name only
    the last dotted part counts, in whole words: `val.roc_auc` is an auc, `lossless` is no loss. A name that
    says both (`recall_loss`) says nothing.
    """
    last = metric.rpartition(":")[2].rpartition(".")[2]
    for name in (metric, metric.rpartition(":")[2], last):
        if name in chosen:
            return chosen[name]
    words = _words(last)
    for pair in pairwise(words):
        if pair in PAIRS:
            return PAIRS[pair]
    said = [direction for direction, known in WORDS.items() if known.intersection(words)]
    if len(said) != 1:
        return None
    return _opposite(said[0]) if TURNED_ROUND.intersection(words) else said[0]


def _opposite(direction: Direction) -> Direction:
    return "lower" if direction == "higher" else "higher"


def _words(name: str) -> list[str]:
    """`valAccuracy@5` → val, accuracy, 5; a number at the end of a word belongs to it: `f1`, `r2`."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return re.findall(r"[^\W_]+", parted.lower())
