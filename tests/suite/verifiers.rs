//! Several apps behind one endpoint, and verifiers that are replaced while a server runs.

use hubspot_signature::{BodyForm, Error, Header, MatchedSecret, UnixTime, Verified, Verifier, Verifiers, Version};

use crate::common::{BODY, NOW, OTHER_SECRET, Request, SECRET, URI, VERSIONS, earlier, later, oracle, without_form};

const THIRD_SECRET: &str = "77777777-5d2f-4e8a-9b3c-6f1d2e7a8b90";

fn of(secret: &str) -> Verifier {
    Verifier::new(secret, Version::V1).unwrap()
}

/// Signed with another secret than the one of the builder.
fn signed_by(secret: &str, version: Version) -> Request {
    let request = Request::new("POST", URI, BODY);
    let time = NOW.as_millis().to_string();
    match version {
        Version::V1 => request.with_hash("v1", &oracle::v1(secret, BODY)),
        Version::V2 => request.with_hash("v2", &oracle::v2(secret, "POST", URI, BODY)),
        _ => request.with_mac(&oracle::v3(secret, "POST", URI, BODY, &time), &time),
    }
}

/// The verdict in memory, which is also that of the body in chunks.
#[track_caller]
fn judged_at(verifiers: &Verifiers, request: &Request, now: UnixTime) -> Result<Verified, Error> {
    let verdict = verifiers.verify(&request.head(), &request.body, now);
    for size in [1, 7, 100] {
        let streamed = verifiers.begin(&request.head(), now).and_then(|mut verification| {
            request.body.chunks(size).try_for_each(|chunk| verification.update(chunk))?;
            verification.finish()
        });
        assert_eq!(without_form(streamed), without_form(verdict), "in chunks of {size}");
    }
    verdict
}

#[track_caller]
fn judged(verifiers: &Verifiers, request: &Request) -> Result<Verified, Error> {
    judged_at(verifiers, request, NOW)
}

#[test]
fn the_proof_says_which_one_matched() {
    let verifiers = Verifiers::new(of(SECRET), [of(OTHER_SECRET), of(THIRD_SECRET)]);
    for version in VERSIONS {
        for (index, secret) in [SECRET, OTHER_SECRET, THIRD_SECRET].into_iter().enumerate() {
            let verified = judged(&verifiers, &signed_by(secret, version)).unwrap();
            assert_eq!((verified.matched_verifier(), verified.version()), (index, version));
            assert_eq!(verified.matched_secret(), MatchedSecret::Current);
        }
        let stranger = signed_by("99999999-5d2f-4e8a-9b3c-6f1d2e7a8b90", version);
        assert_eq!(judged(&verifiers, &stranger), Err(Error::Mismatch { version }));
    }
    // A previous secret is one of its own verifier's.
    let rotating = Verifiers::new(of(SECRET), [of(THIRD_SECRET).previous_secret(OTHER_SECRET).unwrap()]);
    let verified = judged(&rotating, &signed_by(OTHER_SECRET, Version::V3)).unwrap();
    assert_eq!((verified.matched_verifier(), verified.matched_secret()), (1, MatchedSecret::Previous));
    // The first of several that match.
    let twice = Verifiers::new(of(SECRET), [of(SECRET)]);
    assert_eq!(judged(&twice, &signed_by(SECRET, Version::V3)).unwrap().matched_verifier(), 0);
}

/// One verifier, alone, in a set of its own, and by `From`: the same verdicts.
#[test]
fn a_set_of_one_is_that_one() {
    for (verifier, request, error) in crate::common::refusals() {
        for set in [Verifiers::from(verifier.clone()), Verifiers::new(verifier.clone(), [])] {
            assert_eq!(judged(&set, &request), Err(error));
            assert_eq!(judged(&set, &request), request.judge(&verifier));
        }
    }
    let request = signed_by(SECRET, Version::V3);
    assert_eq!(judged(&of(SECRET).into(), &request), request.judge(&of(SECRET)));
}

