#!/usr/bin/env python3
"""Sends an hour of random samples to a Prometheus by remote write: what recomputing has to get right.

Deterministic for a seed (own generator, no clock). Usage: gen_random.py URL START SEED
START is in seconds since 1970. Remote write it is, because only that knows stale markers.

Every metric is called random_… and has job="random". Instances, each with its own way of being scraped:
  even     every 15 s to the millisecond: steps can fall exactly on samples
  jitter   every 15 s, up to 250 ms early or late
  uneven   3 to 45 s between two scrapes, to the millisecond
  gone     every 10 s; away for 2 min (shorter than the lookback) and for 9 min (longer), without a word
  stale    every 10 s; away as often as `gone`, and each time its series end with a stale marker
  flaps    every 5 s; each tenth scrape fails: a stale marker, and 5 s later the series goes on
  short    every 30 s, from minute 20 to minute 40; then a stale marker
  once     one single sample, at minute 30
What the metrics do:
  random_requests_total{code}         counters of whole numbers, reset at random; one code is hardly ever counted
  random_bytes_total                  a counter of fractions, up to 1e15, reset at random; NaN at times
  random_steady_total                 a counter that never moves
  random_start_total                  a counter that starts at zero in mid hour and rises steeply
  random_depth{queue}                 a gauge of whole numbers, negative too; NaN at times, NaN for minutes
  random_ratio                        a gauge of fractions of very different size, 0, -0, +Inf, -Inf
  random_latency_seconds              a classic histogram, reset with its counters
  random_odd_seconds                  the same with bounds that are written twice, that sink, or without +Inf
  random_info{version}                1; the version changes in mid hour, with a stale marker for the old one
"""
import math, struct, sys, urllib.request

HOUR_MS = 3_600_000
STALE = struct.pack("<Q", 0x7FF0000000000002)
NAN = struct.pack("<Q", 0x7FF8000000000001)
BOUNDS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5"]


