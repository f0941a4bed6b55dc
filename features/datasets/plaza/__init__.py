"""The embedded data set: rendered videos of people on a square, with their exact truth."""

from features.datasets.plaza.dataset import Plaza, PlazaOptions
from features.datasets.plaza.truth import Person, Truth

__all__ = ["Person", "Plaza", "PlazaOptions", "Truth"]
