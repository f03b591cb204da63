#!/usr/bin/env python3
"""device_bytes.py -- the bytes that kernels of a device move for a particle, from their SPIR-V and from their buffers, beside their times.

device_bytes.py SHADERS TABLE.csv [--csv FILE] [--rows FILE] [--check]

SHADERS is the folder of the build's modules (build/release/shaders), TABLE.csv what device_bench has written. For each case of its steps:
the time of each kernel, its share, the bytes that its loads and stores ask for by the disassembly (spirv-dis), the bytes that it must
move by its buffers (each read or written once, as far as anybody asks for it), and the speeds that these come to. --csv writes what is counted of
each buffer, --rows appends the sums of each kernel as rows of the table.
--check: exit code 1 where the two counts contradict each other: a buffer of which less is asked for than the particles' share, or of which more is
stored than there is.

A load or store is counted as often as its place in the kernel is come to: once for a thread; for each candidate or contact inside the
loops that RULES names; loops with constant bounds by these; of two branches that exclude each other the one that moves more. Branches
that a specialisation constant switches off are left out. What lies in a buffer with less than a byte for each particle (numbers of
the run, coefficients, walls) is in the caches and not counted. Loads are those of the module as it is given to the driver, which may find that it has a value already.
"""
import argparse
import collections
import csv
import pathlib
import re
import subprocess
import sys

# Of each kernel: a function's loops without constant bounds, from the outermost on, by what they run over; how often functions are
# called that are not called wherever their call stands; "contact of": where in a candidate's loop only contacts come: behind the branch to these. never: what happens
# to few particles or contacts in a step: buffers of walls that are searched, marks of contacts that begin or end.
RULES = {
    "force": {
        "loops": {"main": ["candidate"]},
        "calls": {"wall_contact": "never", "add_to_wall": "never", "may_leave": "never", "pair_contact": "contact"},
        "contact of": ("wall_contact", "pair_contact"),
        "never": {("Near", "load"), ("Counts", "load"), ("Touches", "load"), ("TouchHistories", "load"), ("TouchHistories", "store"),
                  ("Entries", "store"), ("Reaches", "load"), ("WallValues", "load")},
        "never before contact": {("Histories", "store"), ("Material", "load")},
    },
    "move": {"loops": {}},
    "judge": {"loops": {}},
    "place": {"loops": {}},
    "fill": {"loops": {}},
    "rows": {
        "loops": {"walk_cells": ["level", "slice", "line", "part", "tested"], "keep_contacts": ["candidate", "kept"], "main": ["wall"],
                  "replaced": ["never"]},
        # Of those that are looked at, one is found for each contact.
        "found": {("Entries", "store"): "contact", ("Histories", "store"): "contact", ("OldHistories", "load"): "contact"},
        "calls": {"walk_images": "never", "put_near": "candidate", "replaced": "never", "wall_near": "never", "to_body": "never"},
    },
}
# Of these not all that lies there is asked for: a share of it.
PARTLY = {
    ("force", "Histories", "load"): lambda often: often["contact"] / often["candidate"],  # of what touches
    ("force", "Histories", "store"): lambda often: often["contact"] / often["candidate"],
    ("move", "Vel", "load"): lambda often: 0.5,  # of the step's begin or of its end
}


FOLDS = {"LogicalNot": lambda a: not a, "INotEqual": lambda a, b: a != b, "IEqual": lambda a, b: a == b}


