#!/usr/bin/python3
"""check_picture.py -- decodes a PNG file with zlib and NumPy alone and measures what is drawn in it.

    check_picture.py FILE [LEFT RIGHT]   width, height, number of colours; of the pixels that differ from the background by more than 60
                                         (between the parts LEFT and RIGHT of the width): their box, number and mean colour
"""
import sys
import zlib

import numpy as np


def decode(path):
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG file"
    at, packed = 8, b""
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + body) == int.from_bytes(data[at + 8 + size : at + 12 + size], "big"), "checksum"
        if kind == b"IHDR":
            width, height, depth, colour = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"), body[8], body[9]
            assert depth == 8 and colour in (2, 6), "not 8 bits of red, green, blue"
            channels = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    assert kind == b"IEND", "no end"
    raw, stride = zlib.decompress(packed), width * channels
    rows, before = [], np.zeros(stride, dtype=np.int64)
    for y in range(height):
        line = raw[y * (stride + 1) : (y + 1) * (stride + 1)]
        how, row = line[0], np.frombuffer(line[1:], np.uint8).astype(np.int64)
        if how == 2:
            row = row + before
        elif how:
            row = row.copy()
            for i in range(stride):
                left = row[i - channels] if i >= channels else 0
                up, corner = before[i], before[i - channels] if i >= channels else 0
                if how == 1:
                    guess = left
                elif how == 3:
                    guess = (left + up) // 2
                else:
                    p = left + up - corner
                    distances = abs(p - left), abs(p - up), abs(p - corner)
                    guess = (left, up, corner)[distances.index(min(distances))]
                row[i] = (row[i] + guess) % 256
        before = row % 256
        rows.append(before)
    return np.array(rows).reshape(height, width, channels)[:, :, :3]


def main():
    picture = decode(sys.argv[1])
    height, width, _ = picture.shape
    left, right = (float(word) for word in sys.argv[2:4]) if len(sys.argv) > 2 else (0, 1)
    part = picture[:, int(left * width) : int(right * width)]
    drawn = np.abs(part - picture[0, 0]).sum(axis=2) > 60
    colours = len(np.unique(picture.reshape(-1, 3), axis=0))
    ys, xs = np.nonzero(drawn)
    box = (xs.min(), xs.max() + 1, ys.min(), ys.max() + 1) if len(xs) else (0, 0, 0, 0)
    mean = part[drawn].mean(axis=0) if len(xs) else (0, 0, 0)
    print(width, height, colours, *box, len(xs), *("%.0f" % c for c in mean))


if __name__ == "__main__":
    main()
