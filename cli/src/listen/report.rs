//! [`Report`]: the line about a request, and the explanation below it.

use std::fmt::Write;
use std::time::Duration;

use anstyle::Style;
use http::StatusCode;
use http::request::Parts;
use hubspot_signature::{Error, MatchedSecret, UnixTime, Verified, Version};
use serde_json::{Value, json};

use crate::terminal::{BAD, FAINT, GOOD, STRONG, is_hidden, visible};

pub(super) struct Report {
    at: UnixTime,
    method: String,
    path: String,
    protocol: &'static str,
    pub(super) length: usize,
    pub(super) verdict: Verdict,
    pub(super) answer: Answer,
    pub(super) explanation: Explanation,
    /// The file's name.
    pub(super) capture: Option<String>,
    /// The URL that was verified.
    pub(super) url: String,
    /// The path of the service, where it is another than the endpoint's.
    pub(super) passed_to: Option<String>,
    /// Whether those of other apps were tried.
    pub(super) has_other_secrets: bool,
}

pub(super) enum Verdict {
    Verified {
        version: Version,
        secret: MatchedSecret,
        /// 0 is the app's own; then come those of --other-secrets.
        app: usize,
        /// Milliseconds; negative if this machine's clock is behind. None for v1 and v2.
        age: Option<i64>,
    },
    Refused(Error),
    /// It was not even read whole.
    Unread(&'static str),
}

pub(super) struct Answer {
    /// The status that the tunnel got.
    pub(super) status: StatusCode,
    pub(super) is_of_service: bool,
    /// The reason why the service gave no answer, or only a part of one.
    pub(super) fault: Option<String>,
    /// Whether the tunnel was gone before it had the whole answer.
    pub(super) hung_up: bool,
    /// How long the service took. None if it was not asked.
    pub(super) took: Option<Duration>,
}

pub(super) enum Explanation {
    None,
    Text(String),
    /// There were too many.
    LeftOut,
    /// This machine is too busy.
    TooLate,
}

impl Verdict {
    pub(super) fn verified(verified: &Verified, at: UnixTime) -> Self {
        let millis = |time: UnixTime| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let age = verified.timestamp().map(|signed| millis(at).saturating_sub(millis(signed)));
        let (version, secret, app) = (verified.version(), verified.matched_secret(), verified.matched_verifier());
        Self::Verified { version, secret, app, age }
    }
}

impl Answer {
    /// By this program itself.
    pub(super) const fn here(status: StatusCode) -> Self {
        Self { status, is_of_service: false, fault: None, hung_up: false, took: None }
    }

    pub(super) const fn by_service(status: StatusCode) -> Self {
        Self { status, is_of_service: true, fault: None, hung_up: false, took: None }
    }

    fn service_status(&self) -> Option<u16> {
        self.is_of_service.then_some(self.status.as_u16())
    }
}

/// Anyone can send a long path.
const MAX_SHOWN: usize = 200;

impl Report {
    /// A request of which only the head is known.
    pub(super) fn new(at: UnixTime, parts: &Parts) -> Self {
        Self {
            at,
            method: cut(parts.method.as_str()),
            // Without the query, which names people.
            path: cut(if parts.uri.path().is_empty() { "-" } else { parts.uri.path() }),
            protocol: match parts.version {
                http::Version::HTTP_2 => "HTTP/2",
                http::Version::HTTP_10 => "HTTP/1.0",
                _ => "HTTP/1.1",
            },
            length: 0,
            verdict: Verdict::Unread("it broke off"),
            answer: Answer::here(StatusCode::INTERNAL_SERVER_ERROR),
            explanation: Explanation::None,
            capture: None,
            url: String::new(),
            passed_to: None,
            has_other_secrets: false,
        }
    }

    pub(super) const fn is_verified(&self) -> bool {
        matches!(self.verdict, Verdict::Verified { .. })
    }

    /// Whether the service refuses what verifies, or the other way around.
    fn contradiction(&self) -> Option<Contradiction> {
        match (&self.verdict, self.answer.service_status()?) {
            (Verdict::Verified { .. }, 401 | 403) => Some(Contradiction::ServiceRefuses),
            (Verdict::Refused(_), 200..=299) => Some(Contradiction::ServiceAccepts),
            _ => None,
        }
    }

