//! White space around the body, the ends of its lines, and nothing where a body was or something where none was.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};

const PLACEHOLDERS: [&str; 10] = ["{}", "null", "undefined", "\"\"", "[]", "''", "None", "nil", "false", "\"{}\""];

/// `is_wrapped` says that white space may only show after another change of the body.
pub(super) fn changes<'a>(body: &[u8], method: &str, is_wrapped: bool) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    if body.is_empty() {
        let cost = if method == "GET" { cost::GUESS } else { cost::USUAL };
        for text in ["{}", "null", "[]", "\"\""] {
            let evidence = format!("the signature is that of the body `{text}`");
            changes.push(set(Cause::BodyLost, evidence, cost, move |_| Some(text.into())));
        }
        return changes;
    }
    let short = core::str::from_utf8(body.get(..16).unwrap_or(body)).unwrap_or_default().trim();
    if body.len() <= 16 && PLACEHOLDERS.contains(&short) {
        let evidence = format!("the body is `{short}`");
        changes.push(set(Cause::BodyPlaceholder, evidence, cost::HINTED, |_| Some(Vec::new())).suspected());
    }
    surplus(body, is_wrapped, &mut changes);
    for (end, name, cost) in
        [(&b"\n"[..], "LF", cost::USUAL), (b"\r\n", "CR LF", cost::KNOWN), (b" ", "a space", cost::KNOWN)]
    {
        let evidence = format!("the signed body ends with {name}");
        changes.push(set(Cause::BodyTrimmed, evidence, cost, move |body| Some([body, end].concat())));
    }
    line_endings(&mut changes);
    changes
}

fn set<'a>(cause: Cause, evidence: String, cost: u8, edit: impl Fn(&[u8]) -> Option<Vec<u8>> + 'a) -> Change<'a> {
    Change::new(cause, evidence, cost, move |reading, budget| {
        budget.spend(reading.body.len())?;
        let edited = edit(&reading.body)?;
        (edited != **reading.body).then(|| reading.set_body(edited))
    })
}

/// White space that was not signed.
fn surplus(body: &[u8], is_wrapped: bool, changes: &mut Vec<Change<'_>>) {
    let mut without = |evidence: &str, trim: fn(&[u8]) -> &[u8]| {
        let cost = if trim(body).len() < body.len() { cost::HINTED } else { cost::USUAL };
        if cost == cost::HINTED || is_wrapped {
            let evidence = evidence.to_owned();
            changes.push(set(Cause::BodyWhiteSpace, evidence, cost, move |body| {
                let trimmed = trim(body);
                (trimmed.len() < body.len()).then(|| trimmed.into())
            }));
        }
    };
    without("LF stands after the signed body", |body| body.strip_suffix(b"\n").unwrap_or(body));
    without("CR LF stands after the signed body", |body| body.strip_suffix(b"\r\n").unwrap_or(body));
    without("white space stands after the signed body", |body| body.trim_ascii_end());
    without("white space surrounds the signed body", |body| body.trim_ascii());
    without("NUL bytes stand after the signed body", |body| {
        let end = body.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        body.get(..end).unwrap_or(body)
    });
}

fn line_endings(changes: &mut Vec<Change<'_>>) {
    let cause = Cause::BodyLineEndings;
    let evidence = "the signed body has LF where this one has CR LF";
    changes.push(set(cause, evidence.into(), cost::HINTED, |body| {
        body.windows(2).any(|pair| pair == b"\r\n").then(|| unix(body))
    }));
    let evidence = "the signed body has CR LF where this one has LF";
    changes.push(set(cause, evidence.into(), cost::USUAL, |body| {
        body.contains(&b'\n').then(|| {
            let unix = unix(body);
            unix.split_inclusive(|byte| *byte == b'\n').fold(Vec::new(), |mut out, line| {
                match line.strip_suffix(b"\n") {
                    Some(rest) => {
                        out.extend_from_slice(rest);
                        out.extend_from_slice(b"\r\n");
                    }
                    None => out.extend_from_slice(line),
                }
                out
            })
        })
    }));
}

/// The body with LF where it has CR LF.
fn unix(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(rest) => {
                out.extend_from_slice(rest);
                out.push(b'\n');
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}
