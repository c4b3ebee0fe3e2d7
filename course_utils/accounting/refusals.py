"""Why a network cannot take an input: the errors of counting, each naming the step.

Their names say what is wrong, as those of the standard library's `FileNotFoundError` do, without the ending.
"""

from course_utils.accounting.volumes import Pair


class TooSmall(ValueError):  # noqa: N818
    """A window that does not fit on what reaches its layer.

    `layer` is the step's name, `got` and `needed` are (rows, columns) of its input.
    """

    def __init__(self, layer: str, got: Pair, needed: Pair):
        super().__init__(
            f"the input is too small for this network: {layer} gets {got[0]}x{got[1]} and needs at least "
            f"{needed[0]}x{needed[1]}; give larger pictures"
        )
        self.layer, self.got, self.needed = layer, got, needed


class WrongFeatures(ValueError):  # noqa: N818
    """A fully connected layer that gets another number of features than it has weights for."""

    def __init__(self, layer: str, got: int, needed: int, remedy: str = ""):
        super().__init__(f"{layer} needs {needed:,} features and gets {got:,}{'; ' if remedy else ''}{remedy}")
        self.layer, self.got, self.needed = layer, got, needed


class UnknownType(ValueError):  # noqa: N818
    """A step of a type that has no rule."""

    def __init__(self, layer: str, type_name: str):
        super().__init__(
            f"{layer} is a {type_name}, which has no rule of counting: give its class a method accounting_step() "
            f'(see course_utils.accounting.steps), or count with method="hooks"'
        )
        self.layer = layer
