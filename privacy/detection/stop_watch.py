"""A program of its own: runs one expression over texts and ends with 0 when it was done in time (`privacy.detection.made_up` calls it).

Reads {"regex", "texts", "seconds"} as JSON. It imports nothing of this project, so that it starts quickly; the operating system ends
it when its processor time is over, for an engine that is busy hears no signal of Python's.
"""

import json
import re
import resource
import sys

import regex  # type: ignore[import-untyped]

_MEMORY = 1 << 30


def main() -> int:
    """Run them all; the process is killed from outside when it takes too long."""
    task = json.load(sys.stdin)
    seconds = max(1, round(task["seconds"] + resource.getrusage(resource.RUSAGE_SELF).ru_utime))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    engines = [
        re.compile(task["regex"], re.DOTALL | re.MULTILINE),
        regex.compile(task["regex"], regex.DOTALL | regex.MULTILINE),
    ]
    for text in task["texts"]:
        for engine in engines:
            for _ in engine.finditer(text):
                pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
