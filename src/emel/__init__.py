"""emel takes a model from a commit to a pay-per-use endpoint."""

__version__ = "0.1.0"
