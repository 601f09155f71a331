//! The memory of the requests that were handled, for any framework on tokio.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hubspot_signature::{ReplayKey, UnixTime, Verified};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, FromRedisValue, IntoConnectionInfo, RedisError};
use tokio::time::timeout;

/// How long a handler may take. HubSpot waits a few seconds for an answer; a workflow waits 30. Behind a queue it may be
/// more.
const HANDLING: Duration = Duration::from_secs(20);

/// How long a request counts as in progress if its process dies. Longer than a slow Redis and then a handler may take
/// together; otherwise a copy could be handled at the same time. Shorter than the minute after which a workflow sends the
/// request again.
const IN_PROGRESS: Duration = HANDLING.saturating_add(Duration::from_secs(20));

#[derive(Clone)]
pub struct Seen {
    store: Store,
    /// How long a request may wait in a queue before it is verified. `None` where it is verified on arrival.
    waiting: Option<Duration>,
}

#[derive(Clone)]
enum Store {
    /// By the time that was signed, with the time until which to remember each. One map is for arrivals, one for a
    /// queue. For a single process.
    Memory(Arc<[Mutex<Kept>; 2]>),
    /// For several replicas, and over restarts.
    Redis(ConnectionManager),
}

type Kept = BTreeMap<(Option<UnixTime>, ReplayKey), (UnixTime, Known)>;

/// The state of a request in the memory.
#[derive(Clone, Copy)]
pub enum Known {
    New(Turn),
    InProgress,
    Handled,
    /// It came so late that it may have been forgotten.
    Expired,
    /// It is signed with v1 or v2, and no memory is long enough.
    NeverExpires,
}

/// One run of a handler. It says whose the key in progress is: a handler that blocks its thread outlives `IN_PROGRESS`, and
/// must not remove what the next one has remembered since.
#[derive(Clone, Copy)]
pub struct Turn(u64);

/// Until when to remember a request: until it expires, and a minute longer, as the clocks of servers differ. `None` for
/// v1 and v2, which never expire.
pub fn remember_until(verified: &Verified) -> Option<UnixTime> {
    let expires_at = verified.expires_at()?;
    Some(UnixTime::from_millis(expires_at.as_millis().saturating_add(60_000)))
}

impl Seen {
    pub fn in_memory() -> Self {
        Self { store: Store::Memory(Arc::default()), waiting: None }
    }

    /// Connects when it is first needed, and again whenever it must.
    pub fn in_redis(url: &str) -> Result<Self, RedisError> {
        let timeout = Some(Duration::from_secs(1));
        // HubSpot waits for the answer: fail soon, so that it tries again. These retries would only repeat the connecting,
        // and `run` does that, too.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(timeout)
            .set_response_timeout(timeout)
            .set_number_of_retries(0);
        let tcp = TcpSettings::default();
        // If a firewall forgets a connection, nothing closes it. Each command on it would wait for a quarter of an hour.
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(Duration::from_secs(3));
        let client = Client::open(url.into_connection_info()?.set_tcp_settings(tcp))?;
        let store = Store::Redis(ConnectionManager::new_lazy_with_config(client, config)?);
        Ok(Self { store, waiting: None })
    }

    /// For a queue that verifies each request by its time of receipt, and keeps none longer than `limit`. Remembers
    /// each request longer by `limit`, because a copy may wait as long. The keys of a queue have names of their own,
    /// because an event whose arrival was remembered has not been handled yet.
    pub fn for_queue(self, limit: Duration) -> Self {
        Self { waiting: Some(limit), ..self }
    }

    fn name(&self, key: ReplayKey) -> String {
        if self.waiting.is_some() { format!("hubspot:queue:{key}") } else { format!("hubspot:{key}") }
    }

