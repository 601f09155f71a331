//! Requests made to keep the diagnosis busy: from each source of changes, more than it can handle.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

type Headers = Vec<(String, Vec<u8>)>;

const BASE: &str = "https://hooks.example.com/hubspot";
const MIB: usize = 1 << 20;

/// The name of each, its URI, its headers, its body.
pub fn requests() -> Vec<(String, String, Headers, Vec<u8>)> {
    let of_uri = uris().into_iter().map(|(what, uri)| (what, uri, vec![], b"{\"a\": 1}".to_vec()));
    let of_headers =
        headers().into_iter().map(|(what, headers)| (what, format!("{BASE}?a=1&b=2"), headers, b"{\"a\": 1}".to_vec()));
    let of_body = bodies().into_iter().map(|(what, body)| (what, BASE.to_owned(), vec![], body));
    of_uri
        .chain(of_headers)
        .chain(of_body)
        .map(|(what, uri, headers, body)| (what.to_owned(), uri, headers, body))
        .collect()
}

/// Each kind of URI, in what is rewritten (8 KiB) and far beyond it.
fn uris() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for length in [8_000, MIB] {
        let mut filled = |what: &'static str, start: &str, unit: &dyn Fn(usize) -> String| {
            let mut uri = format!("{BASE}{start}");
            let mut count = 0;
            while uri.len() < length {
                uri.push_str(&unit(count));
                count += 1;
            }
            all.push((what, uri));
        };
        filled("different parameters", "?", &|n| format!("p{n}=&"));
        filled("equal parameters", "?", &|_| "a=1&".into());
        filled("flags", "?", &|n| format!("f{n}&"));
        filled("brackets", "?", &|n| format!("a[{n}]=1&"));
        filled("commas", "?a=", &|_| "1,".into());
        filled("empty parameters", "?", &|_| "&".into());
        filled("HTML", "?", &|_| "a=1&amp;".into());
        filled("different escapes", "?a=", &|n| format!("%{:02X}", n % 256));
        filled("escaped percents", "?a=", &|_| "%2525".into());
        filled("lone percents", "?a=", &|_| "%".into());
        filled("spaces", "?a=", &|_| "+%20".into());
        filled("reserved characters", "?a=", &|_| ":/?@!$'()*,;[]".into());
        filled("question marks", "", &|_| "?a=1".into());
        filled("slashes", "", &|_| "/".into());
        filled("segments", "", &|_| "/a".into());
        filled("repeated segments", "", &|_| "/hubspot".into());
        filled("URIs in the URI", "/", &|_| "https://h.example/".into());
        filled("a path that is escaped", "", &|_| "%2Fa%3F".into());
        filled("characters beyond ASCII", "/", &|_| "ö€".into());
    }
    all.push(("six parameters", format!("{BASE}?f=1&e=2&d=3&c=4&b=5&a=6&{}", "x".repeat(7000))));
    all.push(("a long host", format!("https://{}.example/a", "ö.".repeat(120))));
    all.push(("a host of one label", format!("https://{}/a", "x".repeat(MIB))));
    all
}

