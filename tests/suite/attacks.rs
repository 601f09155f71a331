//! Every attack of docs/PROTOCOL.md §5, forged for real, refused, and shown to pass a naive verifier.

use std::time::Duration;

use crate::common::{BODY, NOW, Request, SECRET, URI, ageless_verifier, lax_verifier, oracle, verifier, verifier_from};
use hubspot_signature::{
    BodyForm, ClientSecret, Error, Header, MatchedSecret, RequestHead, SecretError, SignatureHeaders, UnixTime,
    Verifier, Version,
};

/// Without the boundary rule, which would refuse some forgeries before the rule that is tested.
fn any_body() -> Verifier {
    lax_verifier().dangerously_accept_any_body()
}

/// The forgery works against an endpoint that only computes and compares.
#[track_caller]
fn assert_naive_accepts(request: &Request) {
    assert!(request.fools_naive(SECRET, NOW.as_millis()), "not a forgery at all: {request:?}");
}

/// 5.1, the tool itself: the extended hash is that of the extended message, for every length about a block.
#[test]
fn extension_is_computed_right() {
    for length in 0..=200 {
        let message = "m".repeat(length);
        for suffix in [&b""[..], b"x", &[b'x'; 47], &[b'x'; 64], &[b'x'; 130]] {
            let (glue, hash) = oracle::extend(&oracle::v1("", &message), length, suffix);
            assert_eq!(hash, oracle::v1("", [message.as_bytes(), &glue, suffix].concat()), "{length}");
        }
    }
}

/// 5.1. The attacker saw one signed body and appends an event of their own, without the secret.
#[test]
fn length_extension_of_a_body() {
    // Every place of the glue within a block, and every length of a last character.
    let bodies = (0..=130).map(|length| "b".repeat(length)).chain(["é", "€", "𝄞"].map(|last| format!("{BODY}{last}")));
    let suffix = br#",{"eventId":2,"changeFlag":"DELETED"}]"#;
    for body in bodies {
        for version in [Version::V1, Version::V2] {
            let seen = Request::signed(version, "POST", URI, &body);
            seen.judge(&any_body()).expect("what the attacker saw is genuine");

            let signature = String::from_utf8(seen.header(Header::Signature).unwrap().to_vec()).unwrap();
            let before_body = if version == Version::V1 { 0 } else { "POST".len() + URI.len() };
            let (glue, signature) = oracle::extend(&signature, SECRET.len() + before_body + body.len(), suffix);
            let forged =
                seen.with_body([body.as_bytes(), &glue, suffix].concat()).replacing(Header::Signature, signature);

            assert_naive_accepts(&forged);
            let refusal = Err(Error::BodyHasNul);
            assert_eq!(forged.judge(&any_body()), refusal);
            for at in 0..=forged.body.len() {
                let (head, tail) = forged.body.split_at(at);
                assert_eq!(forged.stream(&any_body(), NOW, [head, tail].into_iter()), refusal, "split at {at}");
            }
            for size in 1..=70 {
                assert_eq!(forged.stream(&any_body(), NOW, forged.body.chunks(size)), refusal, "chunks of {size}");
            }
        }
    }
}

/// 5.1. What follows the glue does not matter, whatever it begins with.
#[test]
fn length_extension_with_any_first_byte() {
    let seen = Request::signed(Version::V1, "POST", URI, BODY);
    let seen_signature = oracle::v1(SECRET, BODY);
    for byte in 0..=u8::MAX {
        let (glue, signature) = oracle::extend(&seen_signature, SECRET.len() + BODY.len(), &[byte]);
        let forged = seen.with_body([BODY.as_bytes(), &glue, &[byte]].concat()).replacing(Header::Signature, signature);
        assert_naive_accepts(&forged);
        assert_eq!(forged.judge(&any_body()), Err(Error::BodyHasNul));
    }
}

