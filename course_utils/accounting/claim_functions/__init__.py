"""The functions that calculations of the claim ledger may call, by name. A module a subject; FUNCTIONS has them all."""

from collections.abc import Callable

from course_utils.accounting.claim_functions import (
    costs,
    counts,
    layouts,
    logic,
    memory_rules,
    networks,
    notes,
    published,
    sizes,
    training_rules,
)

MODULES = (sizes, counts, costs, networks, memory_rules, training_rules, layouts, notes, published, logic)
FUNCTIONS: dict[str, Callable] = {function.__name__: function for module in MODULES for function in module.FUNCTIONS}
