"""Grading on a Dask cluster: the same function, sent to its workers."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from course_utils import __version__
from course_utils.grading.processes import Failure, Job, done

# So that a worker that is done finds the next job there already.
_JOBS_PER_THREAD = 2
# Seconds to wait for the scheduler.
_PATIENCE = 10


def on_cluster(
    address: str, work: Callable[[Any], Any], jobs: Iterator[Job], sandboxed: bool
) -> Iterator[tuple[Job, Any]]:
    """Each job with what work(job) gave on a worker, or a Failure, as they come. address: such as tcp://10.0.0.5:8786.

    Raises ValueError where distributed is not installed, the scheduler does not answer or has no workers, or where a
    worker has not this course, or no sandbox.
    """
    try:
        from distributed import as_completed
    except ImportError as error:
        raise ValueError("--scheduler needs Dask: run `pip install 'distributed>=2024.5'` here") from error
    with _client(address) as client:
        _check(client, address, sandboxed)
        threads = sum(client.nthreads().values())

        def submit(job: Job) -> Any:
            return client.submit(done, work, job, pure=False)

        running = {submit(job): job for job in islice(jobs, _JOBS_PER_THREAD * threads)}
        finished = as_completed(list(running), loop=client.loop)
        for future in finished:
            job = running.pop(future)
            yield job, _result(future)
            for job in islice(jobs, 1):
                future = submit(job)
                running[future] = job
                finished.add(future)


def _client(address: str) -> Any:
    from distributed import Client

    try:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"no Dask scheduler answers at {address!r} ({error}); it must be an address such as tcp://10.0.0.5:8786"
        ) from error


def _check(client: Any, address: str, sandboxed: bool) -> None:
    try:
        told = client.run(_what_is_here, sandboxed)
    except Exception as error:
        raise ValueError(
            f"the workers of {address} cannot run this course ({type(error).__name__}: {error}); install course-utils "
            f"{__version__} on each"
        ) from error
    if not told:
        raise ValueError(f"the scheduler at {address} has no workers yet; start some with `dask worker {address}`")
    for worker, (version, problem) in told.items():
        if version != __version__:
            raise ValueError(f"the worker {worker} has version {version} of the course, and here is {__version__}")
        if problem:
            raise ValueError(f"the worker {worker} has no sandbox: {problem}")


def _what_is_here(sandboxed: bool) -> tuple[str, str]:
    from course_utils import __version__ as version

    if not sandboxed:
        return version, ""
    from course_utils.grading.sandbox import sandbox_problem

    return version, sandbox_problem()


def _result(future: Any) -> Any:
    """What the job gave; a worker that died, or results that could not travel, are a Failure of that job."""
    try:
        return future.result()
    except Exception as error:
        return Failure(f"grading on the cluster failed: {type(error).__name__}: {error}"[:500])