class Module:
    """What the disassembly of a module says: buffers, functions with their blocks, loads and stores."""

    def __init__(self, path, constants):
        text = subprocess.run(["spirv-dis", "--raw-id", "--no-header", str(path)], capture_output=True, text=True, check=True).stdout
        self.names, self.binding, self.ops, self.value, self.spec = {}, {}, {}, {}, {}
        self.functions, function, block = collections.OrderedDict(), None, None
        for line in text.splitlines():
            words = line.split()
            result = words[0] if len(words) > 2 and words[1] == "=" else None
            op, rest = (words[2], words[3:]) if result else (words[0], words[1:])
            if result:
                self.ops[result] = (op, rest)
            if op == "OpName":
                self.names[rest[0]] = rest[1].strip('"')
            elif op == "OpDecorate" and rest[1] == "Binding":
                self.binding[rest[0]] = int(rest[2])
            elif op == "OpDecorate" and rest[1] == "SpecId":
                self.spec[rest[0]] = int(rest[2])
            elif op in ("OpConstant", "OpSpecConstant") and re.fullmatch(r"-?\d+", rest[1]):
                self.value[result] = int(rest[1])
            elif op in ("OpConstantTrue", "OpConstantFalse", "OpSpecConstantTrue", "OpSpecConstantFalse"):
                self.value[result] = op.endswith("True")
            elif op == "OpFunction":
                function = self.functions[result] = collections.OrderedDict()
            elif op == "OpLabel":
                block = function[result] = []
            elif op == "OpFunctionEnd":
                function = None
            elif function is not None and op != "OpFunctionParameter":
                block.append((op, result, rest))
        for name, number in self.spec.items():
            if number in constants and name in self.value:
                self.value[name] = bool(constants[number]) if isinstance(self.value[name], bool) else constants[number]
        for name, (op, rest) in self.ops.items():
            if op == "OpSpecConstantOp" and rest[1] in FOLDS and all(word in self.value for word in rest[2:]):
                self.value[name] = FOLDS[rest[1]](*(self.value[word] for word in rest[2:]))

    def name_of(self, function):
        return self.names.get(function, function).split("(")[0]

    def size(self, kind):
        op, rest = self.ops[kind]
        if op in ("OpTypeFloat", "OpTypeInt"):
            return int(rest[0]) // 8
        if op == "OpTypeVector":
            return int(rest[1]) * self.size(rest[0])
        if op == "OpTypeArray":
            return self.value[rest[1]] * self.size(rest[0])
        if op == "OpTypeStruct":
            return sum(self.size(member) for member in rest)
        raise ValueError(f"the size of {op} is not known")

    def buffer(self, pointer):
        """The name of the struct of the buffer that a pointer is into; None: of none."""
        while self.ops[pointer][0] in ("OpAccessChain", "OpInBoundsAccessChain"):
            pointer = self.ops[pointer][1][1]
        if pointer not in self.binding:
            return None
        struct = self.ops[self.ops[pointer][1][0]][1][1]
        return self.names[struct], self.binding[pointer]

    def pointee(self, pointer):
        return self.ops[self.ops[pointer][1][0]][1][1]


class Flow:
    """The blocks of a function that can be come to, what dominates them, its loops."""

    def __init__(self, module, blocks):
        self.module, self.blocks = module, blocks
        self.known, reached = dict(module.value), None
        while True:  # constants make branches impossible, and those make constants
            before = (len(self.known), reached and len(reached))
            reached = self.reach()
            self.fold(reached)
            if before == (len(self.known), len(reached)):
                break
        self.order = reached
        self.dominators()

    def ends(self, label):
        op, _, rest = self.blocks[label][-1]
        if op == "OpBranch":
            return [rest[0]]
        if op == "OpBranchConditional":
            truth = self.known.get(rest[0])
            return [rest[1], rest[2]] if truth is None else [rest[1] if truth else rest[2]]
        if op == "OpSwitch":
            return [rest[1]] + rest[3::2]
        return []

    def reach(self):
        first = next(iter(self.blocks))
        seen, order = {first}, []

        def visit(label):
            stack = [(label, iter(self.ends(label)))]
            while stack:
                at, following = stack[-1]
                for label in following:
                    if label not in seen:
                        seen.add(label)
                        stack.append((label, iter(self.ends(label))))
                        break
                else:
                    order.append(at)
                    stack.pop()

        visit(first)
        return order[::-1]

    def fold(self, reached):
        edges = {(a, b) for a in reached for b in self.ends(a)}
        for label in reached:
            for op, result, rest in self.blocks[label]:
                values = [self.known.get(word) for word in rest[1:]]
                if op == "OpPhi":
                    values = [self.known.get(v) for v, source in zip(rest[1::2], rest[2::2]) if (source, label) in edges]
                    if values and None not in values and len(set(values)) == 1:
                        self.known[result] = values[0]
                elif op == "OpLogicalAnd" and False in [v for v in values if v is not None]:
                    self.known[result] = False
                elif op[2:] in FOLDS and None not in values:
                    self.known[result] = FOLDS[op[2:]](*values)

    def dominators(self):
        into = collections.defaultdict(list)
        for a in self.order:
            for b in self.ends(a):
                into[b].append(a)
        all_of = set(self.order)
        over = {label: all_of for label in self.order}
        over[self.order[0]] = {self.order[0]}
        changed = True
        while changed:
            changed = False
            for label in self.order[1:]:
                new = set.intersection(*(over[a] for a in into[label])) | {label}
                if new != over[label]:
                    over[label], changed = new, True
        self.over = over  # of each block those that every path to it passes

    def loops(self):
        """Of each block the headers of the loops around it, outermost first."""
        around = {label: [] for label in self.order}
        for header in self.order:
            for op, _, rest in self.blocks[header]:
                if op == "OpLoopMerge":
                    for label in self.order:
                        if header in self.over[label] and rest[0] not in self.over[label]:
                            around[label].append(header)
        return around

    def bound(self, header):
        """How often a loop with a constant bound runs; None: it has none."""
        for label in self.order:
            if header not in self.over[label]:
                continue
            for op, _, rest in self.blocks[label]:
                if re.fullmatch(r"Op[SU]LessThan", op):
                    return self.known.get(rest[2])
            if self.blocks[label][-1][0] == "OpBranchConditional":
                return None
        return None

    def arms(self):
        """Pairs of sets of blocks that exclude each other."""
        for header in self.order:
            for op, _, rest in self.blocks[header]:
                if op == "OpSelectionMerge":
                    ends = self.ends(header)
                    if len(ends) == 2 and rest[0] not in ends:
                        yield [{label for label in self.order if end in self.over[label] and rest[0] not in self.over[label]} for end in ends]


