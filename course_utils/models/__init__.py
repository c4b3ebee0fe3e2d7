"""The networks of the case studies in PyTorch, one family a module: `create`, `list`, `describe`, `load_pretrained`.

network = models.create("resnet18", num_classes=10, seed=1)
models.list("vgg")
models.describe("alexnet").paper
"""

from course_utils.models.registry import Entry, create, describe, list_models
from course_utils.models.weights import WeightsDoNotFit, load_pretrained, load_weights

# The field's own word for it; inside this package the built-in list is wanted more often.
list = list_models

__all__ = ["Entry", "WeightsDoNotFit", "create", "describe", "list", "load_pretrained", "load_weights"]
