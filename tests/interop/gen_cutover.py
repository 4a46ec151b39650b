#!/usr/bin/env python3
"""Writes the synthetic cutover metrics (OpenMetrics text) that the fixtures were made from.

This is the generator of the recorded Prometheus fixtures, with one thing added: START.

Deterministic (own LCG, no wall clock). 2025-09-21 14:00:00Z .. 17:00:00Z every 15 s, or three hours from START on.
Usage: gen_cutover.py OUT.om [START]    (then: promtool tsdb create-blocks-from openmetrics OUT.om DATA)
START is in seconds since 1970 and stands for the 14:00 below.

What is planted, all UTC:
  14:00-15:00  healthy baseline, version=stable only
  15:00        cutover; canary takes 20/40/60/80/100 % at 15:00/15:10/15:20/15:30/15:40
  15:05:07     api-0 restarts: its counters reset to 0 (an `up`-less reset, 1 scrape lost)
  15:20-15:26  latency spike, API p95 about 0.45 s (6 min: YELLOW, never RED)
  15:50-16:08  5xx at about 3 % (18 min: RED)
  15:45-16:20  kafka lag grows 300 -> 1700, then drains
  16:20-16:28  api-1 is gone (8 min gap, longer than the 5 min lookback)
  16:40-16:43  nothing at all is recorded (3 min gap, shorter than the lookback)
  14:30-14:46  no 4-hop graph query at all: its quantile is 0/0 = NaN
  14:10-14:12  opa_decision_duration_seconds_last is a real NaN sample
  16:30 on     dlq-orders receives messages
"""
import math, sys

T0 = 1758463200          # 2025-09-21T14:00:00Z
STEP = 15
N = 3 * 3600 // STEP     # 720 -> 721 samples, both ends included
M = 60


class Rng:
    def __init__(self, seed): self.s = seed & 0xFFFFFFFFFFFFFFFF
    def u(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (self.s >> 11) / float(1 << 53)
    def around(self, mean, rel=0.1): return mean * (1 + rel * (2 * self.u() - 1))


def at(h, m, s=0): return T0 + (h - 14) * 3600 + m * 60 + s
def within(t, a, b): return a <= t < b


API_LE = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 2.5, 5.0]
GRAPH_LE = [0.05, 0.1, 0.25, 0.5, 0.8, 1.2, 2.0, 5.0]


def cdf(x, median, sigma):
    return 0.5 * (1 + math.erf(math.log(x / median) / (sigma * math.sqrt(2))))


def fmt(v):
    if isinstance(v, int): return str(v)
    if math.isnan(v): return "NaN"
    return repr(round(v, 6))


class Out:
    def __init__(self): self.f = {}
    def add(self, family, kind, name, labels, t, v):
        fam = self.f.setdefault(family, (kind, {}))
        fam[1].setdefault((name, labels), []).append((t, v))
    def write(self, path):
        with open(path, "w", newline="\n") as o:
            for family, (kind, series) in self.f.items():
                o.write(f"# TYPE {family} {kind}\n")
                # one metric point at a time, in time order, as the format wants it
                rows = []
                for i, ((name, labels), pts) in enumerate(series.items()):
                    for t, v in pts: rows.append((t, i, name, labels, v))
                rows.sort(key=lambda r: (r[0], r[1]))
                for t, _, name, labels, v in rows:
                    o.write(f"{name}{{{labels}}} {fmt(v)} {t}\n")
            o.write("# EOF\n")


class Hist:
    def __init__(self, les): self.les = les; self.b = [0] * len(les); self.count = 0; self.sum = 0.0
    def reset(self): self.__init__(self.les)
    def observe(self, n, median, sigma):
        prev = 0
        for i, le in enumerate(self.les):
            c = int(round(n * cdf(le, median, sigma)))
            c = max(c, prev); prev = c
            self.b[i] += c
        self.count += n
        self.sum += n * median * math.exp(sigma * sigma / 2)
    def emit(self, out, fam, labels, t):
        for le, c in zip(self.les, self.b):
            out.add(fam, "histogram", fam + "_bucket", f'{labels},le="{le}"', t, c)
        out.add(fam, "histogram", fam + "_bucket", f'{labels},le="+Inf"', t, self.count)
        out.add(fam, "histogram", fam + "_sum", labels, t, self.sum)
        out.add(fam, "histogram", fam + "_count", labels, t, self.count)


