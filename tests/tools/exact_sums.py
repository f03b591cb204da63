#!/usr/bin/env python3
"""exact_sums.py -- numbers that are hard to add up, and what they come to: for the spec of sums.

    exact_sums.py COUNT > sums.lua      returns { { name =, term = {...}, key = {...}, sum =, by = {[key] = ...} }, ... }

The sums are those of math.fsum, which rounds once and uses another method than the engine, and of fractions, which know
no largest number; both must agree where both can tell.
"""
import fractions
import math
import random
import sys

LARGEST = sys.float_info.max


def correct(terms):
    """The double nearest to the sum of all."""
    exact = sum(map(fractions.Fraction, terms))
    try:
        value = float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf
    try:
        assert math.fsum(terms) == value
    except OverflowError:
        pass  # it has left the range in between
    return value + 0.0


def shuffled(draw, terms):
    draw.shuffle(terms)
    return terms


def cases(draw, n):
    """Lists of n terms each."""
    def far(low, high):
        return math.ldexp(draw.uniform(-1, 1), draw.randint(low, high))

    half = [far(-60, 60) for _ in range(n // 2)]
    yield "near_one", [draw.uniform(0, 1) for _ in range(n)]
    yield "tenths", [0.1] * n
    yield "far_apart", [far(-300, 300) for _ in range(n)]
    yield "all_orders", [far(-1074, 1024) for _ in range(n)]
    yield "cancel", shuffled(draw, half + [-x for x in half[1:]] + [far(-80, -60) for _ in range(n - 2 * len(half) + 1)])
    yield "cancel_all", shuffled(draw, half + [-x for x in half])
    yield "subnormal", [far(-1074, -1050) for _ in range(n)]
    yield "around_normal", [far(-1025, -1020) for _ in range(n)]
    yield "whole", [float(draw.randint(-2**53, 2**53)) for _ in range(n)]
    # exactly between two doubles, and by the least above and below
    yield "tie_to_even", shuffled(draw, [1.0, 2.0**-53] + [0.0] * (n - 2))
    yield "tie_to_odd", shuffled(draw, [1 + 2.0**-52, 2.0**-53] + [-0.0] * (n - 2))
    yield "above_tie", shuffled(draw, [-1.0, -2.0**-53, -5e-324] + [0.0] * (n - 3))
    yield "below_tie", shuffled(draw, [1 + 2.0**-52, 2.0**-53, -5e-324] + [0.0] * (n - 3))
    yield "lost_between", shuffled(draw, [2.0**60, -2.0**60] + [1.0] * (n - 2))
    yield "beyond_and_back", shuffled(draw, [LARGEST, LARGEST, -LARGEST, -LARGEST] + [far(900, 1000) for _ in range(n - 4)])
    yield "too_large", shuffled(draw, [LARGEST, 2.0**969, 2.0**969] + [0.0] * (n - 3))
    yield "just_not", shuffled(draw, [-LARGEST, -2.0**969] + [0.0] * (n - 2))
    yield "too_low", [-LARGEST] * n


def written(x):
    return ("-" if x < 0 else "") + "1/0" if math.isinf(x) else float(x).hex()


def main():
    draw, count = random.Random(20), int(sys.argv[1])
    print("return {")
    for name, terms in cases(draw, count):
        assert len(terms) == count, name
        keys = [draw.randint(-3, 4) for _ in terms]
        groups = {k: correct([x for x, own in zip(terms, keys) if own == k]) for k in set(keys)}
        print(f"{{ name = '{name}', term = {{ {', '.join(map(written, terms))} }}, key = {{ {', '.join(map(str, keys))} }},")
        print(f"  sum = {written(correct(terms))}, by = {{ {', '.join(f'[{k}] = {written(v)}' for k, v in groups.items())} }} }},")
    print("}")


main()