fn headers() -> Vec<(&'static str, Headers)> {
    let many = |name: &str, count: usize, value: &dyn Fn(usize) -> String| -> Headers {
        (0..count).map(|n| (name.to_owned(), value(n).into_bytes())).collect()
    };
    let mut all = vec![
        ("many hosts", many("X-Forwarded-Host", 20_000, &|n| format!("h{n}.example"))),
        ("hosts in a list", many("X-Forwarded-Host", 5, &|n| format!("h{n}.example,").repeat(300))),
        ("hosts in Forwarded", many("Forwarded", 5, &|n| format!("host=h{n}.example;proto=https,").repeat(130))),
        ("parameters of Forwarded", many("Forwarded", 5, &|n| format!("host=h{n}.example;").repeat(200))),
        ("many signatures", many("X-HubSpot-Signature", 2000, &|n| format!("{n:064x}"))),
        ("signatures in a list", many("X-HubSpot-Signature-v3", 5, &|n| format!("{n:064x},").repeat(60))),
        ("many CGI variables", many("HTTP_X_FORWARDED_HOST", 20_000, &|n| format!("h{n}.example"))),
        ("unknown headers", many("X-Unknown_Name", 50_000, &|_| "x".into())),
        ("a long header", many("X-Original-URL", 5, &|_| "/a".repeat(MIB))),
        ("a long timestamp", many("X-HubSpot-Request-Timestamp", 1, &|_| "1".repeat(4000))),
        ("times in a list", many("X-HubSpot-Request-Timestamp", 1, &|n| format!("170000000000{n},").repeat(290))),
    ];
    let mut everything = Headers::new();
    for name in ["X-Original-URL", "X-Forwarded-Uri", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Script-Name"] {
        everything.extend(many(name, 5, &|n| format!("/{n}{}", "/a".repeat(1000))));
    }
    for name in ["X-Forwarded-Host", "Host", "X-Original-Host", "X-Forwarded-Proto", "X-Forwarded-Port"] {
        everything.extend(many(name, 5, &|n| format!("h{n},http,https,80{n}")));
    }
    all.push(("all that headers can say", everything));
    all
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

/// Each kind of body, in what is edited (128 KiB), in what is rewritten (5 MiB), and beyond it.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    for length in [100_000, 4 * MIB, 6 * MIB] {
        let mut filled = |what: &'static str, start: &str, unit: &str, end: &str| {
            let count = length / unit.len();
            all.push((what, format!("{start}{}{end}", unit.repeat(count)).into_bytes()));
        };
        filled("text", "", "x", "");
        filled("a wide array", "[", "1,", "1]");
        filled("spaces in an array", "[", "1 , ", "1]");
        filled("empty arrays", "[", "[],", "[]]");
        filled("empty objects", "[", "{},", "{}]");
        filled("nulls", "[", "{\"a\":null},", "null]");
        filled("whole numbers with .0", "[", "1.0,", "1.0]");
        filled("rounded numbers", "[", "9007199254740992,", "1]");
        filled("equal keys", "{", "\"k\":1,", "\"k\":1}");
        filled("escapes in a string", "[\"", "\\u00e4\\/\\n", "\"]");
        filled("deep nesting", "", "[", "");
        filled("objects in arrays", "[", "{\"a\":[1,{\"b\":2}]},", "1]");
        filled("a JSON string", "\"", "{\\\"a\\\":1}", "\"");
        filled("quotation marks", "", "\"", "");
        filled("white space", "", " \r\n", "");
        filled("ends of lines", "[", "1,\r\n", "1]");
        filled("numbers of bytes", "[", "123, ", "125]");
        filled("a byte string", "b\"", "\\xe4\\\"", "\"");
        filled("a dictionary", "{'a': 'b'", ", 'c': 'it\\'s'", "}");
        filled("a hash", "{\"a\"=>nil", ", :b=>\"c\"", "}");
        filled("entities", "{", "&quot;&#235;&uuml;", "}");
        filled("base64", "", "e30K", "");
        filled("hex", "", "7b7d", "");
        filled("a percent-encoded body", "%7B", "%22a%22", "%7D");
        filled("doubled UTF-8", "{\"", "Ã¤â‚¬", "\"}");
        filled("question marks", "[\"", "a?b", "\"]");
        filled("UTF-16", "", "{\0", "");
        filled("a form", "a=1", "&b=2", "");
    }
    let keys: String = (0..10_000).map(|n| format!("\"k{n}\":null,")).collect();
    all.push(("many keys", format!("{{{keys}\"z\":1}}").into_bytes()));
    all.push(("six keys", b"{\"f\":1,\"e\":2,\"d\":3,\"c\":4,\"b\":5,\"a\":6}".to_vec()));
    all.push(("Latin-1", b"{\"a\":\"\xe4?\"}".repeat(300_000)));
    all.push(("a gzip bomb", gzip(&vec![b' '; 200 * MIB])));
    all.push(("a gzip bomb within the limit", gzip(&vec![b' '; 5 * MIB - 1])));
    all.push(("compressed JSON", gzip(format!("[{}1]", "1, ".repeat(MIB)).as_bytes())));
    all.push(("twice compressed", gzip(&gzip(&vec![b'['; 4 * MIB]))));
    all
}