/// 5.1. A request without a body is extended all the same: its body becomes the glue. On a GET any body is refused.
#[test]
fn length_extension_of_a_request_without_body() {
    let suffix = br#"[{"eventId":1}]"#;
    for (method, refusal) in
        [("POST", Error::BodyHasNul), ("DELETE", Error::BodyHasNul), ("GET", Error::UnexpectedBody)]
    {
        let seen = Request::signed(Version::V2, method, URI, "");
        seen.judge(&verifier()).expect("what the attacker saw is genuine");
        let (glue, signature) =
            oracle::extend(&oracle::v2(SECRET, method, URI, ""), SECRET.len() + method.len() + URI.len(), suffix);
        let forged = seen.with_body([&glue, suffix.as_slice()].concat()).replacing(Header::Signature, signature);
        assert_naive_accepts(&forged);
        assert_eq!(forged.judge(&any_body()), Err(refusal));
        // As the first byte of a body the glue breaks the boundary rule too.
        assert!(forged.judge(&verifier()).is_err());
    }
}

/// 5.1. With the glue in the URI the signature is right as well, but such bytes are no `&str`, so there is no way to
/// hand them to the verifier; and no text made from them has the forged signature. Where the signed text makes them text,
/// the NUL rule refuses them (nul_bytes.rs).
#[test]
fn length_extension_of_a_uri() {
    let suffix = b"&userId=1";
    let (glue, signature) =
        oracle::extend(&oracle::v2(SECRET, "GET", URI, ""), SECRET.len() + "GET".len() + URI.len(), suffix);
    let uri = [URI.as_bytes(), &glue, suffix].concat();
    assert_eq!(oracle::v2(SECRET, "GET", &uri, ""), signature, "the forgery works on bytes");

    let not_text = std::str::from_utf8(&uri).expect_err("the glue begins with 0x80");
    assert_eq!(not_text.valid_up_to(), URI.len());
    let escape =
        |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    for text in [
        String::from_utf8_lossy(&uri).into_owned(),
        uri.iter().map(|byte| char::from(*byte)).collect(),
        uri.iter().map(escape).collect(),
    ] {
        let forged = Request::new("GET", &text, "").with_hash("v2", &signature);
        let expected = if text.contains('\0') {
            Error::UriCharacter { byte: 0 }
        } else {
            Error::Mismatch { version: Version::V2 }
        };
        assert_eq!(forged.judge(&verifier()), Err(expected), "{text:?}");
    }
}

/// 5.1. HMAC cannot be extended: the same trick does nothing to v3.
#[test]
fn length_extension_of_v3_is_no_forgery() {
    let mac = oracle::hmac(SECRET.as_bytes(), format!("POST{URI}{BODY}{}", NOW.as_millis()).as_bytes());
    let suffix = NOW.as_millis().to_string();
    for known in [0, 64] {
        let length = known + "POST".len() + URI.len() + BODY.len() + suffix.len();
        let (glue, hash) = oracle::extend(&oracle::hex(&mac), length, suffix.as_bytes());
        let bytes: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&hash[2 * i..2 * i + 2], 16).expect("hex")).collect();
        let forged = Request::new("POST", URI, [BODY.as_bytes(), suffix.as_bytes(), &glue].concat())
            .with_mac(&oracle::base64(&bytes), &suffix);
        assert!(!forged.fools_naive(SECRET, NOW.as_millis()));
        assert_eq!(forged.judge(&any_body()), Err(Error::Mismatch { version: Version::V3 }));
    }
}

