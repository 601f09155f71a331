//! One request: read, judged, saved, passed on, answered, reported.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Limited};
use hubspot_signature::UnixTime;
use hyper::body::{Body, Bytes, Incoming};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::listen::Shared;
use crate::listen::body::{AnswerBody, BrokeOff, Frames, plain};
use crate::listen::judge::{Arrived, Judgement};
use crate::listen::report::{Answer, Explanation, Report, Verdict};
use crate::listen::service::{Connection, NoAnswer};
use crate::terminal::note;

/// How long a report waits for its explanation: less than the program waits for reports when it ends.
const PATIENCE: Duration = Duration::from_secs(8);

type Answers = oneshot::Sender<Response<AnswerBody>>;

pub(super) async fn exchange(shared: Arc<Shared>, request: Request<Incoming>, answers: Answers) {
    // The semaphore is never closed.
    let Ok(_permit) = Arc::clone(&shared.exchanges).acquire_owned().await else { return };
    let at = UnixTime::now();
    let (mut parts, incoming) = request.into_parts();
    add_host(&mut parts);
    let mut report = Report::new(at, &parts);
    let body = match read(incoming, shared.max_body, shared.timeout).await {
        Ok(body) => body,
        Err(Unread { status, why }) => {
            report.verdict = Verdict::Unread(why);
            report.answer = Answer::here(status);
            // If the tunnel is still there.
            let _ = answers.send(plain(status));
            return shared.report(&report).await;
        }
    };
    report.length = body.len();
    report.has_other_secrets = shared.judge.has_other_secrets();
    let arrived = Arc::new(Arrived {
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().map_or_else(|| parts.uri.to_string(), ToString::to_string),
        headers: parts.headers.clone(),
        body: body.clone(),
        at,
    });
    let Some((judgement, capture)) = judged(&shared, &arrived).await else { return };
    report.capture = capture;
    let mut explaining = None;
    match &judgement.verdict {
        Ok(verified) => report.verdict = Verdict::verified(verified, at),
        Err(error) => {
            report.verdict = Verdict::Refused(*error);
            if shared.judge.may_explain() {
                explaining = Some(explain(&shared, &arrived));
            } else {
                report.explanation = Explanation::LeftOut;
            }
        }
    }
    report.url = judgement.url;
    drop(arrived);

    if shared.refuse && judgement.verdict.is_err() {
        report.answer = Answer::here(StatusCode::UNAUTHORIZED);
        let _ = answers.send(plain(StatusCode::UNAUTHORIZED));
    } else if parts.method == Method::CONNECT {
        report.answer = Answer::here(StatusCode::NOT_IMPLEMENTED);
        let _ = answers.send(plain(StatusCode::NOT_IMPLEMENTED));
    } else {
        let target = parts.uri.path_and_query().filter(|target| shared.judge.is_endpoint(target.as_str()));
        let target = target.and_then(|target| shared.service.target(target.as_str()));
        report.passed_to = target.as_deref().and_then(|target| target.split('?').next()).map(Into::into);
        let begin = Instant::now();
        report.answer = match shared.service.send(parts, target, body).await {
            Ok((answer, connection)) => pass_back(answer, connection, answers, shared.timeout).await,
            Err(NoAnswer { status, why }) => {
                let hung_up = answers.send(plain(status)).is_err();
                Answer { fault: Some(why), hung_up, ..Answer::here(status) }
            }
        };
        report.answer.took = Some(begin.elapsed());
    }
    if let Some(explaining) = explaining {
        report.explanation = match tokio::time::timeout(PATIENCE, explaining).await {
            Ok(explained) => explained.map_or(Explanation::None, Explanation::Text),
            Err(_) => Explanation::TooLate,
        };
    }
    shared.report(&report).await;
}

/// Judges and saves on another thread, as a long body or a slow disk takes time. `None` if that thread panicked.
async fn judged(shared: &Arc<Shared>, arrived: &Arc<Arrived>) -> Option<(Judgement, Option<String>)> {
    let (shared, arrived) = (Arc::clone(shared), Arc::clone(arrived));
    let work = spawn_blocking(move || {
        let capture = shared.captures.as_ref().and_then(|captures| {
            let saved = captures.save(&arrived);
            saved.map_err(|error| note(&format!("a request could not be saved: {error}"))).ok()
        });
        (shared.judge.judge(&arrived), capture)
    });
    work.await.ok()
}

/// Starts the diagnosis without waiting for it.
fn explain(shared: &Arc<Shared>, arrived: &Arc<Arrived>) -> JoinHandle<String> {
    let (shared, arrived) = (Arc::clone(shared), Arc::clone(arrived));
    spawn_blocking(move || shared.judge.explain(&arrived))
}

/// The reason why a body was not read, and the status for the tunnel.
struct Unread {
    status: StatusCode,
    why: &'static str,
}

async fn read(body: Incoming, limit: usize, timeout: Duration) -> Result<Bytes, Unread> {
    let too_long = Unread { status: StatusCode::PAYLOAD_TOO_LARGE, why: "its body is longer than --max-body" };
    // Refused before the client sends it.
    if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > limit) {
        return Err(too_long);
    }
    match tokio::time::timeout(timeout, Limited::new(body, limit).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_long),
        Ok(Err(_)) => Err(Unread { status: StatusCode::BAD_REQUEST, why: "its body broke off" }),
        Err(_) => Err(Unread { status: StatusCode::REQUEST_TIMEOUT, why: "its body did not arrive in time" }),
    }
}

/// Puts the host where HTTP/1.1 has it.
fn add_host(parts: &mut Parts) {
    let authority = parts.uri.authority().filter(|_| parts.version == Version::HTTP_2);
    if let Some(host) = authority.and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()) {
        parts.headers.entry(header::HOST).or_insert(host);
    }
}

/// Headers that concern only the connection to the service.
const OF_THE_CONNECTION: [HeaderName; 3] =
    [header::CONNECTION, HeaderName::from_static("keep-alive"), header::TRANSFER_ENCODING];

/// Hands the answer back as it comes.
async fn pass_back(answer: Response<Incoming>, _connection: Connection, answers: Answers, timeout: Duration) -> Answer {
    let (mut parts, body) = answer.into_parts();
    let status = parts.status;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        let hung_up = answers.send(plain(StatusCode::BAD_GATEWAY)).is_err();
        let fault = Some("the service switched to another protocol".into());
        return Answer { fault, hung_up, ..Answer::here(StatusCode::BAD_GATEWAY) };
    }
    for name in OF_THE_CONNECTION {
        parts.headers.remove(name);
    }
    // The connection to the tunnel has a version of its own.
    parts.version = Version::default();
    let (frames, passed) = AnswerBody::new();
    let hung_up = answers.send(Response::from_parts(parts, passed)).is_err();
    let mut answer = Answer { hung_up, ..Answer::by_service(status) };
    if !hung_up {
        pump(body, frames, timeout, &mut answer).await;
    }
    answer
}

async fn pump(mut body: Incoming, frames: Frames, timeout: Duration, answer: &mut Answer) {
    loop {
        let fault = match tokio::time::timeout(timeout, body.frame()).await {
            Ok(None) => return,
            Ok(Some(Ok(frame))) => {
                if frames.send(Ok(frame)).await.is_err() {
                    answer.hung_up = true;
                    return;
                }
                continue;
            }
            Ok(Some(Err(_))) => "its answer broke off",
            Err(_) => "its answer did not go on",
        };
        answer.fault = Some(fault.into());
        let _ = frames.send(Err(BrokeOff)).await;
        return;
    }
}
