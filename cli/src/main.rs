//! The program `hubspot-signature`: verify, explain, sign and send HubSpot's requests from a terminal.
#![forbid(unsafe_code)]
#![allow(clippy::doc_markdown, reason = "the comments on arguments are the text of --help")]

mod capture;
mod check;
mod client;
mod event;
mod explain;
mod forgery;
mod input;
mod judgement;
mod public_url;
mod secrets;
mod send;
mod sign;
mod terminal;
mod time;
mod verify;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use crate::terminal::Out;

/// Why nothing was judged, signed or sent: one line that says what to do.
///
/// No message quotes a positional argument or a file's name or content: each may be a secret in the wrong place.
type Failure = Box<dyn std::error::Error>;

/// See whether an HTTP request really comes from HubSpot, sign requests as HubSpot does, and see whether an endpoint
/// of yours refuses forgeries.
#[derive(Parser)]
#[command(name = "hubspot-signature", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Begin with one of these:
  hubspot-signature explain --public-url https://hooks.example.com capture.http
  hubspot-signature send --to http://localhost:3000/hubspot
  hubspot-signature send --check --to http://localhost:3000/hubspot

All take the app's client secret from the environment variable
HUBSPOT_CLIENT_SECRET, or from --secret-file. It is never shown.
`hubspot-signature COMMAND --help` has more examples.

Exit status: 0 accepted (or as it should be), 1 refused (or not as it should
be), 2 neither: the usage, a file or the network is at fault.";

#[derive(Subcommand)]
enum Command {
    Verify(verify::Args),
    Explain(explain::Args),
    Sign(sign::Args),
    Send(send::Args),
}

fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(Cli { command }) => command,
        Err(error) => return tell_usage(error),
    };
    let mut out = Out::stdout();
    let outcome = match command {
        Command::Verify(args) => verify::run(args, &mut out),
        Command::Explain(args) => explain::run(args, &mut out),
        Command::Sign(args) => sign::run(args, &mut out),
        Command::Send(args) => send::run(args, &mut out),
    };
    match outcome.and_then(|good| out.finish().map(|()| good)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            terminal::error(&failure.to_string());
            ExitCode::from(2)
        }
    }
}

/// Help, or what is wrong with the arguments. A word that is no option may be a secret in the wrong place, and is not shown.
fn tell_usage(mut error: clap::Error) -> ExitCode {
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        let is_word = |value: &ContextValue| !value.to_string().starts_with(['-', '<', '[']);
        if error.get(kind).is_some_and(is_word) {
            error.insert(kind, ContextValue::String("(not shown)".into()));
        }
    }
    // Standard output or error may be closed; there is nobody left to tell.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(2),
    }
}