Access = collections.namedtuple("Access", "buffer binding kind size")


class Kernel:
    """How many bytes of each buffer a kernel's thread asks for, {(buffer, binding, kind): bytes}."""

    def __init__(self, path, kernel, constants, often, is_small):
        self.module, self.rules, self.often, self.is_small = Module(path, constants), RULES[kernel], often, is_small
        self.kernel, self.flows, self.asked = kernel, {}, collections.Counter()
        self.touching = {}
        main = [f for f in self.module.functions if self.module.name_of(f) == "main"][0]
        self.walk(main, 1.0)

    def times(self, what):
        if what == "never":
            return 0.0
        if what not in self.often:
            raise SystemExit(f"device_bytes.py: {self.kernel}: how often is '{what}'? RULES does not fit this kernel any more")
        return self.often[what]

    def accesses(self, block):
        for op, _, rest in block:
            if op in ("OpLoad", "OpStore") or op.startswith("OpAtomic"):
                pointer = rest[0] if op == "OpStore" else rest[1]
                if self.module.ops.get(pointer, ("", ))[0] not in ("OpAccessChain", "OpInBoundsAccessChain"):
                    continue
                where = self.module.buffer(pointer)
                if where is None or self.is_small(where[1]):
                    continue
                size = self.module.size(self.module.pointee(pointer))
                for kind in ("load", "store") if op.startswith("OpAtomic") else (op[2:].lower(), ):
                    yield Access(where[0], where[1], kind, size)

    def often_of(self, function, flow):
        """How often each block is come to when the function is called once."""
        name = self.module.name_of(function)
        around, named = flow.loops(), self.rules["loops"].get(name, [])
        times = {}
        for label in flow.order:
            depth, product, inside = 0, 1.0, None
            for header in around[label]:
                bound = flow.bound(header)
                if bound is None:
                    if depth == len(named):
                        if any(True for _ in self.accesses(flow.blocks[label])) or self.called(flow, label):
                            raise SystemExit(f"device_bytes.py: {self.kernel}: {name} has a loop that RULES does not know")
                        break
                    inside, depth = named[depth], depth + 1
                    product *= self.times(inside) / (self.times(named[depth - 2]) if depth > 1 else 1.0)
                else:
                    product *= bound
            times[label] = [product, inside]
        split = self.rules.get("contact of")
        if split and name == "main":
            calling = [label for label in flow.order
                       if any(op == "OpFunctionCall" and self.module.name_of(rest[1]) in split for op, _, rest in flow.blocks[label])]
            if len(calling) != len(split):
                raise SystemExit(f"device_bytes.py: {self.kernel}: main does not call {' and '.join(split)} once")
            common = set.intersection(*(flow.over[label] for label in calling))
            gate = max(common, key=lambda label: len(flow.over[label]))
            for label in flow.order:
                if gate in flow.over[label] and times[label][1] == "candidate":
                    times[label] = [times[label][0] * self.times("contact") / self.times("candidate"), "contact"]
        return times

    def called(self, flow, label):
        """Functions called in a block that have to do with buffers."""
        return [rest[1] for op, _, rest in flow.blocks[label] if op == "OpFunctionCall" and self.touches(rest[1])]

    def touches(self, function):
        if function not in self.touching:
            self.touching[function] = any(any(True for _ in self.accesses(block)) or any(op == "OpFunctionCall" and self.touches(rest[1]) for op, _, rest in block)
                                          for block in self.module.functions[function].values())
        return self.touching[function]

    def counted(self, access, inside):
        """How often it happens, for each time that its place is come to."""
        if inside == "kept" and access[0:3:2] in self.rules["found"]:
            return self.times(self.rules["found"][access[0:3:2]]) / self.times("kept")
        if (access.buffer, access.kind) in self.rules.get("never", ()):
            return 0.0
        early = self.rules.get("never before contact", ())
        return 0.0 if inside == "candidate" and (access.buffer, access.kind) in early else 1.0

    def walk(self, function, factor):
        if factor == 0:
            return 0.0
        if function not in self.flows:
            flow = Flow(self.module, self.module.functions[function])
            self.flows[function] = (flow, self.often_of(function, flow))
        flow, times = self.flows[function]
        bytes_of = {label: sum(a.size * self.counted(a, times[label][1]) for a in self.accesses(flow.blocks[label])) * times[label][0]
                    for label in flow.order}
        dropped = set()
        for one, other in flow.arms():
            less = min((one, other), key=lambda arm: sum(bytes_of[label] for label in arm) + self.calls_in(flow, times, arm))
            dropped |= less
        total = 0.0
        for label in flow.order:
            if label in dropped:
                continue
            for access in self.accesses(flow.blocks[label]):
                moved = times[label][0] * access.size * self.counted(access, times[label][1])
                if moved:
                    self.asked[access[:3]] += factor * moved
                    total += moved
            for function_ in self.called(flow, label):
                total += self.walk(function_, factor * self.calls(function_, times[label][0])) / factor
        return total

    def calls(self, function, there):
        what = self.rules.get("calls", {}).get(self.module.name_of(function))
        return self.times(what) if what else there

    def calls_in(self, flow, times, arm):
        """A measure of what the calls in a branch move: whether anything is called there that is not rare."""
        return sum(1e-6 * self.calls(f, times[label][0]) for label in arm for f in self.called(flow, label))


