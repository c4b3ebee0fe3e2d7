"""What the rules of training do to numbers: normalisation, moving averages, dropout, initialisation."""

from fractions import Fraction

Number = int | Fraction


def normalised_mean(*batch: Number) -> float:
    """Mean of a batch of one feature after (x - mean) / sqrt(variance)."""
    return _rounded(_mean(_normalised(batch)))


def normalised_variance(*batch: Number) -> float:
    """Variance, divided by m, of a batch of one feature after (x - mean) / sqrt(variance)."""
    return _rounded(_variance(_normalised(batch)))


def identity_error(*batch: Number) -> float:
    """Largest change when gamma = sqrt(variance) and beta = mean scale and shift the normalised batch back."""
    gamma, beta = _variance(batch) ** 0.5, _mean(batch)
    pairs = zip(_normalised(batch), batch, strict=True)
    return _rounded(max(abs(gamma * one + beta - before) for one, before in pairs))


def moving_average(steps: int, alpha: Number, value: Number = 1, start: Number = 0) -> Number:
    """The average after `steps` updates average := alpha * value + (1 - alpha) * average, from `start`."""
    average = start
    for _ in range(steps):
        average = alpha * value + (1 - alpha) * average
    return average


def dropout_ratio(drop: Number, training_scale: Number = 1, test_scale: Number = 1) -> Fraction:
    """A unit's output at test time over its expectation in training, where it is zeroed with probability `drop`.

    1 where the two agree.
    """
    return Fraction(test_scale) / ((1 - Fraction(drop)) * Fraction(training_scale))


def gain_through_relu() -> float:
    """g for which weights of variance g / fan_in keep the mean square of the inputs through a ReLU.

    He et al. 2015, "Delving Deep into Rectifiers", equation 10. For weights symmetric about zero so is each sum, and
    the rectifier keeps the squares of its positive half: the gain is one over that half.
    """
    sums = range(-100, 101)
    return sum(one**2 for one in sums) / sum(max(one, 0) ** 2 for one in sums)


def _normalised(batch: tuple[Number, ...]) -> list[float]:
    mean, deviation = _mean(batch), _variance(batch) ** 0.5
    return [(one - mean) / deviation for one in batch]


def _mean(batch: tuple[Number, ...] | list[float]) -> float:
    return float(sum(batch) / len(batch))


def _variance(batch: tuple[Number, ...] | list[float]) -> float:
    mean = _mean(batch)
    return float(sum((one - mean) ** 2 for one in batch) / len(batch))


def _rounded(value: float) -> float:
    # The roots are irrational: what is meant to be 0 or 1 is so to some fifteen digits.
    return round(value, 12) + 0.0


FUNCTIONS = (normalised_mean, normalised_variance, identity_error, moving_average, dropout_ratio, gain_through_relu)
