//! Runs every public path that touches a client secret under valgrind's memcheck, the secret marked undefined, so that
//! memcheck reports each branch and each address that depends on it. `check` next to this crate says how.
//!
//! Three things have to become public: whether a text can be a client secret, once, at start-up; whether a request is
//! accepted; and a signature that `sign_request` puts into a header. The second is one branch for each comparison.
//! `public.supp` takes these out of the reports; without it the harness counts them.

mod adapters;
mod leaking;
mod memcheck;

use std::hint::black_box;
use std::process::ExitCode;

use bytes::Bytes;
use hubspot_signature::{
    ClientSecret, Error, Header, MatchedSecret, PublicUrl, RequestHead, SignatureHeaders, SignedHeaders, UnixTime,
    Verified, Verifier, Version,
};

const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);
const SERVER: &str = "https://hooks.example.com";
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
    /// Run with what has to become public suppressed: nothing may be reported.
    Silence,
    /// Run without: each verification must be reported, or the secret never reached the comparison; and no more often
    /// than it compares, or there is a second branch next to the verdict.
    VerdictsOnly,
}

/// How often memcheck may report in a path whose reports are not suppressed.
#[derive(Clone, Copy)]
enum Allowed {
    Never,
    /// Once for each comparison.
    Verdicts(usize),
    /// Any number of times: the checks of `ClientSecret::new` read the text, and a header's value is read as it is made.
    Read,
}

/// One measured path, and how often memcheck reported in it.
struct Path {
    name: String,
    allowed: Allowed,
    reports: usize,
}

#[derive(Default)]
struct Paths(Vec<Path>);

impl Paths {
    fn run<T>(&mut self, name: String, allowed: Allowed, path: impl FnOnce() -> T) -> T {
        let before = memcheck::reports();
        let result = black_box(path());
        let reports = memcheck::reports() - before;
        // From here on the harness itself looks at the result.
        memcheck::mark_public(&result);
        self.0.push(Path { name, allowed, reports });
        result
    }
}

/// A client secret of the length, and the same one marked secret, all of it. memcheck follows the states that are computed
/// from a marked byte.
fn secret_text(seed: u8, length: usize) -> (String, String) {
    let text: String = (0..length).map(|at| char::from(b'a' + (seed as usize * 7 + at * 5 % 23) as u8 % 26)).collect();
    let marked = text.clone();
    memcheck::mark_secret(marked.as_bytes());
    (text, marked)
}

