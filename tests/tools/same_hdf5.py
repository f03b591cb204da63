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


def differences(one, other):
    """What differs between two files, as texts."""
    with h5py.File(one) as first, h5py.File(other) as second:
        a, b = things(first), things(second)
        found = [f"{name}: only in one of them" for name in sorted(set(a) ^ set(b))]
        for name in sorted(set(a) & set(b)):
            if a[name].shape != b[name].shape or a[name].dtype != b[name].dtype or a[name][()].tobytes() != b[name][()].tobytes():
                found.append(f"{name}: differs")
        return found if a else ["no data"]


def main():
    for text in differences(sys.argv[1], sys.argv[2]):
        print(text)


if __name__ == "__main__":
    main()
