"""Change the layers in thousands of small ways, and see which changes the exercises' checks do not notice.

    python tests/mutation/run.py [empty folder]

It works in a copy of the course, with mutmut 3.8 (`pip install mutmut`), and writes survivors.txt there: every change
that went unnoticed, in classes. README.md has the table and the reasons.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("course_utils", "data", "tests/exercises", "tests/mutation")

# A survivor belongs to the first class whose pattern is found in "function | - line | + line".
CLASSES = {
    "validation": (
        r"\.x__check|- .*check_\w+\(|- .*_check\(|- if (edge >|depth % window|not isinstance|not step|np.size)|- given "
        r"|- for name, array in|- if cache.dtype != bool"
    ),
    "equivalent: zip(strict=) over sequences of one length": r"- .*zip\(.*strict=True",
    "equivalent: reshape infers any negative length": r"\+ .*reshape\(.*-2",
    "equivalent: another path to the same numbers": (
        r"\+ .*min\(padding\) <(= 0| 1):|- mirror =|- if mirror|_pointwise.*and False|pointwise = None|x_suits__"
        r"|x_is_batch_last__|- if length > _SHORT_ROW|_is_batch_last.*ndim == 5"
    ),
    "equivalent: a wider type inside, rounded on the way out": (
        r"\+ .*((np.zeros|np.empty|np.ones|_padded)\(.*, (None)?\)|astype\(None\)\[)"
    ),
    "equivalent: no room set aside for a result": (
        r"- products? =|- (row|dkernel_rows\[i\]) \+= np.matmul|- shifted =|\(windows is None\) or True"
    ),
    "equivalent: more room than is used": r"\+ d?padded = .*3 \*",
    "equivalent: tiles or pieces of another size, or some twice": r"max\(2, TILE|x__pieces__",
    "equivalent: where an array lies in memory": r"_on_a_cache_line|copy\(order=|ǁunpad__",
    "equivalent: steps and switches of another type": (
        r"(x__steps__|switches = np.empty_like).*\+ .*(None|, \)|\+ 1\)\)|copy=True|\) and False)|x__first_inside.*\+ 1\)\)"
    ),
    "equivalent: a whole number with a decimal point": r"\+ values = .*size /",
    "equivalent: what is left out is the default": r"integers\(2 \* largest|reduce\(windows, out=",
    "equivalent: None in the cache means kernel_size as well": r"\(stride is None\) and False",
    "equivalent: a number is drawn exactly with probability 0": r"- (flips|mask) = .*rng.random",
    "equivalent: neighbours where there are no channels": r"channels \+ 1",
    "equivalent: the last map comes twice": r"\(range\(1\), range\(7\)\)",
    "equivalent: NaN is the maximum whatever it begins with": r"initial=\+np.inf",
    "not asked: an empty batch": r"initial=None",
    "not asked: pictures that hold NaN": r"_last_nan_places",
    "not asked: pictures that hold -inf": r"_first_inside|- if pool.padding",
    "not asked: windows of 257 pixels": r"min_scalar_type\(pool.entries",
    "not asked: pictures of more than 256 pixels": r"x__steps__",
    "not asked: the last digits of a large float32 batch": r"\+ .*\.sum\(axis=0, (dtype=None)?\)",
    "not asked: a stride by axis": r"locally_connected2d.*stride\[1\], :: stride\[1\]",
    "not asked: no gradient of the input": r"input_gradient.*or True",
    "not asked: the defaults of a function within another": r"col2im.*- \w+: int \| Pair = ",
    "not asked: how many outputs a weight feeds": r"x_fans.*outputs",
    "not asked: what only the way back reads": r"subsample2d_forward.*- return out",
    "by chance: 1 by 1 windows with stride (2, 1)": r"_is_pointwise.*\(2, 1\)",
}
# What no exercise judges, though one calls it: it stands on both sides of a comparison.
TOOLS = ("losses.x_hinge_loss",)


def main(folder: Path) -> None:
    """Copy, mutate, classify, and print the figures."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    shutil.copy(ROOT / "tests/mutation/setup.cfg", folder)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "COURSE_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "mutmut"]
    subprocess.run([*command, "run", "--max-children", str(os.cpu_count())], cwd=folder, env=environment, check=True)
    report(folder)


def report(folder: Path) -> None:
    """Write survivors.txt from the results in the folder, and print how many there are of each class."""
    # mutmut finds its configuration and its results in the working directory.
    os.chdir(folder)
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    results = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"], capture_output=True, text=True, check=True
    )
    states = dict(re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", results.stdout, re.M))
    classes, lines = Counter(), []
    for name, state in states.items():
        text = name.removeprefix("course_utils.layers.")
        if state == "no tests" or text.startswith(TOOLS):
            states[name] = "no exercise"
        elif state == "survived":
            text += changes(get_diff_for_mutant(name))
            found = next((kind for kind, pattern in CLASSES.items() if re.search(pattern, text)), "unexplained")
            classes[found] += 1
            lines.append(f"{found} | {text}")
    Path("survivors.txt").write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    print(dict(Counter(states.values())))
    for kind, count in sorted(classes.items()):
        print(f"{count:4} {kind}")
    killed = sum(state in ("killed", "timeout") for state in states.values())
    reachable = killed + sum(n for kind, n in classes.items() if not kind.startswith(("validation", "equivalent")))
    print(f"killed {killed} of {reachable} that an answer can show: {killed / reachable:.1%}")


def changes(diff: str) -> str:
    """The changed lines of a diff, on one line."""
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "".join(f" | {line[0]} {line[1:].strip()}" for line in lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="mutation-")))