/// 5.2. A digit moved from the end of the URI (or the body) makes a timestamp in the year 2340, never too old.
#[test]
fn moved_boundary_from_the_request_into_the_timestamp() {
    let uri = "https://hooks.example.com/card?appId=54321";
    let get = (Request::signed(Version::V3, "GET", uri, ""), Request::new("GET", uri.strip_suffix('1').unwrap(), ""));
    let post = (Request::signed(Version::V3, "POST", URI, "{}54321"), Request::new("POST", URI, "{}5432"));
    for (seen, tampered) in [get, post] {
        seen.judge(&any_body()).expect("what the attacker saw is genuine");
        let signature = seen.header(Header::SignatureV3).unwrap();
        let forged = tampered.with(Header::SignatureV3, signature).with(Header::RequestTimestamp, "11700000000000");
        assert_naive_accepts(&forged);
        let refusal = Err(Error::MalformedTimestamp { length: 14 });
        assert_eq!(forged.judge(&verifier()), refusal);
        // Three centuries later it would still pass for fresh, so no check of age could have stopped it.
        let in_2340 = UnixTime::from_millis(11_700_000_000_000);
        assert!(forged.fools_naive(SECRET, in_2340.as_millis()));
        assert_eq!(forged.judge_at(&verifier(), in_2340), refusal);
    }
}

/// 5.2. The other way round: the first digit of the timestamp moves into what comes before it. What is left is in the
/// year 1992, but a check of age is the operator's to widen, so it is not what stands in the way.
#[test]
fn moved_boundary_from_the_timestamp_into_the_request() {
    let ageless = ageless_verifier();
    let get = Request::signed(Version::V3, "GET", URI, "");
    let post = Request::signed(Version::V3, "POST", URI, BODY);
    for (seen, tampered) in [(&get, get.with_uri(&format!("{URI}1"))), (&post, post.with_body(format!("{BODY}1")))] {
        seen.judge(&ageless).expect("what the attacker saw is genuine");
        let forged = tampered.replacing(Header::RequestTimestamp, "700000000000");
        assert!(forged.fools_naive(SECRET, 700_000_000_000), "the signature holds");
        assert_eq!(forged.judge(&ageless), Err(Error::MalformedTimestamp { length: 12 }));

        // Padded to 13 digits it passes where the number is hashed in place of the header's exact text.
        let padded = tampered.replacing(Header::RequestTimestamp, "0700000000000");
        let number: u64 = "0700000000000".parse().unwrap();
        assert!(tampered.replacing(Header::RequestTimestamp, number.to_string()).fools_naive(SECRET, number));
        assert_eq!(padded.judge(&ageless), Err(Error::MalformedTimestamp { length: 13 }));
    }
}

/// 5.2. `GET …?portalId=123` without a body and `GET …?portalId=1` with the body `23` have the same signature.
#[test]
fn moved_boundary_from_the_uri_into_the_body() {
    let uri = "https://hooks.example.com/card?portalId=123";
    for method in ["GET", "HEAD"] {
        for version in [Version::V2, Version::V3] {
            let seen = Request::signed(version, method, uri, "");
            seen.judge(&verifier()).expect("what the attacker saw is genuine");
            let forged = seen.with_uri(uri.strip_suffix("23").unwrap()).with_body("23");
            assert_naive_accepts(&forged);
            assert_eq!(forged.judge(&verifier()), Err(Error::UnexpectedBody));
        }
    }
}

/// 5.2. With a method that has a body it is the boundary rule that keeps the digits of the query out of the body. All
/// ways to move the boundary are in boundary.rs.
#[test]
fn moved_boundary_between_uri_and_body_of_a_post() {
    let uri = "https://hooks.example.com/hubspot?portalId=123";
    for version in [Version::V2, Version::V3] {
        let seen = Request::signed(version, "POST", uri, "{}");
        let moved = seen.with_uri(uri.strip_suffix("23").unwrap()).with_body("23{}");
        assert!(seen.judge(&verifier()).is_ok());
        assert_naive_accepts(&moved);
        assert_eq!(moved.judge(&verifier()), Err(Error::BodyNotJson { looks_like: BodyForm::Other }));
        // The opt-out does what its name says.
        assert!(moved.judge(&any_body()).is_ok());
    }
}

