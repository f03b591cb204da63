#!/usr/bin/env python3
"""table.py SCENE N ROWS [TABLE.csv]: medians of repeated rows "code cores key=value ...", with ratios to each peer on as many cores;
appends to TABLE.csv (made with a header when new)."""
import datetime, os, platform, statistics, sys

scene, n, rows = sys.argv[1], int(sys.argv[2]), sys.argv[3]
runs = {}
for line in open(rows):
    code, cores, *pairs = line.split()
    values = dict(p.split("=", 1) for p in pairs if "=" in p)
    runs.setdefault((int(cores), code), []).append(values)

def processor():
    try:
        names = [l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")]
        return "%s x%d" % (names[0], len(names))
    except OSError:
        return platform.machine()

def median(key, values):
    numbers = [float(v[key]) for v in values if v.get(key)]
    return statistics.median(numbers) if numbers else float("nan")

print("%s, %d particles, %s, medians of %d" % (scene, n, processor(), max(len(v) for v in runs.values())))
print("%-15s %5s %10s %17s %9s %8s %10s %6s  %s" % ("code", "cores", "Mpsteps/s", "min..max", "ns/pstep", "rss MB", "B/particle", "roof", "observables"))
table = []
for (cores, code), values in sorted(runs.items()):
    m = median("mpsteps", values)
    speeds = [float(v["mpsteps"]) for v in values]
    seen = " ".join("%s=%s" % (k, v) for k, v in values[-1].items() if k not in ("mpsteps", "seconds", "rss", "wall"))
    roof = 0.1 * median("roof_ns", values) * m # [%] of the speed at which the memory alone would let it go
    print("%-15s %5d %10.3f %17s %9.1f %8.0f %10.0f %6s  %s" % (code, cores, m, "%.2f..%.2f" % (min(speeds), max(speeds)), 1e3 / m,
                                                         median("rss", values) / 1024, median("rss", values) * 1024 / n,
                                                         "%.0f %%" % roof if roof == roof else "", seen))
    table.append([datetime.date.today().isoformat(), processor(), scene, n, code, cores, "%.4g" % m, "%.4g" % min(speeds),
                  "%.4g" % max(speeds), "%.0f" % (median("rss", values) / 1024), '"%s"' % seen])
for cores in sorted({c for c, _ in runs}):
    peers = [(code, median("mpsteps", v)) for (c, code), v in runs.items() if c == cores and not code.startswith("barchan")]
    for mine in ("barchan-mixed", "barchan-double", "barchan-ranks"):
        if (cores, mine) not in runs: continue
        m = median("mpsteps", runs[cores, mine])
        print("%s on %d core%s: %s" % (mine, cores, "s" if cores > 1 else "", ", ".join("%.2f x %s" % (m / p, code) for code, p in peers) or "nothing to compare with"))
def best(values): # of a busy machine the best runs are the least disturbed
    return max(float(v["mpsteps"]) for v in values)
for (cores, code), values in sorted(runs.items()):
    alone = runs.get((1, "barchan-mixed" if code == "barchan-ranks" else code))
    if cores == 1 or not alone: continue
    line = "%s on %d: %.2f x 1 (best of each %.2f)" % (code, cores, median("mpsteps", values) / median("mpsteps", alone), best(values) / best(alone))
    if any("balance" in v for v in values):
        line += ", balance %.3f, communication %.1f %% of the time, waiting %.1f %%" % (
            median("balance", values), 100 * median("communication", values), 100 * median("waiting", values))
    print(line)
if len(sys.argv) > 4:
    new = not os.path.exists(sys.argv[4])
    with open(sys.argv[4], "a") as out:
        if new: out.write("date,machine,scene,particles,code,cores,median_Mpsteps_per_s,min,max,rss_MB,observables\n")
        for row in table: out.write(",".join(map(str, row)) + "\n")
