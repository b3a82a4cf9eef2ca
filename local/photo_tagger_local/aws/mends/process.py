"""How the emulator's process ends."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import hypercorn.asyncio
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from photo_tagger_local.aws.mends.executions import Record, stopping


def stop_in_order() -> None:
    """On SIGTERM: first executions stand still, then functions end, then the state is saved.

    ministack saves last, when the functions in flight have already failed for want of an endpoint
    (and their executions with them), and leaves their processes behind.
    """
    serve, execute = hypercorn.asyncio.serve, lambda_svc._execute_function

    async def serve_until_told(application: Any, config: Any) -> None:
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)

        async def stand_still() -> None:
            await told.wait()
            stopping.set()
            await asyncio.to_thread(lambda_runtime.reset)

        await serve(application, config, shutdown_trigger=stand_still)

    def execute_unless_stopping(function: Record, event: Any) -> Any:
        if stopping.is_set():
            body = {"errorType": "ServiceException", "errorMessage": "The local AWS is stopping."}
            return {"error": True, "body": body, "log": ""}
        return execute(function, event)

    hypercorn.asyncio.serve = serve_until_told  # type: ignore[assignment]
    lambda_svc._execute_function = execute_unless_stopping
