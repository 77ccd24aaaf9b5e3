"""What of the receivers of CAP alerts cannot be pushed to, for `floodwarn check`.

What is wrong in site.toml itself is found when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.toml_lines import line_of
from alerts.warning_config import WarningConfig
from pipeline.errors import SettingsError
from pipeline.outbound import Target
from pipeline.settings import NotSet, Settings, credential
from pipeline.site.finding import Finding
from pipeline.site.sheet import read_text

NOT_READ_HERE = "set it, or keep it in an Airflow Connection of that name, which is not read here"


def push_findings(config: WarningConfig, settings: Settings) -> Iterator[Finding]:
    """Yield for each receiver why it cannot be pushed to; its address is never told.

    An address that is not there may be with another sender; one by which nothing is sent, as one
    without TLS, is an error.
    """
    if not config.cap_receivers:
        return
    text = read_text(settings.site_folder, "site.toml")[0] or ""
    for index, receiver in enumerate(config.cap_receivers):
        row = line_of(text, ("warning", "cap_receivers", index))
        place = ("site.toml", row, f"warning.cap_receivers.{receiver.id}")
        name = receiver.url_credential
        try:
            Target(credential(name), receiver.allow_private)
        except NotSet as error:
            yield Finding("warning", *place, f"{error}; it is pushed nothing", NOT_READ_HERE)
        except SettingsError as error:
            yield Finding("error", *place, str(error), "correct the secret")
        except ValueError as error:
            cure = "give one https address, without a user in it"
            yield Finding("error", *place, f"credential {name}: {error}", cure)
