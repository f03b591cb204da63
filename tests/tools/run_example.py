#!/usr/bin/python3
"""run_example.py -- runs an example in a folder of its own and reads every trajectory that it leaves.

    run_example.py FOLDER BARCHAN SCRIPT [options of barchan run]
"""
import pathlib
import shutil
import subprocess
import sys

from read_trajectory import Damaged, Trajectory


def main():
    folder, program, script, *options = sys.argv[1:]
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = subprocess.run([program, "run", script, *options], cwd=folder, stdin=subprocess.DEVNULL)
    if done.returncode:
        print(f"{script} ended with code {done.returncode}")
        return 1
    for path in sorted(folder.iterdir()):
        if path.suffix == ".vtkhdf":
            try:
                trajectory = Trajectory(path)
                trajectory.check()
            except (Damaged, KeyError, OSError, ValueError) as error:
                print(f"{path}: {error}")
                return 1
            print(f"{path.name}: {trajectory.count} steps, time {trajectory.times[-1]:.4g} s")
        elif path.suffix == ".part":
            print(f"{path.name} was left behind")
            return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
