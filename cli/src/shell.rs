//! `completions` and `man`: what shells and readers are told about the commands, made from their declaration.

use std::io::Write;

use clap_complete::Shell;
use clap_mangen::Man;

use crate::Failure;
use crate::terminal::Out;

/// Write the completions for a shell, to be put where it looks for them
#[derive(clap::Args)]
#[command(after_help = COMPLETIONS)]
pub(crate) struct CompletionsArgs {
    /// The shell that reads them
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const COMPLETIONS: &str = "\
Example, for bash:
  hubspot-signature completions bash \\
      > ~/.local/share/bash-completion/completions/hubspot-signature";

/// Write the manual page, of the program or of one command
#[derive(clap::Args)]
#[command(after_help = MAN)]
pub(crate) struct ManArgs {
    /// The command whose page to write
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

const MAN: &str = "\
Example:
  hubspot-signature man send | man -l -";

pub(crate) fn completions(args: &CompletionsArgs, mut program: clap::Command, out: &mut Out) -> Result<bool, Failure> {
    let name = program.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut program, name, &mut text);
    out.write_all(&text)?;
    Ok(true)
}

pub(crate) fn man(args: ManArgs, mut program: clap::Command, out: &mut Out) -> Result<bool, Failure> {
    // Gives the commands their full names.
    program.build();
    let command = match args.command {
        None => &program,
        Some(name) => program.find_subcommand(&name).ok_or("there is no such command")?,
    };
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;
    out.write_all(&text)?;
    Ok(true)
}
