//! HubSpot's headers: every way to hand them over, white space, and every byte value in every position.

use std::collections::{BTreeMap, HashMap};

use crate::common::{
    BODY, NOW, Request, SECRET, URI, VERSIONS, ageless_verifier, headers_of, lax_verifier, oracle, secret,
};
use hubspot_signature::{Error, Header, RequestHead, SignatureHeaders, SignedHeaders, Verified, Version};

fn judge(headers: SignatureHeaders<'_>) -> Result<Verified, Error> {
    lax_verifier().verify(&RequestHead::new("POST", URI, headers), BODY.as_bytes(), NOW)
}

#[test]
fn names() {
    let documented =
        ["X-HubSpot-Signature", "X-HubSpot-Signature-Version", "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"];
    for (header, documented) in Header::ALL.iter().zip(documented) {
        assert_eq!(header.to_string(), documented);
        assert_eq!(header.name(), documented.to_ascii_lowercase());
    }
    assert_eq!(Version::V1.header(), Header::Signature);
    assert_eq!(Version::V2.header(), Header::Signature);
    assert_eq!(Version::V3.header(), Header::SignatureV3);
}

/// The headers we sign with are the ones HubSpot sends and a verifier takes, in either of its two combinations.
#[test]
fn signed_headers() {
    let (body, timestamp) = (BODY.as_bytes(), NOW.as_millis().to_string());
    let v3 = oracle::v3(SECRET, "POST", URI, BODY, &timestamp);
    let by = |version: &'static str, signature: String| {
        [
            ("x-hubspot-signature", signature),
            ("x-hubspot-signature-version", version.to_owned()),
            ("x-hubspot-signature-v3", v3.clone()),
            ("x-hubspot-request-timestamp", timestamp.clone()),
        ]
    };
    let owned =
        |signed: &SignedHeaders| -> Vec<_> { signed.pairs().map(|(name, value)| (name, value.to_owned())).collect() };
    let signed = secret().sign("POST", URI, body, NOW).unwrap();
    assert_eq!(owned(&signed), by("v2", oracle::v2(SECRET, "POST", URI, BODY)));
    let signed_with_v1 = secret().sign_with_v1("POST", URI, body, NOW).unwrap();
    assert_eq!(owned(&signed_with_v1), by("v1", oracle::v1(SECRET, BODY)));

    for signed in [signed, signed_with_v1] {
        let request = Request { headers: headers_of(&signed), ..Request::new("POST", URI, BODY) };
        let newest = request.judge(&lax_verifier()).map(|verified| verified.version());
        assert_eq!(newest, Ok(Version::V3));
        let older = request.without(Header::SignatureV3).judge(&lax_verifier()).expect("valid by itself");
        assert_eq!(older.version().as_str().as_bytes(), request.header(Header::SignatureVersion).unwrap());
    }
}

/// From pairs, by look-up and field by field, from texts and bytes, owned and borrowed: the same request.
#[test]
fn ways_to_hand_over() {
    let signed = secret().sign("POST", URI, BODY.as_bytes(), NOW).unwrap();
    let pairs: Vec<(&str, &str)> = signed.pairs().collect();
    let strings: Vec<(String, String)> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let bytes: BTreeMap<&str, Vec<u8>> = pairs.iter().map(|(n, v)| (*n, v.as_bytes().to_vec())).collect();
    let map: HashMap<&str, &str> = pairs.iter().copied().collect();
    let multi: HashMap<&str, Vec<&str>> = pairs.iter().map(|(n, v)| (*n, vec![*v])).collect();
    for headers in [
        SignatureHeaders::from_pairs(signed.pairs()),
        SignatureHeaders::from_pairs(pairs.iter().copied()),
        SignatureHeaders::from_pairs(strings.iter().map(|(name, value)| (name, value))),
        SignatureHeaders::from_pairs(&bytes),
        SignatureHeaders::from_pairs(signed.pairs().map(|(name, value)| (name, value.as_bytes()))),
        SignatureHeaders::from_pairs(pairs.iter().copied().rev()),
        SignatureHeaders::from_lookup(|name| map.get(name).copied()),
        SignatureHeaders::from_lookup(|name| bytes.get(name)),
        SignatureHeaders::from_lookup(|name| multi.get(name).into_iter().flatten().copied()),
        Header::ALL.iter().fold(SignatureHeaders::new(), |all, header| all.with(*header, map[header.name()])),
        Header::ALL.iter().fold(SignatureHeaders::default(), |all, h| all.with(*h, &bytes[h.name()])),
    ] {
        assert_eq!(judge(headers).map(|verified| verified.version()), Ok(Version::V3), "{headers:?}");
    }
}

/// Each way sees every doubled header, and says which.
#[test]
fn every_way_sees_doubled_headers() {
    let signed = secret().sign("POST", URI, BODY.as_bytes(), NOW).unwrap();
    let map: HashMap<&str, &str> = signed.pairs().collect();
    for header in Header::ALL.iter().copied() {
        let refusal = Err(Error::DuplicateHeader { header });
        let upper = header.name().to_ascii_uppercase();
        for times in [1, 2, 5] {
            let again = std::iter::repeat_n((upper.clone(), "x"), times);
            let once = signed.pairs().map(|(name, value)| (name.to_owned(), value));
            assert_eq!(judge(SignatureHeaders::from_pairs(once.chain(again))), refusal);
        }
        let twice = |name: &'static str| std::iter::repeat_n(map[name], if name == header.name() { 2 } else { 1 });
        assert_eq!(judge(SignatureHeaders::from_lookup(twice)), refusal);
        let endless =
            |name: &'static str| std::iter::repeat_n(map[name], if name == header.name() { usize::MAX } else { 1 });
        assert_eq!(judge(SignatureHeaders::from_lookup(endless)), refusal, "a third value is not asked for");
        assert_eq!(judge(SignatureHeaders::from_pairs(signed.pairs()).with(header, "")), refusal);
    }
}

