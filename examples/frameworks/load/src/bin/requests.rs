//! Writes the requests of a load test: genuine ones, and forged ones that each differ from a genuine one in one thing.
//!
//! Usage: `requests GENUINE FORGED`, with secret and public URL as the example servers have them. The files hold whole
//! HTTP/1.1 requests with a NUL after each; the genuine ones are genuine for five minutes.

use std::{env, error::Error, fs};

use hubspot_signature::{ClientSecret, SignedHeaders, UnixTime};
use serde_json::json;

const COUNT: usize = 600;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [genuine_file, forged_file] = &arguments[..] else { return Err("usage: requests GENUINE FORGED".into()) };
    let secret = ClientSecret::new(&env::var("HUBSPOT_CLIENT_SECRET")?)?;
    let other = ClientSecret::new("00000000-aaaa-bbbb-cccc-ddddeeeeffff")?;
    let public_url = env::var("HUBSPOT_PUBLIC_URL")?;
    let now = UnixTime::now();
    let stale = UnixTime::from_millis(now.as_millis() - 301_000);

    let (mut genuine, mut forged) = (Vec::new(), Vec::new());
    for id in 0..COUNT {
        // Every third is a card request, and every tenth webhook is large.
        let (method, target, body) = if id % 3 == 0 {
            ("GET", format!("/card?userEmail=ann%40example.com&portalId=62515&associatedObjectId={id}"), String::new())
        } else {
            let text = "ü".repeat(if id % 10 == 1 { 4096 } else { 128 });
            ("POST", format!("/hubspot?tenant={id}"), json!({ "objectId": id, "text": text }).to_string())
        };
        let url = format!("{public_url}{target}");
        let request = |target: &str, body: &str, headers: &[(&str, String)]| {
            let mut text = format!("{method} {target} HTTP/1.1\r\nHost: internal.test\r\n");
            if method == "POST" {
                text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
            }
            for (name, value) in headers {
                text += &format!("{name}: {value}\r\n");
            }
            text + "\r\n" + body + "\0"
        };
        let sign = |secret: &ClientSecret, time| secret.sign(method, &url, body.as_bytes(), time);
        let (signed, stale, other) = (sign(&secret, now)?, sign(&secret, stale)?, sign(&other, now)?);
        let pairs = |signed: &SignedHeaders| signed.pairs().map(|(name, value)| (name, value.to_owned())).collect();
        let [headers, stale, other]: [Vec<(&str, String)>; 3] = [&signed, &stale, &other].map(pairs);
        genuine.push(request(&target, &body, &headers));
        forged.push(match id % 6 {
            0 => request(&target, &body, &stale),
            1 => request(&target, &body.replacen("objectId", "objectID", 1), &headers),
            2 => request(&format!("{target}0"), &body, &headers),
            3 => request(&target, &body, &other),
            // v2 alone.
            4 => request(&target, &body, &headers[..2]),
            _ => request(&target, &body, &[&headers[..], &headers[2..3]].concat()),
        });
    }
    fs::write(genuine_file, genuine.concat())?;
    fs::write(forged_file, forged.concat())?;
    Ok(())
}
