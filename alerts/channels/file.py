"""Messages as files, for a printer, a serial modem or a script beside us."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from alerts.errors import SendError
from alerts.parcel import Parcel


@dataclass(frozen=True, slots=True)
class FileChannel:
    """Writes each parcel to ``<folder>/<key>.txt`` (mode 600), whole or not at all."""

    folder: Path

    def send(self, parcel: Parcel) -> None:
        """Write the parcel; a repeat replaces the file with the same content.

        Raises
        ------
        SendError
            The folder cannot be written.
        """
        text = f"To: {parcel.contact_ref}\nSubject: {parcel.subject}\n\n{parcel.body}\n"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(self.folder / f"{parcel.key}.txt")
        except OSError as error:
            raise SendError(f"file: {type(error).__name__} {error.errno}", retryable=True) from None
