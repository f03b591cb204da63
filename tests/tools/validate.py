#!/usr/bin/python3
"""validate.py -- runs the scenarios of tests/validation, each in a process of its own, and writes the page of what they found.

    validate.py BARCHAN [--long] [--jobs N] [--threads N] [NAME ...]   runs those named, or the fast ones (--long: all), and writes
                                                         the page; scenarios of many grains use the threads
    validate.py BARCHAN --check NAME                     runs one and writes nothing: what ctest does
    validate.py --page                                   writes the page from what is recorded

A scenario that says long = "..." in its case runs when named or with --long only; the page keeps what it found last, with the date.
Each runs in both precisions unless it says precision = "...". Results lie in tests/validation/results/*.json.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent / "validation"
RESULTS = HERE / "results"
FAST_LIMIT, LONG_LIMIT = 300, 6 * 3600  # [s]


def scenarios():
    return sorted(p for p in HERE.glob("*.lua") if p.stem not in ("case", "lab"))


def about(path):
    """What the case of a scenario says: long (text or None), the precisions it runs in."""
    text = path.read_text()
    case = re.search(r'require "case" \{(.*?)\}', text, re.S).group(1)
    long = re.search(r'long = "([^"]*)"', case)
    one = re.search(r'precision = "(\w+)"', case)
    return long and long.group(1), [one.group(1)] if one else ["double", "mixed"]


def machine():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    except OSError:
        pass
    return os.uname().machine


def run(barchan, path, precision, threads):
    """Runs a scenario: (its output, what it reported or why there is nothing, exit code, seconds of processor time)."""
    limit = LONG_LIMIT if about(path)[0] else FAST_LIMIT
    with tempfile.TemporaryDirectory() as folder:
        rows = pathlib.Path(folder) / "rows.json"
        command = [barchan, "run", str(path), "--quiet", "--set", f"precision={precision}", "--set", f"rows={rows}", "--set",
                   f"threads={threads}"]
        before = time.monotonic()
        try:
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit)
            text, code = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired as late:
            text, code = (late.stdout or b"").decode() + f"\nstopped after {limit} s", 124
        seconds = time.monotonic() - before
        try:
            found = json.loads(rows.read_text())
        except (OSError, ValueError):
            last = [line for line in text.splitlines() if line.strip()]
            found = {"rows": [], "remarks": [], "error": last[-1] if last else f"ended with code {code}"}
        # Paths of this checkout say nothing to a reader.
        found = json.loads(json.dumps(found).replace(str(HERE.parent.parent) + "/", ""))
    return text, found, code, seconds


def check(barchan, name):
    path, worst = HERE / f"{name}.lua", 0
    for precision in about(path)[1]:
        text, _, code, _ = run(barchan, path, precision, 1)
        print(f"-- {name} in {precision} precision\n{text}")
        worst = worst or code
    return worst


def record(barchan, names, jobs, threads, long):
    version = subprocess.run([barchan, "--version"], capture_output=True, text=True).stdout.split("\n")[0].removeprefix("barchan ")
    git = ["git", "-C", str(HERE)]
    revision = subprocess.run(git + ["rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    # what the runs themselves write does not make the tree another one
    if subprocess.run(git + ["diff", "--quiet", "HEAD", "--", ":/", ":(exclude)results", ":(exclude)README.md"]).returncode:
        revision += "-dirty"
    chosen = [p for p in scenarios() if (p.stem in names if names else long or not about(p)[0])]
    unknown = set(names) - {p.stem for p in chosen}
    if unknown:
        sys.exit(f"validate: no scenario {', '.join(sorted(unknown))} in {HERE.name}")
    RESULTS.mkdir(exist_ok=True)
    bad = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        tasks = [(p, precision, pool.submit(run, barchan, p, precision, threads)) for p in chosen for precision in about(p)[1]]
        for path in chosen:
            kept = {"date": datetime.date.today().isoformat(), "version": version, "revision": revision, "machine": machine(), "found": {}}
            for p, precision, task in tasks:
                if p == path:
                    text, found, code, seconds = task.result()
                    found["seconds"] = round(seconds, 1)
                    kept["found"][precision] = found
                    print(f"{path.stem} {precision}: {'ok' if code == 0 else 'FAILS'}, {seconds:.1f} s", flush=True)
                    if code:
                        bad.append(path.stem)
                        print(text.strip().split("\n")[-1])
            (RESULTS / f"{path.stem}.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    return 1 if bad else 0


# ---- the page ----------------------------------------------------------------------------------------------------------

def number(x):
    if x == 0:
        return "0"
    text = f"{x:.7g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def short(x):
    text = f"{x:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def cell(text):
    return str(text).replace("|", "\\|")


def known():
    """Reasons of rows that are known not to pass, by scenario and quantity."""
    lines = (line.split(" | ", 2) for line in (HERE / "known.txt").read_text().splitlines() if line.count(" | ") >= 2)
    return {(name, quantity): reason for name, quantity, reason in lines}


def instead(path):
    """What a scenario says with test:instead { asked = "..." .. "...", tested = ..., why = ... }."""
    for block in re.findall(r"test:instead \{(.*?) \}\n", path.read_text(), re.S):
        parts = re.split(r"(?:^|,)\s*(asked|tested|why) = ", block)
        yield {key: "".join(re.findall(r'"([^"]*)"', text)) for key, text in zip(parts[1::2], parts[2::2])}


def verdict(name, rows):
    """ok; or FAILS, with the reason where one is known."""
    bad = [r for r in rows if not r["ok"]]
    if not bad:
        return "pass"
    return "**FAILS**: " + known().get((name, re.sub(r", worst of \d+: .*", "", bad[0]["quantity"])), "not explained")


def base(row):
    """The quantity without which of many was the worst, which may differ between precisions."""
    return re.sub(r", worst of (\d+): .*", r", worst of \1", row["quantity"])


def section(name, kept):
    """Lines of one scenario, of what fails and of what is tested otherwise than asked; and case, title, rows, failures, date, seconds."""
    found = kept["found"]
    order = [p for p in ("double", "mixed") if p in found]
    title = next((f["title"] for f in found.values() if "title" in f), name)
    case = next((f["id"] for f in found.values() if "id" in f), name)
    lines, failures, count = [f"### {case} {title}", ""], [], 0
    missed = 0
    seconds = sum(f["seconds"] for f in found.values())
    lines += [f"[`{name}.lua`]({name}.lua), {kept['date']}, {kept['version']} ({kept['revision']}), {kept['machine']}, {short(seconds)} s", ""]
    keys, rows = [], {}
    for precision in order:
        f = found[precision]
        if "error" in f:
            failures.append(f"{case} [{title}]({name}.lua), {precision}: {f['error']}")
            lines += [f"**No result in {precision} precision**: {cell(f['error'])}", ""]
        for row in f["rows"]:
            key = (base(row), row["source"])
            if precision in rows.get(key, {}):
                sys.exit(f"validate: {name} has two rows '{key[0]}' of the same source")
            if key not in rows:
                keys.append(key)
                rows[key] = {}
            rows[key][precision] = row
    if keys:
        lines += ["| quantity | " + " | ".join(order) + " | expected | tolerance | verdict | source |",
                  "|---|" + "---|" * len(order) + "---|---|---|---|"]
    for key in keys:
        each = [rows[key][p] for p in order if p in rows[key]]
        first = each[0]
        count += 1
        values = [("yes" if rows[key][p]["got"] else "no") if first.get("yes") else number(rows[key][p]["got"]) if p in rows[key] else ""
                  for p in order]
        wanted = "yes" if first.get("yes") else f"{number(first['low'])} to {number(first['high'])}" if "low" in first else \
            " / ".join(dict.fromkeys(number(r["expected"]) for r in each))
        unit = " " + first["unit"] if "unit" in first else ""
        tolerances = "" if first.get("yes") or "low" in first else " / ".join(dict.fromkeys(
            (short(100 * r["tolerance"]) + " %" if r.get("relative") else short(r["tolerance"])) for r in each))
        says = verdict(name, each)
        if says != "pass":
            missed += 1
            failures.append(f"{case} [{title}]({name}.lua): {first['quantity']}: {' / '.join(v for v in values if v)}{unit}, expected {wanted}"
                            f"{', tolerance ' + tolerances if tolerances else ''}. {says.removeprefix('**FAILS**: ')}")
        lines.append(f"| {cell(first['quantity'])} | " + " | ".join(values) + f" | {wanted}{unit} | {tolerances} | {cell(says)} | "
                     f"{cell(first['source'])} |")
    remarks = [(p, r) for p in order for r in found[p]["remarks"]]
    if remarks:
        lines += [""] + [f"- {cell(r)} ({p})" for p, r in remarks]
    changes = [f"{case} [{title}]({name}.lua). *Asked:* {c['asked']}. *Tested:* {c['tested']}. *Because:* {c['why']}."
               for c in instead(HERE / f"{name}.lua")]
    if any("error" in f for f in found.values()):
        missed += 1
    return lines + [""], failures, changes, (case, title, count, missed, kept["date"], seconds)


def page():
    parts, failures, changes, cases = [], [], [], []
    for path in scenarios():
        kept = RESULTS / f"{path.stem}.json"
        if not kept.exists():
            failures.append(f"[`{path.name}`]({path.name}) has not been run")
            continue
        lines, bad, changed, summary = section(path.stem, json.loads(kept.read_text()))
        parts += lines
        failures += bad
        changes += changed
        cases.append((path.stem,) + summary)
    head = ["# Validation", "",
            "What Barchan gets, next to what others have published, computed or derived. `scripts/validate` runs the fast scenarios and writes",
            "this page, `scripts/validate --long` all of them, `scripts/validate NAME` one; a part keeps the date of its last run, the version",
            "with the commit of the sources, and the machine. Each scenario is a script of about a page: `barchan run tests/validation/NAME.lua`.",
            "Cases A are single contacts, B many grains whose answer is known exactly or nearly, C bulk behaviour as in experiments, L the", "virtual laboratory itself.", "",
            "Columns `double` and `mixed` are the two precisions of a run; scenarios of many grains run in mixed precision only, which is the",
            "default. A row that says \"worst of N\" shows the worst of N comparisons. A relative tolerance is given in per cent, an absolute one",
            "in the unit of the row; no tolerance: a range, or a condition. Sources: [P] a published number, [F] a closed formula, [X] another",
            "code or a tiny-step integrator, [R] a value of the literature known to a few per cent. A row that fails says why, as far as known.", "",
            f"{len({c[1] for c in cases})} cases, {sum(c[3] for c in cases)} rows, {sum(c[4] for c in cases)} that do not pass.", "",
            "| case | scenario | rows | pass | date | wall time, busy machine |", "|---|---|---|---|---|---|"]
    for name, case, title, rows, missed, date, seconds in cases:
        head.append(f"| {case} | [{title}]({name}.lua) | {rows} | {rows - missed if rows else 0} | {date} | {short(seconds)} s |")
    head.append("")
    if failures:
        head += ["## What does not pass", ""] + [f"- {f}" for f in failures] + [""]
    if changes:
        head += ["## What is tested otherwise than asked", ""] + [f"- {c}" for c in changes] + [""]
    head += ["## All rows", ""]
    (HERE / "README.md").write_text("\n".join(head + parts).rstrip() + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--check")
    parser.add_argument("--page", action="store_true")
    o = parser.parse_args()
    if o.page:
        page()
        return 0
    barchan = str(pathlib.Path(o.words[0]).resolve())
    if o.check:
        return check(barchan, o.check)
    code = record(barchan, o.words[1:], o.jobs, o.threads, o.long)
    page()
    return code


if __name__ == "__main__":
    sys.exit(main())
