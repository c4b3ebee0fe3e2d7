"""`fit`: train a network by a recipe, on what there is, and come back with a record."""

import io
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_utils import models
from course_utils.paths import ROOT
from course_utils.training import checkpoint
from course_utils.training.augment import enlarged
from course_utils.training.device import Place, choose, repeatable
from course_utils.training.distributed import Group, processes
from course_utils.training.failures import Diverged, is_out_of_memory, out_of_memory
from course_utils.training.interrupt import Interrupt
from course_utils.training.pictures import Pictures, prepare
from course_utils.training.progress import Reporter
from course_utils.training.recipe import Recipe
from course_utils.training.recipes import recipe as named_recipe
from course_utils.training.record import Run
from course_utils.training.saving import Saver
from course_utils.training.steps import Training

WEIGHTS, RECORD = "weights.pt", "run.json"


def fit(
    network: nn.Module | str | None = None,
    data: Any = None,
    recipe: Recipe | str | None = None,
    *,
    device: str | torch.device | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    progress: bool = True,
    checkpoint_seconds: float = 60.0,
    **changes: Any,
) -> Run:
    """Train a network, in place, and return the record of the run, which `figure()` draws. The network is left in eval mode.

    network: a module, or a name for `models.create`; None takes the recipe's. data: as in `pictures.prepare`; None takes the
    recipe's. recipe: a Recipe or the name of one, with `changes` to its fields: `fit("lenet5", "digits", epochs=3, lr=0.05)`.
    device: "cpu" or "cuda"; None takes a GPU where there is one.
    out: a folder for checkpoints, one after every epoch and every `checkpoint_seconds`, and at the end for the weights and the
    record. A run that finds a checkpoint of its own there goes on from it, to the same weights bit for bit as if it had never
    stopped, on the same machine with as many threads; fresh=True begins anew.
    progress: whether a bar and sentences are shown; problems are told in any case.

    Ctrl-C ends the run after the step at hand, and so does a loss that is no number any more; `Run.stopped` says why. The
    generators of the caller are left as they were.

    Raises ValueError for what cannot be trained, for CUDA where there is none, and for an `out` that holds another run's
    checkpoint; OutOfMemory, which says what batch would fit.
    """
    recipe = _recipe(recipe, network, changes)
    place = choose(recipe, device, int(os.environ.get("LOCAL_RANK", "0")))
    group = processes(place.is_cuda)
    with torch.random.fork_rng([place.device.index] if place.is_cuda else []), repeatable():
        report = Reporter(progress and group.leads)
        pictures = prepare(data, recipe, place)
        network = _network(network, pictures, recipe)
        _check_together(network, pictures, recipe, place, group)
        _seed(recipe.seed + group.rank, place)
        training = Training(network, pictures, recipe, place, group)
        saver = Saver(training, Path(out) if out is not None else None, checkpoint_seconds, report)
        report.say(place.sentence)
        if not fresh and saver.resume():
            done = f"{training.epoch} epochs and {training.step} steps are done"
            report.say(f"Going on with the run in {out}: {'it is finished' if training.finished else done}.")
        stopped = _train(training, saver, report)
        run = _run(training, saver.started, stopped, report)
        if out is not None and group.leads:
            _keep(run, training, Path(out), report)
        report.say(f"{run}.")
        return run


def _recipe(recipe: Recipe | str | None, network: nn.Module | str | None, changes: dict[str, Any]) -> Recipe:
    """The recipe with the changes, and with this network's name."""
    if isinstance(recipe, str):
        recipe = named_recipe(recipe)
    if not isinstance(recipe, (Recipe, type(None))):
        raise TypeError(f"recipe must be a Recipe or the name of one, got {recipe!r}")
    recipe = recipe or Recipe()
    name = type(network).__name__ if isinstance(network, nn.Module) else network or recipe.network
    if not name:
        raise ValueError('network must be given, such as "lenet5", since the recipe names none')
    if name != recipe.network:
        # Options are for the network that the recipe names.
        recipe = replace(recipe, network=name, options={})
    return recipe.changed(**changes)


def _network(network: nn.Module | str | None, pictures: Pictures, recipe: Recipe) -> nn.Module:
    if isinstance(network, nn.Module):
        return network
    classes, channels = len(pictures.classes), pictures.train.images.shape[1]
    return models.create(recipe.network, classes, channels, seed=recipe.seed, **recipe.options)


