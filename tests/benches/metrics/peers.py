"""Peers of the benchmark of metrics in Python; each prints what it cost as the benchmark's own jobs do.

    peers.py judge GATES        the rules of document 002 over samples, without any library
    peers.py draw GATES         a chart of a million points by matplotlib, as SVG; needs no samples
"""
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path


def judge(samples, start, step, points, limit):
    """GREEN, YELLOW at any bad step, RED when a run lasts more than 15 minutes; INCONCLUSIVE when too much is missing."""
    values, found = dict(samples), "GREEN"
    valid = gap = longest = bad = 0
    first = None
    for index in range(points):
        value = values.get(start + index * step)
        if value is None:
            gap += 1
            longest = max(longest, gap)
            continue
        valid, gap = valid + 1, 0
        if value <= limit:
            first = None
            continue
        if first is None:
            first, bad = index, 0
        bad += 1
        if (index - first) * step > 900_000 and 2 * bad > index - first:
            found = "RED"
        elif found == "GREEN":
            found = "YELLOW"
    seen = 10 * valid >= 9 * points and longest * step <= 300_000
    return found if seen or found == "RED" else "INCONCLUSIVE"


def judge_all(path):
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    before = time.process_time()
    verdicts = [judge(one, given["start"], given["step"], given["points"], given["limit"]) for one in given["series"]]
    cost(time.process_time() - before, len(verdicts) * given["points"], answer=" ".join(verdicts))


def draw(_):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    numbers = random.Random(6)
    values = [0.2 + numbers.random() / 5 for _ in range(1_000_000)]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "chart.svg"
        before = time.process_time()
        figure, axes = pyplot.subplots(figsize=(8.8, 2.0))
        axes.plot(values)
        axes.axhline(0.35)
        figure.savefig(picture)
        cost(time.process_time() - before, len(values), output=picture.stat().st_size)


def cost(cpu, count, output=0, answer=""):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    row = {"cpu_s": cpu, "peak_bytes": peak, "input_bytes": 0, "output_bytes": output, "count": count, "answer": answer}
    print(json.dumps(row))


if __name__ == "__main__":
    {"judge": judge_all, "draw": draw}[sys.argv[1]](sys.argv[2])
