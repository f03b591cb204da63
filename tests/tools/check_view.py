#!/usr/bin/python3
"""check_view.py -- the page of `barchan view` against the trajectory it was made of, as far as its numbers are exact.

    check_view.py PAGE.html RUN.vtkhdf   places to 1 part in 65535 of the box, radii, levels of the first field, times, walls, series
"""
import base64
import json
import pathlib
import re
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from barchan_reader import Trajectory  # noqa: E402


def main():
    page = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    outside = re.findall(r'(?:src|href)\s*=|https?://|@import|url\(', page.split("const DATA")[0])
    assert not outside, f"the page asks for something from elsewhere: {outside}"
    data = json.loads(page.split("const DATA = ", 1)[1].split(";\nconst $", 1)[0])
    block = lambda number, kind: np.frombuffer(base64.b64decode(data["blocks"][number]), kind)  # noqa: E731
    run = Trajectory(sys.argv[2])
    walls = Trajectory(sys.argv[2].replace(".vtkhdf", "-walls.vtkhdf"))
    assert len(data["frames"]) == run.count, "frames"
    lo, hi = np.array(data["box"]["lo"]), np.array(data["box"]["hi"])
    speed = data["fields"][0]
    assert speed["label"] == "speed" and speed["unit"] == "m/s", speed
    for k, frame in enumerate(data["frames"]):
        truth = run.read(k)
        n = len(truth["position"])
        assert frame["time"] == run.times[k] and frame["count"] == n, f"frame {k}"
        at = lo + block(frame["place"], "<u2").reshape(-1, 3) / 65535 * (hi - lo)
        assert np.abs(at - truth["position"]).max() <= 0.51 * (hi - lo).max() / 65535, f"frame {k}: places"
        radius = block(frame["radius"], "<u2") / 65535 * data["largest"]
        assert np.abs(radius - truth["radius"]).max() <= 0.51 * data["largest"] / 65535, f"frame {k}: radii"
        level = np.linalg.norm(truth["velocity"], axis=1)
        level = np.clip((level - speed["low"]) / (speed["high"] - speed["low"]), 0, 1) * 255
        assert np.abs(block(frame["fields"][0], "u1") - level).max() <= 0.51, f"frame {k}: speeds"
        place, corners = block(frame["walls"][0], "<f4").reshape(-1, 3), block(frame["walls"][1], "<u4")
        same = walls.read(max(i for i in range(walls.count) if walls.times[i] <= run.times[k] + 1e-12))
        assert np.abs(place - same["position"]).max() < 1e-6 and np.array_equal(corners, same["Polygons"][1]), f"frame {k}: walls"
    labels = [column["label"] for column in data["series"]["columns"]]
    assert labels[0] == "kinetic energy [J]" and data["series"]["time"] == list(run.times), labels
    assert data["series"]["columns"][0]["values"] == list(run.series()["kinetic_energy"]), "series"
    assert len(block(speed["colours"], "u1")) == 1024, "colours"
    shared = len({frame["radius"] for frame in data["frames"]})
    assert shared == 1, f"radii that do not change are in the page {shared} times"


if __name__ == "__main__":
    main()