/// Names compare without case, and only whole names count.
#[test]
fn header_names() {
    let signed = secret().sign("POST", URI, BODY.as_bytes(), NOW).unwrap();
    let renamed = |rename: fn(&str) -> String| {
        judge(SignatureHeaders::from_pairs(signed.pairs().map(|(name, value)| (rename(name), value))))
    };
    let documented: fn(&str) -> String =
        |name| Header::ALL.iter().find(|header| header.name() == name).expect("one of them").to_string();
    for rename in [str::to_ascii_uppercase, str::to_ascii_lowercase, documented] {
        assert!(renamed(rename).is_ok());
    }
    let others: [fn(&str) -> String; 5] = [
        |name| format!("{name} "),
        |name| format!(" {name}"),
        |name| name.replace('-', "_"),
        |name| name.replace("hubspot", "hub\u{17f}pot"), // a long s, whose capital is S, but not in ASCII
        |name| name[1..].to_owned(),
    ];
    for rename in others {
        assert_eq!(renamed(rename), Err(Error::MissingSignature));
    }
    // Other headers do not matter.
    let noise = [("content-type", "application/json"), ("x-hubspot-signature-v4", "x"), ("x-hubspot-signature-", "x")];
    assert!(judge(SignatureHeaders::from_pairs(signed.pairs().chain(noise))).is_ok());
    let asked = std::cell::RefCell::new(Vec::new());
    let _ = SignatureHeaders::from_lookup(|name| {
        asked.borrow_mut().push(name);
        None::<&str>
    });
    assert!(asked.borrow().iter().copied().eq(Header::ALL.iter().map(|header| header.name())));
}

/// Each valid request with one signature, the header to spoil and the header's right value.
fn targets() -> Vec<(Request, Header, Vec<u8>)> {
    let mut targets = Vec::new();
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        for (header, value) in request.headers.clone() {
            targets.push((request.clone(), header, value));
        }
    }
    assert_eq!(targets.len(), 6);
    targets
}

/// In every position of every header every byte but the right one is refused.
#[test]
fn every_byte_in_every_position() {
    let verifier = ageless_verifier();
    for (request, header, right) in targets() {
        for position in 0..right.len() {
            for byte in 0..=u8::MAX {
                let mut value = right.clone();
                value[position] = byte;
                let request = request.replacing(header, &value);
                let answer = verifier.verify(&request.head(), &request.body, NOW);
                assert_eq!(answer.is_ok(), value == right, "{header}: byte {byte} at {position}: {answer:?}");
                let streamed = request.stream(&verifier, NOW, request.body.chunks(10));
                assert_eq!(streamed, answer);
            }
        }
    }
}

/// One byte more, anywhere in any header, is refused; only spaces and tabs around the value are HTTP's own.
#[test]
fn every_byte_inserted() {
    let verifier = ageless_verifier();
    for (request, header, right) in targets() {
        for position in [0, 1, right.len() / 2, right.len() - 1, right.len()] {
            let outside = position == 0 || position == right.len();
            for byte in 0..=u8::MAX {
                let mut value = right.clone();
                value.insert(position, byte);
                let request = request.replacing(header, &value);
                let answer = verifier.verify(&request.head(), &request.body, NOW);
                let blank = outside && matches!(byte, b' ' | b'\t');
                assert_eq!(answer.is_ok(), blank, "{header}: byte {byte} before {position}: {answer:?}");
            }
        }
    }
}

/// A byte that is missing, wherever it is.
#[test]
fn every_byte_removed() {
    for (request, header, right) in targets() {
        for position in 0..right.len() {
            let mut value = right.clone();
            value.remove(position);
            assert!(request.replacing(header, &value).judge(&ageless_verifier()).is_err(), "{header} at {position}");
        }
    }
}

#[test]
fn white_space_around_a_value() {
    for (request, header, right) in targets() {
        for (before, after) in [(" ", ""), ("", " "), ("\t", "\t"), ("  \t ", " \t  ")] {
            let value = [before.as_bytes(), &right, after.as_bytes()].concat();
            assert!(request.replacing(header, &value).judge(&lax_verifier()).is_ok(), "{header}");
        }
        for (before, after) in
            [("\n", ""), ("", "\r\n"), ("\u{a0}", ""), ("", "\u{b}"), ("\0", ""), ("\"", "\""), ("", ","), ("", ";")]
        {
            let value = [before.as_bytes(), &right, after.as_bytes()].concat();
            assert!(request.replacing(header, &value).judge(&lax_verifier()).is_err(), "{header} {before:?} {after:?}");
        }
        let long = [&[b' '; 10_000][..], &right, &[b'\t'; 10_000]].concat();
        assert!(request.replacing(header, &long).judge(&lax_verifier()).is_ok());
        let only_blanks = request.replacing(header, [b' '; 100]).judge(&lax_verifier());
        assert!(only_blanks.is_err(), "{header} of nothing but blanks");
    }
    // The length in an error is that of the value without it.
    let request = Request::signed(Version::V3, "POST", URI, BODY);
    assert_eq!(
        request.replacing(Header::SignatureV3, "  abc\t").judge(&lax_verifier()),
        Err(Error::MalformedSignature { version: Version::V3, length: 3 })
    );
    assert_eq!(
        request.replacing(Header::RequestTimestamp, " \t ").judge(&lax_verifier()),
        Err(Error::MalformedTimestamp { length: 0 })
    );
}