    fn kept<'a>(&self, [arrival, queue]: &'a [Mutex<Kept>; 2]) -> MutexGuard<'a, Kept> {
        let kept = if self.waiting.is_some() { queue } else { arrival };
        kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when to remember a request. `None` if that time is over, and for v1 and v2.
    fn remember_until(&self, verified: &Verified, now: UnixTime) -> Option<UnixTime> {
        let until = remember_until(verified)?.as_millis().saturating_add(self.waiting.map_or(0, millis));
        Some(UnixTime::from_millis(until)).filter(|until| *until > now)
    }

    /// Does the work of a request unless that was done before: `None` then, to be answered with 2xx. An error is the status
    /// to answer with.
    pub async fn once<T: Send + 'static>(
        &self,
        verified: Verified,
        work: impl Future<Output = T> + Send + 'static,
        is_success: fn(&T) -> bool,
    ) -> Result<Option<T>, u16> {
        let seen = self.clone();
        // A task of its own forgets or marks the key even if the sender hangs up or a time limit outside expires.
        let task = tokio::spawn(async move {
            // `eprintln!` panics if standard error takes nothing, and the key would stay.
            let log = |what: &str| drop(writeln!(io::stderr(), "replay keys: {}: {what}", verified.replay_key()));
            // The other copy may still fail, the key of an expired one may be gone, and without the memory nobody knows.
            // HubSpot sends it again later.
            let not_now = |why: &str| {
                log(why);
                Err(503)
            };
            let turn = match seen.begin(&verified).await {
                Ok(Known::New(turn)) => turn,
                Ok(Known::Handled) => {
                    log("handled before");
                    return Ok(None);
                }
                Ok(Known::InProgress) => return not_now("a copy is in progress"),
                Ok(Known::Expired) => return not_now("too late. Behind a queue, call `for_queue`"),
                Ok(Known::NeverExpires) => return not_now("v1 and v2 never expire. Let the verifier require v3"),
                Err(error) => return not_now(&error.to_string()),
            };
            // A panic ends the inner task only.
            let ended = tokio::spawn(timeout(HANDLING, work)).await;
            let answer = ended.map_or(Err(500), |in_time| in_time.map_err(|_elapsed| 503));
            let kept = if answer.as_ref().is_ok_and(is_success) {
                seen.finish(&verified).await
            } else {
                // It may come again.
                log(match answer {
                    Ok(_) => "not handled: no success",
                    Err(500) => "not handled: a panic",
                    Err(_) => "not handled in time",
                });
                seen.forget(&verified, turn).await
            };
            if let Err(error) = kept {
                log(&format!("stays in progress for {IN_PROGRESS:?}: {error}"));
            }
            answer.map(Some)
        });
        task.await.unwrap_or(Err(500))
    }

    /// Remembers a request as in progress. Of several calls at the same time, one gets `New`.
    pub async fn begin(&self, verified: &Verified) -> Result<Known, RedisError> {
        let (key, now) = (verified.replay_key(), UnixTime::now());
        let Some(until) = self.remember_until(verified, now) else {
            return Ok(if verified.expires_at().is_some() { Known::Expired } else { Known::NeverExpires });
        };
        let turn = Turn(RandomState::new().hash_one(now.as_millis()));
        match &self.store {
            Store::Memory(seen) => {
                let mut seen = self.kept(seen);
                while seen.first_key_value().is_some_and(|(_, (until, _))| *until < now) {
                    seen.pop_first();
                }
                // Not under `until`, which is another one once a verifier with another `max_age` replaces this one.
                match seen.entry((verified.timestamp(), key)) {
                    Entry::Occupied(known) => Ok(known.get().1),
                    Entry::Vacant(new) => {
                        new.insert((until, Known::InProgress));
                        Ok(Known::New(turn))
                    }
                }
            }
            Store::Redis(redis) => {
                let known = begin_in(redis, &self.name(key), turn).await;
                if known.is_err() {
                    // A slow Redis may execute the `SET` later, though no handler runs. So forget the key; the answer does
                    // not wait for that.
                    let (seen, verified) = (self.clone(), *verified);
                    tokio::spawn(async move { seen.forget(&verified, turn).await });
                }
                known
            }
        }
    }

    /// Remembers that a request was handled.
    pub async fn finish(&self, verified: &Verified) -> Result<(), RedisError> {
        let (key, now) = (verified.replay_key(), UnixTime::now());
        let Some(until) = self.remember_until(verified, now) else { return Ok(()) };
        match &self.store {
            Store::Memory(seen) => {
                self.kept(seen).insert((verified.timestamp(), key), (until, Known::Handled));
                Ok(())
            }
            Store::Redis(redis) => {
                let mut set = redis::cmd("SET");
                set.arg(self.name(key)).arg("handled").arg("PX").arg(lifetime(until.as_millis() - now.as_millis()));
                run(redis, &set).await
            }
        }
    }

    /// Forgets a request that could not be handled in this turn.
    pub async fn forget(&self, verified: &Verified, turn: Turn) -> Result<(), RedisError> {
        let key = verified.replay_key();
        match &self.store {
            Store::Memory(seen) => {
                self.kept(seen).remove(&(verified.timestamp(), key));
                Ok(())
            }
            Store::Redis(redis) => {
                let delete = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end";
                let mut eval = redis::cmd("EVAL");
                eval.arg(delete).arg(1).arg(self.name(key)).arg(turn.0);
                run(redis, &eval).await
            }
        }
    }
}

async fn begin_in(redis: &ConnectionManager, name: &str, turn: Turn) -> Result<Known, RedisError> {
    let mut set = redis::cmd("SET");
    set.arg(name).arg(turn.0).arg("NX").arg("PX").arg(lifetime(millis(IN_PROGRESS)));
    // Nothing if the key was there.
    let new: Option<String> = run(redis, &set).await?;
    if new.is_some() {
        return Ok(Known::New(turn));
    }
    let known: Option<String> = run(redis, redis::cmd("GET").arg(name)).await?;
    Ok(match known.as_deref() {
        Some("handled") => Known::Handled,
        // The first `SET` was executed, and its answer was lost. No other call has this turn.
        Some(value) if value == turn.0.to_string() => Known::New(turn),
        _ => Known::InProgress,
    })
}

/// Runs a command, and once more if the connection fails. Only a command notices a closed connection; the manager then connects
/// again, but does not repeat the command. The first attempt may have been executed, so a second must do no harm.
async fn run<T: FromRedisValue>(redis: &ConnectionManager, command: &Cmd) -> Result<T, RedisError> {
    let mut redis = redis.clone();
    match command.query_async(&mut redis).await {
        Err(error) if error.is_io_error() => command.query_async(&mut redis).await,
        done => done,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Redis adds it to its clock, and the sum must fit into a signed 64-bit number of milliseconds.
fn lifetime(millis: u64) -> u64 {
    millis.min(i64::MAX as u64 / 2)
}
