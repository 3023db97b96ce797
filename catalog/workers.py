"""What the worker process runs for the catalogue: the verification of a long ledger, and the end of what was retired."""

from __future__ import annotations

from catalog.datasets.registration import destroy_retired_uploads
from catalog.jobs.registry import register, register_chore
from catalog.ledger.checking import VERIFY_JOB, cancel_verification, run_verification

register(VERIFY_JOB, run=run_verification, cancel=cancel_verification)
register_chore(destroy_retired_uploads)
