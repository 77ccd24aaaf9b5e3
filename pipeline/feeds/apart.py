"""Work that may hang or die, done in a process of its own that can open no file."""

from __future__ import annotations

import faulthandler
import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final, ParamSpec, TypeVar

from pipeline.errors import DecodeError

CPU_S: Final = 5
WALL_S: Final = 30.0
"""More than its processor time: other processes may want the machine too."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def apart(
    work: Callable[Arguments, Result], *given: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Return what a function gives, from a process of its own.

    That process opens no file, address or library (so `work` imports nothing), writes none, and
    has five seconds of processor time; when it dies, only its result is lost.

    Raises
    ------
    DecodeError
        It died or took too long; or the function itself raised.
    """
    # Forked, not spawned: 10 ms instead of a second, and `work` needs no thread of the parent.
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=lambda: _send(sender, lambda: work(*given, **named)))
    process.start()
    sender.close()
    try:
        if not receiver.poll(WALL_S):
            raise DecodeError("took too long")
        answer: Result | DecodeError = receiver.recv()
    except EOFError:
        raise DecodeError("ended the process that read it") from None
    finally:
        receiver.close()
        process.kill()
        process.join()
    if isinstance(answer, DecodeError):
        raise answer
    return answer


def _send(sender: Connection, work: Callable[[], object]) -> None:
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    try:
        answer = work()
    except DecodeError as error:
        answer = error
    except Exception as error:  # noqa: BLE001 - whatever a library says of a broken file
        answer = DecodeError(f"cannot be read ({type(error).__name__})")
    sender.send(answer)