class Rng:
    def __init__(self, seed): self.s = (seed * 2862933555777941757 + 3037000493) & 0xFFFFFFFFFFFFFFFF
    def u(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (self.s >> 11) / float(1 << 53)
    def below(self, n): return int(self.u() * n)
    def one_in(self, n): return self.below(n) == 0


def bits(v): return v if isinstance(v, bytes) else NAN if math.isnan(v) else struct.pack("<d", float(v))


def scrapes(way, r):
    """Times in ms, and whether the scrape failed: then every series gets a stale marker."""
    if way == "once": return [(HOUR_MS // 2, False)]
    if way == "uneven":
        t, times = r.below(20_000), []
        while t < HOUR_MS:
            times.append((t, False)); t += 3_000 + r.below(42_000)
        return times
    period = {"even": 15_000, "jitter": 15_000, "gone": 10_000, "stale": 10_000, "flaps": 5_000, "short": 30_000}[way]
    times, away = [], 0
    short, long = 600_000 + r.below(300_000), 1_500_000 + r.below(600_000)
    for t in range(0, HOUR_MS + 1, period):
        failed = False
        if way in ("gone", "stale"):
            was, away = away, int(short <= t < short + 120_000 or long <= t < long + 540_000)
            if away and not (way == "stale" and not was): continue
            failed = bool(away)
        if way == "flaps": failed = r.one_in(10)
        if way == "short":
            if not 1_200_000 <= t <= 2_400_000: continue
            failed = t == 2_400_000
        times.append((max(0, t + (r.below(501) - 250 if way == "jitter" else 0)), failed))
    return times


class Target:
    """What one instance shows at a scrape: name and further labels to value."""

    def __init__(self, way, r):
        self.r = r; self.even = way == "even"
        self.restart()
        self.nan_until = 0

    def restart(self):
        self.codes = {"200": 0, "404": 0, "500": 0}
        self.bytes = self.r.u() * 10 ** self.r.below(15)
        self.start = None
        self.buckets = [0] * (len(BOUNDS) + 1); self.sum = 0.0

    def work(self):
        r = self.r
        self.codes["200"] += r.below(200); self.codes["404"] += r.below(9) if r.one_in(2) else 0
        self.codes["500"] += 1 if r.one_in(60) else 0
        self.bytes += r.u() * 10 ** r.below(7)
        for _ in range(r.below(12)):
            v = 0.002 * 10 ** (3.3 * r.u())
            self.sum += v
            self.buckets[next((i for i, b in enumerate(BOUNDS) if v <= float(b)), len(BOUNDS))] += 1

    def show(self, t):
        r = self.r
        if r.one_in(70): self.restart()
        self.work()
        out = {("random_requests_total", ("code", c)): n for c, n in self.codes.items()}
        out["random_bytes_total",] = math.nan if r.one_in(60) else self.bytes
        out["random_steady_total",] = 42
        if t >= HOUR_MS // 2:
            self.start = 0 if self.start is None else self.start + r.below(1000)
            out["random_start_total",] = self.start
        if r.one_in(50): self.nan_until = t + r.below(400_000)
        for queue in ("a", "b"):
            out["random_depth", ("queue", queue)] = math.nan if r.one_in(30) or t < self.nan_until and queue == "b" \
                else r.below(2001) - 1000
        out["random_ratio",] = [0.0, -0.0, math.inf, -math.inf][r.below(4)] if r.one_in(25) \
            else (r.u() - 0.5) * 10 ** (r.below(24) - 12)
        total = 0
        for bound, n in zip(BOUNDS + ["+Inf"], self.buckets):
            total += n
            out["random_latency_seconds_bucket", ("le", bound)] = total
            if bound != "+Inf" or self.even:
                out["random_odd_seconds_bucket", ("le", bound)] = max(0, total - (r.below(4) if r.one_in(4) else 0))
        out["random_odd_seconds_bucket", ("le", "1.0")] = total // 2
        out["random_latency_seconds_count",] = total; out["random_latency_seconds_sum",] = self.sum
        out["random_info", ("version", "1.0" if t < HOUR_MS // 2 else "1.1")] = 1
        return out


def samples(seed):
    """(ms from the start, labels, eight bytes of the value), in order of time."""
    rows = []
    for number, way in enumerate(["even", "jitter", "uneven", "gone", "stale", "flaps", "short", "once"]):
        r = Rng(seed * 100 + number)
        target, shown = Target(way, r), {}
        for t, failed in scrapes(way, r):
            now = {} if failed else target.show(t)
            # As a scrape does: what was there the last time, and is no more, ends.
            for key in list(now) + [key for key in shown if key not in now]:
                labels = dict(key[1:], __name__=key[0], job="random", instance=way)
                rows.append((t, tuple(sorted(labels.items())), bits(now[key]) if key in now else STALE))
            shown = now
    rows.sort(key=lambda row: row[:2])
    return rows


def varint(n):
    out = bytearray()
    while n > 127: out.append(n & 127 | 128); n >>= 7
    out.append(n)
    return bytes(out)


def field(number, payload): return varint(number << 3 | 2) + varint(len(payload)) + payload


def series(labels, t, value):
    """prometheus.TimeSeries with one sample."""
    out = b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in labels)
    return out + field(2, b"\x09" + value + b"\x10" + varint(t))


def snappy(data):
    """Snappy's block format without compressing anything: literals of at most 65536 bytes."""
    out = bytearray(varint(len(data)))
    for at in range(0, len(data), 65_536):
        part = data[at:at + 65_536]
        out += b"\xf4" + struct.pack("<H", len(part) - 1) + part
    return bytes(out)


def send(url, start_ms, rows):
    body = snappy(b"".join(field(1, series(labels, start_ms + t, value)) for t, labels, value in rows))
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
               "X-Prometheus-Remote-Write-Version": "0.1.0"}
    # Whatever proxy the surroundings name is not for a loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(f"{url}/api/v1/write", body, headers), timeout=30).close()


def main(url, start, seed):
    rows = samples(seed)
    for at in range(0, len(rows), 20_000): send(url, start * 1000, rows[at:at + 20_000])
    print(f"seed {seed}: {len(rows)} samples of {len({labels for _, labels, _ in rows})} series")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
