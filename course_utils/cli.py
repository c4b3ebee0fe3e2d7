"""The command `course`. What a command does is imported when it runs, so that each starts at once."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course_utils import __version__, bootstrap

app = typer.Typer(
    help="ConvNets from Scratch: LeNet to ResNet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit()


@app.callback()
def _course(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


@app.command()
def lab(
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it, or print its address.")] = True,
    port: Annotated[str, typer.Option(metavar="N", help="This one, or the next that is free.")] = "8888",
) -> None:
    """Open the first lesson in JupyterLab."""
    raise typer.Exit(bootstrap.main(["lab", f"--port={port}", *([] if browser else ["--no-browser"])]))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run all tests. Further arguments go to pytest."""
    raise typer.Exit(bootstrap.main(["test", *context.args]))


@app.command()
def doctor() -> None:
    """Show what the course finds on this machine, and what to do about what is missing."""
    from course_utils.doctor import report

    raise typer.Exit(0 if report(Console()) else 1)


@app.command()
def progress() -> None:
    """Show what you have solved."""
    from course_utils import checking

    checking.progress()


@app.command()
def data(
    name: Annotated[str | None, typer.Argument(help="What to load, such as mnist; a list if none is named.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Never use the network; COURSE_OFFLINE=1 says so too.")
    ] = False,
) -> None:
    """Load a data set, or list them all and say which are here."""
    from course_utils import datasets

    if name is None:
        _list_data_sets()
        return
    if name == "digits":
        print("The digits are part of the course: there is nothing to load.")
        return
    try:
        remote = datasets.remote_set(name)
        print(f"{remote.title} is here: {datasets.download(remote, offline)}")
    except (ValueError, datasets.DataSetMissing, datasets.DownloadError) as error:
        _complain(str(error))
        raise typer.Exit(1) from error


@app.command()
def build(
    lessons: Annotated[list[str] | None, typer.Argument(help="Such as 02; all if none is named.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Execute also what has not changed.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say what is not in step with its source.")] = False,
) -> None:
    """Make the notebooks of the lessons from their sources in solutions/."""
    from course_utils import authoring

    if not check:
        _told(authoring.build, lessons or None, force)
        return
    problems = _told(authoring.check)
    for problem in problems:
        _complain(problem)
    raise typer.Exit(1 if problems else 0)


@app.command()
def new(
    number: Annotated[str, typer.Argument(help="Two digits, such as 03.")],
    topic: Annotated[str, typer.Argument(help="For the file's name, such as backpropagation.")],
    title: Annotated[str | None, typer.Option(help="The lesson's heading; else made from the topic.")] = None,
) -> None:
    """Start a lesson: a source with the parts that every lesson has."""
    from course_utils import authoring

    print(_told(authoring.new, number, topic, title))


def _list_data_sets() -> None:
    from course_utils import datasets, paths

    table = Table("data set", "what", "here")
    table.add_row("digits", "1,797 handwritten digits, 8x8", "yes, bundled")
    for remote in datasets.REMOTE_SETS:
        offer = f"no: `course data {remote.name}` loads {remote.size / 1e6:.1f} MB"
        table.add_row(remote.name, remote.content, "yes" if datasets.is_stored(remote) else offer)
    Console().print(table)
    print(f"Downloads are kept in {paths.home() / 'downloads'}.")
    print("Pictures of your own: datasets.load(path) takes an .npz file, or a folder with one folder for each class.")


def _told(function, *arguments):
    """The function's result; a ValueError is what the user can mend, and ends the command with its sentence."""
    try:
        return function(*arguments)
    except ValueError as error:
        _complain(str(error))
        raise typer.Exit(1) from error


def _complain(sentence: str) -> None:
    Console(stderr=True).print(f"[red]{escape(sentence)}[/]", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    sys.exit(app(prog_name="course"))
