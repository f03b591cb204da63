#!/usr/bin/env python3
"""check_bounds.py -- the kernels of devices with a look at each index before it is used, for tests.

check_bounds.py OUT.c FOLDER NAME=FILE...   Needs spirv-dis, spirv-as and spirv-val. FILEs are modules as the engine has
them, for descriptors and for addresses (NAME begins with addresses/); FOLDER is where it works.

Before an access chain whose index is no constant, the index is compared with the length of the array: that of the buffer
(OpArrayLength), or the declared one of an array of the group, of the thread or of a struct. One that is too large is noted
in a variable of the thread, and the first element is used instead; at the end of the kernel the first thread that has
something to tell writes it where engine/compute_vulkan_run.c looks (BRC_GPU_CHECKED). Addresses know no length; so kernels that
have them get a descriptor of the same buffer, which is found by its name in the module for descriptors.
"""
import pathlib
import re
import subprocess
import sys

REPORT = 23  # binding, as in engine/compute_vulkan_run.c
INSTRUCTION = re.compile(r"\s*(?:(%\S+) = )?(Op\w+) ?(.*)")


class Module:
    def __init__(self, path):
        text = subprocess.run(["spirv-dis", "--no-header", "--no-indent", path], capture_output=True, text=True, check=True).stdout
        self.lines = []  # (result, opcode, operands, line)
        self.by_id, self.name, self.binding, self.has_text = {}, {}, {}, {}
        for line in text.splitlines():
            result, opcode, rest = INSTRUCTION.match(line).groups()
            words = rest.split()
            self.lines.append((result, opcode, words, line))
            if result:
                self.by_id[result] = (opcode, words)
                self.has_text[line.split(" = ", 1)[1]] = result
            if opcode == "OpName":
                self.name[words[0]] = rest.split(None, 1)[1].strip('"').split("(")[0]
            if opcode == "OpDecorate" and words[1] == "Binding":
                self.binding[words[0]] = int(words[2])

    def pointee(self, pointer_type):
        opcode, words = self.by_id[pointer_type]
        assert opcode == "OpTypePointer", pointer_type
        return words[1]

    def storage(self, pointer_type):
        return self.by_id[pointer_type][1][0]


