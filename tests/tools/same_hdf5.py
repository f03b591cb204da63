#!/usr/bin/env python3
"""same_hdf5.py -- compares two HDF5 files: same_hdf5.py ONE OTHER prints what differs, nothing when they hold the same data.

The provenance says who wrote a file, and is left out.
"""
import sys

try:
    import h5py
except ImportError:
    sys.exit(0)


def things(file):
    found = {}
    file.visititems(lambda name, item: found.__setitem__(name, item) if isinstance(item, h5py.Dataset) else None)
    return {name: item for name, item in found.items() if "provenance" not in name}


def main():
    with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[2]) as other:
        a, b = things(one), things(other)
        for name in sorted(set(a) ^ set(b)):
            print(f"{name}: only in one of them")
        for name in sorted(set(a) & set(b)):
            if a[name].shape != b[name].shape or a[name].dtype != b[name].dtype or a[name][()].tobytes() != b[name][()].tobytes():
                print(f"{name}: differs")
        if not a:
            print("no data")


if __name__ == "__main__":
    main()
