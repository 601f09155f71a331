"""What HubSpot sends: the requests before anything happens to them."""

import json
import random

SECRETS = [
    "6f0d3b1e-8c52-4a97-b3e4-1d7a90c5f268",
    "b81c9a40-2f7d-4e63-9a15-c04e7d3382f9",
    "0d95e7c3-41ab-4f08-8d6e-72b5a1903c4d",
    "e4372f86-95d0-4bc1-a7f9-385c6e1d20ba",
]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def event(number, **more):
    return {
        "eventId": 3829164507 + number,
        "subscriptionId": 2045173,
        "portalId": 62515,
        "appId": 54321,
        "occurredAt": 1764100000123 + 17 * number,
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": 7101 + number,
        **more,
        "changeSource": "CRM_UI",
        "sourceId": f"userId:{9001 + number}",
    }


BODIES = {
    "none": b"",
    "batch": compact([event(0, propertyName="lastname", propertyValue="Doe"), event(1, propertyName="city", propertyValue="Oslo")]),
    "batch-one": compact([event(5, propertyName="email", propertyValue="jane.doe@example.com")]),
    "batch-unicode": compact(
        [event(2, propertyName="firstname", propertyValue="Zoë"), event(3, propertyName="company", propertyValue="Übergröße & Söhne 🎉")]
    ),
    "batch-merge": compact(
        [
            {
                "eventId": 100, "subscriptionId": 7, "portalId": 62515, "appId": 54321, "occurredAt": 1764100000123,
                "subscriptionType": "contact.merge", "attemptNumber": 2, "primaryObjectId": 7101,
                "mergedObjectIds": [7102, 7103], "newObjectId": 7200, "numberOfPropertiesMoved": 15,
            }
        ]
    ),
    "workflow": compact(
        {
            "vid": 7101, "canonical-vid": 7101, "merged-vids": [], "portal-id": 62515, "is-contact": True,
            "properties": {
                "firstname": {"value": "Jürgen", "versions": [{"value": "Jürgen", "source-type": "CRM_UI", "timestamp": 1764099000000, "selected": False}]},
                "website": {"value": "https://example.de/über?x=1", "versions": []},
            },
            "form-submissions": [], "list-memberships": [{"static-list-id": 12, "is-member": True}],
            "identity-profiles": [{"vid": 7101, "identities": [{"type": "EMAIL", "value": "juergen@example.de", "is-primary": True}], "linked-vids": []}],
        }
    ),
    "workflow-ascii": compact(
        {"vid": 7301, "portal-id": 62515, "is-contact": True, "properties": {"firstname": {"value": "Ann"}, "site": {"value": "http://example.com/a"}}, "merged-vids": []}
    ),
    "action": compact(
        {
            "callbackId": "ap-102670506-56777914962-11-0", "origin": {"portalId": 62515, "actionDefinitionId": 10860211, "actionDefinitionVersion": 1},
            "context": {"source": "WORKFLOWS", "workflowId": 192814114}, "object": {"objectId": 904, "properties": {"email": "ann@example.com"}, "objectType": "CONTACT"},
            "inputFields": {"widgetName": "it's \"new\" <b>&</b> a/b\\c", "lines": "one\ntwo\tthree"},
        }
    ),
    "action-small": compact({"callbackId": "ap-1-2-3-0", "origin": {"portalId": 62515}, "inputFields": {"staticInput": "red", "objectInput": "995"}}),
    "floats": compact({"dealId": 53701, "amount": 1250.5, "rate": 0.1, "discount": -3.25, "stage": "won"}),
    "floats-zero": b'{"dealId":53701,"amount":1250.0,"quantity":2,"stage":"won"}',
    "floats-lost": b'{"dealId":53701,"amount":1250.50,"budget":1.5E10,"stage":"won"}',
    "bigints": b'{"objectId":9007199254740993,"portalId":62515,"occurredAt":1764100000123,"name":"big"}',
    "empties": compact({"tags": [], "meta": {}, "note": "", "nested": {"list": [], "map": {}}, "id": 5}),
    "nulls": compact({"id": 5, "owner": None, "email": "ann@example.com", "phone": None, "deal": {"stage": None}}),
    "unicode": compact({"name": "Łukasz Żółć", "city": "東京", "note": "☕ 🎉 naïve café", "line": "a\u2028b", "tag": "<i>"}),
    "latin": compact({"objectId": 9, "lastname": "Müller", "city": "Zürich", "note": "café"}),
    "fetch": compact({"dealId": 53701, "message": "Grüße, see a/b", "done": False, "score": 7.5}),
    "fetch-string": b'"just text"',
    "fetch-ascii": compact({"dealId": 53701, "message": "hello", "flags": [True, False, None]}),
    "padded": compact({"id": 5, "firstname": " Ann ", "lastname": "Doe "}),
    "control": b'{"id":5,"note":"bell\\u001Bescape","path":"a\\\\b"}',
    "multiline": b'{\n  "id": 5,\n  "name": "Ann",\n  "tags": ["a", "b"]\n}\n',
    "repeated": b'{"id":5,"tag":"a","tag":"b"}',
}

