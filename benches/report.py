"""Turns `target/results.csv` and `target/growth.csv` into what is in `results/`."""

import csv
import pathlib
import statistics
import textwrap

HERE = pathlib.Path(__file__).parent / "results"
OURS = "hubspot-signature"
SIZES = {200: "200 B", 1024: "1 KiB", 16384: "16 KiB", 1048576: "1 MiB"}
BESIDE = [
    "bare hash", OURS, "ring", "aws-lc-rs", "webhook-verify", "standardwebhooks",
    "HubSpot's Node SDK", "HubSpot's Python SDK",
]
OWN = [
    "accepted", "mismatch", "two secrets", "URI with escapes", "an umlaut in 100 bytes", "a third not ASCII",
    "8 KiB frames", "verify_request", "service without the layer", "service in the tower layer",
    "service without the layer (8 KiB frames)", "service in the tower layer (8 KiB frames)", "refused before the body",
]

runs, two_threads = {}, []
for row in csv.DictReader((HERE.parent / "target/results.csv").open()):
    if row["case"].startswith("requests of two threads"):
        two_threads.append(float(row["ratio"]))
    elif row["scheme"] != "scheme":  # each run has its head line
        runs.setdefault((row["scheme"], int(row["bytes"]), row["case"]), []).append(float(row["ns"]))
times = {case: statistics.median(ns) for case, ns in runs.items()}
for scheme, size, case in list(times):
    if case == "accepted":
        times[scheme, size, OURS] = times[scheme, size, case]


def ratio(scheme, size, case):
    return times[scheme, size, case] / times[scheme, size, "bare hash"]


def shown(ns):
    for unit in ["ns", "µs", "ms"]:
        if ns < 1000:
            return f"{ns:.{0 if ns >= 100 or unit == 'ns' else 1}f} {unit}"
        ns /= 1000
    raise ValueError(ns)


def table(scheme, cases):
    lines = [f"| {scheme} | " + " | ".join(SIZES.values()) + " |", "|---" + "|---:" * len(SIZES) + "|"]
    for case in cases:
        if (scheme, 200, case) in times:
            cells = [f"{shown(times[scheme, size, case])} ({ratio(scheme, size, case):.2f})" for size in SIZES]
            name = f"**{case}**" if case == OURS else case
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot():
    """One panel for each scheme and size; bars to the ratio on a logarithmic scale, shorter is faster."""
    import math

    width, row, label, top = 250, 16, 150, 42
    schemes = ["v2", "v3"]
    rows = {scheme: [case for case in BESIDE[1:] if (scheme, 200, case) in times] for scheme in schemes}
    heights = {scheme: top + row * len(rows[scheme]) for scheme in schemes}
    longest = max(ratio(scheme, size, case) for scheme in schemes for size in SIZES for case in rows[scheme])
    total_width = label + width * len(SIZES)
    total_height = sum(heights.values()) + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total_width} {total_height}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        f'<rect width="{total_width}" height="{total_height}" fill="#fff"/>',
        '<text x="8" y="18" font-size="13" font-weight="bold" fill="#222">Time to verify one request, as a multiple of the '
        "bare SHA-256 of as many bytes (shorter is faster, logarithmic)</text>",
    ]
    y = 30
    for scheme in schemes:
        for column, (size, name) in enumerate(SIZES.items()):
            x = label + column * width
            out.append(f'<text x="{x}" y="{y + 16}" font-weight="bold" fill="#222">{scheme}, {name}</text>')
            for index, case in enumerate(rows[scheme]):
                at = y + 24 + index * row
                value = ratio(scheme, size, case)
                length = max(1, math.log(value) / math.log(longest) * (width - 60)) if value > 1 else 1
                colour = "#d9532c" if case == OURS else "#8aa4b8"
                if column == 0:
                    weight = ' font-weight="bold"' if case == OURS else ""
                    out.append(f'<text x="{label - 8}" y="{at + 11}" text-anchor="end"{weight} fill="#222">{case}</text>')
                out.append(f'<rect x="{x}" y="{at + 2}" width="{length:.1f}" height="{row - 4}" fill="{colour}"/>')
                out.append(f'<text x="{x + length + 4:.1f}" y="{at + 11}" fill="#222">{value:.2f}</text>')
        y += heights[scheme]
    return "\n".join(out + ["</svg>", ""])


