"""Makes a sound by a command of the siren's own; a text is given to it, never put into it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from alerts.siren.decision import Sound

LONGEST_S: Final = 600.0
"""After which a sound is cut off, so that the next order is heard."""


@dataclass(frozen=True, slots=True)
class Player:
    """Runs ``<command> tone|speech <language>`` for each sound, with title and text on its input.

    Attributes
    ----------
    longest_s : after which it is killed, and has failed
    """

    command: tuple[str, ...]
    longest_s: float = LONGEST_S

    def __call__(self, sound: Sound) -> Callable[[], bool]:
        """Begin to sound; return what waits for the end, and tells whether all was well.

        Raises
        ------
        OSError
            It cannot begin.
        """
        words = [*self.command, "tone" if sound.tone else "speech", sound.language]
        playing = subprocess.Popen(words, stdin=subprocess.PIPE)  # noqa: S603 - as configured

        def ended() -> bool:
            with suppress(subprocess.TimeoutExpired):
                playing.communicate(f"{sound.title}\n\n{sound.text}\n".encode(), self.longest_s)
                return playing.returncode == 0
            playing.kill()
            playing.wait()
            return False

        return ended
