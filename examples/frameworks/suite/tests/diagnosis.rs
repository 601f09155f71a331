//! The diagnosis finds the damage that a real nginx does to a genuine request: the service behind it takes the URL that it
//! sees for the one that HubSpot called.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use hubspot_signature::diagnose::{Cause, Certainty, Diagnosis, Diagnostician, Finding, ReceivedRequest};
use hubspot_signature::{Header, PublicUrl, SignatureHeaders, UnixTime, Verifier, Version};
use suite::{Nginx, PUBLIC_URL, Request, SECRET, Signer};

/// A request as it came, byte for byte.
struct Arrived {
    head: Vec<u8>,
    body: Vec<u8>,
}

/// Sends a request through nginx and takes what arrives behind it.
fn through_nginx(request: &Request) -> Arrived {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nginx = Nginx::before(listener.local_addr().expect("bound"));
    let upstream = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("nginx connects");
        let mut reader = BufReader::new(&stream);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert_ne!(reader.read_until(b'\n', &mut head).expect("a head"), 0, "a whole head");
        }
        let length = with_head(&head, |_, _, headers| {
            let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            length.map_or(0, |(_, value)| std::str::from_utf8(value).expect("digits").parse().expect("a length"))
        });
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a whole body");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("nginx listens");
        Arrived { head, body }
    });
    assert_eq!(nginx.exchange(request).expect("an answer").status, 200);
    upstream.join().expect("a request arrived")
}

fn with_head<T>(head: &[u8], see: impl FnOnce(&str, &str, &[(&str, &[u8])]) -> T) -> T {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Request::new(&mut headers);
    assert!(parsed.parse(head).expect("a request").is_complete());
    let headers: Vec<_> = parsed.headers.iter().map(|header| (header.name, header.value)).collect();
    see(parsed.method.expect("complete"), parsed.path.expect("complete"), &headers)
}

/// Asks as a service that takes its own view for what HubSpot called: plain http, the host it is told, the path it gets.
fn diagnosed(arrived: &Arrived) -> Diagnosis {
    with_head(&arrived.head, |method, target, headers| {
        let (_, host) = headers.iter().find(|(name, _)| *name == "Host").expect("a host");
        let uri = format!("http://{}{target}", std::str::from_utf8(host).expect("text"));
        let request = ReceivedRequest { method, uri: &uri, headers, body: Some(&arrived.body) };
        Diagnostician::new([SECRET], Version::V3).diagnose(&request, UnixTime::now())
    })
}

fn requests(prefix: &str) -> [Request; 2] {
    let query = "userEmail=ann%40example.com&name=ann+lee%20%2540%C3%BC&portalId=62515";
    [
        Request::new("POST", format!("{prefix}/hubspot?tenant=7"), r#"{"objectId":7}"#).signed_by(Signer::ThisCrate),
        Request::new("GET", format!("{prefix}/card?{query}"), "").signed_by(Signer::ThisCrate),
    ]
}

/// The causes are proved by both signatures, and the public URL that the advice names is the right one.
fn proves(prefix: &str, causes: &[Cause], public_url: &str) {
    for request in requests(prefix) {
        let arrived = through_nginx(&request);
        let diagnosis = diagnosed(&arrived);
        let [finding] = diagnosis.findings() else { panic!("{diagnosis}") };
        assert_eq!(finding.certainty(), Certainty::Proved, "{diagnosis}");
        assert!(finding.causes().eq(causes.iter().copied()), "{diagnosis}");
        assert!(finding.matched().iter().map(|(header, _)| *header).eq([Header::SignatureV3, Header::Signature]));
        let signed = finding.signed_uri().expect("the URI is covered");
        let line = format!("PublicUrl::endpoint({:?})", signed.split('?').next().unwrap_or_default());
        assert!(finding.faults().iter().all(|fault| fault.fix().contains(&line)), "{diagnosis}");
        assert_eq!(finding.signed_uri(), Some(&*format!("{PUBLIC_URL}{}", request.target)));

        let fixed = PublicUrl::server(public_url).expect("a URL");
        with_head(&arrived.head, |method, target, headers| {
            let headers = SignatureHeaders::from_pairs(headers.iter().copied());
            let head = fixed.head(method, target, headers).expect("a path");
            let verifier = Verifier::new(SECRET, Version::V3).expect("a usable secret");
            let verified = verifier.verify(&head, &arrived.body, UnixTime::now());
            assert_eq!(verified.map(|verified| verified.version()), Ok(Version::V3));
        });
    }
}

#[test]
fn tls_ends_at_nginx() {
    proves("/host-kept", &[Cause::UriScheme], PUBLIC_URL);
}

#[test]
fn nginx_rewrites_the_host_too() {
    proves("", &[Cause::UriScheme, Cause::UriHost], PUBLIC_URL);
}

#[test]
fn nginx_removes_a_prefix_too() {
    let causes = [Cause::UriScheme, Cause::UriHost, Cause::UriPrefixLost];
    proves("/crm", &causes, &format!("{PUBLIC_URL}/crm"));
}

/// Without a word from nginx of the host that was called, there is nothing to prove; and never is a forgery explained
/// away.
#[test]
fn nothing_is_proved_where_nothing_can_be() {
    let mut arrivals = requests("/nothing-told").to_vec();
    for prefix in ["", "/crm", "/host-kept"] {
        let [mut webhook, mut card] = requests(prefix);
        webhook.body = r#"{"objectId":8}"#.into();
        card.target = card.target.replace("62515", "62516");
        arrivals.extend([webhook, card]);
    }
    for request in arrivals {
        let diagnosis = diagnosed(&through_nginx(&request));
        assert!(!diagnosis.is_accepted(), "{diagnosis}");
        let likely = |finding: &Finding| finding.certainty() == Certainty::Likely;
        assert!(diagnosis.findings().iter().all(likely), "{diagnosis}");
        assert!(diagnosis.findings().iter().any(|finding| finding.causes().eq([Cause::UriScheme])), "{diagnosis}");
    }
}
