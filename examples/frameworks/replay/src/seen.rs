//! The memory of the requests that were handled.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hubspot_signature::{ReplayKey, UnixTime, Verified};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};

#[derive(Clone)]
pub enum Seen {
    /// By the time at which each can be forgotten. For a single process.
    Memory(Arc<Mutex<BTreeSet<(UnixTime, ReplayKey)>>>),
    /// For several replicas, and over restarts.
    Redis(ConnectionManager),
}

/// Replicas whose clocks differ accept a request for longer than the one that remembers it.
const CLOCK_SKEW: u64 = 60_000;

impl Seen {
    pub fn in_memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// Connects when it is first needed, and again whenever it must.
    pub fn in_redis(url: &str) -> Result<Self, RedisError> {
        let timeout = Some(Duration::from_secs(1));
        // HubSpot waits for the answer: fail soon, so that it tries again.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(timeout)
            .set_response_timeout(timeout)
            .set_number_of_retries(1);
        Ok(Self::Redis(ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?))
    }

    /// Remembers a request, and returns whether it is new. Of several calls at the same time, one gets `true`.
    pub async fn insert(&self, verified: &Verified) -> Result<bool, RedisError> {
        let (key, now) = (verified.replay_key(), UnixTime::now());
        let until = forget_at(verified);
        match self {
            Self::Memory(seen) => {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                while seen.first().is_some_and(|(until, _)| *until < now) {
                    seen.pop_first();
                }
                Ok(seen.insert((until, key)))
            }
            Self::Redis(redis) => {
                let milliseconds = until.as_millis().saturating_sub(now.as_millis());
                let mut set = redis::cmd("SET");
                set.arg(name(key)).arg("").arg("NX").arg("PX").arg(milliseconds);
                // Nothing if the key was there.
                let answer: Option<String> = set.query_async(&mut redis.clone()).await?;
                Ok(answer.is_some())
            }
        }
    }

    /// Forgets a request that could not be handled.
    pub async fn remove(&self, verified: &Verified) {
        let key = verified.replay_key();
        match self {
            Self::Memory(seen) => {
                seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&(forget_at(verified), key));
            }
            Self::Redis(redis) => {
                let deleted = redis::cmd("DEL").arg(name(key)).exec_async(&mut redis.clone()).await;
                if let Err(error) = deleted {
                    eprintln!("replay keys: {key} is not forgotten: {error}");
                }
            }
        }
    }
}

fn name(key: ReplayKey) -> String {
    format!("hubspot:{key}")
}

fn forget_at(verified: &Verified) -> UnixTime {
    let expires_at = verified.expires_at().expect("the verifier demands v3");
    UnixTime::from_millis(expires_at.as_millis() + CLOCK_SKEW)
}