/// §3. v3 must be accepted over the URI decoded and as it is, so it cannot tell a URI from the same one escaped: this pins
/// that down as the limit it is. v2 can.
#[test]
fn escaped_spellings_share_a_signature() {
    let seen = Request::signed(Version::V3, "POST", "https://hooks.example.com/a/b?tenant=7", BODY);
    for spelling in ["https://hooks.example.com/a%2Fb?tenant=7", "https://hooks.example.com/a/b%3Ftenant=7"] {
        assert!(seen.with_uri(spelling).judge(&verifier()).is_ok(), "{spelling}");
        let v2 = Request::signed(Version::V2, "POST", "https://hooks.example.com/a/b?tenant=7", BODY);
        assert_eq!(v2.with_uri(spelling).judge(&verifier()), Err(Error::Mismatch { version: Version::V2 }));
    }
    // It goes one way: what HubSpot signed escaped is not accepted plain.
    let escaped = Request::signed(Version::V3, "POST", "https://hooks.example.com/a%2Fb", BODY);
    assert!(escaped.with_uri("https://hooks.example.com/a/b").judge(&verifier()).is_err());
}

/// 5.2. Nor is there a separator between method and URI, but only one reading has an upper-case method and an absolute
/// URL.
#[test]
fn boundary_between_method_and_uri_cannot_move() {
    for (method, uri) in [("POST", URI), ("GET", "HTTPS://HOOKS.EXAMPLE.COM/"), ("PUT", "http://a")] {
        for version in [Version::V2, Version::V3] {
            let seen = Request::signed(version, method, uri, "");
            seen.judge(&verifier()).expect("what the attacker saw is genuine");
            let whole = format!("{method}{uri}");
            for at in (0..=whole.len()).filter(|at| *at != method.len()) {
                let (method, uri) = whole.split_at(at);
                let forged = seen.with_method(method).with_uri(uri);
                assert_naive_accepts(&forged);
                assert!(
                    matches!(forged.judge(&verifier()), Err(Error::InvalidMethod | Error::UriNotAbsolute)),
                    "{method} {uri}"
                );
            }
        }
    }
}

/// 5.2. A v2 signature is a v1 signature of the body `METHOD + URI + body`.
#[test]
fn v2_presented_as_v1() {
    let seen = Request::signed(Version::V2, "POST", URI, BODY);
    seen.judge(&verifier()).expect("what the attacker saw is genuine");
    let forged = seen.with_body(format!("POST{URI}{BODY}")).replacing(Header::SignatureVersion, "v1");
    assert_naive_accepts(&forged);
    let refusal = Error::VersionBelowMinimum { found: Version::V1, minimum: Version::V2 };
    assert_eq!(forged.judge(&verifier()), Err(refusal));
    // Who accepts v1 too has the boundary rule: such a body begins with the method.
    assert!(matches!(forged.judge(&lax_verifier()), Err(Error::BodyNotJson { .. })));
}

/// 5.3. The older signature next to v3 stays valid without end. With the v3 headers stripped it must not pass where v3 is
/// demanded, and the unsigned version header changes nothing about that.
#[test]
fn downgrade_by_stripping_v3() {
    let seen = Request::signed_twice("POST", URI, BODY);
    let strict = verifier_from(Version::V3);
    seen.judge(&strict).expect("what the attacker saw is genuine");

    let a_year_later = UnixTime::from_millis(NOW.as_millis() + 31_536_000_000);
    let stripped = seen.without(Header::SignatureV3);
    for forged in [
        stripped.clone(),
        stripped.without(Header::RequestTimestamp),
        stripped.without(Header::SignatureVersion),
        stripped.replacing(Header::RequestTimestamp, a_year_later.as_millis().to_string()),
    ] {
        assert!(forged.fools_naive(SECRET, a_year_later.as_millis()));
        assert_eq!(
            forged.judge_at(&strict, a_year_later),
            Err(Error::VersionBelowMinimum { found: Version::V2, minimum: Version::V3 })
        );
    }
    assert_eq!(
        stripped.replacing(Header::SignatureVersion, "v3").judge_at(&strict, a_year_later),
        Err(Error::MissingHeader { header: Header::SignatureV3 })
    );
    assert_eq!(
        stripped.replacing(Header::SignatureVersion, "v1").judge_at(&strict, a_year_later),
        Err(Error::VersionBelowMinimum { found: Version::V1, minimum: Version::V3 })
    );
}