    /// Returns the line and the indented lines that explain it.
    pub(super) fn text(&self) -> String {
        let time = rfc3339(self.at);
        let time = time.split_once('T').map_or("", |(_, time)| time);
        let mut text = String::new();
        let (style, verdict) = self.verdict_text();
        let (answer_style, answer) = self.answer_text();
        let _ = write!(
            text,
            "{FAINT}{time}{FAINT:#}  {STRONG}{} {}{STRONG:#}  {style}{verdict}{style:#}  \
             {answer_style}{answer}{answer_style:#}",
            visible(&self.method),
            visible(&self.path),
        );
        if let Some(capture) = &self.capture {
            let _ = write!(text, "  {FAINT}{}{FAINT:#}", visible(capture));
        }
        text.push('\n');
        let below = self.below();
        for line in visible(&below).lines() {
            let _ = writeln!(text, "{}{line}", if line.is_empty() { "" } else { "    " });
        }
        text
    }

    fn verdict_text(&self) -> (Style, String) {
        match &self.verdict {
            Verdict::Verified { version, secret, app, age } => {
                let age = age.map(|age| match u64::try_from(age) {
                    Ok(age) => format!(" {} old,", span(Duration::from_millis(age))),
                    Err(_) => format!(" {} ahead of this clock,", span(Duration::from_millis(age.unsigned_abs()))),
                });
                let secret = match app {
                    0 => format!("{} secret", secret.as_str()),
                    // Numbered as the diagnosis does.
                    other => format!("secret {} (--other-secrets)", other.saturating_add(1)),
                };
                (GOOD, format!("verified {version},{} {secret}", age.unwrap_or_default()))
            }
            Verdict::Refused(error) => (BAD, format!("refused: {error}")),
            Verdict::Unread(why) => (BAD, format!("not judged: {why}")),
        }
    }

    fn answer_text(&self) -> (Style, String) {
        let Answer { status, is_of_service, fault, hung_up, took } = &self.answer;
        let style = if status.is_success() { GOOD } else { BAD };
        let mut text = format!("{} {}", if *is_of_service { "service" } else { "listen" }, status.as_u16());
        if let Some(took) = took {
            let _ = write!(text, " in {}", span(*took));
        }
        if let Some(fault) = fault {
            let _ = write!(text, ": {fault}");
        }
        if *hung_up {
            text.push_str("; the tunnel had hung up");
        }
        (style, text)
    }

    fn below(&self) -> String {
        let mut text = String::new();
        match &self.explanation {
            Explanation::Text(explanation) => {
                text.push_str(explanation.trim_end());
                text.push('\n');
            }
            Explanation::LeftOut => text.push_str("Not explained: only 5 refusals are explained in 10 seconds.\n"),
            Explanation::TooLate => text.push_str("Not explained: the diagnosis takes too long on this machine.\n"),
            Explanation::None => {}
        }
        match self.contradiction() {
            Some(Contradiction::ServiceRefuses) => self.advise(&mut text),
            Some(Contradiction::ServiceAccepts) => {
                let is_signed = matches!(self.verdict, Verdict::Refused(Error::Mismatch { .. }));
                let _ = writeln!(
                    text,
                    "The service answered {} to this request, which does not verify here.{} Does the service verify at \
                     all?",
                    self.answer.status.as_u16(),
                    if is_signed && !self.has_other_secrets {
                        " If other apps call this endpoint too, give a file with their secrets as --other-secrets."
                    } else {
                        ""
                    }
                );
            }
            None => self.advise_route(&mut text),
        }
        text
    }

    /// Explains a 404 or 405, which the router may answer before any of the service's own code runs.
    fn advise_route(&self, text: &mut String) {
        let (Verdict::Verified { .. }, Some(status @ (404 | 405))) = (&self.verdict, self.answer.service_status())
        else {
            return;
        };
        let path = self.passed_to.as_deref().unwrap_or(&self.path);
        let _ = if status == 404 {
            let slash = match path {
                // Cut, or with nothing to cut.
                "/" => "",
                _ if path.ends_with('…') => "",
                _ if path.ends_with('/') => ", or one has it without the slash at its end",
                _ => ", or one has it with a slash at its end",
            };
            writeln!(
                text,
                "The service answered 404 to a request that verifies here. It was passed on to the path {path}.\n\
                 Look at the routes of the service: perhaps none has this path{slash}."
            )
        } else {
            writeln!(
                text,
                "The service answered 405 to a request that verifies here. Perhaps its route for the path {path} \
                 does not accept {}.",
                self.method
            )
        };
        let _ = writeln!(text, "HubSpot does not retry a request that was answered with {status}.");
    }

