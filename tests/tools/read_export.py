#!/usr/bin/python3
"""read_export.py -- reads an exported state (.vtk ASCII or binary, .vtp, .csv) with NumPy alone and prints its particles.

The lines are those of `read_trajectory.py FILE --step K`. Exit code 1 when the file is not what it says.
"""
import re
import sys
import xml.etree.ElementTree as xml

import numpy as np

NAMES = ["body_id", "material_id", "position", "velocity", "angular_velocity", "force", "radius", "mass"]
LEGACY = {"double": ">f8", "vtktypeint64": ">i8", "int": ">i4"}
XML = {"Float64": "f8", "Int64": "i8", "Int32": "i4"}


class Legacy:
    """Walks through a VTK legacy file."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def line(self):
        while True:
            end = self.data.index(b"\n", self.at)
            line = self.data[self.at : end].decode()
            self.at = end + 1
            if line:
                return line

    def array(self, type_, count):
        if self.ascii:
            out = []
            while len(out) < count:
                out += self.line().split()
            if len(out) != count:
                raise ValueError("a line holds more numbers than belong to the array")
            return np.array([float(x) if type_ == "double" else int(x) for x in out])
        size = np.dtype(LEGACY[type_]).itemsize * count
        out = np.frombuffer(self.data, LEGACY[type_], count, self.at)
        self.at += size
        return out

    def read(self):
        if self.line() != "# vtk DataFile Version 3.0":
            raise ValueError("not a VTK legacy file")
        self.line()
        self.ascii = self.line() == "ASCII"
        out, n = {}, None
        while self.at < len(self.data.rstrip()):
            word = self.line().split()
            if word[0] == "FIELD":
                for _ in range(int(word[2])):
                    name, components, tuples, type_ = self.line().split()
                    self.array(type_, int(components) * int(tuples))
            elif word[0] == "POINTS":
                n = int(word[1])
                out["position"] = self.array(word[2], 3 * n)
            elif word[0] == "VERTICES":
                cells = self.array("int", int(word[2])).reshape(-1, 2)
                if len(cells) != n or (cells[:, 0] != 1).any() or (cells[:, 1] != np.arange(n)).any():
                    raise ValueError("not one vertex for each point")
            elif word[0] == "POINT_DATA":
                if int(word[1]) != n:
                    raise ValueError("POINT_DATA does not fit POINTS")
            elif word[0] == "SCALARS":
                self.line()
                out[word[1]] = self.array(word[2], n)
            elif word[0] == "VECTORS":
                out[word[1]] = self.array(word[2], 3 * n)
            elif word[0] != "DATASET":
                raise ValueError(f"unexpected {word[0]}")
        return out, n


def read_vtp(data):
    start = data.index(b'<AppendedData encoding="raw">')
    raw = data.index(b"_", start) + 1
    end = data.rindex(b"\n  </AppendedData>")
    root = xml.fromstring(data[:start] + b"</VTKFile>")
    order = "<" if root.get("byte_order") == "LittleEndian" else ">"
    piece = root.find("PolyData/Piece")
    n = int(piece.get("NumberOfPoints"))
    out, used = {}, 0
    for element in piece.iter("DataArray"):
        at = raw + int(element.get("offset"))
        size = int(np.frombuffer(data, order + "u8", 1, at)[0])
        type_ = np.dtype(order + XML[element.get("type")])
        out[element.get("Name")] = np.frombuffer(data, type_, size // type_.itemsize, at + 8)
        used += size + 8
    if used != end - raw:
        raise ValueError(f"the arrays take {used} bytes of {end - raw}")
    if (out["connectivity"] != np.arange(n)).any() or (out["offsets"] != np.arange(1, n + 1)).any():
        raise ValueError("not one vertex for each point")
    out["position"] = out["Points"]
    return out, n


def read_csv(data):
    lines = data.decode().splitlines()
    names = lines[0].split(",")
    rows = np.array([[float(x) for x in line.split(",")] for line in lines[1:]]).reshape(-1, len(names))
    column = dict(zip(names, rows.T))
    out = {"body_id": column["id"], "material_id": column["material"], "radius": column["radius"], "mass": column["mass"]}
    for name, parts in (("position", "x y z"), ("velocity", "vx vy vz"), ("angular_velocity", "wx wy wz"), ("force", "fx fy fz")):
        out[name] = np.column_stack([column[part] for part in parts.split()]).ravel()
    return out, len(rows)


def main():
    path = sys.argv[1]
    with open(path, "rb") as file:
        data = file.read()
    try:
        suffix = re.search(r"\.(\w+)$", path).group(1)
        out, n = {"vtk": lambda: Legacy(data).read(), "vtp": lambda: read_vtp(data), "csv": lambda: read_csv(data)}[suffix]()
        print("#", *NAMES)
        for row in np.column_stack([np.asarray(out[name]).reshape(n, 3 if len(out[name]) == 3 * n and n else 1) for name in NAMES]):
            print(*("%.17g" % value for value in row))
    except (KeyError, ValueError, IndexError, AttributeError, xml.ParseError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
