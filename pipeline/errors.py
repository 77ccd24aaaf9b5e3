"""The errors of the pipeline; each carries what its caller branches on."""

from __future__ import annotations


class PipelineError(Exception):
    """Anything in the pipeline that a caller must handle.

    Attributes
    ----------
    retryable : bool
        The same call may succeed later without anybody changing anything.
    retry_after : float or None
        Seconds that the other side asked us to wait, where it did.
    """

    retryable: bool = False
    retry_after: float | None = None

    @property
    def permanent(self) -> bool:
        """Whether only a person or a changed input can make the call succeed."""
        return not self.retryable


class SettingsError(PipelineError):
    """The deployment's environment is incomplete or contradicts itself."""


class SiteError(PipelineError):
    """The site pack cannot be used; ``check`` names file, row and field."""


class FetchError(PipelineError):
    """A feed could not be fetched."""

    def __init__(
        self, message: str, *, retryable: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after


class PostFailed(PipelineError):
    """A server of others gave no answer to what was posted.

    Attributes
    ----------
    handed_over : bool
        Some of it was: the server may have taken it.
    """

    retryable = True

    def __init__(self, message: str, *, handed_over: bool) -> None:
        super().__init__(message)
        self.handed_over = handed_over


class DecodeError(PipelineError):
    """A payload could not be read as its feed declares it.

    Attributes
    ----------
    row, field : where in the payload, if known.
    """

    def __init__(self, message: str, *, row: int | None = None, field: str | None = None) -> None:
        place = "".join(
            [f", row {row}" if row is not None else "", f", field {field}" if field else ""]
        )
        super().__init__(f"{message}{place}")
        self.row = row
        self.field = field


class StoreError(PipelineError):
    """The store refused a write or lost a race that the caller may run again."""

    retryable = True


class StoreUnavailable(StoreError):
    """The database is full, locked or out of reach; nothing of the transaction is kept."""


class DecisionDiffers(StoreError):
    """Another decision is stored for the slot: only a person can find out why."""

    retryable = False


class NotConfirmed(PipelineError):
    """A file fed by hand reaches into what live cycles read, and no person answers for it."""


class NotKept(PipelineError):
    """Something asked for is not in the store: never written, or pruned."""


class BackupError(PipelineError):
    """A file is no backup of a store, or is not whole."""


class DatabaseInUse(PipelineError):
    """A restore was asked for into a database that holds something."""


class SchemaError(PipelineError):
    """Arrays do not have the dims, units or lengths that were declared."""
