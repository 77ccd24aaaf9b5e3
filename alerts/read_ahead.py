"""Reads a site once in a process whose children work on it: they find what was read.

Sheets and plans are kept by their text (`pipeline.site.sheet`, `alerts.warning_pack`), so a child
that finds another text reads that one; nothing can be out of date.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable

from alerts.warning_pack import load_warning
from pipeline.settings import Settings
from pipeline.site.pack import load

log = logging.getLogger(__name__)


def read_ahead(settings_of: Callable[[], Settings]) -> None:
    """Read the site; whatever is wrong with it is told by the step that needs it."""
    try:
        settings = settings_of()
        load_warning(load(settings.site_folder, settings.home))
    except Exception as error:  # noqa: BLE001 - a scheduler must start whatever a file says
        log.warning("the site was not read ahead: %s", type(error).__name__)
    # What stands here stays: a child's collector would copy every page of it by looking at it.
    gc.freeze()
