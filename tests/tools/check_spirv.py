#!/usr/bin/env python3
"""check_spirv.py -- looks at the disassembly of the kernels of devices: valid, nothing fused, every operation marked.

check_spirv.py FILE...   Needs spirv-dis and spirv-val. Exit code 1 and a line for each breach.
"""
import re
import subprocess
import sys

MUST = re.compile(r"\s*(%\w+) = Op(FNegate|FAdd|FSub|FMul|FDiv|FRem|FMod|VectorTimesScalar|MatrixTimes\w+|VectorTimesMatrix|OuterProduct|Dot)\b")
# what is neither rounded correctly nor replaced by our own in shaders/arith.glsl
FORBIDDEN = re.compile(r"OpExtInst \S+ \S+ (Fma|RoundEven|Round|Trunc|InverseSqrt|Length|Normalize|Distance|FMix|Pow|Exp2?|Log2?|Sin|Cos|Tan|A\w*[Tt]an2?|Cross)\b")


def main():
    breaches, operations = [], 0
    for path in sys.argv[1:]:
        valid = subprocess.run(["spirv-val", "--target-env", "vulkan1.2", path], capture_output=True, text=True)
        if valid.returncode:
            breaches.append(f"{path}: {valid.stdout}{valid.stderr}")
        text = subprocess.run(["spirv-dis", "--no-header", path], capture_output=True, text=True, check=True).stdout
        marked = set(re.findall(r"OpDecorate (%\w+) NoContraction", text))
        for line in text.splitlines():
            operation = MUST.match(line)
            if operation:
                operations += 1
                if operation.group(1) not in marked:
                    breaches.append(f"{path}: not marked NoContraction: {line.strip()}")
            if FORBIDDEN.search(line):
                breaches.append(f"{path}: {line.strip()}")
    if operations < 100:
        breaches.append(f"only {operations} operations were found: is this the right place to look?")
    for breach in breaches:
        print(breach)
    print(f"{len(sys.argv) - 1} modules, {operations} operations")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
