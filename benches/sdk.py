"""Times the helper of HubSpot's Python SDK (PyPI `hubspot-api-client`) on the inputs of src/lib.rs.

Prints lines of `scheme,bytes,case,nanoseconds,`.
"""

import time

from hubspot.utils.signature import Signature

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI = "https://hooks.example.com/hubspot?tenant=7"

for version in ["v1", "v2", "v3"]:
    for size in [200, 1024, 16 * 1024, 1024 * 1024]:
        body = "a" * size
        timestamp = str(int(time.time() * 1000))
        signature = Signature.get_signature(SECRET, body, version, URI, "POST", timestamp)
        arguments = (signature, SECRET, body, URI, "POST", version, timestamp)
        batch = 5 if size > 100_000 else 300
        best = float("inf")
        for _ in range(25):
            start = time.perf_counter_ns()
            for _ in range(batch):
                if not Signature.is_valid(*arguments):
                    raise SystemExit("refused")
            best = min(best, (time.perf_counter_ns() - start) / batch)
        print(f"{version},{size},HubSpot's Python SDK,{best:.0f},")