    /// Says what to look at when the service refuses a request that verifies.
    fn advise(&self, text: &mut String) {
        let Verdict::Verified { version, secret, app, age } = &self.verdict else { return };
        let url = self.url.split('?').next().unwrap_or_default();
        let mut advice = Vec::new();
        if let Some(path) = &self.passed_to {
            advice.push(format!(
                "the path: `listen` passed the request on to {path}, the path of --to, but HubSpot signed another path"
            ));
        }
        advice.push(format!("the URL: HubSpot signed {url} and the query, not the address of the service"));
        if self.length > 0 {
            let bytes = if self.length == 1 { "byte" } else { "bytes" };
            advice.push(format!("the body: the {} raw {bytes}, before anything parses them", self.length));
        }
        advice.push(match secret {
            _ if *app > 0 => "the client secret: that of another app matched, which the service may not have".into(),
            MatchedSecret::Current => "the client secret: the service may have another".into(),
            MatchedSecret::Previous => {
                "the client secret: the previous one matched, which the service may not have".into()
            }
        });
        if *version < Version::V3 {
            advice.push(format!("the version: it verified as {version}, and the service may demand a newer one"));
        }
        if age.is_some() {
            advice.push("the clock of the service, and how old a request it accepts".into());
        }
        advice.push("its other checks, such as a login that comes first".into());
        let _ = writeln!(
            text,
            "The service answered {} to a request that verifies here: what it verifies differs from what arrived.\n\
             Look at, in this order:",
            self.answer.status.as_u16()
        );
        for item in advice {
            let _ = writeln!(text, "- {item}");
        }
    }

    /// Returns one object on one line.
    pub(super) fn json(&self) -> String {
        let mut object = json!({
            "time": rfc3339(self.at),
            "method": self.method,
            "path": self.path,
            "protocol": self.protocol,
            "body_bytes": self.length,
            "answer": {
                "by": if self.answer.is_of_service { "service" } else { "listen" },
                "status": self.answer.status.as_u16(),
                "fault": self.answer.fault,
                "tunnel_hung_up": self.answer.hung_up,
            },
            "service_millis": self.answer.took.map(|took| took.as_millis().try_into().unwrap_or(u64::MAX)),
            "contradiction": self.contradiction().map(Contradiction::code),
            "capture": self.capture,
        });
        let verdict = match &self.verdict {
            Verdict::Verified { version, secret, app, age } => {
                let secret = if *app == 0 { secret.as_str() } else { "other" };
                let number = (*app > 0).then(|| app.saturating_add(1));
                json!({
                    "verdict": "verified", "version": version.as_str(), "secret": secret, "secret_number": number,
                    "age_millis": age,
                })
            }
            Verdict::Refused(error) => {
                json!({ "verdict": "refused", "code": error.code(), "reason": error.to_string() })
            }
            Verdict::Unread(why) => json!({ "verdict": "unread", "reason": why }),
        };
        let explanation = match &self.explanation {
            Explanation::Text(text) => json!({ "explanation": text }),
            Explanation::None | Explanation::LeftOut | Explanation::TooLate => json!({ "explanation": null }),
        };
        if let Value::Object(object) = &mut object {
            for more in [verdict, explanation] {
                object.extend(more.as_object().cloned().unwrap_or_default());
            }
        }
        line(&object)
    }
}

#[derive(Clone, Copy)]
enum Contradiction {
    ServiceRefuses,
    ServiceAccepts,
}

impl Contradiction {
    const fn code(self) -> &'static str {
        match self {
            Self::ServiceRefuses => "service_refuses",
            Self::ServiceAccepts => "service_accepts",
        }
    }
}

/// Escapes hidden characters. JSON has them only in strings.
fn line(object: &Value) -> String {
    let mut text = String::new();
    for c in object.to_string().chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    text
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into(),
    }
}

/// `2026-01-02T03:04:05.678Z`.
pub(super) fn rfc3339(time: UnixTime) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    format!("{time:.3}")
}

/// `312 ms`, `1.2 s`, `75 s`.
fn span(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        1000..10_000 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} s", time.as_secs()),
    }
}