class Checked:
    """One module with its checks. places: texts of all modules' places, to which this one adds its own."""

    def __init__(self, name, module, bindings, places):
        self.kernel, self.m, self.bindings, self.places = name, module, bindings, places
        self.types, self.decorations, self.fresh = [], [], 0
        self.lengths = {}  # variable of the thread with an address -> variable with the buffer's descriptor
        self.uint = self.type_of("OpTypeInt 32 0")
        self.bool = self.type_of("OpTypeBool")
        self.triple = self.type_of(f"OpTypeVector {self.uint} 3")
        self.void = self.type_of("OpTypeVoid")
        self.none = self.type_of(f"OpTypeFunction {self.void}")
        self.zero = self.constant(0)
        self.noted = self.declare(f"OpVariable {self.type_of(f'OpTypePointer Private {self.triple}')} Private "
                                  + self.declare(f"OpConstantNull {self.triple}"))
        self.interface = [self.noted]

    def new(self):
        self.fresh += 1
        return f"%check_{self.fresh}"

    def declare(self, text):
        result = self.new()
        self.types.append(f"{result} = {text}")
        return result

    def type_of(self, text):  # types may not be declared twice
        if text not in self.m.has_text:
            self.m.has_text[text] = self.declare(text)
        return self.m.has_text[text]

    def constant(self, value):
        return self.declare(f"OpConstant {self.uint} {value}")

    def length_of_buffer(self, variable, member, out):
        length = self.new()
        out.append(f"{length} = OpArrayLength {self.uint} {variable} {member}")
        return length

    def descriptor_of(self, variable, struct):
        if variable not in self.lengths:
            pointer = self.type_of(f"OpTypePointer StorageBuffer {struct}")
            self.lengths[variable] = self.declare(f"OpVariable {pointer} StorageBuffer")
            self.decorations += [f"OpDecorate {self.lengths[variable]} DescriptorSet 0",
                                 f"OpDecorate {self.lengths[variable]} Binding {self.bindings[self.m.name[variable]]}"]
            self.interface.append(self.lengths[variable])
        return self.lengths[variable]

    def base_of(self, base):
        """Its type, the variable that OpArrayLength may take (or None), and the name of what it is."""
        opcode, words = self.m.by_id[base]
        if opcode == "OpLoad":  # an address
            assert self.m.storage(words[0]) == "PhysicalStorageBuffer", base
            return words[0], self.descriptor_of(words[1], self.m.pointee(words[0])), self.m.name[words[1]]
        assert opcode in ("OpVariable", "OpFunctionParameter"), f"{self.kernel}: {base} is {opcode}"
        return words[0], base if self.m.storage(words[0]) == "StorageBuffer" else None, self.m.name.get(base, "")

    def access(self, line, words, function, out):
        """An access chain: the line with indices that have been looked at, and before it what looks at them."""
        pointer, variable, name = self.base_of(words[1])
        inside, member = self.m.pointee(pointer), None
        for at, index in enumerate(words[2:], 2):
            opcode, of = self.m.by_id[inside]
            if opcode == "OpTypeStruct":
                member = int(self.m.by_id[index][1][1])
                member_name = re.search(rf"OpMemberName {re.escape(inside)} {member} \"(\w+)\"", self.names)
                name = name or (member_name.group(1) if member_name else "")
                inside = of[member]
                continue
            if opcode == "OpTypeRuntimeArray":
                assert variable and at == 3, line
                length = self.length_of_buffer(variable, member, out)
            elif opcode == "OpTypeArray":
                length = of[1]
            else:
                assert opcode == "OpTypeVector", f"{self.kernel}: {line}"
                length = self.constant(int(of[1]))
            inside = of[0]
            if opcode != "OpTypeRuntimeArray" and self.m.by_id[index][0] == "OpConstant":
                continue
            words[at] = self.look(index, length, name or "an array", function, out)
        return " ".join([line.split("OpAccessChain")[0] + "OpAccessChain"] + words)

    def look(self, index, length, name, function, out):
        self.places.append(f"{self.kernel}: {name} in {function}")
        place, inside, was, note, now, safe = self.constant(len(self.places)), *(self.new() for _ in range(5))
        index_type = self.m.by_id[index][1][0]
        width = self.m.by_id[index_type][1][0]
        assert width == "32", f"{self.kernel}: an index of {width} bits"
        number = index
        if index_type != self.uint:
            number = self.new()
            out.append(f"{number} = OpBitcast {self.uint} {index}")
        if self.m.by_id.get(length, (None, [self.uint]))[1][0] != self.uint:
            unsigned = self.new()
            out.append(f"{unsigned} = OpBitcast {self.uint} {length}")
            length = unsigned
        out += [f"{inside} = OpULessThan {self.bool} {number} {length}",
                f"{was} = OpLoad {self.triple} {self.noted}",
                f"{note} = OpCompositeConstruct {self.triple} {place} {number} {length}",
                f"{now} = OpSelect {self.triple} {inside} {was} {note}",
                f"OpStore {self.noted} {now}",
                f"{safe} = OpSelect {self.uint} {inside} {number} {self.zero}"]
        return safe

    def telling(self):
        """A function that the kernel calls before it returns: of all threads the first to come tells what it has noted."""
        words, device, tell, end = self.constant(64), self.constant(1), self.new(), self.new()
        array = self.declare(f"OpTypeArray {self.uint} {words}")
        block = self.declare(f"OpTypeStruct {array}")
        report = self.declare(f"OpVariable {self.declare(f'OpTypePointer StorageBuffer {block}')} StorageBuffer")
        word = self.type_of(f"OpTypePointer StorageBuffer {self.uint}")
        self.decorations += [f"OpDecorate {array} ArrayStride 4", f"OpDecorate {block} Block", f"OpMemberDecorate {block} 0 Offset 0",
                             f"OpDecorate {report} DescriptorSet 0", f"OpDecorate {report} Binding {REPORT}"]
        self.interface.append(report)
        body = [f"{tell} = OpFunction {self.void} None {self.none}", "%check_begin = OpLabel",
                f"%check_all = OpLoad {self.triple} {self.noted}", f"%check_place = OpCompositeExtract {self.uint} %check_all 0",
                f"%check_any = OpINotEqual {self.bool} %check_place {self.zero}", f"OpSelectionMerge {end} None",
                f"OpBranchConditional %check_any %check_some {end}", "%check_some = OpLabel",
                f"%check_at = OpAccessChain {word} {report} {self.zero} {self.zero}",
                f"%check_old = OpAtomicCompareExchange {self.uint} %check_at {device} {self.zero} {self.zero} %check_place {self.zero}",
                f"%check_first = OpIEqual {self.bool} %check_old {self.zero}", "OpSelectionMerge %check_told None",
                "OpBranchConditional %check_first %check_tell %check_told", "%check_tell = OpLabel"]
        for k in (1, 2):
            body += [f"%check_value_{k} = OpCompositeExtract {self.uint} %check_all {k}",
                     f"%check_at_{k} = OpAccessChain {word} {report} {self.zero} {self.constant(k)}",
                     f"OpStore %check_at_{k} %check_value_{k}"]
        body += ["OpBranch %check_told", "%check_told = OpLabel", f"OpBranch {end}", f"{end} = OpLabel", "OpReturn", "OpFunctionEnd"]
        return tell, body

    def text(self):
        self.names = "\n".join(line for _, opcode, _, line in self.m.lines if opcode == "OpMemberName")
        tell, body = self.telling()
        entry = next(words for _, opcode, words, _ in self.m.lines if opcode == "OpEntryPoint")
        code, function = [], None
        for result, opcode, words, line in self.m.lines:
            if opcode == "OpFunction":
                function = result
            if opcode == "OpAccessChain":
                out = []
                line = self.access(line, list(words), self.m.name.get(function, function), out)
                code += out
            if opcode == "OpReturn" and function == entry[1]:
                code.append(f"{self.new()} = OpFunctionCall {self.void} {tell}")
            code.append(line)
        whole = []
        for line in code:
            if line.startswith("OpEntryPoint"):
                line = " ".join([line] + self.interface)
            if re.match(r"%\S+ = OpType|OpTypeForwardPointer", line) and self.decorations is not None:
                whole += self.decorations
                self.decorations = None
            if re.match(r"%\S+ = OpFunction ", line) and self.types is not None:
                whole += self.types
                self.types = None
            whole.append(line)
        return "\n".join(whole + body) + "\n"