def read_table(path):
    """{(device, case): {quantity: value}} of the last rows of the steps, and their date."""
    cases, date = collections.OrderedDict(), ""
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["part"] == "steps":
                date = row["date"]
                cases.setdefault((row["device"], row["case"]), collections.OrderedDict())[row["quantity"]] = float(row["value"])
    return cases, date


def kernels_of(values):
    """Of each kernel that was timed its stage, name as in the table, microseconds and further numbers."""
    for what, value in values.items():
        match = re.fullmatch(r"(step|rows): ([\w/]+)(?:, (lengths|entries))?", what)
        if not match:
            continue
        stage, name = match.group(1), match.group(2)
        label = name + (", " + match.group(3) if match.group(3) else "")
        constants = {int(k.rsplit(" ", 1)[1]): int(v) for k, v in values.items() if k.startswith(f"{stage}: {label}: constant ")}
        sizes = {int(k.rsplit(" ", 1)[1]): v for k, v in values.items() if k.startswith(f"{stage}: {label}: buffer ")}
        yield stage, name, label, value, constants, sizes


def summary(cases):
    """A line for each case of the steps, then one for each layout of rows and histories."""
    for device in sorted({device for device, _ in cases}):
        print(f"  {device}")
    print(f"  {'particles':<34} {'M/s':>8} {'slowest..fastest':>18} {'rows every 30':>14} {'us a step':>10} {'must move':>10} {'bandwidth':>10} {'memory':>8}")
    for (_, case), v in cases.items():
        spread = f"{v['in the slowest round']:.4g}..{v['in the fastest round']:.4g}"
        share = f"{v['of the measured bandwidth']:.3g} %" if "of the measured bandwidth" in v else ""
        print(f"  {case:<34} {v['particle-steps per second']:>8.4g} {spread:>18} {v['the same, with rows made every 30 steps']:>14.4g} "
              f"{v['a step, on the wall']:>10.4g} {v['a particle-step must move']:>8.0f} B {share:>10} {v['memory of a particle']:>6.0f} B")
    for (_, case), v in cases.items():
        layouts = [what.rsplit(": ", 1)[0] for what in v if what.endswith(": time of a particle")]
        if layouts:
            print(f"  layouts, {case:<25} {'ns':>8} {'of the first':>13} {'must move':>10} {'in sectors':>11} {'GB/s of these':>14} {'memory':>8}")
        for layout in layouts:
            time, must, sectors, memory = (v[f"{layout}: {what}"] for what in
                                           ("time of a particle", "must move", "in sectors", "memory of rows and histories"))
            print(f"    {layout:<32} {time:>8.4g} {time / v[layouts[0] + ': time of a particle']:>13.2f} {must:>8.0f} B {sectors:>9.0f} B {sectors / time:>14.4g} {memory:>6.0f} B")


