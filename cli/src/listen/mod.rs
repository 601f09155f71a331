//! `listen`: stands between the tunnel and the service, passes each request on, and says of each whether it verifies.

mod body;
mod end;
mod exchange;
mod idle;
mod judge;
mod report;
mod save;
mod service;
mod throttle;

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use http::{Request, Response, StatusCode, Uri};
use hubspot_signature::Version;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};

use self::body::AnswerBody;
use self::end::End;
use self::exchange::exchange;
use self::idle::Idle;
use self::judge::Judge;
use self::report::Report;
use self::save::Captures;
use self::service::Service;
use self::throttle::Throttle;
use crate::Failure;
use crate::policy::MinimumVersion;
use crate::public_url::PublicUrlArgs;
use crate::secrets::{PreviousSecretArgs, SecretArgs, others};
use crate::target::{differ_by_slash, whole_url};
use crate::terminal::{Out, note};

/// Stand between the tunnel and the service: pass each request on, and say whether it verifies and why not
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The service, such as http://127.0.0.1:3000/hubspot. A request to the endpoint goes to this path, with the query that
    /// it came with. All other requests keep their path, as does every request if this URL has none
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    public_url: PublicUrlArgs,
    /// The address to listen on, to which the tunnel leads
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4646", value_parser = address)]
    bind: SocketAddr,
    /// Answer 401 to what does not verify, instead of passing it on
    #[arg(long)]
    refuse: bool,
    /// Save each request as a file in this folder, for verify, explain and send. Only you can read these files
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// How to write about each request
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// The oldest version to accept. v2 by default, to judge a request with v2 alone too; a service should demand v3
    #[arg(long, value_name = "VERSION", default_value = "v2")]
    minimum_version: MinimumVersion,
    /// A file with the client secrets of other apps that call this endpoint, one a line. A request that one of them signed
    /// verifies too, and the line about it says so: secret 2 is the first of them
    #[arg(long, value_name = "FILE")]
    other_secrets: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    previous: PreviousSecretArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// The longest body to take, in bytes
    #[arg(long, value_name = "BYTES", default_value = "4194304")]
    max_body: u32,
    /// The most connections at a time. Further ones wait
    #[arg(long, value_name = "NUMBER", default_value = "128", value_parser = clap::value_parser!(u16).range(1..))]
    max_connections: u16,
    /// How long to wait, in seconds, for the body of a request and for the service
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..))]
    timeout: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading: a line for each request, and an explanation where one helps
    Text,
    /// One JSON object a line
    Json,
}

const EXAMPLES: &str = "\
Examples:
  A tunnel that leads to port 4646, and a service on port 3000:
    hubspot-signature listen --to http://127.0.0.1:3000/hubspot \\
        --endpoint https://abc.example-tunnel.app/hubspot

  Catch requests, to explain them or to send them again later:
    hubspot-signature listen --to http://127.0.0.1:3000/hubspot \\
        --endpoint https://abc.example-tunnel.app/hubspot --save captures

A request goes on with the method, target, headers and body that it came with,
whether it verifies or not. Times are UTC. Lines show the path without its
query; explanations quote the URL and some headers, which may name people.
A line is written when its request has been answered and explained. So the line
of a quicker request that came later may stand before it.

Exit status: 0 ended by Ctrl-C, 2 it could not listen.";

/// How long requests may take to finish after Ctrl-C.
const FAREWELL: Duration = Duration::from_secs(10);
/// An idle connection ends after so many times `--timeout`. With its default that is longer than the 90 seconds for which
/// tunnels keep theirs, so that none sends a request into a connection that is just being closed.
const IDLE: u32 = 4;
/// The longest header section of a request over HTTP/2. hyper's own limit for HTTP/1.1 is of this order.
const MAX_HEAD: u32 = 64 * 1024;
/// How many requests may be under way, which limits the bodies in memory. Further ones wait.
const MAX_EXCHANGES: u16 = 64;
/// How many requests of one HTTP/2 connection may be under way.
const MAX_STREAMS: u32 = 32;
/// How many threads verify, save and diagnose. More than may diagnose at a time, so that a diagnosis delays no request.
const MAX_THREADS: usize = 12;
/// How many reports may wait for a terminal that does not take them.
const MAX_WAITING_REPORTS: usize = 64;

/// The state that all exchanges share.
struct Shared {
    judge: Judge,
    service: Service,
    captures: Option<Captures>,
    refuse: bool,
    format: Format,
    max_body: usize,
    timeout: Duration,
    /// One permit for each of [`MAX_EXCHANGES`].
    exchanges: Arc<Semaphore>,
    reports: mpsc::Sender<String>,
    broken: Throttle,
    verified: AtomicU64,
    all: AtomicU64,
}

