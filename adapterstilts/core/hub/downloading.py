"""Several files at once, in threads that end with the program, and how far they all are."""

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

THREADS = 4
"""Files at once: what counts with many small files is the time that an answer takes."""
PERIOD = 0.2
"""Seconds between two looks at how far it is."""


def download(
    names: Iterable[str],
    fetch: Callable[[str], None],
    *,
    parts: Mapping[str, Path],
    sizes: Mapping[str, int],
    report: Callable[[int, int, str], None],
) -> None:
    """Fetch files, and raise the first error that one of them meets.

    Args:
        names: The files.
        fetch: Leaves one file where it belongs.
        parts: File to where it grows while it is fetched.
        sizes: Bytes of each file.
        report: Called with the bytes that are here, those of all files, and a file's name.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[str, Exception | None]] = queue.SimpleQueue()
    going = set(names)
    for name in sorted(going, key=lambda name: (-sizes[name], name)):
        waiting.put(name)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                fetch(name)
                ended.put((name, None))
            except Exception as error:
                ended.put((name, error))

    for _ in range(min(THREADS, len(going))):
        # A daemon, so that Ctrl-C need not wait for a gigabyte.
        threading.Thread(target=work, daemon=True).start()
    total, done, shown, last = sum(sizes[name] for name in going), 0, 0, ""
    try:
        while going:
            try:
                last, error = ended.get(timeout=PERIOD)
            except queue.Empty:
                pass
            else:
                if error is not None:
                    raise error
                going.remove(last)
                done += sizes[last]
            # A file that is being checked has left the place that it grew in.
            shown = max(shown, done + sum(grown(parts[name], sizes[name]) for name in going))
            report(shown, total, last)
    finally:
        stop.set()


def grown(path: Path, size: int) -> int:
    """Return the bytes that are there of a file that grows, at most those that it will have."""
    try:
        return min(path.stat().st_size, size)
    except OSError:
        return 0
