"""What may not be used is found through every alias; what cannot be read off is left to a person."""

import pytest
from notebooks_made import notebook

from course_utils.grading.forbidden import search, sentence
from course_utils.grading.submission import read

FORBIDDEN = ("torch.nn.Conv2d", "torch.nn.functional", "numpy.convolve", "torch.hub")


def found(*cells, name="f", forbidden=FORBIDDEN):
    return search(read(notebook(*cells), "hw.ipynb").code, name, forbidden)


USED = {
    "whole name": ["import torch", "def f(x):\n    return torch.nn.Conv2d(1, 1, 3)(x)"],
    "module alias": ["import torch.nn as layers", "def f(x):\n    return layers.Conv2d(1, 1, 3)(x)"],
    "from": ["from torch.nn import Conv2d", "def f(x):\n    return Conv2d(1, 1, 3)(x)"],
    "from, renamed": ["from torch.nn import Conv2d as mine", "def f(x):\n    return mine(1, 1, 3)(x)"],
    "from torch": ["from torch import nn", "def f(x):\n    return nn.functional.conv2d(x)"],
    "star": ["from torch.nn.functional import *", "def f(x):\n    return conv2d(x, x)"],
    "assigned": ["import torch\nn = torch.nn\nc = n.Conv2d", "def f(x):\n    return c(1, 1, 3)(x)"],
    "assigned in a tuple": ["import torch\na, c = 1, torch.nn.Conv2d", "def f(x):\n    return c(1, 1, 3)(x)"],
    "imported inside": ["def f(x):\n    import torch.nn.functional as g\n    return g.conv2d(x, x)"],
    "assigned inside": ["import torch", "def f(x):\n    c = torch.nn.Conv2d\n    return c(1, 1, 3)(x)"],
    "getattr": ["import torch", "def f(x):\n    return getattr(torch.nn, 'Conv2d')(1, 1, 3)(x)"],
    "import_module": ["import importlib", "def f(x):\n    return importlib.import_module('torch.nn').Conv2d(1)(x)"],
    "sys.modules": ["import sys", "def f(x):\n    return sys.modules['torch'].nn.Conv2d(1)(x)"],
    "helper": ["import torch", "def g(x):\n    return torch.nn.Conv2d(1, 1, 3)(x)", "def f(x):\n    return g(x)"],
    "helper's helper": ["import torch\nh = lambda x: torch.nn.Conv2d(1)(x)", "def g(x):\n    return h(x)", "f = g"],
    "class": [
        "from torch import nn",
        "class f(nn.Module):\n    def __init__(self):\n        self.c = nn.Conv2d(1, 1, 3)",
    ],
    "base class": ["from torch import nn", "class f(nn.Conv2d):\n    pass"],
    "default": ["import torch", "def f(x, c=torch.nn.Conv2d(1, 1, 3)):\n    return c(x)"],
    "decorator": ["import torch", "@torch.nn.functional.conv2d\ndef f(x):\n    return x"],
    "put on later": ["import torch", "class f:\n    pass", "f.forward = torch.nn.functional.conv2d"],
    "put on in a function": ["import torch", "class f:\n    pass", "def g():\n    f.c = torch.nn.Conv2d", "g()"],
    "setattr": ["import torch", "class f:\n    pass", "setattr(f, 'forward', torch.nn.functional.conv2d)"],
    "global": ["import torch", "def g():\n    global c\n    c = torch.nn.Conv2d", "def f(x):\n    return c(1)(x)"],
    "dictionary": ["import torch\nd = {'c': torch.nn.Conv2d}", "def f(x):\n    return d['c'](1)(x)"],
    "another place": ["import torch", "def f(x):\n    return torch.nn.modules.conv.Conv2d(1)(x)"],
    "below a class": ["import torch", "def f(x):\n    return torch.nn.modules.conv.Conv2d.forward(x)"],
    "numpy": ["import numpy as np", "def f(x):\n    return np.convolve(x, x)"],
    "in an if": ["import torch\nif True:\n    def f(x):\n        return torch.nn.Conv2d(1)(x)"],
}


@pytest.mark.parametrize("cells", USED.values(), ids=USED)
def test_a_use_is_found(cells):
    assert found(*cells).uses


ALLOWED = {
    "not used": ["import torch\nfrom torch.nn import Conv2d", "def f(x):\n    return x"],
    "used elsewhere": ["import torch", "def f(x):\n    return x", "out = torch.nn.Conv2d(1, 1, 3)(f(1))"],
    "a local of the same name": [
        "import torch",
        "out = torch.nn.functional.conv2d(1, 2)",
        "def f(x):\n    out = x + 1\n    return [out for c in x]",
    ],
    "another function's local": [
        "import torch",
        "def g(x):\n    c = torch.nn.Conv2d\n",
        "def f(x, c=1):\n    return c",
    ],
    "its own class": ["from torch import nn", "class Conv2d(nn.Module):\n    pass", "def f(x):\n    return Conv2d()"],
    "another module": ["import torch", "def f(x):\n    return torch.autograd.functional.jvp(x, x)"],
    "builtins beside a star": ["from torch.nn.functional import *", "def f(x):\n    return [abs(i) for i in range(3)]"],
    "in text": ["def f(x):\n    '''torch.nn.Conv2d'''\n    return 'torch.nn.Conv2d'"],
    "the rest of nn": ["from torch import nn", "def f(x):\n    return nn.Linear(1, 2)(x)"],
}


@pytest.mark.parametrize("cells", ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_stays_allowed(cells):
    assert not found(*cells).uses and not found(*cells).doubtful


HIDDEN = {
    "eval": ["def f(x):\n    return eval('torch.nn.Conv2d')(1)(x)"],
    "exec": ["def f(x):\n    exec('import torch')"],
    "getattr": ["import torch", "def f(x):\n    return getattr(torch.nn, 'Conv' + '2d')(1)(x)"],
    "__import__": ["def f(x):\n    return __import__('to' + 'rch').nn.Conv2d(1)(x)"],
    "importlib": ["import importlib", "def f(x):\n    return importlib.import_module('to' + 'rch')"],
    "globals": ["def f(x):\n    return globals()['c'](x)"],
    "__dict__": ["import torch", "def f(x):\n    return torch.nn.__dict__['Conv2d'](1)(x)"],
    "sys.modules": ["import sys", "def f(x):\n    return sys.modules['to' + 'rch']"],
    "a name of both kinds": [
        "from torch.nn import Conv2d",
        "def Conv2d(*a):\n    pass",
        "def f(x):\n    return Conv2d(1)",
    ],
}


@pytest.mark.parametrize("cells", HIDDEN.values(), ids=HIDDEN)
def test_what_may_hide_a_use_is_for_a_person_and_no_verdict(cells):
    findings = found(*cells)
    assert not findings.uses and findings.doubtful


def test_nothing_is_looked_for_where_nothing_is_forbidden():
    assert found("def f(x):\n    return eval(x)", forbidden=()) == found("a = 1", forbidden=())


def test_the_sentence_names_the_line_the_cell_and_what_to_do():
    (use,) = found("import torch", "\n\ndef f(x):\n    return torch.nn.Conv2d(1)(x)").uses
    assert (use.cell, use.line, use.name) == (2, 4, "torch.nn.Conv2d")
    said = sentence(use, "f")
    assert "`torch.nn.Conv2d`, in line 4 of cell 2" in said and "Write that step yourself" in said


def test_aliases_that_run_in_circles_come_to_an_end():
    circle = "\n".join(f"a{n} = a{(n + 1) % 300}.b" for n in range(300))
    assert not found(circle, "def f(x):\n    return a0(x)").uses
