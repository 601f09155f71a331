//! How strict to be: the time to judge at and the oldest version to accept.

use hubspot_signature::{UnixTime, Version};

#[derive(clap::Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArgs {
    /// The time to judge at, if not now: 13 digits (Unix milliseconds), or such as 2023-09-02T12:26:00Z. For an older
    /// capture, say when it arrived
    #[arg(long, value_name = "TIME", value_parser = crate::time::parse)]
    at: Option<UnixTime>,
    /// The oldest version to accept. v2 by default, to judge a request with v2 alone too; a service should demand v3
    #[arg(long, value_name = "VERSION", default_value = "v2")]
    minimum_version: MinimumVersion,
}

impl PolicyArgs {
    pub(crate) fn now(&self) -> UnixTime {
        self.at.unwrap_or_else(UnixTime::now)
    }

    pub(crate) fn minimum_version(&self) -> Version {
        self.minimum_version.into()
    }

    /// The remark on a request that is accepted by a version that the documentation advises against.
    pub(crate) fn remark(version: Version) -> Option<String> {
        (version < Version::V3).then(|| {
            format!(
                "a verifier that requires v3 refuses it: {version} has no timestamp, so it can be replayed at any time"
            )
        })
    }
}

/// The library's versions as the command line has them.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum MinimumVersion {
    /// Covers neither method nor URL nor time
    V1,
    /// Covers no time: a captured request can be replayed at any time
    V2,
    /// Good for 5 minutes
    V3,
}

impl From<MinimumVersion> for Version {
    fn from(minimum: MinimumVersion) -> Self {
        match minimum {
            MinimumVersion::V1 => Self::V1,
            MinimumVersion::V2 => Self::V2,
            MinimumVersion::V3 => Self::V3,
        }
    }
}