/// 5.3. A v3 that fails, for whatever reason, is the end: the valid v2 next to it is not looked at.
#[test]
fn downgrade_by_spoiling_v3() {
    let seen = Request::signed_twice("POST", URI, BODY);
    let now = NOW.as_millis();
    let (old, future) = (UnixTime::from_millis(now - 300_001), UnixTime::from_millis(now + 60_001));
    let stale = |time: UnixTime| {
        let time = time.as_millis().to_string();
        seen.replacing(Header::SignatureV3, oracle::v3(SECRET, "POST", URI, BODY, &time))
            .replacing(Header::RequestTimestamp, time)
    };
    for (forged, refusal) in [
        (seen.replacing(Header::SignatureV3, oracle::base64(&[0; 32])), Error::Mismatch { version: Version::V3 }),
        (seen.replacing(Header::SignatureV3, ""), Error::MalformedSignature { version: Version::V3, length: 0 }),
        (seen.without(Header::RequestTimestamp), Error::MissingHeader { header: Header::RequestTimestamp }),
        (seen.replacing(Header::RequestTimestamp, "soon"), Error::MalformedTimestamp { length: 4 }),
        (stale(old), Error::TimestampTooOld { timestamp: old, now: NOW, max_age: Duration::from_secs(300) }),
        (
            stale(future),
            Error::TimestampInFuture { timestamp: future, now: NOW, max_clock_skew: Duration::from_secs(60) },
        ),
        (
            seen.with(Header::SignatureV3, oracle::base64(&[0; 32])),
            Error::DuplicateHeader { header: Header::SignatureV3 },
        ),
    ] {
        assert_naive_accepts(&forged);
        assert_eq!(forged.judge(&lax_verifier()), Err(refusal));
    }
}

/// 5.4. v3 passes for five minutes, then never again. v2 has no time, which its proof says; v1 binds nothing but the
/// body.
#[test]
fn replay() {
    let later = |millis| UnixTime::from_millis(NOW.as_millis() + millis);
    let v3 = Request::signed(Version::V3, "POST", URI, BODY);
    assert_eq!(v3.judge_at(&verifier(), later(300_000)).map(|verified| verified.timestamp()), Ok(Some(NOW)));
    for millis in [300_001, 720_000, 31_536_000_000, u64::MAX - NOW.as_millis()] {
        let (now, max_age) = (later(millis), Duration::from_secs(300));
        let refusal = Error::TimestampTooOld { timestamp: NOW, now, max_age };
        assert_eq!(v3.judge_at(&verifier(), now), Err(refusal));
        // A fresher time was not signed.
        let forged = v3.replacing(Header::RequestTimestamp, format!("{:013}", 9_999_999_999_999.min(now.as_millis())));
        assert!(forged.judge_at(&verifier(), now).is_err());
    }

    let v2 = Request::signed(Version::V2, "POST", URI, BODY);
    assert!(v2.fools_naive(SECRET, u64::MAX));
    assert_eq!(v2.judge_at(&verifier(), later(31_536_000_000)).map(|verified| verified.timestamp()), Ok(None));
    let strict = verifier_from(Version::V3);
    assert!(matches!(v2.judge(&strict), Err(Error::VersionBelowMinimum { .. })));

    // The same v1 body at another address, with another method: not by default.
    let v1 = Request::signed(Version::V1, "POST", URI, BODY)
        .with_method("DELETE")
        .with_uri("https://hooks.example.com/elsewhere");
    assert_naive_accepts(&v1);
    assert!(matches!(v1.judge(&verifier()), Err(Error::VersionBelowMinimum { .. })));
}

