#!/usr/bin/env python3
"""barchan_reader.py -- reads what Barchan writes, with h5py and NumPy alone; with pandas, where it is there, as tables.

    from barchan_reader import Trajectory, log
    run = Trajectory("hopper.vtkhdf")
    run.times                        # array of seconds
    run.read(-1)["velocity"]         # array [particles, 3] of the last step; also position, radius, mass, body_id, force, ...
    run.table(10)                    # the same as a pandas table: body_id, x, y, z, velocity_x, ...
    run.series()["kinetic_energy"]   # a number for each step; run.series_table() is the table of all
    run.provenance()                 # how the run was made: script, seed, versions, materials
    Trajectory("hopper-walls.vtkhdf").poses(0)["force"]      # of each wall
    Trajectory("hopper-contacts.vtkhdf").read(5)["cell_normal_force"]
    log("hopper.csv")                # {column: array} of a sim:log

What does not fit raises Damaged. Also a program: barchan_reader.py FILE... tells what is in files.
"""
import json
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
        self.times = self.table_of(self.steps, "Values") if self.count else np.zeros(0)

    def rows(self, dataset, first, count, where):
        """Some rows of a dataset that must be there."""
        expect(0 <= first and 0 <= count, f"{where}: rows {first} + {count}")
        expect(first + count <= len(dataset), f"{where}: rows {first} to {first + count} of {len(dataset)}")
        return dataset[first : first + count]

    def table_of(self, group, name):
        """A per-step dataset as far as the steps go."""
        key = group.name, name
        if key not in self.held:
            self.held[key] = self.rows(group[name], 0, self.count, f"{group.name}/{name}")
        return self.held[key]

    def step(self, k, name):
        """Entry k of a dataset in Steps."""
        return self.table_of(self.steps, name)[k]

    def read(self, k):
        """The arrays of one step, checked."""
        k = range(self.count)[k]
        expect(self.step(k, "NumberOfParts") == 1, f"step {k}: more than one part")
        expect(self.step(k, "PartOffsets") == k, f"step {k}: its part is not the next one")
        count = int(self.table_of(self.vtk, "NumberOfPoints")[k])
        first = int(self.step(k, "PointOffsets"))
        out = {"position": self.rows(self.vtk["Points"], first, count, f"step {k}: Points")}
        expect(np.isfinite(out["position"]).all(), f"step {k}: a position is not a number")
        for name, data in self.vtk.get("PointData", {}).items():
            start = int(self.step(k, f"PointDataOffsets/{name}"))
            out[name] = self.rows(data, start, count, f"step {k}: PointData/{name}")
        cells = 0
        for i, name in enumerate(TOPOLOGIES):
            group = self.vtk[name]
            n = int(self.table_of(group, "NumberOfCells")[k])
            ids = int(self.table_of(group, "NumberOfConnectivityIds")[k])
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
        first, count = int(self.table_of(walls, "first")[k]), int(self.table_of(walls, "count")[k])
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

    def kinds(self):
        """Which topologies have cells in the last step."""
        return [name for name in TOPOLOGIES if self.count and int(self.table_of(self.vtk[name], "NumberOfCells")[-1])]

    def table(self, k):
        """The particles of step k, or its contacts, as a pandas table with a column for each component."""
        return tabular(self.columns(k))

    def columns(self, k):
        """The same as {name: array of one number for each}: x, y, z, velocity_x, ..."""
        data = self.read(k)
        if "body_id" in data:
            names = ["body_id", "position"] + [n for n in self.vtk["PointData"] if n != "body_id"]
        else:
            names = [n for n in data if n.startswith("cell_")]
        return flat({n.removeprefix("cell_"): data[n] for n in names})

    def series_table(self):
        """The per-step table, with the times, as a pandas table."""
        return tabular(flat({"time": self.times, **self.series()}))

    def provenance(self):
        """How the run was made, as a dictionary."""
        text = self.file["barchan"].get("provenance")
        return json.loads(text[()].decode()) if text is not None else {}

    def close(self):
        self.file.close()


def flat(arrays):
    """{name: array [n] or [n, c]} as {name or name_x, name_y, ...: array [n]}."""
    out = {}
    for name, data in arrays.items():
        if data.ndim == 1:
            out[name] = data
            continue
        for c in range(data.shape[1]):
            axis = "xyz"[c] if data.shape[1] == 3 else str(c + 1)
            out[axis if name == "position" else f"{name}_{axis}"] = data[:, c]
    return out


def tabular(columns):
    import pandas  # only who wants tables needs it

    return pandas.DataFrame(columns)


def log(path):
    """A CSV file of sim:log or barchan.csv as {column: array}."""
    data = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8", deletechars="")
    data = np.atleast_1d(data)
    return {name: data[name] for name in data.dtype.names}


def main():
    for path in sys.argv[1:]:
        run = Trajectory(path)
        names = ", ".join(run.columns(-1)) if run.count and "Polygons" not in run.kinds() else "walls"
        print(f"{path}: {run.count} steps" + (f", {run.times[0]:.9g} s to {run.times[-1]:.9g} s: {names}" if run.count else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