@torch.no_grad()
def _check_together(network: nn.Module, pictures: Pictures, recipe: Recipe, place: Place, group: Group) -> None:
    """Whether the network takes these pictures and has a score for each class. Raises ValueError, or what the network says."""
    if recipe.batch_size < group.size:
        raise ValueError(
            f"batch_size must be at least {group.size}, a picture for each process, got {recipe.batch_size}"
        )
    was_training = network.training
    try:
        scores = network.to(place.device).eval()(enlarged(pictures.train.images[:2], recipe.enlarge))
    finally:
        network.train(was_training)
    shape = tuple(scores.shape) if isinstance(scores, torch.Tensor) else type(scores).__name__
    classes = len(pictures.classes)
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] < classes:
        raise ValueError(
            f"the network must give scores (N, {classes}), one for each class of {pictures.name}, got {shape} for 2 pictures: "
            f"make it with num_classes={classes}"
        )


def _seed(seed: int, place: Place) -> None:
    """Seed what dropout draws from, and no other device's generator."""
    torch.default_generator.manual_seed(seed)
    if place.is_cuda:
        torch.cuda.manual_seed(seed)


def _train(training: Training, saver: Saver, report: Reporter) -> str:
    """Train to the end, saving on the way. Returns why it stopped before, or ""."""
    recipe, size = training.recipe, tuple(training.ready(training.pictures.train.images[:1]).shape[1:])
    if training.finished:
        return ""
    report.start(recipe.epochs * training.steps, training.epoch * training.steps + training.step)
    try:
        with Interrupt(active=training.group.size == 1) as interrupt:
            while not training.finished and not interrupt.asked:
                _one_epoch(training, saver, report, interrupt)
            if interrupt.asked and not training.finished:
                saver.save()
                return "interrupted"
        return ""
    except Diverged as error:
        report.problem(str(error))
        return str(error)
    except KeyboardInterrupt:
        if training.group.size > 1:
            raise
        return "interrupted"
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise out_of_memory(training.network, size, recipe, training.place, training.group.size) from error
        raise
    finally:
        report.close()


def _one_epoch(training: Training, saver: Saver, report: Reporter, interrupt: Interrupt) -> None:
    """Train to the end of the epoch at hand, unless interrupted."""
    told, told_pictures = training.step, training.sums[2]
    while training.step < training.steps:
        if training.advance():
            loss, right, count = training.sums
            epoch = f"{training.epoch + 1}/{training.recipe.epochs}"
            report.move(training.step - told, count - told_pictures, epoch, loss / count, right / count)
            told, told_pictures = training.step, count
            if training.step < training.steps and saver.due():
                saver.save()
        if interrupt.asked:
            return
    training.end_epoch()
    saver.save()


def _run(training: Training, started: str, stopped: str, report: Reporter) -> Run:
    """The record, with the final network judged by the test data."""
    loss, accuracy = training.judge(training.pictures.test) if training.finished else (None, None)
    if training.finished and training.average:
        training.network.load_state_dict(training.average.network.state_dict())
    training.network.eval()
    history, place = training.history, training.place
    pictures = len(history.train_loss) * len(training.pictures.train) + training.sums[2]
    return Run(
        network=training.recipe.network,
        parameters=sum(parameter.numel() for parameter in training.network.parameters()),
        data=training.pictures.summary(),
        recipe=training.recipe,
        history=history.thinned(),
        device=place.name,
        precision=place.precision,
        threads=torch.get_num_threads(),
        processes=training.group.size,
        torch=torch.__version__,
        commit=_commit(),
        started=started,
        seconds=training.seconds,
        images_per_second=pictures / training.training_seconds if training.training_seconds else 0.0,
        test_loss=loss,
        test_accuracy=accuracy,
        stopped=stopped,
        notes=tuple(report.notes),
    )


def _commit() -> str:
    """The state of the course's files by Git, "" where there is none; "-dirty" at its end if they were changed since."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def _keep(run: Run, training: Training, out: Path, report: Reporter) -> None:
    """The record, and the weights of a finished run, in the folder."""
    try:
        if run.finished:
            buffer = io.BytesIO()
            torch.save(training.network.state_dict(), buffer)
            checkpoint.write(out / WEIGHTS, buffer.getvalue())
        run.save(out / RECORD)
    except OSError as error:
        report.problem(
            f"The record could not be saved in {out} ({error.strerror or error}): make room, and run the same again."
        )
