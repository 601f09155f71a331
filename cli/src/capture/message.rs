//! A request as text: an HTTP message of any version, HTTP/2's pseudo-headers, or the output of `curl -v`.

use crate::Failure;
use crate::capture::body::Rest;
use crate::capture::request::{Capture, NO_REQUEST};

const CUT_SHORT: &str = "the capture is cut short: no empty line ends its headers";

/// A message: its head, an empty line, and all that follows.
pub(super) fn message(text: &[u8]) -> Result<Capture, Failure> {
    let (head, rest) = head(text).ok_or_else(|| no_head(text))?;
    from_lines(&head, Rest::Message(rest.to_vec()))
}

/// The output of `curl -v`: the request's head after `> `, between remarks after `* `.
pub(super) fn curl(text: &[u8]) -> Result<Capture, Failure> {
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let (line, after) = split_line(rest).ok_or(CUT_SHORT)?;
        match line {
            b">" | b"> " => {
                rest = after;
                break;
            }
            [b'>', b' ', line @ ..] => lines.push(line),
            [b'*', ..] => {}
            _ => return Err(CUT_SHORT.into()),
        }
        rest = after;
    }
    // It does not show the body that it sends, but people add it.
    let is_curls = [b"* ", b"< ", b"} ", b"{ "].iter().any(|mark| rest.starts_with(*mark));
    from_lines(&lines, if is_curls { Rest::NotShown } else { Rest::Message(rest.to_vec()) })
}

fn from_lines(lines: &[&[u8]], rest: Rest) -> Result<Capture, Failure> {
    let pseudo = lines.iter().take_while(|line| line.starts_with(b":")).count();
    let (first, fields) = lines.split_at_checked(pseudo.max(1)).ok_or(NO_REQUEST)?;
    let (method, target) = if pseudo > 0 { pseudo_headers(first)? } else { request_line(first)? };
    let mut headers = Vec::new();
    for (index, line) in fields.iter().enumerate() {
        let number = index.saturating_add(first.len()).saturating_add(1);
        let field =
            field(line).ok_or_else(|| format!("line {number} of the capture is not a header, `Name: value`"))?;
        headers.push(field);
    }
    Ok(Capture { method, target, headers, rest })
}

/// `POST /path HTTP/1.1`, the version any or none. What stands between method and version is the target.
fn request_line(lines: &[&[u8]]) -> Result<(String, String), Failure> {
    let line = lines.first().and_then(|line| std::str::from_utf8(line).ok()).ok_or(NO_REQUEST)?;
    let (method, rest) = line.split_once(' ').ok_or(NO_REQUEST)?;
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(NO_REQUEST.into());
    }
    let target = match rest.rsplit_once(' ') {
        Some((target, version)) if version.starts_with("HTTP/") => target,
        _ => rest.trim_end(),
    };
    Ok((method.into(), target.into()))
}

/// `:method: POST` and `:path: /path`, as tools for HTTP/2 show a request.
fn pseudo_headers(lines: &[&[u8]]) -> Result<(String, String), Failure> {
    let value = |name: &str| {
        let mut values =
            lines.iter().filter_map(|line| std::str::from_utf8(line).ok()?.strip_prefix(name)?.strip_prefix(':'));
        values.next().map(|value| value.trim().to_owned())
    };
    match (value(":method"), value(":path")) {
        (Some(method), Some(path)) => Ok((method, path)),
        _ => Err("the capture has HTTP/2's pseudo-headers, but not both `:method: …` and `:path: …`".into()),
    }
}

fn field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let name =
        std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()))?;
    Some((name.into(), value.get(1..)?.trim_ascii().into()))
}

/// The lines up to the first empty one, and all that follows it. None if there is no empty line.
fn head(text: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let (line, after) = split_line(rest)?;
        if line.is_empty() {
            return Some((lines, after));
        }
        lines.push(line);
        rest = after;
    }
}

/// Why a text without an empty line is none: its first line is that of no request, or it breaks off.
fn no_head(text: &[u8]) -> Failure {
    let first = split_line(text).map_or(text, |(line, _)| line);
    let is_request = first.starts_with(b":") || first.is_empty() || request_line(&[first]).is_ok();
    if is_request { CUT_SHORT.into() } else { NO_REQUEST.into() }
}

/// A line without its end, and what follows.
fn split_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = text.split_at_checked(end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest.get(1..)?))
}
