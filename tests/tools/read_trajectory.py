#!/usr/bin/python3
"""read_trajectory.py -- reads a Barchan trajectory with h5py and NumPy alone, and checks that it is whole.

    read_trajectory.py FILE...              steps, times and counts; exit code 1 when something does not fit
    read_trajectory.py FILE --step K        the rows of step K (from 0, -1: the last), one particle or vertex a line
    read_trajectory.py FILE --provenance    the text that says how the run was made

As a module: Trajectory(path) has .times and .read(k) -> {"position": array, "velocity": array, ...}.
"""
import argparse
import sys

import h5py
import numpy as np

TOPOLOGIES = ("Vertices", "Lines", "Polygons", "Strips")


class Damaged(Exception):
    """The file contradicts itself."""


def expect(condition, text):
    if not condition:
        raise Damaged(text)


class Trajectory:
    def __init__(self, path):
        self.file = h5py.File(path, "r")
        expect("VTKHDF" in self.file, "no group /VTKHDF: not a trajectory")
        self.vtk = self.file["VTKHDF"]
        kind = self.vtk.attrs["Type"]
        expect(kind in (b"PolyData", "PolyData"), f"/VTKHDF is a {kind}, not PolyData")
        expect(list(self.vtk.attrs["Version"])[0] == 2, f"version {list(self.vtk.attrs['Version'])}, this reads 2.x")
        self.steps = self.vtk["Steps"]
        self.count = int(self.steps.attrs["NSteps"])
        self.held = {}  # per-step tables, read once
        self.times = self.table(self.steps, "Values") if self.count else np.zeros(0)

    def rows(self, dataset, first, count, where):
        """Some rows of a dataset that must be there."""
        expect(0 <= first and 0 <= count, f"{where}: rows {first} + {count}")
        expect(first + count <= len(dataset), f"{where}: rows {first} to {first + count} of {len(dataset)}")
        return dataset[first : first + count]

    def table(self, group, name):
        """A per-step dataset as far as the steps go."""
        key = group.name, name
        if key not in self.held:
            self.held[key] = self.rows(group[name], 0, self.count, f"{group.name}/{name}")
        return self.held[key]

    def step(self, k, name):
        """Entry k of a dataset in Steps."""
        return self.table(self.steps, name)[k]

    def read(self, k):
        """The arrays of one step, checked."""
        k = range(self.count)[k]
        expect(self.step(k, "NumberOfParts") == 1, f"step {k}: more than one part")
        expect(self.step(k, "PartOffsets") == k, f"step {k}: its part is not the next one")
        count = int(self.table(self.vtk, "NumberOfPoints")[k])
        first = int(self.step(k, "PointOffsets"))
        out = {"position": self.rows(self.vtk["Points"], first, count, f"step {k}: Points")}
        expect(np.isfinite(out["position"]).all(), f"step {k}: a position is not a number")
        for name, data in self.vtk.get("PointData", {}).items():
            start = int(self.step(k, f"PointDataOffsets/{name}"))
            out[name] = self.rows(data, start, count, f"step {k}: PointData/{name}")
        cells = 0
        for i, name in enumerate(TOPOLOGIES):
            group = self.vtk[name]
            n = int(self.table(group, "NumberOfCells")[k])
            ids = int(self.table(group, "NumberOfConnectivityIds")[k])
            # Offsets of a part has one entry more than the part has cells; CellOffsets counts cells, not entries, and
            # readers add the parts before it: only 0 means the same to all of them.
            expect(self.step(k, "CellOffsets")[i] == 0, f"step {k}: {name}: CellOffsets is not 0")
            offsets = self.rows(group["Offsets"], 0, n + 1, f"step {k}: {name}/Offsets")
            start = int(self.step(k, "ConnectivityIdOffsets")[i])
            connectivity = self.rows(group["Connectivity"], start, ids, f"step {k}: {name}/Connectivity")
            expect(offsets[0] == 0 and offsets[-1] == ids, f"step {k}: {name}: offsets end at {offsets[-1]}, not {ids}")
            expect((np.diff(offsets) > 0).all(), f"step {k}: {name}: offsets do not increase")
            expect(ids == 0 or (connectivity.min() >= 0 and connectivity.max() < count), f"step {k}: {name}: no such point")
            cells += n
            out[name] = (offsets, connectivity)
        for name, data in self.vtk.get("CellData", {}).items():
            start = int(self.step(k, f"CellDataOffsets/{name}"))
            out["cell_" + name] = self.rows(data, start, cells, f"step {k}: CellData/{name}")
        if "body_id" in out:
            expect(len(out["Vertices"][0]) == count + 1, f"step {k}: not one vertex for each particle")
            expect((np.diff(out["body_id"]) > 0).all(), f"step {k}: ids are not in order")
            expect((out["radius"] > 0).all() and (out["mass"] > 0).all(), f"step {k}: a radius or mass is not > 0")
        if "cell_normal_force" in out:
            first, second = out["cell_first"], out["cell_second"]
            expect(len(out["Lines"][0]) == len(first) + 1, f"step {k}: not one line for each contact")
            expect(((second == 0) | (first < second)).all(), f"step {k}: ids of a contact are not in order")
            ends = out["position"].reshape(-1, 2, 3)
            along = np.einsum("ij,ij->i", ends[:, 0] - ends[:, 1], out["cell_normal"])
            expect((along > 0).all(), f"step {k}: a normal does not point from the second to the first")
        return out

    def series(self):
        """The per-step table of /barchan/series as {name: array}."""
        table = self.file["barchan"].get("series", {})
        return {name: self.rows(data, 0, self.count, f"series/{name}") for name, data in table.items()}

    def poses(self, k):
        """Walls at step k: {name: array}, one row a wall."""
        walls = self.file["barchan/walls"]
        first, count = int(self.table(walls, "first")[k]), int(self.table(walls, "count")[k])
        return {n: self.rows(d, first, count, f"walls/{n}") for n, d in walls.items() if n not in ("first", "count")}

    def check(self):
        expect((np.diff(self.times) >= 0).all(), "times do not increase")
        series = self.series()
        for k in range(self.count):
            data = self.read(k)
            if "particles" in series:
                n = len(data["position"])
                expect(series["particles"][k] == n, f"step {k}: {n} particles, but the table says {series['particles'][k]}")
            if "walls" in self.file["barchan"]:
                self.poses(k)


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
