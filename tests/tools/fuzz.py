#!/usr/bin/env python3
"""fuzz.py -- runs fuzz targets of tests/fuzz: the files of the corpus, then, with libFuzzer, new ones for some seconds.

    fuzz.py FOLDER TARGET ... [--seconds N] [--work FOLDER] [--seed N]

A test begins with the same seed each time; --seed 0 is another one in each run, for who looks for what nobody has found yet.

FOLDER holds the programs fuzz_TARGET (build/asan/tests/fuzz). --seconds are those of the processor for each target, its child
processes included; they are printed at its end. What targets find new is kept below --work, so that the next run goes on from there. Exit code 1 when a file made a target crash, hang, leak, take more than 512 MB
at once, or trip a sanitizer; the file lies in --work/TARGET.bad then.
"""
import argparse
import math
import os
import pathlib
import resource
import subprocess
import sys

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "fuzz" / "corpus"
LENGTHS = {"csv": 4096, "stl": 4096, "obj": 4096, "ply": 4096, "gltf": 4096, "glb": 4096}
BLIND = ("inspect", "trajectory", "playback")  # most of what happens there happens in another process: long inputs from the start
OPTIONS = ["-malloc_limit_mb=512", "-rss_limit_mb=2048", "-print_final_stats=1"]


def spent():
    """Processor time of all child processes that have ended, and of theirs [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(program, target, seconds, work, seed):
    corpus, found, bad = CORPUS / target, work / target, work / f"{target}.bad"
    # Waiting workers must not spin; the address sanitizer hands out no memory where a reader would be refused it.
    environment = dict(os.environ, OMP_WAIT_POLICY="passive", ASAN_OPTIONS="allocator_may_return_null=1:detect_leaks=1",
                       UBSAN_OPTIONS="print_stacktrace=1")
    whether = subprocess.run([program, "-help=1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    if whether.returncode != 0:  # not libFuzzer: tests/fuzz/replay.c
        return subprocess.run([program, corpus], env=environment).returncode == 0
    files = sorted(str(path) for path in corpus.iterdir())
    options = OPTIONS + [f"-artifact_prefix={bad}/", f"-max_len={LENGTHS.get(target, 65536)}", "-timeout=100"]  # of the wall: a machine that stands still for a while is no hang
    bad.mkdir(parents=True, exist_ok=True)
    if subprocess.run([program, *options, *files], env=environment).returncode != 0:
        return False
    if not seconds:
        return True
    if target in BLIND:
        options.append("-len_control=0")
    found.mkdir(parents=True, exist_ok=True)
    dictionary = CORPUS.parent / f"{target}.dict"
    if dictionary.exists():
        options.append(f"-dict={dictionary}")
    begun, rounds, good = spent(), 0, True
    while good and (left := seconds - (spent() - begun)) > 0:  # libFuzzer knows the time of the wall only, which is longer
        again = [program, *options, f"-seed={seed and seed + rounds}", f"-max_total_time={math.ceil(left)}", found, corpus]
        good = subprocess.run(again, env=environment).returncode == 0
        rounds += 1
    print(f"{target}: {spent() - begun:.0f} s of the processor in {rounds} rounds", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("fuzz_work"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = [t for t in options.targets if not run(options.folder.resolve() / f"fuzz_{t}", t, options.seconds, options.work.resolve(), options.seed)]
    if failed:
        print("failed:", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