def report(shaders, device, case, values, out, rows_out):
    particles = float(case.split(",")[0])
    candidates, contacts = values["candidates of a particle"], values["contacts of a particle, walls too"]
    speed = values["of the measured bandwidth"] if "of the measured bandwidth" in values else None
    bandwidth = values["that is"] / speed * 100 if speed else None
    breaches = []
    print(f"{case}: {values['particle-steps per second']:.4g} million particle-steps per second, {candidates:.3g} candidates, {contacts:.3g} contacts"
          + (f", {bandwidth:.4g} GB/s measured" if bandwidth else ""))
    print(f"  {'kernel':<22} {'us':>10} {'share':>7} {'SPIR-V':>12} {'GB/s':>8} {'buffers':>12} {'GB/s':>8}   bytes of a particle; below: of each buffer asked for (what it has), - written")
    for stage in ("step", "rows"):
        rows = [k for k in kernels_of(values) if k[0] == stage]
        whole = sum(k[3] for k in rows)
        for _, name, label, time, constants, sizes in sorted(rows, key=lambda k: -k[3]):
            base = re.match(r"[a-z]+", name).group(0)
            if base not in RULES:
                print(f"  {label:<22} {time:>10.4g} {100 * time / whole:>6.1f}%   (not counted)")
                continue
            cells = values.get("rows: fill: buffer 3", 4 * particles) / 4
            # Cells are as wide as a search reaches, half of that along x: it comes to 5 x 3 x 3 of them.
            often = {"candidate": candidates, "contact": contacts, "level": 1, "slice": 3, "line": 9, "part": 9, "tested": 45 * particles / cells,
                     "wall": 0.0, "kept": 0.5 * contacts * (contacts + 1)}
            kernel = Kernel(shaders / (name.replace("/", "_") + ".spv"), base, constants, often, lambda b: sizes.get(b, 0) < particles)
            asked = must = 0.0
            told = []
            for (buffer, binding, kind), count in sorted(kernel.asked.items(), key=lambda item: item[0][1:]):
                share = sizes[binding] / particles * PARTLY.get((base, buffer, kind), lambda often: 1.0)(often)
                asked, must = asked + count, must + min(count, share)
                told.append(f"{'-' if kind == 'store' else ''}{buffer} {count:.3g} ({share:.3g})")
                row = [device, case, f"{stage}: {label}", buffer, kind, f"{count:.6g}", f"{share:.6g}"]
                if out:
                    out.writerow(row)
                if stage == "step" and (count < 0.9 * share or (kind == "store" and count > 1.02 * share)):
                    breaches.append(f"{case}: {label}: {kind}s of {buffer}: {count:.4g} bytes of a particle by the SPIR-V, {share:.4g} by the buffer")
            def rate(b):
                return f"{1e-3 * b * particles / time:>8.3g}" if time > 0 else " " * 8
            print(f"  {label:<22} {time:>10.4g} {100 * time / whole:>6.1f}% {asked:>12.4g} {rate(asked)} {must:>12.4g} {rate(must)}")
            for at in range(0, len(told), 6):
                print(f"      {', '.join(told[at:at + 6])}")
            rows_out.append((device, "bytes", case, f"{stage}: {label}: asked for by the SPIR-V", f"{asked:.6g}", "B"))
            rows_out.append((device, "bytes", case, f"{stage}: {label}: must move by the buffers", f"{must:.6g}", "B"))
    return breaches


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shaders", type=pathlib.Path)
    parser.add_argument("table")
    parser.add_argument("--csv")
    parser.add_argument("--rows")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    cases, date = read_table(asked.table)
    if not cases:
        raise SystemExit(f"device_bytes.py: {asked.table} has no steps")
    summary(cases)
    breaches, rows, file = [], [], open(asked.csv, "w", newline="", encoding="utf-8") if asked.csv else None
    out = csv.writer(file, lineterminator="\n") if file else None
    if out:
        out.writerow("device case kernel buffer access spirv_bytes buffer_bytes".split())
    for (device, case), values in cases.items():
        breaches += report(asked.shaders, device, case, values, out, rows)
    if file:
        file.close()
    if asked.rows:
        with open(asked.rows, "a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows((date, *row) for row in rows)
    for breach in breaches if asked.check else ():
        print(breach)
    return 1 if asked.check and breaches else 0


if __name__ == "__main__":
    sys.exit(main())