def main():
    out, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    paths = dict(word.split("=", 1) for word in sys.argv[3:])
    places, arrays, entries = [], [], []
    for name, path in sorted(paths.items()):
        module = Module(path)
        plain = module if not name.startswith("addresses/") else Module(paths[name.removeprefix("addresses/")])
        bindings = {plain.name[variable]: number for variable, number in plain.binding.items() if variable in plain.name}
        text = Checked(name, module, bindings, places).text()
        file = folder / name.replace("/", "_")
        file.with_suffix(".spvasm").write_text(text)
        subprocess.run(["spirv-as", "--target-env", "spv1.5", "-o", file.with_suffix(".spv"), file.with_suffix(".spvasm")], check=True)
        subprocess.run(["spirv-val", "--target-env", "vulkan1.2", file.with_suffix(".spv")], check=True)
        data = file.with_suffix(".spv").read_bytes()
        numbers = [f"0x{int.from_bytes(data[k:k + 4], 'little'):08x}" for k in range(0, len(data), 4)]
        symbol = "code_" + re.sub(r"\W", "_", name)
        arrays.append(f"static const uint32_t {symbol}[] = {{{','.join(numbers)}}};")
        entries.append(f'    {{"{name}", {symbol}, {len(numbers)}}},')
    assert len(places) > 20 * len(paths), "few places were found: is the module what it was?"
    texts = "\n".join(f'    "{place}",' for place in places)
    out.write_text("// generated by tests/tools/check_bounds.py: kernels that look at their indices\n#include \"compute_spirv.h\"\n\n"
                   + "\n".join(arrays) + "\nconst brc_spirv brc_spirv_all[] = {\n" + "\n".join(entries)
                   + f"\n}};\nconst int32_t brc_spirv_total = {len(entries)};\n"
                   + f"const char* const brc_spirv_places[] = {{\n{texts}\n}};\n")


if __name__ == "__main__":
    sys.exit(main())
