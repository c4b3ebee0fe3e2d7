import subprocess
import sys

import course_utils.layers


def test_layers_load_numpy_alone():
    code = (
        "import sys, numpy.random; before = set(sys.modules); import course_utils.layers; "
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) - sys.stdlib_module_names - {"numpy"} == {"course_utils"}


def test_every_layer_is_exported_and_documented():
    assert len(set(course_utils.layers.__all__)) == len(course_utils.layers.__all__)
    for name in course_utils.layers.__all__:
        assert getattr(course_utils.layers, name).__doc__, name
