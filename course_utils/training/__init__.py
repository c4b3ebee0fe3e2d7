"""Training that scales: one loop, from a laptop to several GPUs, with recipes and records.

run = training.fit("resnet20_cifar", "shapes10", epochs=3)
run.figure()
"""

from course_utils.training.collection import chosen, comparison, overview, own_folder, runs
from course_utils.training.failures import OutOfMemory
from course_utils.training.history import History
from course_utils.training.loop import fit
from course_utils.training.recipe import Recipe
from course_utils.training.recipes import recipe, recipes
from course_utils.training.record import Run

__all__ = [
    "History",
    "OutOfMemory",
    "Recipe",
    "Run",
    "chosen",
    "comparison",
    "fit",
    "overview",
    "own_folder",
    "recipe",
    "recipes",
    "runs",
]
