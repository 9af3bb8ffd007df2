"""A model file becomes an Artifact: loaded, signed, lowered, and asked for the answers that prove it."""

from emel.models.prepare import prepare

__all__ = ["prepare"]
