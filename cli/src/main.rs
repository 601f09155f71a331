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
mod listen;
mod policy;
mod public_url;
mod secrets;
mod send;
mod shell;
mod sign;
mod signer;
mod source;
mod target;
mod terminal;
mod time;
mod tls;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};

use crate::terminal::{Out, is_hidden};

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
  hubspot-signature explain capture.http
  hubspot-signature listen --to http://localhost:3000/hubspot
  hubspot-signature send --to http://localhost:3000/hubspot
  hubspot-signature send --check --to http://localhost:3000/hubspot

All take the app's client secret from the environment variable
HUBSPOT_CLIENT_SECRET, or from --secret-file. The secret is never shown. They
take the URL as it stands in HubSpot from HUBSPOT_ENDPOINT, or from --endpoint;
`sign` takes the whole URL to sign from --url alone.
`hubspot-signature COMMAND --help` has more examples.

Exit status: 0 accepted (or as it should be), 1 refused (or not as it should
be), 2 neither: the usage, a file or the network is at fault.";

#[derive(Subcommand)]
enum Command {
    Verify(verify::Args),
    Explain(explain::Args),
    Sign(sign::Args),
    Send(send::Args),
    Listen(listen::Args),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
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
        Command::Listen(args) => listen::run(args, &mut out),
        Command::Completions(args) => shell::completions(&args, Cli::command(), &mut out),
        Command::Man(args) => shell::man(args, Cli::command(), &mut out),
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

/// Help, or what is wrong with the arguments. No word of the user's is shown, as it may be a secret in the wrong place: no
/// value, and of what should have been an option or a command only what can be a misspelt one, or a FILE too many.
fn tell_usage(mut error: clap::Error) -> ExitCode {
    let hidden = || ContextValue::String("(not shown)".into());
    if error.get(ContextKind::InvalidValue).is_some_and(|value| !value.to_string().is_empty()) {
        error.insert(ContextKind::InvalidValue, hidden());
    }
    let is_unknown = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if is_unknown && error.get(kind).is_some_and(|word| !is_harmless(&word.to_string())) {
            error.insert(kind, hidden());
            // Advises to repeat the word after `--`.
            error.remove(ContextKind::Suggested);
        }
    }
    // Standard output or error may be closed; there is nobody left to tell.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(2),
    }
}

/// Whether this cannot be a secret: an option, a word too short for one, such as `verfy`, or a file, such as the second one
/// that a shell made of `*.http`. A file's name is shown only if a terminal obeys nothing in it.
fn is_harmless(word: &str) -> bool {
    // The library takes no secret of fewer than 16 characters. A piece of one has digits.
    let is_short = word.len() < 16 && word.bytes().all(|byte| byte.is_ascii_lowercase() || b"-./".contains(&byte));
    is_like_an_option(word) || is_short || Path::new(word).is_file() && !word.contains(is_hidden)
}

/// `--`, then letters and hyphens, and not as many as a secret or a signature has.
fn is_like_an_option(word: &str) -> bool {
    let name = word.strip_prefix("--").unwrap_or_default();
    (1..=24).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