fn paths(expect: Expect) -> ExitCode {
    let mut paths = Paths::default();
    let text = format!("{{\"name\":\"{}\"}}", "\u{e4}\u{20ac}\u{1f600}".repeat(40));
    let long = format!("[{}]", "x".repeat(1000));
    let bodies: [&[u8]; 4] = [b"", b"[{\"eventId\":1,\"portalId\":62515}]", text.as_bytes(), long.as_bytes()];
    let url = PublicUrl::server(SERVER).unwrap();

    // Lengths around the block of SHA-256, and HubSpot's own.
    for length in [16, 36, 55, 56, 63, 64, 65, 128, 200] {
        let (current_text, current_marked) = secret_text(1, length);
        let (previous_text, previous_marked) = secret_text(2, length);
        let (other_text, _) = secret_text(3, length);

        let name = |what: &str| format!("{what}, secret of {length} bytes");
        paths.run(name("ClientSecret::new, Debug, drop"), Allowed::Read, || {
            format!("{:?}", ClientSecret::new(&current_marked).unwrap()).len()
        });
        let one = Verifier::new(&current_marked, Version::V1).unwrap();
        let two = one.clone().previous_secret(previous_marked.as_str()).unwrap();
        let signer = ClientSecret::new(&current_marked).unwrap();
        let clear = ClientSecret::new(&current_text).unwrap();

        for body in bodies {
            for uri in [PLAIN, ESCAPED] {
                let form = if uri == PLAIN { "plain" } else { "escapes" };
                let name = |what: &str| name(&format!("{what}, {} bytes, {form}", body.len()));

                let computed = [
                    paths.run(name("v1"), Allowed::Never, || signer.v1(body)),
                    paths.run(name("v2"), Allowed::Never, || signer.v2("POST", uri, body)),
                    paths.run(name("v3"), Allowed::Never, || signer.v3("POST", uri, body, NOW)),
                ];
                assert_eq!(computed[0].as_str(), clear.v1(body).as_str());
                assert_eq!(computed[1].as_str(), clear.v2("POST", uri, body).as_str());
                assert_eq!(computed[2].as_str(), clear.v3("POST", uri, body, NOW).as_str());
                let sent = [
                    paths.run(name("sign"), Allowed::Never, || signer.sign("POST", uri, body, NOW).unwrap()),
                    paths.run(name("sign_with_v1"), Allowed::Never, || {
                        signer.sign_with_v1("POST", uri, body, NOW).unwrap()
                    }),
                ];
                let pairs =
                    |signed: &SignedHeaders| signed.pairs().map(|(_, value)| value.to_owned()).collect::<Vec<_>>();
                assert_eq!(pairs(&sent[0]), pairs(&clear.sign("POST", uri, body, NOW).unwrap()));
                assert_eq!(pairs(&sent[1]), pairs(&clear.sign_with_v1("POST", uri, body, NOW).unwrap()));

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
                    let forms = if version == Version::V3 && uri == ESCAPED { 2 } else { 1 };
                    let verdicts = Allowed::Verdicts(secrets * forms);
                    let presented = present(&ClientSecret::new(signed_by).unwrap(), version, uri, body);
                    // A near miss shares all but its last character that carries bits, so an early exit would differ most.
                    for (presented, expected) in [(presented.clone(), expected), (near_miss(presented), None)] {
                        let head = presented.head(uri);
                        let request = presented.request(uri, body);
                        let name =
                            |how: &str| name(&format!("{how} {version}, {secrets} secret(s), expecting {expected:?}"));
                        let whole = paths.run(name("verify"), verdicts, || verifier.verify(&head, body, NOW));
                        let streamed = paths.run(name("streamed"), verdicts, || {
                            let mut verification = verifier.begin(&head, NOW)?;
                            black_box(format!("{verification:?}"));
                            body.chunks(37).try_for_each(|chunk| verification.update(chunk))?;
                            verification.finish()
                        });
                        assert_eq!(whole.map(|verified| verified.matched_secret()).ok(), expected);
                        assert!(whole.is_ok() || matches!(whole, Err(Error::Mismatch { .. })));
                        assert_eq!(streamed, whole);
                        for (how, adapter) in ADAPTERS {
                            let result = paths.run(name(how), verdicts, || adapter(verifier, &url, &request, NOW));
                            assert_eq!(result, whole);
                        }
                    }
                }
                for (how, sign) in SIGNERS {
                    let mut request = present(&clear, Version::V1, uri, body).request(uri, body);
                    paths.run(name(how), Allowed::Read, || sign(&signer, &url, &mut request, NOW)).unwrap();
                }
            }
        }
    }
    judge(&paths.0, expect)
}

type Adapter = fn(&Verifier, &PublicUrl, &http::Request<Bytes>, UnixTime) -> Result<Verified, Error>;
const ADAPTERS: [(&str, Adapter); 3] = [
    ("verify_request", adapters::verify_request),
    ("begin_request", adapters::begin_request),
    ("the layer", adapters::layer),
];

type Sign = fn(&ClientSecret, &PublicUrl, &mut http::Request<Bytes>, UnixTime) -> Result<(), Error>;
const SIGNERS: [(&str, Sign); 2] =
    [("sign_request", ClientSecret::sign_request), ("sign_request_with_v1", ClientSecret::sign_request_with_v1)];

/// The signature of a request.
#[derive(Clone)]
struct Presented {
    version: Version,
    text: String,
}

impl Presented {
    fn head<'a>(&'a self, uri: &'a str) -> RequestHead<'a> {
        let headers = SignatureHeaders::new().with(self.version.header(), &self.text);
        let headers = match self.version {
            Version::V3 => headers.with(Header::RequestTimestamp, "1700000000000"),
            version => headers.with(Header::SignatureVersion, version.as_str()),
        };
        RequestHead::new("POST", uri, headers)
    }

    fn request(&self, uri: &str, body: &[u8]) -> http::Request<Bytes> {
        let (name, value) = match self.version {
            Version::V3 => (Header::RequestTimestamp, "1700000000000"),
            version => (Header::SignatureVersion, version.as_str()),
        };
        let target = uri.strip_prefix(SERVER).unwrap();
        let request = http::Request::post(target).header(self.version.header().name(), &self.text);
        request.header(name.name(), value).body(Bytes::copy_from_slice(body)).unwrap()
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
    for Path { name, allowed, reports } in paths {
        let right = match (expect, allowed) {
            (Expect::Silence, _) | (Expect::VerdictsOnly, Allowed::Never) => *reports == 0,
            (Expect::VerdictsOnly, Allowed::Verdicts(comparisons)) => (1..=*comparisons).contains(reports),
            (Expect::VerdictsOnly, Allowed::Read) => *reports > 0,
        };
        verdicts += reports;
        if !right {
            wrong += 1;
            eprintln!("constant-time: {reports} report(s): {name}");
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
