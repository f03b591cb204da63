#!/usr/bin/env python3
"""make_corpus.py -- writes the small whole files that fuzzing of tables and meshes begins with, into tests/fuzz/corpus.

Checkpoints and trajectories of the corpus are made by the engine itself: build/asan/tests/fuzz/make_seeds tests/fuzz/corpus.
"""
import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
CORNERS = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
FACES = [(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)]


def put(folder, name, data):
    path = CORPUS / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def tables():
    put("csv", "plain", "x,y,z,radius\n0.1,0.2,0.3,0.01\n-1e-3,2,3.5,4\n")
    put("csv", "all", "id;x;y;z;vx;vy;vz;wx;wy;wz;d;temperature\n"
        "1;0.1;0.2;0.3;1;2;3;0;0;1;0.02;300\n17.0;0.1;0.2;0.4;1;2;3;0;0;-1;0.02;2.5e2\n")
    put("csv", "blanks", "# from a table\n  x  y z   r  id # columns\r\n\r\n 1 2 3 .5 1.7e1\r\n+4\t5. 6 7e-1 3 # last\r\n")
    put("csv", "quoted", b"\xef\xbb\xbf\"X\"\t\"Y\"\t\"Z\"\t\"Diameter\"\t\"charge\"\r1\t2\t3\t4\t-1e-9\r")
    put("csv", "ragged", "x,y,z,r,\n1,2,3,4,\n1,2,3\n")
    put("csv", "dump", "ITEM: UNITS\nsi\nITEM: TIMESTEP\n10\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp ff\n-1 1\n-1 1\n-1 1\n"
        "ITEM: ATOMS id type xs ys zs vx vy vz diameter temperature\n7 2 0.25 0.5 -0.5 1 2 3 0.2 9\n4 1 -0.25 0.5 -0.5 1 2 3 0.1 8\n")
    put("csv", "data", "title\n\n2 atoms\n-1 1 xlo xhi\n\nAtoms # sphere\n\n3 2 0.2 2500 0.5 0 0 0 0 1\n1 1 0.1 2500 -0.5 0 0 0 0 0\n\n"
        "Velocities\n\n1 1 2 3 4 5 6\n3 7 8 9 10 11 12\n")
    put("csv", "spheres", "#format x_y_z_r\n0 0 0 1 -1\n2 0 0 .5 3\n")
    put("csv", "huge", "x,y,z,r\n1e308,1e-400,-1e308,1e309\n")


def stl():
    text = "solid part\n"
    for face in FACES:
        text += " facet normal 0 0 1\n  outer loop\n" + "".join("   vertex %g %g %g\n" % CORNERS[k] for k in face)
        text += "  endloop\n endfacet\n"
    put("stl", "ascii", text + "endsolid part\n")
    put("stl", "ascii_two", text + "endsolid part\n" + text.upper().replace("SOLID PART", "solid two") + "endsolid two\n")
    body = b"".join(struct.pack("<12fH", 0, 0, 1, *(c for k in face for c in CORNERS[k]), 0) for face in FACES)
    put("stl", "binary", b"made by hand".ljust(80) + struct.pack("<I", len(FACES)) + body)
    put("stl", "binary_solid", b"solid but binary".ljust(80, b"\0") + struct.pack("<I", 1) + body[:50])
    put("stl", "binary_colour", b"COLOR=abcd".ljust(80) + struct.pack("<I", 1) + body[:48] + b"\xff\xff")
    put("stl", "cut", text[:200])


def obj():
    put("obj", "plain", "# a tetrahedron\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf -4 -1 -2\n")
    put("obj", "polygons", "mtllib none.mtl\no thing\ng a b\nusemtl x\nv 0 0 0 1\nv 1 0 0\nv 1 1 0\nv 0.5 0.2 0\nv 0 1 0\n"
        "vt 0 0\nvt 1 0 0\nvn 0 0 1\ns 1\nf 1/1/1 2/2/1 3//1 4 5/1\nl 1 2 3\np 1\n")
    put("obj", "long_line", "v 0 0 \\\n 0\nv 1 0 0\nv 0 1 0\nf 1 2 \\\n3\n")
    put("obj", "surface", "v 0 0 0\nv 1 0 0\ncstype bspline\ndeg 3\ncurv 0 1 1 2\nparm u 0 1\nend\nf 1 2 2\n")


def ply():
    def head(kind, more=""):
        return (f"ply\nformat {kind} 1.0\ncomment by hand\nelement vertex 4\nproperty float x\nproperty float y\n"
                f"property float z\n{more}element face 4\nproperty list uchar int vertex_indices\nend_header\n")
    put("ply", "ascii", head("ascii") + "".join("%g %g %g\n" % c for c in CORNERS) + "".join("3 %d %d %d\n" % f for f in FACES))
    for kind, order in ("binary_little_endian", "<"), ("binary_big_endian", ">"):
        body = b"".join(struct.pack(order + "3f", *c) for c in CORNERS)
        body += b"".join(struct.pack(order + "B3i", 3, *f) for f in FACES)
        put("ply", kind, head(kind).encode() + body)
    coloured = b"".join(struct.pack("<3f3Bd", *c, 1, 2, 3, .5) for c in CORNERS)
    coloured += b"".join(struct.pack("<B3i", 3, *f) for f in FACES)
    put("ply", "colours", head("binary_little_endian", "property uchar red\nproperty uchar green\nproperty uchar blue\n"
                               "property double quality\n").encode() + coloured)
    put("ply", "strips", "ply\nformat ascii 1.0\nelement vertex 4\nproperty double x\nproperty double y\nproperty double z\n"
        "element tristrips 1\nproperty list int int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n5 0 1 2 -1 3\n")


def gltf():
    body = b"".join(struct.pack("<3f", *c) for c in CORNERS) + b"".join(struct.pack("<3H", *f) for f in FACES)

    def scene(uri):
        buffer = {"byteLength": len(body)}
        if uri:
            buffer["uri"] = uri
        return {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
                "nodes": [{"mesh": 0, "translation": [1, 0, 0], "children": [1]}, {"mesh": 0, "scale": [2, 2, 2]}],
                "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "mode": 4}]}],
                "buffers": [buffer],
                "bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": 48, "target": 34962},
                                {"buffer": 0, "byteOffset": 48, "byteLength": 24, "target": 34963}],
                "accessors": [{"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [0, 0, 0],
                               "max": [1, 1, 1]}, {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"}]}
    import base64
    uri = "data:application/octet-stream;base64," + base64.b64encode(body).decode()
    put("gltf", "embedded", json.dumps(scene(uri)))
    put("gltf", "elsewhere", json.dumps(scene("no_such_file.bin")))
    text = json.dumps(scene(None)).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(body), 0x004E4942) + body
    put("glb", "plain", struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks)


if __name__ == "__main__":
    tables()
    stl()
    obj()
    ply()
    gltf()