/// 5.5. A request captured at one host of the app and replayed at another. An endpoint that builds the URI from the
/// request's own `Host` asks the attacker what to verify; with the configured URL the signature is that of another address.
#[test]
fn replay_at_another_host() {
    for version in [Version::V2, Version::V3] {
        let captured_host = "staging.example.com";
        let captured = Request::signed(version, "POST", &format!("https://{captured_host}/hubspot"), BODY);

        let from_the_host_header = captured.with_uri(&format!("https://{captured_host}/hubspot"));
        assert_naive_accepts(&from_the_host_header);
        assert!(from_the_host_header.judge(&verifier()).is_ok());

        let configured = captured.with_uri("https://hooks.example.com/hubspot");
        assert_eq!(configured.judge(&verifier()), Err(Error::Mismatch { version }));
    }
}

/// 5.6. With an empty secret anyone can sign, so no verifier has one.
#[test]
fn empty_secret() {
    let signature = oracle::v2("", "POST", URI, BODY);
    let forged = Request::new("POST", URI, BODY).with_hash("v2", &signature);
    assert!(forged.fools_naive("", NOW.as_millis()));
    assert_eq!(Verifier::new("", Version::V1).map(|_| ()), Err(SecretError::Empty));
    assert_eq!(verifier().previous_secret("").map(|_| ()), Err(SecretError::Empty));
    assert_eq!(ClientSecret::new("").map(|_| ()), Err(SecretError::Empty));
    assert_eq!(forged.judge(&verifier()), Err(Error::Mismatch { version: Version::V2 }));
}

/// 5.6. The client secret with a NUL at its end is the same HMAC key as without, so a verifier that took it would pass.
#[test]
fn secret_padded_with_nul() {
    let padded = format!("{SECRET}\0");
    assert_eq!(oracle::hmac(padded.as_bytes(), b"x"), oracle::hmac(SECRET.as_bytes(), b"x"));
    assert_eq!(Verifier::new(&padded, Version::V1).map(|_| ()), Err(SecretError::SurroundingWhiteSpace));
}

/// 5.6. Values that crash others are refused, each as what it is.
#[test]
fn hostile_headers() {
    let v2 = Request::signed(Version::V2, "POST", URI, BODY);
    let v3 = Request::signed(Version::V3, "POST", URI, BODY);
    for signature in [
        "",
        "é",
        "0",
        "00000000000000000000000000000000000000000000000000000000000000é",
        "\u{ff11}\u{ff12}",
        "%s%n",
        "=",
        "====",
        "\0",
    ] {
        let length = signature.len();
        let forged = v2.replacing(Header::Signature, signature);
        assert_eq!(
            forged.judge(&verifier()),
            Err(Error::MalformedSignature { version: Version::V2, length }),
            "{signature:?}"
        );
        let forged = v3.replacing(Header::SignatureV3, signature);
        assert_eq!(
            forged.judge(&verifier()),
            Err(Error::MalformedSignature { version: Version::V3, length }),
            "{signature:?}"
        );
    }
    for length in [63, 64, 65, 100_000] {
        let forged = v2.replacing(Header::Signature, vec![0xff; length]);
        assert_eq!(forged.judge(&verifier()), Err(Error::MalformedSignature { version: Version::V2, length }));
    }
    for timestamp in ["-9223372036854775808", "9223372036854775807", "18446744073709551616", "-1", "", "-170000000000"]
    {
        let forged = v3.replacing(Header::RequestTimestamp, timestamp);
        for now in [0, NOW.as_millis(), u64::MAX] {
            assert_eq!(
                forged.judge_at(&verifier(), UnixTime::from_millis(now)),
                Err(Error::MalformedTimestamp { length: timestamp.len() }),
                "{timestamp}"
            );
        }
    }
}

