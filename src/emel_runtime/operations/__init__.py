"""The operations of the pure tier, by family: a function loads and ships only what its model names.

An operation is a function of its module with the operation's name. It takes the arrays and attributes of the
program by keyword, and gives the step that is run for each row: a function of one vector per input, which
makes a vector. Arrays come as memoryviews onto the file: `tolist()` what is walked for each row, and leave
alone what is touched here and there. Text arrays come as lists of strings.

A module here imports the standard library and this package, and no other module of it, as only the modules
that a program names are in a bundle. What two families share stands here.
"""

from __future__ import annotations

try:
    # A quarter of the time of the sum below.
    from math import sumprod as sumprod  # type: ignore[attr-defined,unused-ignore]
except ImportError:
    # Python 3.11 has none. The thin shell `operator` costs more than its C part.
    from _operator import mul

    def sumprod(one: Vector, other: Vector, /) -> float:  # type: ignore[no-redef,unused-ignore]
        """The sum of the products of two vectors' elements."""
        return float(sum(map(mul, one, other)))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Vector = Sequence[float]
    Step = Callable[..., Any]

FAMILIES = {
    "activations": ("relu", "tanh"),
    "arithmetic": (
        "select",
        "concat",
        "subtract",
        "add",
        "multiply",
        "divide",
        "clip",
        "average",
        "logistic",
        "complement",
        "mirror",
        "normalize",
        "softmax",
        "positive",
        "argmax",
    ),
    "bayes": ("category_scores",),
    "combining": (
        "power_of_two",
        "signed_square",
        "softplus",
        "log_odds",
        "centered_logarithms",
        "hide",
        "tally",
        "lookup",
        "scatter",
        "at_least",
        "closest",
        "proportions",
        "pair_scores",
        "weighted_median",
        "inverse_yeo_johnson",
        "inverse_box_cox",
    ),
    "categories": ("categorize", "one_hot", "sparse_one_hot", "bins"),
    "curves": ("interpolate",),
    "distances": ("square_distances", "manhattan_distances", "square_sums", "inner_product", "square_root"),
    "hashes": ("category_hashes", "equal", "above", "joint_lookup"),
    "kernels": ("kernel", "one_versus_one", "votes", "vote_scores", "coupled_probabilities"),
    "linear": ("linear",),
    "links": ("exponential", "likelihoods", "constant", "not_negative"),
    "missing": ("fill", "missing", "require"),
    "neighbors": ("nearest", "neighbor_shares", "neighbor_means", "radius_means"),
    "shaping": (
        "function",
        "exceeds",
        "unit",
        "sparse_unit",
        "sparse_sublinear",
        "products",
        "yeo_johnson",
        "box_cox",
        "quantiles",
        "normal_quantile",
    ),
    "singles": ("single", "single_logistic", "single_softmax", "single_exponential"),
    "sparse": (
        "dense",
        "to_sparse",
        "sparse_select",
        "sparse_concat",
        "sparse_multiply",
        "sparse_divide",
        "sparse_linear",
    ),
    "splines": ("splines",),
    "text": ("count_tokens", "hash_tokens"),
    "symmetric": ("symmetric_trees",),
    "trees": ("forest", "tree_sum"),
}
"""Module → its operations."""
MODULES = {name: module for module, names in FAMILIES.items() for name in names}


class Unfit(Exception):
    """A row that the model does not take, as the original would not; the message says why in a few words."""


def operation(name: str) -> Callable[..., Step]:
    """Load an operation. Errors: KeyError when there is none of this name."""
    # A module of importlib would cost more than most of the operations.
    module = __import__(f"{__name__}.{MODULES[name]}", fromlist=(name,))
    found: Callable[..., Step] = getattr(module, name)
    return found


def require_finite(row: Vector) -> None:
    """Errors: OverflowError when a number is infinite or NaN, or the sum of all is too large."""
    total = sum(row)
    if total - total != 0.0:
        raise OverflowError
