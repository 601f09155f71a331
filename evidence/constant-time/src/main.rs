//! Runs every public path that touches a client secret under valgrind's memcheck, the secret marked undefined, so that
//! memcheck reports each branch and each address that depends on it. `check` beside this crate says how.
//!
//! One thing has to become public: whether the request is accepted. That is one branch for each secret a verifier
//! holds, in `conclude` of src/verifier.rs. `verdict.supp` takes these out of the reports; without it the harness counts them.

mod leaking;
mod memcheck;

use std::hint::black_box;
use std::process::ExitCode;

use hubspot_signature::{
    ClientSecret, Error, MatchedSecret, RequestHead, Signature, SignatureHeaders, UnixTime, Verifier, Version,
};

const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);
const PLAIN: &str = "https://hooks.example.com/hubspot?portalId=62515&appId=54321";
const ESCAPED: &str = "https://hooks.example.com/a%2Fb?q=%40%2540%3A%20x&e=caf%C3%A9";

fn main() -> ExitCode {
    if !memcheck::is_running() {
        eprintln!("constant-time: to be run under valgrind; see evidence/constant-time/check");
        return ExitCode::from(2);
    }
    match std::env::args().nth(1).as_deref() {
        Some("silent") => paths(Expect::Silence),
        Some("verdicts") => paths(Expect::VerdictsOnly),
        Some("leaking") => controls(),
        _ => {
            eprintln!("constant-time: one of silent, verdicts, leaking");
            ExitCode::from(2)
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Expect {
    /// Run with the verdicts suppressed: nothing may be reported.
    Silence,
    /// Run without: each verification must be reported, or the secret never reached the comparison; and no more often
    /// than it has secrets, or there is a second branch beside the verdict.
    VerdictsOnly,
}

/// One measured path: how often memcheck may report in it, and how often it did.
struct Path {
    name: String,
    verdicts: usize,
    reports: usize,
}

#[derive(Default)]
struct Paths(Vec<Path>);

impl Paths {
    fn run<T>(&mut self, name: String, verdicts: usize, path: impl FnOnce() -> T) -> T {
        let before = memcheck::reports();
        let result = black_box(path());
        let reports = memcheck::reports() - before;
        // From here on the harness itself looks at the result.
        memcheck::mark_public(&result);
        self.0.push(Path { name, verdicts, reports });
        result
    }
}

/// A client secret of the length, and the same one marked secret.
///
/// `ClientSecret::new` looks at the first and last characters, once, when the service starts: whether they are white
/// space, quotation marks or `pat-`. So these stay public. All state that comes from the others is marked by memcheck,
/// which follows what is computed from a marked byte.
fn secret_text(seed: u8, length: usize) -> (String, String) {
    let text: String = (0..length).map(|at| char::from(b'a' + (seed as usize * 7 + at * 5 % 23) as u8 % 26)).collect();
    let marked = text.clone();
    memcheck::mark_secret(&marked.as_bytes()[4..length - 1]);
    (text, marked)
}

fn paths(expect: Expect) -> ExitCode {
    let mut paths = Paths::default();
    let bodies: [&[u8]; 4] = [
        b"",
        b"[{\"eventId\":1,\"portalId\":62515}]",
        "\u{e4}\u{20ac}\u{1f600}".repeat(40).leak().as_bytes(),
        &[b'x'; 1000],
    ];

    // Lengths around the block of SHA-256, and HubSpot's own.
    for length in [6, 36, 55, 56, 63, 64, 65, 128, 200] {
        let (current_text, current_marked) = secret_text(1, length);
        let (previous_text, previous_marked) = secret_text(2, length);
        let (other_text, _) = secret_text(3, length);

        let name = |what: &str| format!("{what}, secret of {length} bytes");
        paths.run(name("ClientSecret::new, Debug, drop"), 0, || {
            format!("{:?}", ClientSecret::new(&current_marked).unwrap()).len()
        });
        let one = Verifier::new(&current_marked).unwrap().minimum_version(Version::V1);
        let two = one.clone().previous_secret(&previous_marked).unwrap();
        let signer = ClientSecret::new(&current_marked).unwrap();

        for body in bodies {
            for uri in [PLAIN, ESCAPED] {
                let name = |what: &str| {
                    name(&format!("{what}, {} bytes, {}", body.len(), if uri == PLAIN { "plain" } else { "escapes" }))
                };

                let computed = [
                    paths.run(name("v1"), 0, || signer.v1(body)),
                    paths.run(name("v2"), 0, || signer.v2("POST", uri, body)),
                    paths.run(name("v3"), 0, || signer.v3("POST", uri, body, NOW)),
                ];
                let sent = [
                    paths.run(name("sign"), 0, || signer.sign("POST", uri, body, NOW)),
                    paths.run(name("sign_with_v1"), 0, || signer.sign_with_v1("POST", uri, body, NOW)),
                ];
                let clear = ClientSecret::new(&current_text).unwrap();
                assert_eq!(computed[0].as_str(), clear.v1(body).as_str());
                assert_eq!(computed[1].as_str(), clear.v2("POST", uri, body).as_str());
                assert_eq!(computed[2].as_str(), clear.v3("POST", uri, body, NOW).as_str());
                assert_eq!(sent[0].as_pairs(), clear.sign("POST", uri, body, NOW).as_pairs());
                assert_eq!(sent[1].as_pairs(), clear.sign_with_v1("POST", uri, body, NOW).as_pairs());

                // `==` answers with a value; that it is branched on is the caller's doing.
                let presented = Signature::parse(Version::V2, clear.v2("POST", uri, body).as_str().as_bytes()).unwrap();
                assert!(paths.run(name("Signature::eq"), 0, || signer.v2("POST", uri, body) == presented));

                let cases = [
                    (&current_text, &one, 1, Some(MatchedSecret::Current)),
                    (&other_text, &one, 1, None),
                    (&current_text, &two, 2, Some(MatchedSecret::Current)),
                    (&previous_text, &two, 2, Some(MatchedSecret::Previous)),
                    (&other_text, &two, 2, None),
                ];
                let versions = [Version::V1, Version::V2, Version::V3];
                for (version, (signed_by, verifier, secrets, expected)) in
                    versions.into_iter().flat_map(|version| cases.map(|case| (version, case)))
                {
                    let presented = present(&ClientSecret::new(signed_by).unwrap(), version, uri, body);
                    // A near miss shares all but its last character that carries bits, so an early exit would differ most.
                    for (presented, expected) in [(presented.clone(), expected), (near_miss(presented), None)] {
                        let head = presented.head(uri);
                        let name =
                            |how: &str| name(&format!("{how} {version}, {secrets} secret(s), expecting {expected:?}"));
                        let whole = paths.run(name("verify_at"), secrets, || verifier.verify_at(&head, body, NOW));
                        let streamed = paths.run(name("streamed"), secrets, || {
                            let mut verification = verifier.begin_at(&head, NOW)?;
                            black_box(format!("{verification:?}"));
                            for chunk in body.chunks(37) {
                                verification.update(chunk);
                            }
                            verification.finish()
                        });
                        assert_eq!(whole.map(|verified| verified.secret()).ok(), expected);
                        assert_eq!(streamed, whole);
                        assert!(whole.is_ok() || matches!(whole, Err(Error::Mismatch { .. })));
                    }
                }
            }
        }
    }
    judge(&paths.0, expect)
}

/// What a request carries.
#[derive(Clone)]
struct Presented {
    version: Version,
    text: String,
}

impl Presented {
    fn head<'a>(&'a self, uri: &'a str) -> RequestHead<'a> {
        let headers = SignatureHeaders::new().with(self.version.header(), &self.text);
        let headers = match self.version {
            Version::V3 => headers.with(hubspot_signature::Header::RequestTimestamp, "1700000000000"),
            version => headers.with(hubspot_signature::Header::SignatureVersion, version.as_str()),
        };
        RequestHead { method: "POST", uri, headers }
    }
}

fn present(secret: &ClientSecret, version: Version, uri: &str, body: &[u8]) -> Presented {
    let signature = match version {
        Version::V1 => secret.v1(body),
        Version::V2 => secret.v2("POST", uri, body),
        _ => secret.v3("POST", uri, body, NOW),
    };
    Presented { version, text: signature.as_str().to_owned() }
}

fn near_miss(mut presented: Presented) -> Presented {
    let at = if presented.version == Version::V3 { 41 } else { 63 };
    let replacement = if presented.text.as_bytes()[at] == b'0' { "1" } else { "0" };
    presented.text.replace_range(at..=at, replacement);
    presented
}

fn judge(paths: &[Path], expect: Expect) -> ExitCode {
    let (mut wrong, mut verdicts) = (0, 0);
    for Path { name, verdicts: allowed, reports } in paths {
        let right = match expect {
            Expect::Silence => *reports == 0,
            Expect::VerdictsOnly if *allowed == 0 => *reports == 0,
            Expect::VerdictsOnly => (1..=*allowed).contains(reports),
        };
        verdicts += reports;
        if !right {
            wrong += 1;
            eprintln!("constant-time: {reports} report(s), at most {allowed} expected: {name}");
        }
    }
    println!("constant-time: {} paths, {verdicts} reports, {wrong} paths wrong", paths.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The negative control: verifiers that do leak, each of which must be reported, on exactly the same input.
fn controls() -> ExitCode {
    let (text, marked) = secret_text(1, 36);
    let right = present(&ClientSecret::new(&text).unwrap(), Version::V2, PLAIN, b"{}");
    let presented = near_miss(right);
    let mut blind = 0;
    for (name, verify) in leaking::ALL {
        let before = memcheck::reports();
        let accepted = black_box(verify(&marked, PLAIN, b"{}", &presented.text));
        memcheck::mark_public(&accepted);
        assert!(!accepted);
        let reports = memcheck::reports() - before;
        println!("constant-time: control {name}: {reports} report(s)");
        blind += usize::from(reports == 0);
    }
    if blind == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
