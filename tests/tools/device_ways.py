#!/usr/bin/env python3
"""device_ways.py -- runs scripts on the processor and on a device: both print the same, hashes of the state among it.

device_ways.py BARCHAN SCRIPT[:NAME=VALUE...] ... [--precision mixed|double ...] [--rows] [--ranks N --mpirun PROGRAM]
NAME=VALUE: as with --set, for this script. --rows: scenarios of tests/validation, of which the rows of results are compared, byte by
byte, in those of the precisions that they say they run in. --ranks: the device's run is shared by so many ranks, each with a device;
the processor's has one. Without a device: skipped (77).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import validate

SKIPPED = 77


def run(command, folder, limit):
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit, cwd=folder, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def answers(args, script, precision, device, folder):
    """What a run says: what it prints, or its rows."""
    name, *options = script.split(":")
    rows = pathlib.Path(folder, "rows.json")
    command = [args.barchan, "run", str(pathlib.Path(name).resolve()), "--threads", "1", "--precision", precision]
    for option in options + ([f"rows={rows}", f"precision={precision}"] if args.rows else []):
        command += ["--set", option]
    if device:
        launch = [args.mpirun, "--oversubscribe", "--bind-to", "none", "-n", str(args.ranks)] if args.ranks > 1 else []
        command = launch + command + ["--backend", "vulkan"]
    done = run(command, folder, args.limit)
    if ("on a device)" in done.stderr) != device:
        sys.exit(f"{' '.join(command)}\ndid {'not ' if device else ''}run on a device:\n{done.stderr}")
    said = rows.read_text() if args.rows else done.stdout
    if not said.strip():
        sys.exit(f"{' '.join(command)}\nsays nothing to compare")
    return said


def different(one, other):
    """The first lines that differ."""
    for a, b in zip(one.splitlines() + ["(the end)"], other.splitlines() + ["(the end)"]):
        if a != b:
            return f"  processor: {a}\n  device:    {b}"
    return "  in how lines end"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("barchan")
    parser.add_argument("scripts", nargs="+")
    parser.add_argument("--precision", nargs="+", default=["mixed", "double"])
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--limit", type=float, default=3600, help="[s] for one run")
    args = parser.parse_args()
    args.barchan = str(pathlib.Path(args.barchan).resolve())
    worse = 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("BARCHAN_WORK")) as folder:
        if not json.loads(run([args.barchan, "doctor", "--json"], folder, args.limit).stdout)["devices"]:
            print("no device")
            return SKIPPED
        for script in args.scripts:
            path = pathlib.Path(script.split(":")[0])
            precisions = [p for p in args.precision if not args.rows or p in validate.about(path)[1]]
            if not precisions:
                sys.exit(f"{path.name} runs in none of these precisions")
            for precision in precisions:
                cpu, gpu = (answers(args, script, precision, device, folder) for device in (False, True))
                print(f"{path.name}, {precision}: {'same' if cpu == gpu else 'DIFFERENT'}", flush=True)
                if cpu != gpu:
                    print(different(cpu, gpu), flush=True)
                    worse += 1
    return worse > 0


if __name__ == "__main__":
    sys.exit(main())