pub(crate) fn run(args: Args, out: &mut Out) -> Result<bool, Failure> {
    let public_url = args.public_url.get(false)?.ok_or(
        "give --endpoint, the URL as it stands in HubSpot, or --public-url, for a server with several routes: HubSpot \
         signs the URL it called",
    )?;
    let timeout = Duration::from_secs(args.limits.timeout.into());
    let service = Service::new(&whole_url(&args.to, "--to", service::URL)?, timeout)?;
    let secret = args.secret.text()?;
    let others = others(args.other_secrets.as_deref())?;
    let previous = args.previous.text()?;
    let judge = Judge::new(&secret, &others, previous.as_deref(), public_url, args.minimum_version.into())?;
    if service.path().is_some() && !judge.is_one_endpoint() {
        return Err(
            "--to has a path, which goes with --endpoint only: with --public-url each request keeps its own".into()
        );
    }
    let captures = args.save.map(Captures::in_folder).transpose()?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(MAX_THREADS).build()?;
    let listener = runtime
        .block_on(TcpListener::bind(args.bind))
        .map_err(|error| format!("cannot listen on --bind {}: {error}", args.bind))?;
    let address = listener.local_addr()?;
    let is_here = |to: SocketAddr| to.ip() == address.ip() || address.ip().is_unspecified() && to.ip().is_loopback();
    if service.addresses().any(|to| to.port() == address.port() && is_here(to)) {
        return Err("--to is the address that this program listens on itself".into());
    }

    let (reports, waiting) = mpsc::channel(MAX_WAITING_REPORTS);
    let shared = Arc::new(Shared {
        judge,
        service,
        captures,
        refuse: args.refuse,
        format: args.format,
        max_body: usize::try_from(args.limits.max_body)?,
        timeout,
        exchanges: Arc::new(Semaphore::new(usize::from(MAX_EXCHANGES))),
        reports,
        broken: Throttle::new(),
        verified: AtomicU64::new(0),
        all: AtomicU64::new(0),
    });
    // Before the greeting, since a script may take that for the sign to end it.
    let end = {
        let _runtime = runtime.enter();
        End::new()?
    };
    greet(&shared, address, args.minimum_version.into());
    // A thread of its own, so that a paused terminal does not hold up the requests.
    std::thread::scope(|scope| {
        let printer = scope.spawn(|| print(waiting, out));
        runtime.block_on(serve(&shared, listener, usize::from(args.limits.max_connections), end));
        let (all, verified) = (shared.all.load(Ordering::Relaxed), shared.verified.load(Ordering::Relaxed));
        // Drops the tasks that did not end in time.
        runtime.shutdown_background();
        drop(shared);
        printer.join().map_err(|_| "the output broke off")??;
        note(&format!("{all} {}, {verified} verified", if all == 1 { "request" } else { "requests" }));
        Ok(true)
    })
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "give an IP address and a port, such as 127.0.0.1:4646")
}

/// On standard error, so that standard output holds nothing but requests.
fn greet(shared: &Shared, address: SocketAddr, minimum: Version) {
    note(&format!(
        "listening on http://{address} for {}, passing on to {}; Ctrl-C ends it",
        shared.judge.public_url(),
        shared.service.url()
    ));
    let own = shared.judge.public_url().parse::<Uri>();
    if shared.service.path().is_some_and(|to| own.is_ok_and(|own| differ_by_slash(own.path(), to))) {
        note(
            "only one of --to and the endpoint ends with a slash, and the service sees only the path of --to: to test it \
             with HubSpot's path, give --to without a path",
        );
    }
    if !address.ip().is_loopback() {
        note(&format!("{} is open to other machines: anyone who reaches it reaches your service", address.ip()));
    }
    if shared.refuse && minimum < Version::V3 {
        note(&format!(
            "--refuse lets {minimum} through, which can be replayed at any time; if HubSpot sends v3 too, give \
             --minimum-version v3"
        ));
    }
    if shared.captures.is_some() {
        note("each request is saved in the folder of --save, with the personal data that it holds");
    }
}

fn print(mut reports: mpsc::Receiver<String>, out: &mut Out) -> std::io::Result<()> {
    while let Some(report) = reports.blocking_recv() {
        out.write_all(report.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

async fn serve(shared: &Arc<Shared>, listener: TcpListener, max_connections: usize, mut end: End) {
    let connections = Arc::new(Semaphore::new(max_connections));
    let graceful = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // Nothing is added to an answer, and no name of a header is respelled.
    let idle = shared.timeout.saturating_mul(IDLE);
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(idle).preserve_header_case(true).auto_date_header(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD);
    loop {
        let next = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = end.wait() => break,
            // Standard output has failed.
            () = shared.reports.closed() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, for example. Waiting keeps the loop from spinning.
                note(&format!("a connection could not be taken: {error}"));
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        // A failure only delays small answers.
        let _ = stream.set_nodelay(true);
        let stream = TokioIo::new(Idle::new(stream, idle));
        let (for_requests, for_connection) = (Arc::clone(shared), Arc::clone(shared));
        let service = service_fn(move |request| answer(Arc::clone(&for_requests), request));
        let connection = graceful.watch(builder.serve_connection(stream, service).into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                for_connection.tell_broken(error.as_ref());
            }
            drop(permit);
        });
    }
    drop(listener);
    let finished = async {
        graceful.shutdown().await;
        // An exchange whose tunnel has gone goes on without its connection.
        drop(shared.exchanges.acquire_many(u32::from(MAX_EXCHANGES)).await);
    };
    tokio::select! {
        _ = tokio::time::timeout(FAREWELL, finished) => {}
        () = end.wait() => {}
    }
}

/// Runs the exchange as a task of its own, so that it is reported even if the tunnel hangs up.
async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<AnswerBody>, Infallible> {
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(exchange(shared, request, sender));
    Ok(receiver.await.unwrap_or_else(|_| body::plain(StatusCode::INTERNAL_SERVER_ERROR)))
}

impl Shared {
    /// Hands a report to the printer.
    async fn report(&self, report: &Report) {
        self.all.fetch_add(1, Ordering::Relaxed);
        if report.is_verified() {
            self.verified.fetch_add(1, Ordering::Relaxed);
        }
        let text = match self.format {
            Format::Text => report.text(),
            Format::Json => report.json(),
        };
        // Fails only after standard output has failed, which ends the program.
        let _ = self.reports.send(text).await;
    }

    /// Notes a request that is not HTTP. A client that closes its connection is no news.
    fn tell_broken(&self, error: &(dyn std::error::Error + 'static)) {
        let is_parse = error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse);
        if is_parse && self.broken.allow() {
            note(&format!("a request that is not HTTP was refused with 400: {error}"));
        }
    }
}
