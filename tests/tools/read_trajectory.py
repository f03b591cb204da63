#!/usr/bin/python3
"""read_trajectory.py -- prints a Barchan trajectory and checks that it is whole.

    read_trajectory.py FILE...              steps, times and counts; exit code 1 when something does not fit
    read_trajectory.py FILE --step K        the rows of step K (from 0, -1: the last), one particle or vertex a line
    read_trajectory.py FILE --provenance    the text that says how the run was made

The reader itself is scripts/barchan_reader.py, a file to take along.
"""
import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from barchan_reader import Damaged, Trajectory  # noqa: E402

def show(path, options):
    """Check one file and print what was asked for."""
    trajectory = Trajectory(path)
    trajectory.check()
    if options.provenance:
        text = trajectory.file["barchan"].get("provenance")
        print(text[()].decode() if text is not None else "")
    elif options.step is not None:
        data = trajectory.read(options.step)
        names = ["body_id", "material_id", "position", "velocity", "angular_velocity", "force", "radius", "mass"]
        names = [name for name in names if name in data]
        print("#", *names)
        width = {name: data[name].shape[1] if data[name].ndim == 2 else 1 for name in names}
        table = np.column_stack([data[name].reshape(-1, width[name]) for name in names])
        for row in table:
            print(*("%.17g" % value for value in row))
    else:
        cells = trajectory.vtk.get("CellData", {})
        kind = "ends of contacts" if "force" in cells else "vertices of walls" if cells else "particles"
        print(f"{path}: {trajectory.count} steps")
        for k in range(trajectory.count):
            print(f"  {k:5d}  time {trajectory.times[k]:.9g} s  {len(trajectory.read(k)['position'])} {kind}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="+")
    parser.add_argument("--step", type=int, help="print the rows of this step")
    parser.add_argument("--provenance", action="store_true", help="print how the run was made")
    options = parser.parse_args()
    damaged = 0
    for path in options.file:
        try:
            show(path, options)
        except (Damaged, KeyError, OSError, ValueError, IndexError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            damaged = 1
    return damaged


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(0)
