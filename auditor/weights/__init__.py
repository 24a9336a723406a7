"""Statistics of the stored tensors: what rules that look at values judge by."""

from .measure import Statistics, Weights, measure
from .users import Key, Use

__all__ = ["Key", "Statistics", "Use", "Weights", "measure"]
