"""The one Celery task. It carries a job's id and nothing else."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from celery import shared_task

from catalog.jobs.runner import run_job


@shared_task(name="canglang.run_job", ignore_result=True)
def run(job_id: str) -> None:
    """Run the job, if it is still to be run."""
    run_job(job_id=job_id, worker=f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}")


run_task: Any = run