/// The error of the verifier that got furthest, whichever comes first in the set.
#[test]
fn the_most_telling_error() {
    let strict = |secret: &str| Verifier::new(secret, Version::V3).unwrap();
    let max_age = std::time::Duration::from_secs(1);
    let v2 = signed_by("99999999-5d2f-4e8a-9b3c-6f1d2e7a8b90", Version::V2);
    let below = Error::VersionBelowMinimum { found: Version::V2, minimum: Version::V3 };
    let v3 = signed_by(SECRET, Version::V3);
    let now = later(1001);
    let old = Error::TimestampTooOld { timestamp: NOW, now, max_age };
    let hasty = || of(OTHER_SECRET).max_age(max_age);
    for (one, other, request, now, error) in [
        // A mismatch beats a version, a time and a body that is too large.
        (strict(SECRET), of(OTHER_SECRET), &v2, NOW, Error::Mismatch { version: Version::V2 }),
        (hasty(), of(OTHER_SECRET), &v3, now, Error::Mismatch { version: Version::V3 }),
        (of(SECRET).max_body(1), of(OTHER_SECRET), &v3, NOW, Error::Mismatch { version: Version::V3 }),
        // The body beats the time and the version.
        (hasty(), of(SECRET).max_body(1), &v3, now, Error::BodyTooLarge { limit: 1 }),
        (strict(SECRET), of(OTHER_SECRET).max_body(1), &v2, NOW, Error::BodyTooLarge { limit: 1 }),
        // The URI beats the version.
        (strict(SECRET), of(SECRET), &v2.with_uri("/path"), NOW, Error::UriNotAbsolute),
        (strict(SECRET), of(SECRET), &v2.with_method("post"), NOW, Error::InvalidMethod),
        // Among equals the first.
        (strict(SECRET), strict(OTHER_SECRET), &v2, NOW, below),
        (hasty(), hasty(), &v3, now, old),
    ] {
        assert_eq!(judged_at(&Verifiers::new(one.clone(), [other.clone()]), request, now), Err(error));
        assert_eq!(judged_at(&Verifiers::new(other, [one]), request, now), Err(error));
    }
    let (a, b) = (of(OTHER_SECRET).max_body(1), of(OTHER_SECRET).max_body(2));
    for (first, second, limit) in [(&a, &b, 1), (&b, &a, 2)] {
        let set = Verifiers::new(first.clone(), [second.clone()]);
        assert_eq!(set.verify(&v3.head(), &v3.body, NOW), Err(Error::BodyTooLarge { limit }));
    }
    // Headers are the same for all of them.
    let set = Verifiers::new(of(SECRET), [of(OTHER_SECRET)]);
    let doubled = v3.with(Header::SignatureV3, "x");
    assert_eq!(judged(&set, &doubled), Err(Error::DuplicateHeader { header: Header::SignatureV3 }));
    assert_eq!(judged(&set, &Request::new("POST", URI, BODY)), Err(Error::MissingSignature));
}

/// Each verifier keeps its own rules: what one accepts passes, though another refuses it.
#[test]
fn one_that_accepts_is_enough() {
    let any = |secret: &str| of(secret).dangerously_accept_any_body();
    let request = Request::signed(Version::V3, "POST", URI, "5");
    assert!(judged(&Verifiers::new(any(SECRET), [of(SECRET)]), &request).is_ok());
    assert_eq!(judged(&Verifiers::new(of(SECRET), [any(SECRET)]), &request).unwrap().matched_verifier(), 1);
    // A laxer verifier of another app opens nothing.
    let refused = judged(&Verifiers::new(of(SECRET), [any(OTHER_SECRET)]), &request);
    assert_eq!(refused, Err(Error::Mismatch { version: Version::V3 }));
    let refused = judged(&Verifiers::new(of(SECRET), [of(OTHER_SECRET)]), &request);
    assert_eq!(refused, Err(Error::BodyNotJson { looks_like: BodyForm::Other }));

    let aged = Verifiers::new(of(SECRET), [of(SECRET).max_age(std::time::Duration::MAX)]);
    let request = signed_by(SECRET, Version::V3);
    assert_eq!(judged_at(&aged, &request, later(300_001)).unwrap().matched_verifier(), 1);
    assert_eq!(judged_at(&aged, &request, NOW).unwrap().matched_verifier(), 0);
    let skewed = Verifiers::new(of(SECRET), [of(SECRET).max_clock_skew(std::time::Duration::MAX)]);
    assert_eq!(judged_at(&skewed, &request, earlier(60_001)).unwrap().matched_verifier(), 1);

    let limited = Verifiers::new(of(SECRET).max_body(1), [of(SECRET).max_body(BODY.len() as u64)]);
    assert_eq!(judged(&limited, &request).unwrap().matched_verifier(), 1);
}

