"""Looks for conditional branches in the comparison of digests: look.py MACHINE FILE.s

The comparison must have none, and call nothing that could have some. The control must have one, or nothing would be
noticed.
"""

import re
import sys

CONDITIONAL = {
    "aarch64": r"b\.\w+|cbn?z|tbn?z",
    "i686": r"j(?!mp\b)\w+|loop\w*",
    "s390x": r"j(?!g?\b)g?\w+|c\w*j\w*|brct\w*|brx\w*",
    "riscv32imc": r"b(eq|ne|lt|ge|gt|le)u?z?",
    "thumbv6m": r"b(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)(\.[nw])?|cbn?z",
    "thumbv7em": r"b(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)(\.[nw])?|cbn?z",
    "wasm32": r"br_if|br_table|if",
}
CONDITIONAL["x86_64"] = CONDITIONAL["i686"]
CALL = r"bl|blx|call\w*|brasl|jal|jalr|tail|bcmp|memcmp"

machine, path = sys.argv[1:]
lines = open(path).read().splitlines()


def instructions(name):
    begin = lines.index(f"{name}:")
    for line in lines[begin + 1 :]:
        if re.match(rf"\s*\.size\s+{name},|\s*end_function", line):
            return
        if match := re.match(r"\s+([a-z][\w.]*)(?:\s+(.*))?$", line):
            yield match.groups()
    raise ValueError(f"{name} has no end")


def conditional(name):
    return [code for code in instructions(name) if re.fullmatch(CONDITIONAL[machine], code[0])]


def calls(name):
    return [code for code in instructions(name) if re.fullmatch(CALL, code[0])]


count = sum(1 for _ in instructions("comparison"))
branches, called = conditional("comparison"), calls("comparison")
# `subtle` hides the result from the optimiser in a function that only reads it back, and a call of the next instruction is
# how i686 learns its own address.
called = [code for code in called if not re.search(r"6subtle9black_box|^\.L", code[1] or "")]
print(
    f"machines: {machine}: the comparison has {count} instructions, {len(branches)} conditional branches, "
    f"{len(called)} calls; the control has {len(conditional('control'))} conditional branches"
)
for code in branches + called:
    print(f"machines: {machine}: {code}", file=sys.stderr)
sys.exit(bool(branches or called or not conditional("control") or count < 10))