/// 5.6. Which of two values counts, every framework decides for itself; so two are refused, equal ones too.
#[test]
fn doubled_headers() {
    let seen = Request::signed_twice("POST", URI, BODY);
    for header in Header::ALL.iter().copied() {
        let genuine = seen.header(header).unwrap().to_vec();
        for second in [&genuine[..], b"", b"x"] {
            let after = seen.with(header, second);
            let before = seen.replacing(header, second).with(header, &genuine);
            for forged in [after, before] {
                assert_eq!(forged.judge(&lax_verifier()), Err(Error::DuplicateHeader { header }));
            }
        }
        // Folded into one value, as a proxy may do: no list is ever read as its first or last member.
        let folded = [&genuine[..], b", ", &genuine].concat();
        let answer = seen.replacing(header, folded).judge(&lax_verifier());
        if header == Header::SignatureVersion {
            assert_eq!(answer.map(|verified| verified.version()), Ok(Version::V3), "v3 does not ask it");
        } else if header == Header::Signature {
            assert_eq!(answer.map(|verified| verified.version()), Ok(Version::V3), "nor the older signature");
        } else {
            assert!(answer.is_err(), "{header}");
        }
        let older = Request::signed(Version::V2, "POST", URI, BODY);
        if let Some(genuine) = older.header(header) {
            let folded = [genuine, b", ", genuine].concat();
            assert!(older.replacing(header, folded).judge(&lax_verifier()).is_err(), "{header}");
        }
    }
}

/// 5.6. Nothing that can be printed shows a secret, a state made from it, or a signature.
#[test]
fn nothing_printed_leaks() {
    let secret = crate::common::secret();
    let previous = "zyzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz";
    let verifier = lax_verifier().previous_secret(previous).unwrap();
    let v1 = oracle::v1(SECRET, BODY);
    let v2 = oracle::v2(SECRET, "POST", URI, BODY);
    let v3 = oracle::v3(SECRET, "POST", URI, BODY, &NOW.as_millis().to_string());
    let seen = Request::signed_twice("POST", URI, BODY);
    let headers: SignatureHeaders<'_> = seen.signature_headers();
    let head = RequestHead::new("POST", URI, headers);

    let mut printed = vec![
        format!("{secret:?} {verifier:?} {headers:?} {head:?}"),
        format!("{:?}", secret.v1(BODY.as_bytes())),
        format!("{:?}", secret.v2("POST", URI, BODY.as_bytes())),
        format!("{:?}", secret.v3("POST", URI, BODY.as_bytes(), NOW)),
        format!("{:?}", secret.sign("POST", URI, BODY.as_bytes(), NOW)),
        format!("{:?}", secret.sign_with_v1("POST", URI, BODY.as_bytes(), NOW)),
        format!("{:?}", verifier.begin(&head, NOW).unwrap()),
        format!("{:?}", seen.judge(&verifier).unwrap()),
        format!("{:?}", SecretError::AccessToken),
    ];
    for (verifier, request, error) in crate::common::refusals() {
        assert_eq!(request.judge(&verifier), Err(error));
        printed.push(format!("{error} {error:?}"));
    }
    for text in printed.iter().flat_map(|text| [text.clone(), text.replace(", ", "")]) {
        assert!(!text.is_empty());
        for kept in [SECRET, previous, &v1, &v2, &v3] {
            // Not even a part of it that one could search for.
            let parts = (0..=kept.len() - 8).map(|at| &kept[at..at + 8]);
            for part in parts {
                assert!(!text.contains(part), "{part} in {text}");
            }
        }
    }
    // The answer to a forger is the same as to anyone: not what would have been right.
    assert_eq!(seen.judge(&verifier).map(|verified| verified.matched_secret()), Ok(MatchedSecret::Current));
}
