//! The diagnosis as text for a person.

use core::fmt;

use super::text::{counted, shown};
use super::{Cause, Certainty, Diagnosis, Finding};

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Ok(Ok(verified)) => {
                writeln!(f, "Accepted: the {} signature matches.", verified.version())?;
                return self.expected.iter().take(1).try_for_each(|expected| write!(f, "\n{expected}"));
            }
            Ok(Err(error)) => writeln!(f, "Refused: {error}.")?,
            Err(error) => writeln!(f, "Refused: {error}.")?,
        }
        for expected in &self.expected {
            write!(f, "\n{expected}")?;
        }
        for (index, finding) in self.findings.iter().enumerate() {
            write!(f, "\n{}. {finding}", index.saturating_add(1))?;
        }
        // That v1 is right leaves the URL open, which it does not cover.
        let leaves_url =
            |finding: &Finding| finding.causes().eq([Cause::SchemeOlderMatches]) && finding.signed_uri().is_none();
        let proves = |finding: &Finding| finding.certainty() == Certainty::Proved && !leaves_url(finding);
        if !self.findings.iter().any(proves) {
            self.write_open_questions(f)?;
        }
        if self.search.tried > 0 {
            let readings = counted(self.search.tried, "reading", "readings");
            let cut =
                if self.search.is_cut { " The limit on the work ended the search, so others are left." } else { "" };
            writeln!(f, "\nCompared {readings} of the request with its signatures.{cut}")?;
        }
        Ok(())
    }
}

impl Diagnosis {
    /// Writes what is left to try if nothing is proved, and the experiment that settles it.
    fn write_open_questions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let search = &self.search;
        writeln!(f)?;
        if search.tried == 0 && search.is_cut {
            writeln!(f, "No change was tried: the limit on the work is too low.")?;
        } else if search.tried == 0 {
            writeln!(f, "No change was tried.")?;
        } else if search.is_cut {
            writeln!(f, "None of the changes that were tried makes a signature match, and not all were tried.")?;
        } else {
            writeln!(f, "None of the changes that were tried makes a signature match.")?;
        }
        for limit in &search.limits {
            writeln!(
                f,
                "  - {}{}.",
                limit.get(..1).unwrap_or_default().to_uppercase(),
                limit.get(1..).unwrap_or_default()
            )?;
        }
        if search.tried == 0 {
            return Ok(());
        }
        f.write_str("Not tried: ")?;
        let secret = if search.knows_others { "secrets that were not given, " } else { "another secret, " };
        // First what is the more usual cause.
        match (search.v1_fails, search.knows_endpoint) {
            (_, true) if search.older_matches => {
                f.write_str(
                    "a host or a path that is neither the endpoint's nor a usual one.\nTo settle it, compare the \
                     endpoint letter by letter with the URL in HubSpot.\n",
                )?;
                return Ok(());
            }
            (true, _) => f.write_str(secret)?,
            (false, true) => write!(f, "{secret}a host or a path that is neither the endpoint's nor a usual one, ")?,
            (false, false) => write!(f, "a path prefix or a host that is not in the lists of usual ones, {secret}")?,
        }
        f.write_str("and members that a serialiser dropped or keys that it moved.\n")?;
        if search.v1_fails {
            let either = if self.expected.len() > 1 { " either" } else { "" };
            writeln!(
                f,
                "The v1 signature, which covers neither method nor URL, does not match{either}: unless its header was \
                 changed on the way, the secret or the body differs from the one that was signed, whatever the URL is."
            )?;
        }
        if search.v1_fails || search.knows_endpoint {
            self.write_comparisons(f)?;
        } else {
            f.write_str(
                "To settle it, run this again with `endpoint` set to the URL exactly as it is configured in HubSpot: \
                 then the URL is compared, not guessed.\n",
            )?;
        }
        match self.app_id {
            Some(id) => {
                writeln!(f, "The request says that it comes from app {id}; its secret is on that app's Auth tab.")
            }
            None => Ok(()),
        }
    }

    /// Writes how to tell a wrong secret from another body or, where the signature covers it, another URL.
    fn write_comparisons(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.search.knows_others {
            "To settle it, try more client secrets of your apps: "
        } else {
            "To settle it, try the client secrets of your other apps: "
        })?;
        f.write_str("`hubspot-signature explain --other-secrets`, or further secrets for `Diagnostician::new`.\n")?;
        let and_url = if self.search.v1_fails {
            ""
        } else {
            f.write_str("Compare the endpoint letter by letter with the URL in HubSpot.\n")?;
            ", and so is the URL"
        };
        let body = self.search.body.as_deref().unwrap_or("not read");
        writeln!(
            f,
            "Log the raw body's length and SHA-256 where the request arrives first. Compare them with those of the body \
             that was judged: {body}. If they are the same{and_url}, the secret is wrong (mistyped, older than a \
             rotation, or another app's), or the request was changed or forged."
        )
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index == 0 {
                writeln!(f, "[{}] {}", self.certainty, fault.cause())?;
            } else {
                writeln!(f, "   And: {}", fault.cause())?;
            }
            writeln!(f, "   Evidence: {}.", fault.evidence().trim_end_matches('.'))?;
            writeln!(f, "   Fix: {}", fault.fix())?;
        }
        if self.matched.is_empty() {
            return Ok(());
        }
        f.write_str("   Matches then:")?;
        for (index, (header, secret)) in self.matched.iter().enumerate() {
            write!(f, "{} {header}", if index == 0 { "" } else { "," })?;
            if *secret > 0 {
                write!(f, " (with secret number {})", secret.saturating_add(1))?;
            }
        }
        if let Some(uri) = &self.signed_uri {
            write!(f, ", over the URI {}", shown(uri))?;
        }
        writeln!(f, ".")
    }
}
