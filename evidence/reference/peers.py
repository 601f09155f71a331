"""HubSpot's Python helper on the cases of the standard input: peers.py ANSWERS"""

import datetime
import json
import sys

from hubspot.utils import signature as helper
from hubspot.utils.signature import Signature

now = 0


class FrozenDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now / 1000, tz=tz)


helper.datetime = FrozenDatetime

cases = disagreements = comparisons = wrong = 0


def expect(right, what, subject):
    global comparisons, wrong
    comparisons += 1
    if not right:
        wrong += 1
        if wrong < 20:
            print(f"python: {what}: {json.dumps(subject)[:300]}", file=sys.stderr)


def damaged(signature, number):
    at = number % 40
    return signature[:at] + ("1" if signature[at] == "0" else "0") + signature[at + 1 :]


def on_case(test, answers):
    global cases, now
    now = int(test["timestamp"])
    secret, body, uri, method, timestamp = (test[k] for k in ("secret", "body", "uri", "method", "timestamp"))
    answer = {}
    for version in ("v1", "v2", "v3"):
        answer[version] = Signature.get_signature(secret, body, version, uri, method, timestamp)
        expect(answer[version] == test[version], f"{version} differs", test)
        is_valid = lambda text: Signature.is_valid(text, secret, body, uri, method, version, timestamp)
        expect(is_valid(test[version]) is True, f"{version} not accepted", test)
        expect(is_valid(damaged(test[version], cases)) is False, f"{version} accepted although damaged", test)
    cases += 1
    answers.write(json.dumps(answer) + "\n")


def on_disagreement(test):
    global disagreements, now
    now = test["now"]
    # How a Python server gets text from bytes that are not UTF-8 without losing any.
    body = bytes(test["body"]).decode("utf-8", "surrogateescape")
    try:
        accepted = Signature.is_valid(
            test["signature"], test["secret"], body, test["uri"], test["method"], test["version"], test["timestamp"]
        )
        verdict = "accept" if accepted else "refuse"
    except Exception:
        verdict = "error"
    disagreements += 1
    expect(verdict == test["python"], f"{test['name']}: {verdict}", test)


with open(sys.argv[1], "w", encoding="utf-8") as answers:
    for line in sys.stdin.buffer:
        test = json.loads(line)
        if "name" in test:
            on_disagreement(test)
        else:
            on_case(test, answers)

print(
    f"reference: python: {cases} cases, {disagreements} documented disagreements, "
    f"{comparisons} comparisons, {wrong} wrong"
)
sys.exit(0 if wrong == 0 and cases > 0 else 1)
