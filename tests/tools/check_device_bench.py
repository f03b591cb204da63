#!/usr/bin/env python3
"""check_device_bench.py -- `scripts/bench device --quick` on the device that is there: it ends, all rows of its table are there, bits are the processor's.

check_device_bench.py ROOT BUILD WORK       Exit code 77: there is no device. No time is looked at.
"""
import csv
import math
import os
import pathlib
import subprocess
import sys

WANTED = {  # part: quantities, each in so many cases
    "limits": ({"largest heap", "largest buffer of a descriptor", "lanes", "buffers are reached by addresses", "tick"}, 1),
    "arithmetic": ({"a / b: largest error, floats", "sqrt a: largest error, floats", "a / b: largest error, doubles", "sqrt a: largest error, doubles",
                    "a b + c contracted, floats", "a b + c contracted, doubles", "(a + c) - c rearranged, doubles", "small results lost, floats",
                    "small operands lost, doubles"}, 2),
    "selftest": ({"a + b", "a / b, ours", "floor, double", "the bits of the processor"}, 1),
    "bits": ({"contacts of a particle", "the bits of the processor"}, 1),
    "memory": ({"copy, read and written", "stream: a kernel reads and writes", "gather from 12 near by, asked for",
                "gather from 12 anywhere, asked for"}, 1),
    "latency": ({"one after another in a batch", "recorded, started and waited for"}, 1),
    "bytes": ({f"{kernel}: {what}" for kernel in ("step: force/0", "step: move", "rows: rows, entries")
               for what in ("asked for by the SPIR-V", "must move by the buffers")}, 2),
    "steps": ({"particle-steps per second", "a step, in kernels", "a rebuild, on the wall", "candidates of a particle", "a particle-step must move",
               "of the measured bandwidth", "memory of a particle", "step: force/0", "step: move", "step: judge", "rows: rows, lengths",
               "rows: rows, entries", "rows: place", "rows: fill", "rows: scan"}
              | {f"{layout}{first}: {what}" for layout in ("by rows", "by slots") for first in ("", ", touching first")
                 for what in ("time of a particle", "must move", "in sectors")}, 2),
}
ZERO = {"a / b, ours: largest error, floats", "sqrt a, ours: largest error, floats"}  # on any device, marked
KERNELS = {"step: force/0", "step: move", "rows: rows, lengths", "rows: rows, entries", "rows: place", "rows: fill"}


def read(path):
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main():
    root, build, work = (pathlib.Path(word) for word in sys.argv[1:4])
    work.mkdir(parents=True, exist_ok=True)
    table = work / "device-quick.csv"
    table.unlink(missing_ok=True)
    run = subprocess.run([root / "scripts/bench", "device", "--quick"], env=dict(os.environ, BUILD=str(build), TABLE=str(table), BENCH_WORK=str(work)),
                         capture_output=True, text=True)
    print(run.stdout[-4000:], run.stderr)
    if run.returncode == 77:
        return 77
    problems = [f"exit code {run.returncode}"] if run.returncode else []
    rows, counted = read(table), read(work / "device-bytes.csv")
    for part, (quantities, cases) in WANTED.items():
        for quantity in sorted(quantities):
            found = [row for row in rows if row["part"] == part and row["quantity"] == quantity]
            if len({row["case"] for row in found}) < cases:
                problems.append(f"{part}: '{quantity}' in {len(found)} cases instead of {cases}")
    for row in rows:
        value = float(row["value"])
        if not math.isfinite(value) or value < 0:
            problems.append(f"{row['part']}, {row['case']}: '{row['quantity']}' is {value}")
        if row["quantity"] == "the bits of the processor" and value != 1:
            problems.append(f"{row['part']}: other bits than the processor's")
        if row["quantity"] in ZERO and not row["case"].endswith("not marked") and value != 0:
            problems.append(f"'{row['quantity']}' is {value} ulp")
    for kernel in sorted(KERNELS - {row["kernel"] for row in counted if float(row["spirv_bytes"]) > 0}):
        problems.append(f"no bytes of {kernel} were counted")
    for problem in problems:
        print("check_device_bench.py:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
