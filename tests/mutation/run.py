"""Change the layers in more than a thousand small ways, and see which changes the exercises' checks do not notice.

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
    "validation": r"^arguments|- (raise |f\"|.*check_\w+\(|.*_check\(x, weight|if edge >|if channels % groups)",
    "equivalent: zip(strict=) over sequences of one length": r"- .*zip\(.*strict=True",
    "equivalent: reshape infers any negative length": r"\+ .*reshape\(.*-2",
    "equivalent: another path to the same numbers": (
        r"\+ .*min\(padding\) <(= 0| 1):|- mirror =|- if mirror|_pointwise.*and False"
    ),
    "equivalent: float64 inside, rounded on the way out": r"\+ .*(np.zeros|np.empty)\(.*, (None)?\)",
    "equivalent: tiles of another size": r"max\(2, TILE",
    "equivalent: switches of a wider integer": r"min_scalar_type.*\+ .*\+ 1\)",
    "not asked: windows of 257 pixels": r"min_scalar_type",
    "equivalent: None in the cache means kernel_size as well": r"\(stride is None\) and False",
    "equivalent: the first position is 0": r"\+ starts\[0, 0, 0\]",
    "not asked: a stride by axis": r"locally_connected2d.*stride\[1\], :: stride\[1\]",
    "not asked: pictures that hold -inf": r"first_taps",
    "by chance: 1 by 1 windows with stride (2, 1)": r"_is_pointwise.*\(2, 1\)",
}


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
        if state == "survived":
            text = name.removeprefix("course_utils.layers.") + changes(get_diff_for_mutant(name))
            found = next((kind for kind, pattern in CLASSES.items() if re.search(pattern, text)), "unexplained")
            classes[found] += 1
            lines.append(f"{found} | {text}")
    Path("survivors.txt").write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    print(dict(Counter(states.values())))
    for kind, count in sorted(classes.items()):
        print(f"{count:4} {kind}")
    reachable = len(states) - sum(n for kind, n in classes.items() if kind.startswith(("validation", "equivalent")))
    killed = sum(state in ("killed", "timeout") for state in states.values())
    print(f"killed {killed} of {reachable} that an answer can show: {killed / reachable:.1%}")


def changes(diff: str) -> str:
    """The changed lines of a diff, on one line."""
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "".join(f" | {line[0]} {line[1:].strip()}" for line in lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="mutation-")))
