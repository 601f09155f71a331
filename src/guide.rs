//! The guides, from the folder `docs/` of the repository. This module is documentation only: there is nothing to import.

// Their examples are tests too. Those marked `ignore` need other crates: `examples/frameworks/suite/tests/guide` compares
// them with code that is compiled and run. It accepts no block that is neither.

// No module has a `cfg` of a feature: its page would say that it is available with that feature only.

/// The addresses of the links between the guides. Each file defines them too, for a clone: of two definitions the first
/// counts.
macro_rules! links {
    () => {
        "[answers]: crate#what-to-answer
[deployment]: crate::guide::deployment
[lambda]: crate::guide::lambda
[mismatch]: crate::guide::mismatch
[queues]: crate::guide::queues
[replay]: crate::guide::replay
[servers]: crate::guide::servers
[terminal]: crate::guide::terminal
[testing]: crate::guide::testing
[wasm]: crate::guide::wasm
[security]: https://docs.rs/crate/hubspot-signature/latest/source/SECURITY.md
[VerifyLayer]: crate::tower::VerifyLayer
"
    };
}

#[cfg_attr(not(doctest), doc = links!())]
#[cfg_attr(any(not(doctest), feature = "tower"), doc = include_str!("../docs/deployment.md"))]
pub mod deployment {}

#[cfg_attr(not(doctest), doc = links!())]
#[cfg_attr(any(not(doctest), feature = "std"), doc = include_str!("../docs/testing.md"))]
pub mod testing {}

#[cfg_attr(not(doctest), doc = links!())]
#[doc = include_str!("../docs/lambda.md")]
pub mod lambda {}

#[cfg_attr(not(doctest), doc = links!())]
#[cfg_attr(any(not(doctest), feature = "tower"), doc = include_str!("../docs/wasm.md"))]
pub mod wasm {}

#[cfg_attr(not(doctest), doc = links!())]
#[cfg_attr(any(not(doctest), feature = "tower"), doc = include_str!("../docs/queues.md"))]
pub mod queues {}

#[cfg_attr(not(doctest), doc = links!())]
#[doc = include_str!("../docs/replay.md")]
pub mod replay {}

#[cfg_attr(not(doctest), doc = links!())]
#[cfg_attr(any(not(doctest), all(feature = "diagnose", feature = "tower")), doc = include_str!("../docs/mismatch.md"))]
pub mod mismatch {}

#[cfg_attr(not(doctest), doc = links!())]
#[cfg_attr(any(not(doctest), feature = "std"), doc = include_str!("../docs/migrating.md"))]
pub mod migrating {}

// The repository compiles and runs them; their frameworks are no dependencies of this crate.
#[cfg(not(doctest))]
#[doc = "[axum]: #axum\n[telemetry]: #axum-logs-and-metrics\n[hyper]: #hyper\n[warp]: #warp\n[poem]: #poem"]
#[doc = "[actix-web]: #actix-web\n[Rocket]: #rocket\n[Lambda]: #aws-lambda\n[Workers]: #cloudflare-workers"]
#[doc = "[replay]: #replay-keys-in-redis\n[seen]: #replay-keys-in-redis-the-store"]
#[doc = "[reload]: #secrets-that-change-while-the-server-runs\n"]
#[doc = include_str!("../docs/servers.md")]
#[doc = concat!("## axum\n\nThe layer, and `Verified` as an extractor.\n\n```\n", include_str!("../docs/servers/axum.rs"), "\n```")]
#[doc = concat!("## axum: logs and metrics\n\nThe module `telemetry` of the server above.\n\n```\n", include_str!("../docs/servers/axum-telemetry.rs"), "\n```")]
#[doc = concat!("## hyper\n\nStreams the body to a file, and deletes it if the request is refused.\n\n```\n", include_str!("../docs/servers/hyper.rs"), "\n```")]
#[doc = concat!("## warp\n\nThe layer around the service of the filters.\n\n```\n", include_str!("../docs/servers/warp.rs"), "\n```")]
#[doc = concat!("## poem\n\nAn extractor.\n\n```\n", include_str!("../docs/servers/poem.rs"), "\n```")]
#[doc = concat!("## actix-web\n\nAn extractor, ready to paste.\n\n```\n", include_str!("../docs/servers/actix-web.rs"), "\n```")]
#[doc = concat!("## Rocket\n\nGuards, ready to paste.\n\n```\n", include_str!("../docs/servers/rocket.rs"), "\n```")]
#[doc = concat!("## AWS Lambda\n\nThe layer around the function.\n\n```\n", include_str!("../docs/servers/lambda_http.rs"), "\n```")]
#[doc = concat!("## Cloudflare Workers\n\nWith the time of the platform.\n\n```\n", include_str!("../docs/servers/worker.rs"), "\n```")]
#[doc = concat!("## Replay keys in Redis\n\nA server that handles each event once.\n\n```\n", include_str!("../docs/servers/replay.rs"), "\n```")]
#[doc = concat!("## Replay keys in Redis: the store\n\nThe module `seen` of the server above.\n\n```\n", include_str!("../docs/servers/replay-seen.rs"), "\n```")]
#[doc = concat!("## Secrets that change while the server runs\n\n`Verifiers::replace`.\n\n```\n", include_str!("../docs/servers/reload.rs"), "\n```")]
pub mod servers {}

#[cfg_attr(not(doctest), doc = links!())]
#[doc = include_str!("../docs/terminal.md")]
pub mod terminal {}

#[cfg_attr(not(doctest), doc = links!())]
#[doc = include_str!("../docs/comparison.md")]
pub mod comparison {}

#[cfg_attr(not(doctest), doc = links!())]
#[doc = include_str!("../docs/speed.md")]
pub mod speed {}

#[cfg_attr(not(doctest), doc = links!())]
#[doc = include_str!("../docs/evidence.md")]
pub mod evidence {}

#[cfg_attr(not(doctest), doc = links!())]
#[doc = include_str!("../docs/PROTOCOL.md")]
pub mod protocol {}