def growth():
    """A panel for each thing that grows; both axes from zero, but for the body's, which are logarithmic."""
    import math

    rows = list(csv.DictReader((HERE.parent / "target/growth.csv").open()))
    panels = [
        ("µs to verify a body of so many KiB", "nanoseconds for a body of bytes", 1024, 1000, True),
        ("ns to verify 1 KiB with so many verifiers", "nanoseconds with verifiers", 1, 1, False),
        ("KiB held by each of so many slow connections, 32 KiB arrived",
         "bytes held by each slow connection with 32 KiB of its body arrived", 1, 1024, False),
        ("thousand requests a second by one Verifiers with so many threads", "requests a second by one `Verifiers` with threads", 1, 1000, False),
    ]
    width, height, lines = 420, 200, []
    for index, (title, what, x_unit, y_unit, logarithmic) in enumerate(panels):
        points = [(int(row["size"]) / x_unit, float(row["value"]) / y_unit) for row in rows if row["what"] == what]
        scale = (lambda value: math.log(max(value, 1))) if logarithmic else (lambda value: value)
        right, top = scale(max(x for x, _ in points)), scale(max(y for _, y in points))
        left, bottom = 20 + index % 2 * (width + 20), 30 + index // 2 * (height + 60)
        at = [(left + scale(x) / right * (width - 60), bottom + height - scale(y) / top * (height - 30)) for x, y in points]
        lines.append(f'<text x="{left}" y="{bottom}" font-weight="bold">{title}</text>')
        lines.append(f'<path d="M{left} {bottom + 10}V{bottom + height}H{left + width - 40}" fill="none" stroke="#999"/>')
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        lines.append(f'<polyline points="{path}" fill="none" stroke="#d9532c" stroke-width="2"/>')
        for (x, y), (of, value) in zip(at, points):
            lines.append(f'<text x="{x:.1f}" y="{y - 6:.1f}" font-size="9">{value:.4g}</text>')
            lines.append(f'<text x="{x:.1f}" y="{bottom + height + 12}" font-size="9">{of:.6g}</text>')
    size = f"0 0 {2 * width + 40} {2 * height + 140}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" font-family="system-ui, sans-serif" font-size="12">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *lines, "</svg>", ""])


def grown():
    rows = list(csv.DictReader((HERE.parent / "target/growth.csv").open()))
    kinds = dict.fromkeys(row["what"] for row in rows)
    lines = ["| what | size: value |", "|---|---|"]
    for kind in kinds:
        values = ", ".join(f"{row['size']}: {row['value']}" for row in rows if row["what"] == kind)
        lines.append(f"| {kind} | {values} |")
    return "\n".join(lines)


sections = [
    "Time for one request, and in brackets the multiple of the bare SHA-256 of as many bytes,\nmedians of five runs.",
    *[table(scheme, BESIDE) for scheme in ["v1", "v2", "v3"]],
    "The crate's own cases:",
    *[table(scheme, OWN) for scheme in ["v1", "v2", "v3"]],
    "How cost grows with the work ([plot](growth.svg)):",
    grown(),
    f"Two threads verify {statistics.median(two_threads):.3f} times what one does, with one `Verifier`.",
    textwrap.fill((HERE.parent / "target/machine.txt").read_text().strip(), 98),
]
(HERE / "results.md").write_text("\n\n".join(sections) + "\n")
(HERE / "results.svg").write_text(plot())
(HERE / "growth.svg").write_text(growth())
