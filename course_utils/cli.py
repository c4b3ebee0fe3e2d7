"""The command `course`. What a command does is imported when it runs, so that each starts at once."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from course_utils import __version__, bootstrap, cli_grading
from course_utils.cli_errors import complain as _complain
from course_utils.cli_errors import told as _told

app = typer.Typer(
    help="ConvNets from Scratch: LeNet to ResNet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


NOTHING_TO_LOAD = {
    "digits": "The digits are part of the course",
    "shapes10": "The pictures of shapes10 are made when they are asked for",
}


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
    if name in NOTHING_TO_LOAD:
        print(f"{NOTHING_TO_LOAD[name]}: there is nothing to load.")
        return
    try:
        remote = datasets.remote_set(name)
        print(f"{remote.title} is here: {datasets.download(remote, offline)}")
    except (ValueError, datasets.DataSetMissing, datasets.DownloadError) as error:
        _complain(str(error))
        raise typer.Exit(1) from error


@app.command()
def count(
    name: Annotated[str | None, typer.Argument(help="A network, such as resnet50; all of them if none.")] = None,
    size: Annotated[int | None, typer.Option(help="Height and width of the pictures; else as published.")] = None,
    method: Annotated[str, typer.Option(help="formula, or hooks: sizes observed in the network itself.")] = "formula",
    form: Annotated[str, typer.Option("--as", help="table, csv or markdown.")] = "table",
) -> None:
    """Count a network's weights, operations and receptive fields layer by layer, or list all networks."""
    if name is None:
        _list_networks()
        return
    from course_utils import accounting, models

    def counted() -> accounting.Summary:
        channels, height, width = models.describe(name).input_size
        pictures = (channels, size or height, size or width)
        return accounting.summary(models.create(name, device="meta"), pictures, method=method)

    forms = {"table": str, "csv": accounting.Summary.to_csv, "markdown": accounting.Summary.to_markdown}
    if form not in forms:
        _complain(f"--as must be one of {', '.join(forms)}, got {form!r}")
        raise typer.Exit(1)
    print(forms[form](_told(counted)))


@app.command()
def train(
    recipe: Annotated[str | None, typer.Argument(help="A recipe, such as shapes-lenet; all of them if none.")] = None,
    data: Annotated[str | None, typer.Option(help="Another data set than the recipe's: a name or a path.")] = None,
    out: Annotated[str | None, typer.Option(help="Folder for checkpoints, weights and record.")] = None,
    epochs: Annotated[int | None, typer.Option(help="The schedule is stretched or shrunk with it.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pictures a step.")] = None,
    lr: Annotated[float | None, typer.Option(help="The highest learning rate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order, augmentation and dropout.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; else a GPU where there is one.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh/--resume", help="Begin anew, or go on where it stopped.")] = False,
) -> None:
    """Train a network by a recipe and keep a record of the run, or list all recipes."""
    if recipe is None:
        _list_recipes()
        return
    from course_utils import datasets, training

    settings = {"epochs": epochs, "batch_size": batch_size, "lr": lr, "seed": seed}
    settings = {name: value for name, value in settings.items() if value is not None}

    def trained() -> training.Run:
        wanted = training.recipe(recipe).changed(**settings)
        folder = out or training.own_folder() / f"{wanted.name}-seed{wanted.seed}"
        return training.fit(None, data, wanted, device=device, out=folder, fresh=fresh)

    try:
        run = _told(trained)
    except (datasets.DataSetMissing, training.OutOfMemory) as error:
        _complain(str(error))
        raise typer.Exit(1) from error
    raise typer.Exit(1 if run.stopped else 0)


@app.command()
def runs(
    names: Annotated[
        list[str] | None, typer.Argument(help="Of recipes or networks; all runs if none is named.")
    ] = None,
    folder: Annotated[str | None, typer.Option(help="Where to look, instead of the course's and your own.")] = None,
    figure: Annotated[str | None, typer.Option(help="A file to draw the curves in, such as runs.png.")] = None,
) -> None:
    """List the training runs on record, or compare those that are named."""
    from course_utils import training

    found = _told(training.chosen, names or [], _told(training.runs, folder))
    if not found:
        print("There is no run on record yet: `course train` makes one.")
        return
    Console().print(training.comparison(found) if names else training.overview(found))
    if figure:
        _told(lambda: found[0].figure(*found[1:]).savefig(figure))


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
    table.add_row("shapes10", "ten shapes, 32x32, in colour, as many as you ask for", "yes, made when asked for")
    for remote in datasets.REMOTE_SETS:
        offer = f"no: `course data {remote.name}` loads {remote.size / 1e6:.1f} MB"
        table.add_row(remote.name, remote.content, "yes" if datasets.is_stored(remote) else offer)
    Console().print(table)
    print(f"Downloads are kept in {paths.home() / 'downloads'}.")
    print(
        "Pictures of your own: datasets.load(path) takes an .npz file, or a folder with one folder for each class; from"
    )
    print(f"10,000 pictures on, what is decoded is kept in {paths.home() / 'pictures'}.")


def _list_networks() -> None:
    from course_utils import accounting, models

    table = Table("network", "input", "parameters", "published", "MACs", "published", "paper", "torchvision's weights")
    for name in models.list():
        entry = models.describe(name)
        counted = accounting.summary(models.create(name, device="meta").eval(), entry.input_size)
        numbers = (f"{counted.parameters:,}", entry.parameters, f"{counted.macs:,}", entry.macs)
        pictures = "x".join(map(str, entry.input_size))
        table.add_row(name, pictures, *numbers, entry.paper, "fit" if entry.torchvision else "")
    Console().print(table)


def _list_recipes() -> None:
    from course_utils import training

    table = Table("recipe", "network", "data", "epochs", "published")
    for name in training.recipes():
        one = training.recipe(name)
        options = ", ".join(f"{option}={value}" for option, value in one.options.items())
        network = f"{one.network} ({options})" if options else one.network
        published = "" if one.published is None else f"{one.published:.2%}"
        table.add_row(name, network, one.data, str(one.epochs), published)
    Console().print(table)


cli_grading.add_to(app)

if __name__ == "__main__":
    sys.exit(app(prog_name="course"))
