"""What scipy says of tables on stdin, one JSON object per line; used by second_opinion.rs."""

import json
import sys
from math import log, log1p

import numpy
from scipy.optimize import brentq
from scipy.special import betaln
from scipy.stats import mannwhitneyu


def values(counts):
    return numpy.repeat(numpy.arange(len(counts)), counts)


def ranks(table):
    """U and p of the canary's values against the baseline's."""
    canary, baseline = values(table["canary"]), values(table["baseline"])
    result = mannwhitneyu(canary, baseline, method="asymptotic", use_continuity=True)
    return [float(result.statistic), float(result.pvalue)]


def interval(table):
    """The ends of the beta-binomial confidence sequence; the prior's weight is half a hit's or a miss's worth."""
    hits, total, alpha = table["hits"], table["total"], table["alpha"]
    misses = total - hits

    def surplus(logit):
        p = 1 / (1 + numpy.exp(-logit))
        weight = 0.5 / min(p, 1 - p)
        a, b = weight * p, weight * (1 - p)
        evidence = betaln(a + hits, b + misses) - betaln(a, b) - hits * log(p) - misses * log1p(-p)
        return evidence - log(1 / alpha)

    seen = min(max(hits / total, 1e-9), 1 - 1e-9)
    inside = log(seen) - log1p(-seen)
    edge = log(1e-9) - log1p(-1e-9)

    def end(outside):
        if surplus(outside) < 0:
            return 0.0 if outside < 0 else 1.0
        root = brentq(surplus, *sorted((inside, outside)), xtol=1e-13, rtol=1e-14)
        return float(1 / (1 + numpy.exp(-root)))

    return [end(edge), end(-edge)]


for line in sys.stdin:
    table = json.loads(line)
    print(json.dumps(ranks(table) if "canary" in table else interval(table)))
