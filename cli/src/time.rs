//! The times that `--at` takes.

use hubspot_signature::UnixTime;

/// `1693657560000`, as in X-HubSpot-Request-Timestamp, or `2023-09-02T12:26:00Z`, as in a log.
pub(crate) fn parse(text: &str) -> Result<UnixTime, &'static str> {
    const HINT: &str = "give 13 digits (Unix milliseconds) or a time such as 2023-09-02T12:26:00Z";
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match (text.len(), text.parse()) {
            (13, Ok(millis)) => Ok(UnixTime::from_millis(millis)),
            (10, _) => Err("this looks like seconds; give milliseconds, 13 digits"),
            _ => Err(HINT),
        };
    }
    let time: jiff::Timestamp = text.parse().map_err(|_| HINT)?;
    u64::try_from(time.as_millisecond()).map(UnixTime::from_millis).map_err(|_| "the time is before 1970")
}
