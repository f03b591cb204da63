#!/usr/bin/python3
"""check_exchange.py -- other programs' libraries read what Barchan has written, and find the same numbers in it.

    check_exchange.py reader FOLDER   scripts/barchan_reader.py: run.vtkhdf and its companions against run.csv, the last step
    check_exchange.py vtk FOLDER      VTK (python3-vtk9): run.vtp and run.pvd against run.csv; exit code 77 without VTK
    check_exchange.py dump FOLDER     run.dump by OVITO's documented names of columns against run.csv
"""
import pathlib
import sys
import xml.etree.ElementTree as xml

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import barchan_reader as reader  # noqa: E402

# Names of dump columns that OVITO maps to properties by itself (its manual, "LAMMPS dump file reader").
OVITO = {"id": "Particle Identifier", "type": "Particle Type", "x": "Position", "y": "Position", "z": "Position", "radius": "Radius",
         "mass": "Mass", "vx": "Velocity", "vy": "Velocity", "vz": "Velocity", "fx": "Force", "fy": "Force", "fz": "Force",
         "omegax": "Angular Velocity", "omegay": "Angular Velocity", "omegaz": "Angular Velocity"}


def same(what, a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape or not np.array_equal(a, b):
        raise SystemExit(f"{what}: not the same numbers")


def check_reader(folder):
    run, csv = reader.Trajectory(str(folder / "run.vtkhdf")), reader.log(folder / "run.csv")
    columns = run.columns(-1)
    for name, other in {"x": "x", "z": "z", "velocity_x": "vx", "angular_velocity_z": "wz", "force_y": "fy", "radius": "radius",
                        "mass": "mass", "body_id": "id", "material_id": "material", "heat": "heat"}.items():
        same(name, columns[name], csv[other])
    series = run.series()
    assert abs(series["mass"][-1] - csv["mass"].sum()) < 1e-12 * series["mass"][-1], "mass of all"
    assert run.provenance()["script"] == "run.lua", "provenance"
    poses = reader.Trajectory(str(folder / "run-walls.vtkhdf")).poses(0)
    assert poses["force"].shape == (1, 3), "poses of the one wall"
    contacts = reader.Trajectory(str(folder / "run-contacts.vtkhdf"))
    assert contacts.columns(-1)["normal_force"].shape[0] == len(contacts.read(-1)["cell_first"]) > 0, "contacts"
    try:
        table = run.table(-1)
        same("table", table["velocity_y"], csv["vy"])
        assert list(run.series_table()["time"]) == list(run.times), "series as a table"
    except ImportError:
        print("no pandas: tables were not looked at")
    bad = folder / "cut.vtkhdf"
    bad.write_bytes((folder / "run.vtkhdf").read_bytes()[:5000])
    try:
        reader.Trajectory(str(bad))
    except (OSError, reader.Damaged):
        return
    raise SystemExit("a file that was cut was taken for whole")


def check_vtk(folder):
    try:
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkIOXML import vtkXMLPolyDataReader
    except ImportError:
        print("no VTK for Python")
        raise SystemExit(77)
    csv = reader.log(folder / "run.csv")
    listed = xml.parse(folder / "run.pvd").getroot().find("Collection").findall("DataSet")
    times = [float(entry.get("timestep")) for entry in listed]
    assert times == sorted(times) and len(times) >= 3, "times of the list"
    for path, last in [(folder / "run.vtp", True)] + [(folder / entry.get("file"), False) for entry in listed]:
        source = vtkXMLPolyDataReader()
        source.SetFileName(str(path))
        source.Update()
        data = source.GetOutput()
        n = data.GetNumberOfPoints()
        assert source.GetErrorCode() == 0 and n > 0 and data.GetNumberOfVerts() == n, f"{path}: points and vertices"
        if last:
            points = data.GetPointData()
            same("points", vtk_to_numpy(data.GetPoints().GetData())[:, 0], csv["x"])
            for name, column in {"radius": "radius", "mass": "mass", "body_id": "id", "heat": "heat"}.items():
                same(name, vtk_to_numpy(points.GetArray(name)), csv[column])
            same("velocity", vtk_to_numpy(points.GetArray("velocity"))[:, 2], csv["vz"])


def check_dump(folder):
    csv = reader.log(folder / "run.csv")
    lines = (folder / "run.dump").read_text().splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("ITEM: ATOMS")]
    count = int(lines[lines.index("ITEM: NUMBER OF ATOMS", starts[-2] if len(starts) > 1 else 0) + 1])
    names = lines[starts[-1]].split()[2:]
    unknown = [name for name in names if name not in OVITO and name != "heat"]
    assert not unknown, f"columns that OVITO does not know: {unknown}"
    rows = np.array([[float(x) for x in line.split()] for line in lines[starts[-1] + 1 : starts[-1] + 1 + count]])
    ours = {"omegax": "wx", "omegay": "wy", "omegaz": "wz"}
    for i, name in enumerate(names):
        same(name, rows[:, i] - (name == "type"), csv["material" if name == "type" else ours.get(name, name)])
    assert lines[0] == "ITEM: UNITS" and lines[1] == "si", "units"
    assert sum(line == "ITEM: TIMESTEP" for line in lines) == len(starts) >= 3, "steps"


if __name__ == "__main__":
    {"reader": check_reader, "vtk": check_vtk, "dump": check_dump}[sys.argv[1]](pathlib.Path(sys.argv[2]))
