"""Things of which some are asked for far more often than others, as products of a shop are."""

import random
from bisect import bisect
from itertools import accumulate


class Popular:
    """Numbers from 1 to ``count``, in a seeded order of popularity: the n-th is asked for ``n ** -exponent`` as often.

    Zipf's law; requests for web pages show exponents of 0.64 to 0.83 (Breslau et al., INFOCOM 1999).
    """

    def __init__(self, rng: random.Random, count: int, exponent: float = 0.8) -> None:
        self._rng = rng
        self._weights = list(accumulate(rank**-exponent for rank in range(1, count + 1)))
        self._ordered = rng.sample(range(1, count + 1), count)

    def pick(self) -> int:
        """One of the numbers."""
        rank = bisect(self._weights, self._rng.random() * self._weights[-1])
        return self._ordered[min(rank, len(self._ordered) - 1)]
