"""What differs between the request that was signed and the one that is seen, in the words of causes.json.

This knows nothing of the library: it has both sides, and the library has only one.
"""

import html
import json
import re
import urllib.parse
from collections import Counter

LOST, PROOF, NOTHING = "shape", "proof", "none"


def split(url):
    scheme, found, rest = url.partition("://")
    if not found:
        scheme, rest = "", url
    target = rest
    authority = ""
    if found:
        at = min((rest.find(c) for c in "/?#" if c in rest), default=len(rest))
        authority, target = rest[:at], rest[at:]
    target, hash_, _ = target.partition("#")
    path, mark, query = target.partition("?")
    host, _, port = authority.partition(":")
    return scheme, host, port, path, query if mark else None, bool(hash_)


def spelled(signed, seen):
    """Causes that turn one escaped text into another of the same meaning; None if there are none."""
    if signed == seen:
        return set()
    plus = urllib.parse.unquote_plus
    once = urllib.parse.unquote
    if once(seen) == signed and (seen.count("%25") > signed.count("%25") or "+" in signed and "+" not in seen):
        return {"url-escaped-twice"}
    causes = set()
    signed_hex, seen_hex = upper_hex(signed), upper_hex(seen)
    if signed_hex == seen_hex:
        return {"url-escape-case"}
    if plus(signed) != plus(seen) and once(signed) != once(seen):
        if once(signed) == seen or plus(signed) == seen or once(once(signed)) == once(seen):
            return {"url-decoded"}
        return None
    # Same meaning: in which classes of characters do the escapes differ?
    a, b = pieces(in_bytes(signed)), pieces(in_bytes(seen))
    if len(a) != len(b):
        return {"url-decoded"} if len(b) > len(a) else {"url-escaped-more"}
    for one, other in zip(a, b):
        if one == other:
            continue
        if {one, other} == {"%20", "+"}:
            causes.add("url-space")
        elif len(one) == len(other) == 3:
            causes.add("url-escape-case")
        elif "%27" in (one, other) and "'" in (one, other):
            causes.add("url-quote")
        elif len(one) > len(other) or other == " ":
            causes.add("url-decoded")
        else:
            causes.add("url-escaped-more")
    return causes


def in_bytes(text):
    """One character for each byte, so that a raw character can be held against its escapes."""
    return text.encode().decode("latin-1")


def twelve_decoded(text):
    """As HubSpot documents it for v3: the verifier accepts a v3 signature over this form too."""
    return re.sub("(?i)%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", lambda found: chr(int(found[1], 16)), text)


def upper_hex(text):
    return "".join(piece.upper() if len(piece) == 3 else piece for piece in pieces(text))


def pieces(text):
    found, at = [], 0
    while at < len(text):
        is_escape = text[at] == "%" and len(text[at + 1 : at + 3]) == 2 and all(c in "0123456789abcdefABCDEF" for c in text[at + 1 : at + 3])
        size = 3 if is_escape else 1
        found.append(text[at : at + size])
        at += size
    return found


def query(signed, seen):
    if signed == seen:
        return set(), PROOF
    if signed is None:
        if seen == "":
            return {"url-question-mark"}, PROOF
        return {"url-query-added"}, PROOF
    if seen is None or seen == "":
        return ({"url-question-mark"} if signed == "" else {"url-query-lost"}), (PROOF if signed == "" else LOST)
    if seen == f"{signed}?{signed}" or seen == f"{signed}&{signed}":
        return {"url-query-doubled"}, PROOF
    if "&amp;" in seen:
        rest, how = query(signed, html.unescape(seen))
        return (None, None) if rest is None else (rest | {"url-html"}, how)
    whole = spelled(signed, seen)
    if whole is not None and signed.count("&") != seen.count("&"):
        return whole, PROOF
    if seen in (urllib.parse.unquote(signed), urllib.parse.unquote_plus(signed)):
        return {"url-decoded"}, PROOF
    a, b = signed.split("&"), seen.split("&")
    causes = set()
    if "" in a and "" not in b:
        causes.add("url-ampersand")
        a, b = [p for p in a if p], [p for p in b if p != "="]
    flags = {p for p in a if "=" not in p}
    if any(f"{p}=" in b and p not in b for p in flags):
        causes.add("url-flag")
        a = [f"{p}=" if p in flags and f"{p}=" in b else p for p in a]
    else:
        bare = [p for p in a if p.endswith("=") and p not in b and p[:-1] in b]
        if bare:
            causes.add("url-flag")
            a = [p[:-1] if p in bare else p for p in a]
    meaning = urllib.parse.unquote_plus

    keys_a, seen_keys = [meaning(p) for p in a], [meaning(p) for p in b]
    if Counter(keys_a) != Counter(seen_keys) and Counter(a) == Counter(urllib.parse.unquote(p) for p in b):
        seen_keys = [meaning(urllib.parse.unquote(p)) for p in b]
    if Counter(keys_a) == Counter(seen_keys):
        if keys_a != seen_keys:
            causes.add("url-order")
        left = list(zip(seen_keys, b))
        for k, one in zip(keys_a, a):
            at = next(i for i, (other, _) in enumerate(left) if other == k)
            how = spelled(one, left.pop(at)[1])
            if how is None:
                return None, None
            causes |= how
        return causes, PROOF
    bare = lambda key: re.sub(r"\[\d*\](?==)", "", key)
    if Counter(map(bare, keys_a)) == Counter(map(bare, seen_keys)):
        return causes | {"url-renamed"}, PROOF
    lost, added = Counter(keys_a) - Counter(seen_keys), Counter(seen_keys) - Counter(keys_a)
    if not lost and added:
        rest = []
        drop = Counter(added)
        for p in b:
            if drop[meaning(p)]:
                drop[meaning(p)] -= 1
            else:
                rest.append(p)
        more, how = query(signed, "&".join(rest))
        return (None, None) if more is None else (causes | more | {"url-query-added"}, how)
    if lost and not added:
        # Nothing shows it, unless one is missing of those that HubSpot sends together.
        together = {"userId", "portalId", "userEmail"} & {key.partition("=")[0] for key in lost}
        return {"url-parameter-lost"}, LOST if together else NOTHING
    return None, None