def main(path):
    out = Out(); r = Rng(20250921)
    inst = ["api-0:8080", "api-1:8080", "api-canary-0:8080"]
    ver = ["stable", "stable", "canary"]
    lat = [Hist(API_LE) for _ in inst]
    codes = ["200", "201", "401", "404", "500", "503"]
    req = [{c: 0 for c in codes} for _ in inst]
    gq = {h: Hist(GRAPH_LE) for h in ("2", "3", "4")}
    dlq = {"dlq-orders": 1200, "dlq-entities": 40}
    for k in range(N + 1):
        t = T0 + k * STEP
        silent = within(t, at(16, 40), at(16, 43))
        w = 0 if t < at(15, 0) else min(100, 20 * (1 + (t - at(15, 0)) // 600))
        # --- API
        for i in range(3):
            share = (w / 100.0) if i == 2 else (1 - w / 100.0) / 2
            n = int(r.around(1500 * share, 0.08)) if share > 0 else 0
            med, sig = r.around(0.085, 0.04), 0.75
            if within(t, at(15, 20), at(15, 26)): med *= 1.75
            if i == 2: med *= 1.06
            if i == 0 and t == at(15, 5): lat[i].reset(); req[i] = {c: 0 for c in codes}
            lat[i].observe(n, med, sig)
            e5 = 0.004 if not within(t, at(15, 50), at(16, 8)) else 0.031
            n500 = int(round(n * r.around(e5, 0.15))); n401 = int(round(n * r.around(0.0025, 0.2)))
            for c, v in (("500", n500 - n500 // 3), ("503", n500 // 3), ("401", n401), ("404", n // 90), ("201", n // 7)):
                req[i][c] += v
            req[i]["200"] += max(0, n - n500 - n401 - n // 90 - n // 7)
            lost = (i == 1 and within(t, at(16, 20), at(16, 28))) or (i == 0 and t == at(15, 5)) or (i == 2 and t < at(15, 0))
            if not silent:
                if not (i == 2 and t < at(15, 0)):
                    out.add("up", "gauge", "up", f'job="intelgraph-api",instance="{inst[i]}"', t, 0 if lost else 1)
                if not lost:
                    base = f'job="intelgraph-api",instance="{inst[i]}",version="{ver[i]}"'
                    lat[i].emit(out, "http_request_duration_seconds", base, t)
                    for c in codes:
                        out.add("http_requests", "counter", "http_requests_total", f'{base},code="{c}",status="{c}"', t, req[i][c])
        # --- graph queries
        for h, med in (("2", 0.12), ("3", 0.42), ("4", 0.9)):
            n = int(r.around({"2": 90, "3": 45, "4": 6}[h], 0.2))
            if h == "4" and within(t, at(14, 30), at(14, 46)): n = 0
            gq[h].observe(n, r.around(med, 0.05), 0.5)
            if not silent: gq[h].emit(out, "graph_query_duration_seconds", f'job="intelgraph-graph",hops="{h}"', t)
        # --- kafka
        lag = 300.0
        if within(t, at(15, 45), at(16, 20)): lag += 1400 * (t - at(15, 45)) / (35 * 60)
        elif within(t, at(16, 20), at(16, 32)): lag += 1400 * (1 - (t - at(16, 20)) / (12 * 60))
        lag = int(r.around(lag, 0.06))
        if t >= at(16, 30): dlq["dlq-orders"] += int(3 * r.u())
        if not silent:
            out.add("kafka_consumer_lag_sum", "gauge", "kafka_consumer_lag_sum", 'job="kafka-exporter"', t, lag)
            for topic, v in dlq.items():
                out.add("kafka_topic_partition_current_offset", "gauge", "kafka_topic_partition_current_offset",
                        f'job="kafka-exporter",topic="{topic}",partition="0"', t, v)
            for p in ("0", "1", "2"):
                out.add("kafka_topic_partition_current_offset", "gauge", "kafka_topic_partition_current_offset",
                        f'job="kafka-exporter",topic="orders",partition="{p}"', t, 500000 + k * 40 + int(p) * 7)
            opa = float("nan") if within(t, at(14, 10), at(14, 12)) else r.around(0.0042, 0.3)
            out.add("opa_decision_duration_seconds_last", "gauge", "opa_decision_duration_seconds_last", 'job="opa"', t, opa)
            out.add("canary_traffic_weight", "gauge", "canary_traffic_weight", 'job="ingress"', t, w)
            for ns, c in (("intelgraph-maestro", 19.2), ("monitoring", 2.1)):
                out.add("kubecost_allocation_hourly_cost", "gauge", "kubecost_allocation_hourly_cost",
                        f'job="kubecost",namespace="{ns}"', t, r.around(c, 0.03))
    out.write(path)


if __name__ == "__main__":
    T0 = int(sys.argv[2]) if len(sys.argv) > 2 else T0
    main(sys.argv[1])
