"""Right answers to the exercise of homework 1 by PyTorch."""

import numpy as np
import torch
from torch.nn import functional


def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    given = [None if array is None else torch.from_numpy(np.array(array)) for array in (x, weight, bias)]
    try:
        return functional.conv_transpose2d(*given, stride=stride, padding=padding).numpy()
    except RuntimeError as error:
        raise ValueError(str(error)) from error
