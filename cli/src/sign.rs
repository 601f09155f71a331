//! `sign`: the four headers that HubSpot would send with a request.

use std::fmt::Write as _;
use std::io::Write;

use clap::ValueEnum;
use http::Uri;
use hubspot_signature::{ClientSecret, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::input::{BodyArgs, method_for};
use crate::secrets::{Second, SecretArgs, unusable};
use crate::signer::unsignable;
use crate::target::{TO, target, whole_url};
use crate::terminal::{Out, is_hidden, note, visible_json};

/// Make the headers that HubSpot would send with a request
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The whole URL that HubSpot would call; it is signed verbatim
    #[arg(long, value_name = "URL")]
    url: String,
    /// The method; POST if there is a body, else GET
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    #[command(flatten)]
    body: BodyArgs,
    /// The time to sign, if not now: 13 digits (Unix milliseconds), or such as 2023-09-02T12:26:00Z
    #[arg(long, value_name = "TIME", value_parser = crate::time::parse)]
    at: Option<UnixTime>,
    /// Sign v1 next to v3, as the Webhooks API and private apps do, instead of v2
    #[arg(long)]
    v1: bool,
    /// How to write the headers
    #[arg(long, value_name = "FORMAT", default_value = "headers")]
    format: Format,
    /// With --format curl or http: where to send the request, if not to the URL that is signed
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One `name: value` a line
    Headers,
    /// A command for a POSIX shell that sends the request
    Curl,
    /// The whole request as it arrives, HTTP/1.1: a capture for `verify`, `explain` and `send`
    Http,
    /// One JSON object: method, url, headers
    Json,
}

const EXAMPLES: &str = "\
Examples:
  hubspot-signature sign --url https://hooks.example.com/hubspot \\
      --body '{\"objectId\":7}'

  Send a signed request to a server on this machine:
    hubspot-signature sign --url https://hooks.example.com/hubspot \\
        --body-file event.json --format curl \\
        --to http://localhost:3000/hubspot | sh

  Make a capture, as `verify` and `explain` take it:
    hubspot-signature sign --url https://hooks.example.com/hubspot \\
        --body-file event.json --format http > capture.http

What this prints is as good as a request of HubSpot's for five minutes, and the
v1 or v2 signature in it at any time: do not keep it where others read.";

pub(crate) fn run(args: Args, out: &mut Out) -> Result<bool, Failure> {
    if args.to.is_some() && matches!(args.format, Format::Headers | Format::Json) {
        return Err("--to is for --format curl or http: the other formats do not name where the request goes".into());
    }
    let text = args.secret.text()?;
    let secret = ClientSecret::new(&text).map_err(|error| unusable(error, Second::IsTooMany))?;
    let body = args.body.read()?.unwrap_or_default();
    let method = args.method.as_deref().unwrap_or_else(|| method_for(&body));
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("the method is not upper-case letters such as POST".into());
    }
    if ["GET", "HEAD"].contains(&method) && !body.is_empty() {
        return Err("GET and HEAD carry no body; leave it out or give another --method".into());
    }
    whole_url(&args.url, "--url", "http or https URL such as https://hooks.example.com/hubspot")?;
    let now = args.at.unwrap_or_else(UnixTime::now);
    let signed = if args.v1 {
        secret.sign_with_v1(method, &args.url, &body, now)
    } else {
        secret.sign(method, &args.url, &body, now)
    };
    let signed = signed.map_err(unsignable)?;
    let headers: Vec<_> = signed.pairs().collect();
    let head = RequestHead::new(method, &args.url, SignatureHeaders::from_pairs(headers.iter().copied()));
    // The text is a secret, as it has signed.
    if let Err(refusal) = Verifier::new(&text, Version::V1)?.verify(&head, &body, now) {
        note(&format!("a verifier refuses the request that this signs: {refusal}"));
    }
    match args.format {
        Format::Headers => headers.iter().try_for_each(|(name, value)| writeln!(out, "{name}: {value}"))?,
        Format::Json => {
            let headers: Map<String, Value> =
                headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let request = json!({ "method": method, "url": args.url, "headers": headers });
            writeln!(out, "{}", visible_json(&request))?;
        }
        Format::Http => {
            let to = args.to.as_deref().unwrap_or(&args.url);
            out.write_raw(&message(method, &whole_url(to, "--to", TO)?, &headers, &body)?)?;
        }
        Format::Curl => {
            let to = args.to.as_deref().unwrap_or(&args.url);
            whole_url(to, "--to", TO)?;
            writeln!(out, "{}", curl(method, to, &headers, &args.body, &body)?)?;
        }
    }
    Ok(true)
}

/// The request as its server receives it.
fn message(method: &str, to: &Uri, headers: &[(&str, &str)], body: &[u8]) -> Result<Vec<u8>, Failure> {
    // Without a user's name and password, which no client sends in this header.
    let host = to.authority().and_then(|authority| authority.as_str().rsplit('@').next()).unwrap_or_default();
    let mut head = String::new();
    write!(head, "{method} {} HTTP/1.1\r\nHost: {host}\r\n", target(to))?;
    if method != "GET" && method != "HEAD" {
        write!(head, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())?;
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n")?;
    }
    head.push_str("\r\n");
    Ok([head.as_bytes(), body].concat())
}

/// A command that sends the request to the byte: curl must neither expand `[…]` and `{…}` in the URL, nor resolve `..`.
fn curl(method: &str, to: &str, headers: &[(&str, &str)], from: &BodyArgs, body: &[u8]) -> Result<String, Failure> {
    let mut command = String::from("curl --globoff --path-as-is");
    match method {
        "HEAD" => command += " --head", // curl would wait for a body otherwise
        _ => write!(command, " --request {method}")?,
    }
    if method != "GET" && method != "HEAD" {
        headers_line(&mut command, "content-type", "application/json")?;
    }
    for (name, value) in headers {
        headers_line(&mut command, name, value)?;
    }
    let file = from.body_file.as_ref().filter(|file| file.as_os_str() != "-");
    match (file, std::str::from_utf8(body)) {
        (Some(file), _) => {
            let is_plain = |name: &&str| !name.chars().any(is_hidden);
            let file =
                file.to_str().filter(is_plain).ok_or("the name of --body-file cannot be written in a command")?;
            write!(command, " \\\n  --data-binary {}", quoted(&format!("@{file}")))?;
        }
        (None, Ok("")) if ["GET", "HEAD"].contains(&method) => {}
        // Raw, since curl would otherwise take what follows `@` for a file.
        (None, Ok(text)) if !text.chars().any(|c| is_hidden(c) && c != '\n') => {
            write!(command, " \\\n  --data-raw {}", quoted(text))?;
        }
        _ => {
            command.insert_str(0, &format!("printf '{}' | ", octal(body)));
            command.push_str(" \\\n  --data-binary @-");
        }
    }
    write!(command, " \\\n  --url {}", quoted(to))?;
    Ok(command)
}

fn headers_line(command: &mut String, name: &str, value: &str) -> std::fmt::Result {
    write!(command, " \\\n  --header {}", quoted(&format!("{name}: {value}")))
}

/// For the shell's `printf`, whatever the bytes are.
fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:03o}"); // a String takes all
        text
    })
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