def path(signed, seen):
    if signed == seen:
        return set()
    if signed + "/" == seen or seen + "/" == signed:
        return {"url-slash"}
    merged = signed
    while "//" in merged:
        merged = merged.replace("//", "/")
    if merged == seen or (seen.replace("//", "/") == signed):
        return {"url-double-slash"}
    if seen and signed.endswith(seen):
        return {"url-prefix-lost"}
    if seen.startswith("//") and signed.endswith(seen[1:]):
        return {"url-prefix-lost", "url-double-slash"}
    if signed != "/" and seen.endswith(signed):
        return {"url-prefix-added"}
    how = spelled(signed, seen)
    if how is not None:
        return how
    if signed.lower() == seen.lower():
        return {"url-path-case"}
    return None


def url(signed, seen):
    """The causes, and what can be recovered of it."""
    if signed == seen:
        return set(), PROOF
    a, b = split(signed), split(seen)
    causes = set()
    if not b[0]:
        causes.add("url-path-only")
    else:
        if a[0] != b[0]:
            causes.add("url-scheme")
        if a[1] != b[1]:
            causes.add("url-host-case" if a[1].lower() == b[1].lower() else "url-host")
        elif a[2] != b[2]:
            causes.add("url-port")
    if b[5]:
        causes.add("url-fragment")
    in_path = path(a[3] or "/", b[3] or "/")
    in_query, how = query(a[4], b[4])
    if in_path is None or in_query is None:
        return None, None
    return causes | in_path | in_query, how


class Number(str):
    pass


def tokens(text):
    """JSON with each number as it is written and each object as its list of members."""
    return json.loads(text, parse_int=Number, parse_float=Number, object_pairs_hook=lambda pairs: ("{", pairs))


def flat(value):
    if isinstance(value, tuple):
        yield "{"
        for name, member in value[1]:
            yield ("name", name)
            yield from flat(member)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for member in value:
            yield from flat(member)
        yield "]"
    elif isinstance(value, Number):
        yield ("number", str(value))
    else:
        yield ("value", value)


def json_body(signed, seen):
    """Whether a body written again can be had back: the spelling alone differs, or little that can be enumerated."""
    a, b = list(flat(tokens(signed))), list(flat(tokens(seen)))
    compact = json.dumps(json.loads(signed), ensure_ascii=False, separators=(",", ":"))
    if "\n" in signed.strip() or len(compact) > len(signed):
        return LOST
    if a == b:
        return PROOF
    numbers = [(x, y) for x, y in zip(a, b) if x != y]
    if len(a) == len(b):
        zero = all(
            x[0] == y[0] == "number" and (x[1] + ".0" == y[1] or y[1] + ".0" == x[1]) for x, y in numbers
        )
        if zero:
            return PROOF
        braces = all({x, y} <= {"{", "}", "[", "]"} for x, y in numbers)
        return PROOF if braces else LOST
    is_null = lambda tokens_: [t for t in tokens_ if t != ("value", None)]
    if len(b) > len(a) and is_null(a) != is_null(b):
        # Members that are null were added: what is left without them is what was signed.
        out, i = [], 0
        while i < len(b):
            if isinstance(b[i], tuple) and b[i][0] == "name" and i + 1 < len(b) and b[i + 1] == ("value", None):
                i += 2
                continue
            out.append(b[i])
            i += 1
        if out == a:
            return PROOF
    return LOST