FETCH = "userId=9001&portalId=62515&userEmail=jane.doe%40example.com&appId=54321"
CARD = "userId=9001&userEmail=jane.doe%40example.com&associatedObjectId=53701&associatedObjectType=DEAL&portalId=62515"

URLS = {
    "plain": "https://hooks.example.com/hubspot/events",
    "root": "https://hooks.example.com/",
    "one": "https://hooks.example.com/events",
    "query": "https://hooks.example.com/hubspot/events?source=crm&kind=deal",
    "port": "https://hooks.example.com:8443/hubspot/events",
    "port443": "https://hooks.example.com:443/hubspot/events?kind=deal&portalId=62515",
    "slash": "https://hooks.example.com/hubspot/events/",
    "double": "https://hooks.example.com/hubspot//events",
    "deep": "https://api.example.com/prod/api/v1/hubspot/events",
    "usual": "https://api.example.com/api/hubspot/events",
    "webhooks": "https://api.example.com/webhooks/hubspot/contact",
    "unusual": "https://api.example.com/zeta-service/hubspot/events",
    "mounted": "https://api.example.com/mounted/hubspot/events",
    "mounted-query": "https://api.example.com/mounted/deal?" + FETCH,
    "caps": "https://Hooks.Example.com/Hubspot/Events",
    "idn": "https://xn--bcher-kva.example/hubspot/events",
    "www": "https://www.example.com/hubspot/events",
    "fetch": "https://api.example.com/fetch/deal?" + FETCH,
    "fetch-more": "https://api.example.com/fetch/deal?view=open%20deals&" + FETCH,
    "fetch-space": "https://api.example.com/fetch/deal%20board?q=a%2Bb%20c&" + FETCH,
    "fetch-plus": "https://api.example.com/fetch/deal?q=big+deal&" + FETCH,
    "card": "https://cards.example.com/cards/deal?" + CARD,
    "card-more": "https://cards.example.com/cards/deal?" + CARD + "&firstname=J%C3%BCrgen&dealname=Big+deal",
    "card-empty": "https://cards.example.com/cards/deal?" + CARD + "&note=",
    "card-space": "https://cards.example.com/cards/deal?portalId=62515&dealname=Big%20deal%20%26%20more",
    "next": "https://cards.example.com/cards/deal?portalId=62515&next=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc&page=2",
    "percent": "https://cards.example.com/cards/deal?discount=10%25&portalId=62515&sum=1%2B1",
    "quote": "https://cards.example.com/cards/deal?lastname=O'Brien&portalId=62515",
    "parens": "https://cards.example.com/cards/deal?title=(new)*!&portalId=62515",
    "tilde": "https://cards.example.com/cards/~ann/deal?title=a~b&portalId=62515",
    "lower": "https://cards.example.com/cards/deal?firstname=J%c3%bcrgen&portalId=62515",
    "upper": "https://cards.example.com/cards/deal?firstname=J%C3%BCrgen&portalId=62515",
    "upper-space": "https://cards.example.com/cards/deal?firstname=J%C3%BCrgen%20K&portalId=62515",
    "flag": "https://hooks.example.com/hubspot/events?debug&portalId=62515",
    "flag-equal": "https://hooks.example.com/hubspot/events?debug=&portalId=62515",
    "trailing-amp": "https://hooks.example.com/hubspot/events?portalId=62515&",
    "double-amp": "https://hooks.example.com/hubspot/events?kind=deal&&portalId=62515",
    "empty-query": "https://hooks.example.com/hubspot/events?",
    "repeat": "https://hooks.example.com/hubspot/events?id=1&id=2&portalId=62515",
    "brackets": "https://hooks.example.com/hubspot/events?id%5B%5D=1&id%5B%5D=2&portalId=62515",
    "path-escape": "https://hooks.example.com/hubspot/a%2Fb/events?portalId=62515",
    "path-at": "https://hooks.example.com/hubspot/a%40b/events",
    "path-space": "https://hooks.example.com/hubspot/two%20words/events",
    "path-unicode": "https://hooks.example.com/hubspot/z%C3%BCrich/events",
    "path-colon": "https://hooks.example.com/hubspot/urn%3Adeal%3A7?portalId=62515",
    "unsorted": "https://hooks.example.com/hubspot/events?zone=eu&kind=deal&portalId=62515",
    "local": "http://localhost:3000/api/deal?" + FETCH,
    "tunnel": "https://a1b2c3d4.ngrok.example/hubspot/events",
    "execute-api": "https://hooks.example.com/prod/events",
}

SCHEMES = {"webhooks": ("v1", "v3"), "workflow": ("v2", "v3"), "v2": ("v2",), "v1": ("v1",), "v3": ("v3",)}


def original(method, url, body, scheme=None, salt=""):
    """A request of HubSpot; secret and time follow from its parts, so that each run makes the same."""
    if scheme is None:
        scheme = "webhooks" if body.startswith("batch") else "workflow"
    chance = random.Random(f"{method} {url} {body} {scheme}{salt}")
    return {
        "method": method,
        "uri": URLS[url],
        "body": BODIES[body],
        "versions": SCHEMES[scheme],
        "secret": chance.choice(SECRETS),
        "timestamp": 1764100000000 + chance.randrange(400_000_000),
        "name": f"{method} {url} {body} {scheme}",
    }
