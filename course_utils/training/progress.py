"""What a run shows while it goes: a bar with the numbers of the epoch, and sentences."""

import sys
import time

from tqdm.auto import tqdm


class Reporter:
    """Shows a bar and sentences, or, with shown=False, nothing but problems. `notes` keeps the problems for the record."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self.notes: list[str] = []
        self.bar: tqdm | None = None

    def say(self, sentence: str) -> None:
        """A sentence for who watches."""
        if self.shown:
            tqdm.write(sentence)

    def problem(self, sentence: str) -> None:
        """A sentence that must not be missed: it is shown in any case, and goes into the record."""
        self.notes.append(sentence)
        tqdm.write(sentence, file=sys.stderr)

    def start(self, steps: int, done: int) -> None:
        """The bar, of so many steps in all, some of which are done."""
        self.bar = tqdm(total=steps, initial=done, unit="step", leave=False, mininterval=0.3, disable=not self.shown)
        self._since, self._pictures = time.perf_counter(), 0

    def move(self, steps: int, pictures: int, epoch: str, loss: float, accuracy: float) -> None:
        """So many steps and pictures more; loss and accuracy of the epoch so far."""
        self._pictures += pictures
        rate = self._pictures / max(time.perf_counter() - self._since, 1e-9)
        self.bar.set_description(f"epoch {epoch}", refresh=False)
        self.bar.set_postfix_str(f"loss {loss:.3f}, accuracy {accuracy:.1%}, {rate:,.0f} images/s", refresh=False)
        self.bar.update(steps)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
