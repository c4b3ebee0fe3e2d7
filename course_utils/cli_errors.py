"""How the command `course` tells what its user can mend."""

from collections.abc import Callable
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape


def told(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's result; a ValueError is what the user can mend, and ends the command with its sentence."""
    try:
        return function(*arguments)
    except ValueError as error:
        complain(str(error))
        raise typer.Exit(1) from error


def complain(sentence: str) -> None:
    """A sentence on standard error."""
    Console(stderr=True).print(f"[red]{escape(sentence)}[/]", soft_wrap=True, highlight=False)
