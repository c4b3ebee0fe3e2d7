"""The graph of a computation, as autograd keeps it: what was computed from what, with values and gradients."""

from collections.abc import Sequence
from dataclasses import dataclass

from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import INK, INPUT, KERNEL, MUTED, OUTPUT, PAPER, VERMILLION, Drawing, number, style

# Inches: a box, and the room from one to the next.
WIDE, TALL, ACROSS, DOWN = 1.42, 0.52, 0.62, 0.72
FACES = {"input": INPUT, "parameter": KERNEL, "step": PAPER, "result": OUTPUT}


@dataclass(frozen=True)
class Node:
    """One number or tensor of the graph. kind: "input", "parameter", "step" or "result"; inputs: names of those it is made of.

    label: what stands in the box, such as "u = w · x"; value and gradient are left out where they are None.
    """

    name: str
    label: str
    kind: str = "step"
    inputs: tuple[str, ...] = ()
    value: float | None = None
    gradient: float | None = None


@style()
def computation_graph(nodes: Sequence[Node | Sequence]) -> Drawing:
    """Boxes from left to right, each as far right as what it is made of asks; arrows point the way forward.

    nodes: Nodes or tuples of their fields, each after its inputs. Raises ValueError for an unknown kind or input, or no node.
    """
    graph: dict[str, Node] = {}
    columns: dict[str, int] = {}
    for node in (node if isinstance(node, Node) else Node(*node) for node in nodes):
        if node.kind not in FACES:
            raise ValueError(f"kind must be one of {', '.join(FACES)}, got {node.kind!r} for {node.name!r}")
        if unknown := [name for name in node.inputs if name not in graph]:
            raise ValueError(f"{node.name!r} is made of {unknown[0]!r}, which is not among the nodes before it")
        graph[node.name] = node
        columns[node.name] = max((columns[name] + 1 for name in node.inputs), default=0)
    if not graph:
        raise ValueError("nodes must hold at least one node, got none")
    # What is only used later moves up to its user, so that its arrow is short.
    for node in graph.values():
        users = [columns[user.name] for user in graph.values() if node.name in user.inputs]
        columns[node.name] = min(users) - 1 if users and not node.inputs else columns[node.name]
    # In a column, what is made of something comes first: the main line stays on top.
    order = sorted(graph, key=lambda name: not graph[name].inputs)
    stacks = [[name for name in order if columns[name] == column] for column in range(max(columns.values()) + 1)]
    rows = max(map(len, stacks))
    diagram = Diagram(len(stacks) * (WIDE + ACROSS) - ACROSS, rows * (TALL + DOWN) - 0.1, cell=1.0)
    places = {}
    for column, names in enumerate(stacks):
        for row, name in enumerate(names):
            places[name] = column * (WIDE + ACROSS), 0.1 + (row + _offset(rows, names, graph)) * (TALL + DOWN)
    for node in graph.values():
        _box(diagram, node, *places[node.name])
        for one in node.inputs:
            _arrow(diagram, places[one], places[node.name])
    told = "; ".join(map(_told, graph.values()))
    return diagram.finish(f"A graph of {len(graph)} nodes, computed from left to right: {told}.")


def _offset(rows: int, names: list[str], graph: dict[str, Node]) -> float:
    """Results of steps stay on the first row, where the eye follows them; a column of leaves alone is centred."""
    return 0 if any(graph[name].inputs for name in names) else (rows - len(names)) / 2


def _box(diagram: Diagram, node: Node, x: float, y: float) -> None:
    diagram.box(x, y, WIDE, TALL, face=FACES[node.kind], edge=INK, lw=1.2, z=2)
    diagram.text(x + WIDE / 2, y + TALL / 2, node.label, zorder=3)
    if node.value is not None:
        diagram.text(x + 0.02, y + TALL + 0.16, f"is {number(node.value)}", ha="left", color=MUTED)
    if node.gradient is not None:
        diagram.text(x + 0.02, y + TALL + 0.38, f"grad {number(node.gradient)}", ha="left", color=VERMILLION)


def _arrow(diagram: Diagram, start: tuple[float, float], end: tuple[float, float]) -> None:
    (x0, y0), (x1, y1) = start, end
    if x0 == x1:
        diagram.arrow(x0 + WIDE / 2, y0 + TALL, x1 + WIDE / 2, y1)
    else:
        diagram.arrow(x0 + WIDE, y0 + TALL / 2, x1, y1 + TALL / 2 + (0.12 if y0 > y1 else -0.12 if y0 < y1 else 0))


def _told(node: Node) -> str:
    words = [f"{node.kind} {node.label}"]
    words += [f"value {number(node.value)}"] if node.value is not None else []
    words += [f"gradient {number(node.gradient)}"] if node.gradient is not None else []
    return ", ".join(words)
