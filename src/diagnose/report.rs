//! The diagnosis as text for a person.

use core::fmt;

use super::{Diagnosis, Expected, Finding};
use crate::Version;

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Ok(verified) => {
                writeln!(f, "Accepted: the {} signature matches.", verified.version())?;
                return self.expected.iter().take(1).try_for_each(|expected| write!(f, "\n{expected}"));
            }
            Err(objection) => writeln!(f, "Refused: {objection}.")?,
        }
        for expected in &self.expected {
            write!(f, "\n{expected}")?;
        }
        for (index, finding) in self.findings.iter().enumerate() {
            write!(f, "\n{}. {finding}", index.saturating_add(1))?;
        }
        let tried = self.search.tried;
        if !self.findings.iter().any(|finding| finding.certainty == super::Certainty::Proved) {
            writeln!(f, "\nNo change makes a signature match.")?;
            match self.app_id {
                Some(id) => writeln!(
                    f,
                    "The request says that it comes from app {id}: use the client secret of that app (its Auth tab)."
                )?,
                None => writeln!(f, "Check first that the client secret is that of the app that sends the request.")?,
            }
        }
        if tried > 0 {
            writeln!(
                f,
                "\nTried {tried} readings of the request: secrets, methods, URIs, bodies, schemes and encodings, one \
                 change at a time and plausible ones in pairs{}.",
                if self.search.complete { "" } else { "; the limit on hashing ended the search, so others are left" }
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, version, method, uri, lengths: [method_length, uri_length, body_length], timestamp } = self;
        let begin = match version {
            Version::V1 | Version::V2 => "the hex SHA-256 of the client secret (elided), then",
            Version::V3 => "the base64 HMAC-SHA-256, keyed with the client secret (elided), of",
        };
        writeln!(f, "{header} is judged as {version}: {begin}")?;
        if *version > Version::V1 {
            writeln!(f, "    the method     {method} ({method_length} bytes)")?;
            writeln!(f, "    the URI        {uri} ({uri_length} bytes)")?;
        }
        writeln!(f, "    the body       {body_length} bytes")?;
        if *version == Version::V3 {
            writeln!(f, "    the timestamp  {}", timestamp.as_deref().unwrap_or("(missing)"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            if index == 0 {
                writeln!(f, "[{}] {}", self.certainty, step.cause)?;
            } else {
                writeln!(f, "   And: {}", step.cause)?;
            }
            writeln!(f, "   Evidence: {}.", step.evidence.trim_end_matches('.'))?;
            writeln!(f, "   Mend: {}", step.mend)?;
        }
        if !self.matched.is_empty() {
            f.write_str("   Matches then:")?;
            for (index, matched) in self.matched.iter().enumerate() {
                write!(f, "{} {}", if index == 0 { "" } else { "," }, matched.header)?;
                if matched.secret > 0 {
                    write!(f, " (with secret number {})", matched.secret.saturating_add(1))?;
                }
            }
            if let Some(uri) = &self.signed_uri {
                write!(f, ", over the URI {}", super::shown(uri))?;
            }
            writeln!(f, ".")?;
        }
        Ok(())
    }
}
