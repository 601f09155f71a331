//! The client secrets: from an option, a file or the environment, in this order, and never shown.

use std::env;
use std::path::{Path, PathBuf};

use hubspot_signature::SecretError;
use hubspot_signature::diagnose::MAX_SECRETS;

use crate::Failure;
use crate::input::read_text;

/// The secret that signs now.
#[derive(clap::Args)]
#[command(next_help_heading = "Client secret (or the environment variable HUBSPOT_CLIENT_SECRET)")]
pub(crate) struct SecretArgs {
    /// The app's client secret. Other users of this machine can read it in the list of processes, and your shell keeps
    /// it in its history: better use the variable or a file
    #[arg(long, value_name = "SECRET", conflicts_with = "secret_file")]
    secret: Option<String>,
    /// A file that holds the client secret. One line end at its end is no part of it
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// The one it replaced.
#[derive(clap::Args)]
#[command(next_help_heading = "Previous secret, while it is rotated (or HUBSPOT_PREVIOUS_SECRET)")]
pub(crate) struct PreviousSecretArgs {
    /// The client secret that was replaced and may still sign. Visible to others, as --secret is
    #[arg(long, value_name = "SECRET", conflicts_with = "previous_secret_file")]
    previous_secret: Option<String>,
    /// A file that holds it
    #[arg(long, value_name = "FILE")]
    previous_secret_file: Option<PathBuf>,
}

impl SecretArgs {
    /// The text as it was given: whether it can be a client secret is for the library to say.
    pub(crate) fn text(self) -> Result<String, Failure> {
        setting(self.secret, self.secret_file.as_deref(), "--secret-file", "HUBSPOT_CLIENT_SECRET")?
            .ok_or_else(|| "there is no client secret; set HUBSPOT_CLIENT_SECRET or give --secret-file".into())
    }
}

impl PreviousSecretArgs {
    pub(crate) fn text(self) -> Result<Option<String>, Failure> {
        let file = self.previous_secret_file.as_deref();
        setting(self.previous_secret, file, "--previous-secret-file", "HUBSPOT_PREVIOUS_SECRET")
    }
}

/// A line of the file of --other-secrets.
pub(crate) struct OtherSecret {
    /// From 1.
    pub(crate) line: usize,
    /// As it stands there: white space around it is for the library to find.
    pub(crate) text: String,
}

/// The secrets of a file that are tried next to the one in use: one a line.
pub(crate) fn others(file: Option<&Path>) -> Result<Vec<OtherSecret>, Failure> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let text = read_text(file, "--other-secrets")?;
    let lines = (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty());
    let others: Vec<_> = lines.map(|(line, text)| OtherSecret { line, text: text.into() }).collect();
    if others.len() >= MAX_SECRETS {
        return Err(format!("at most {MAX_SECRETS} secrets can be tried at once").into());
    }
    Ok(others)
}

/// The secret in use, followed by those of such a file.
pub(crate) fn with_others(secret: String, file: Option<&Path>) -> Result<Vec<String>, Failure> {
    Ok([secret].into_iter().chain(others(file)?.into_iter().map(|other| other.text)).collect())
}

/// Where the second of two secrets that were given as one should go.
#[derive(Clone, Copy)]
pub(crate) enum Second {
    /// The command takes the previous secret too.
    IsPrevious,
    /// The first is one of a file.
    HasItsLine,
    /// The command takes one secret here.
    IsTooMany,
}

/// Says why a secret cannot be one, and what to do. The library's advice names a function where commands have options, or
/// none.
pub(crate) fn unusable(error: SecretError, second: Second) -> Failure {
    let help = match (error, second) {
        (SecretError::InnerWhiteSpace, Second::IsPrevious) => {
            "Give one secret on one line. A second one, while it is rotated, goes to --previous-secret-file."
        }
        (SecretError::InnerWhiteSpace, Second::HasItsLine) => "Give each secret on a line of its own.",
        (SecretError::InnerWhiteSpace, Second::IsTooMany) => "Give one secret only, on one line.",
        _ => error.help(),
    };
    format!("{error}\n{help}").into()
}

fn setting(
    option: Option<String>,
    file: Option<&Path>,
    file_option: &str,
    variable: &str,
) -> Result<Option<String>, Failure> {
    if option.is_some() {
        return Ok(option);
    }
    if let Some(file) = file {
        let mut text = read_text(file, file_option)?;
        text.truncate(without_line_end(&text).len());
        return Ok(Some(text));
    }
    match env::var(variable) {
        Ok(text) => Ok(Some(text)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("the variable {variable} is not UTF-8").into()),
    }
}

/// Editors and `echo` end a file with one line end. More than one, or other white space, is refused by the library.
fn without_line_end(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}