/// A memory of replay keys must not forget a request that another verifier of the set still accepts.
#[test]
fn expires_at_is_the_last_moment_for_the_whole_set() {
    use std::time::Duration;
    let aged = |secret, seconds| of(secret).max_age(Duration::from_secs(seconds));
    let request = signed_by(SECRET, Version::V3);
    for (set, seconds) in [
        (Verifiers::new(aged(SECRET, 60), [aged(SECRET, 600), aged(SECRET, 300)]), 600),
        (Verifiers::new(aged(SECRET, 600), [aged(SECRET, 60)]), 600),
        (Verifiers::new(aged(SECRET, 60), [aged(OTHER_SECRET, 1).previous_secret(SECRET).unwrap()]), 60),
        // The second refuses now, as the request is ahead of its clock, and accepts later.
        (Verifiers::new(aged(SECRET, 60), [aged(SECRET, 600).max_clock_skew(Duration::ZERO)]), 600),
        (Verifiers::from(aged(SECRET, 60)), 60),
    ] {
        let now = earlier(1000);
        let verified = judged_at(&set, &request, now).unwrap();
        let expires_at = verified.expires_at().unwrap();
        assert_eq!((verified.matched_verifier(), expires_at), (0, later(seconds * 1000)));
        let at_last = judged_at(&set, &request, expires_at).unwrap();
        assert_eq!(at_last.expires_at(), Some(expires_at));
        assert!(judged_at(&set, &request, later(seconds * 1000 + 1)).is_err());
        #[cfg(feature = "tower")]
        {
            use crate::common::service::through_layer;
            let server = hubspot_signature::PublicUrl::server("https://hooks.example.com").unwrap();
            let sent = request.to_http("https://hooks.example.com").unwrap();
            assert_eq!(
                through_layer(&set, &server, &sent, 7).map(|verified| verified.expires_at()),
                Ok(Some(expires_at))
            );
        }
    }
    // The age of a verifier with another secret counts too: which secrets are the same cannot be seen, and to remember
    // a key for longer does no harm.
    let set = Verifiers::new(aged(SECRET, 60), [aged(OTHER_SECRET, 600)]);
    assert_eq!(judged(&set, &request).unwrap().expires_at(), Some(later(600_000)));
    assert_eq!(judged(&set, &signed_by(SECRET, Version::V2)).unwrap().expires_at(), None);
}

/// A stream stops as soon as all refuse, and not before.
#[test]
fn a_stream_stops_when_all_refuse() {
    let set = Verifiers::new(of(OTHER_SECRET).max_body(2), [of(SECRET).max_body(4)]);
    let request = Request::signed(Version::V3, "POST", URI, "{  }");
    let mut verification = set.begin(&request.head(), NOW).unwrap();
    assert_eq!(verification.update(b"{  "), Ok(()));
    assert_eq!(verification.update(b"}"), Ok(()));
    let mut too_long = set.begin(&request.head(), NOW).unwrap();
    assert_eq!(verification.finish().unwrap().matched_verifier(), 1);
    assert_eq!(too_long.update(b"{  } "), Err(Error::BodyTooLarge { limit: 2 }));
    assert_eq!(too_long.update(b""), Err(Error::BodyTooLarge { limit: 2 }));
    assert_eq!(too_long.finish(), Err(Error::BodyTooLarge { limit: 2 }));
}

/// Clones share the set: replaced in one place, the next request is judged by the new one everywhere. One that is on its
/// way is not.
#[test]
fn replaced_while_requests_are_on_their_way() {
    let verifiers = Verifiers::from(of(SECRET));
    let clone = verifiers.clone();
    let (old, new) = (signed_by(SECRET, Version::V3), signed_by(OTHER_SECRET, Version::V3));
    assert!(judged(&clone, &old).is_ok() && judged(&clone, &new).is_err());
    let mut under_way = clone.begin(&old.head(), NOW).unwrap();
    under_way.update(&old.body).unwrap();

    verifiers.replace(of(OTHER_SECRET), []);
    for set in [&verifiers, &clone] {
        assert!(judged(set, &new).is_ok());
        assert_eq!(judged(set, &old), Err(Error::Mismatch { version: Version::V3 }));
    }
    assert!(under_way.finish().is_ok());
    clone.replace(of(THIRD_SECRET), [of(SECRET)]);
    assert_eq!(judged(&verifiers, &old).unwrap().matched_verifier(), 1);
}

/// Many threads read while one replaces; every verdict is that of one set or the other.
#[test]
fn replaced_under_load() {
    let verifiers = Verifiers::from(of(SECRET));
    let request = signed_by(SECRET, Version::V3);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..300 {
                    let verdict = verifiers.verify(&request.head(), &request.body, NOW);
                    assert!(matches!(verdict, Ok(_) | Err(Error::Mismatch { .. })), "{verdict:?}");
                }
            });
        }
        for secret in [OTHER_SECRET, SECRET].into_iter().cycle().take(300) {
            verifiers.replace(of(secret), [of(THIRD_SECRET)]);
        }
    });
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", Verifiers::new(of(SECRET), [of(OTHER_SECRET)]));
    assert_eq!(shown.matches("Verifier {").count(), 2, "{shown}");
    assert!(!shown.contains(&SECRET[..8]) && !shown.contains(&OTHER_SECRET[..8]), "{shown}");
}
