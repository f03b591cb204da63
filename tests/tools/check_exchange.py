#!/usr/bin/python3
"""check_exchange.py -- other programs' libraries read what Barchan has written, and find the same numbers in it.

    check_exchange.py reader FOLDER   scripts/barchan_reader.py: run.vtkhdf and its companions against run.csv, the last step
    check_exchange.py vtk FOLDER      VTK (python3-vtk9): run.vtp and run.pvd against run.csv; exit code 77 without VTK
    check_exchange.py ondem FOLDER    run.ondem.vtkhdf against the schema of the open DEM format, and its numbers against run.csv
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


# The schema of ON-DEM WG3 (github.com/ON-DEM/ON-DEM-WG3-FileFormat, b8e6fb2): what is mandatory, and the columns of each number.
SCENE = {"time": (), "timestep": (), "gravity": (3,), "units": (3,)}
BODY = {"position": 3, "velocity": 3, "orientation": 4, "angular_velocity": 3, "mass": 1, "inertia": 9, "volume": 1, "material_id": 1,
        "clump_id": 1, "body_id": 1, "radius": 1}  # base_state, base_body, sphere
MATERIAL = {"id", "density"}  # base_material
HERTZ = {"young_modulus", "poisson_ratio"}  # hertz_elastic: both or none
INTERACTION = {"model": 1, "id1": 1, "id2": 1, "normal": 3, "normal_force": 1, "shear_force": 3}  # intr3D
OPTIONAL = {"contact_point": 3, "overlap": 1}  # not in the schema; as YADE's files have them


def check_schema(file):
    """Raises where the file is not what the schema says."""
    for name in ("file_format", "file_format_version", "source_code"):
        assert file.attrs[name], name
    assert file.attrs["file_format"] in (b"ON-DEM VTKHDF", "ON-DEM VTKHDF"), "file_format"
    scene, bodies = file["ONDEM/Scene"], file["VTKHDF/PointData"]
    for name, shape in SCENE.items():
        assert name in scene.attrs or scene[name].shape == shape, f"Scene/{name}"
    assert [u.decode() for u in scene["units"][()]] == ["second", "meter", "kilogram"], "units"
    count = int(file["VTKHDF/NumberOfPoints"][0])
    for name, width in BODY.items():
        assert bodies[name].shape == ((count,) if width == 1 else (count, width)), f"PointData/{name}: {bodies[name].shape}"
    assert set(bodies) == set(BODY), f"not in the schema: {set(bodies) - set(BODY)}"
    assert int(file["ONDEM/Bodies/Sphere"].attrs["count"]) == count, "Bodies/Sphere"
    ids = set(bodies["body_id"][()].tolist())
    assert len(ids) == count and np.allclose(np.linalg.norm(bodies["orientation"][()], axis=1), 1), "ids, orientations"
    for key, material in file["ONDEM/Materials"].items():
        assert MATERIAL <= set(material) and int(material["id"][()]) == int(key) and material["density"][()] > 0, f"Materials/{key}"
        assert len(HERTZ & set(material)) in (0, 2), f"Materials/{key}: half of hertz_elastic"
        assert set(material) <= MATERIAL | HERTZ | {"label"}, f"Materials/{key}: {set(material)}"
    assert set(bodies["material_id"][()].tolist()) <= {int(key) for key in file["ONDEM/Materials"]}, "a body of no material"
    if "Interactions" in file["ONDEM"]:
        pairs = file["ONDEM/Interactions"]
        n = int(pairs.attrs["count"])
        for name, width in {**INTERACTION, **OPTIONAL}.items():
            assert pairs[name].shape == ((n,) if width == 1 else (n, width)), f"Interactions/{name}"
        assert set(pairs) == set(INTERACTION) | set(OPTIONAL), "Interactions"
        assert set(pairs["id1"][()].tolist()) | set(pairs["id2"][()].tolist()) <= ids, "a body that is not there"
        assert np.allclose(np.linalg.norm(pairs["normal"][()], axis=1), 1), "normals"
    for name in reader.TOPOLOGIES:
        assert file[f"VTKHDF/{name}/Offsets"].shape[0] == int(file[f"VTKHDF/{name}/NumberOfCells"][0]) + 1, name


def check_ondem(folder):
    file, csv = reader.h5py.File(folder / "run.ondem.vtkhdf", "r"), reader.log(folder / "run.csv")
    check_schema(file)
    bodies, pairs, scene = file["VTKHDF/PointData"], file["ONDEM/Interactions"], file["ONDEM/Scene"]
    run = reader.Trajectory(str(folder / "run.vtkhdf"))
    assert scene.attrs["time"] == run.times[-1] and scene.attrs["timestep"] == 2e-5 and scene["gravity"][2] == -9.81, "scene"
    for name, column in {"radius": "radius", "mass": "mass", "body_id": "id", "material_id": "material"}.items():
        same(name, bodies[name][()], csv[column])
    same("velocity", bodies["velocity"][:, 1], csv["vy"])
    density = np.array([2500, 7800])[csv["material"]]
    assert np.allclose(bodies["volume"][()] * density, csv["mass"], rtol=1e-12), "volume"
    assert np.allclose(bodies["inertia"][:, 4], 0.4 * csv["mass"] * csv["radius"] ** 2, rtol=1e-12), "inertia"
    assert file["ONDEM/Materials/1/density"][()] == 7800 and file["ONDEM/Materials/0/young_modulus"][()] == 1e7, "materials"
    # Grains that touch repel: a force in traction is negative there, and the normal points from the first to the second.
    at = {i: x for i, x in zip(csv["id"], np.column_stack([csv["x"], csv["y"], csv["z"]]))}
    branch = np.array([at[b] - at[a] for a, b in zip(pairs["id1"], pairs["id2"])])
    branch[:, 1] -= 0.04 * np.round(branch[:, 1] / 0.04)
    assert len(branch) > 10 and (np.einsum("ij,ij->i", branch, pairs["normal"][()]) > 0).all(), "directions"
    assert (pairs["normal_force"][()] <= 0).mean() > 0.9, "signs"
    # The trajectory has the same scene, and of each body what does not follow from the rest.
    with_less = run.file
    assert set(BODY) - set(with_less["VTKHDF/PointData"]) == {"position", "orientation", "inertia", "volume", "clump_id"}, "trajectory"
    assert all(MATERIAL <= set(m) for m in with_less["ONDEM/Materials"].values()), "materials of the trajectory"
    assert all(name in with_less["ONDEM/Scene"].attrs or name in with_less["ONDEM/Scene"] for name in SCENE), "scene of the trajectory"


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
    {"reader": check_reader, "vtk": check_vtk, "dump": check_dump, "ondem": check_ondem}[sys.argv[1]](pathlib.Path(sys.argv[2]))
