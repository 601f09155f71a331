//! [`HashState`] and [`MacState`]: SHA-256 and HMAC-SHA-256 on their way; [`Digest`], where they lead.

use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, BufferKindUser, EagerHash, FixedOutputCore};
use hmac::digest::consts::U32;
use hmac::digest::{InvalidLength, KeyInit, Output};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// SHA-256 of a secret and what follows it: v1 and v2.
pub(crate) type HashState = State<<Sha256 as EagerHash>::Core>;

/// HMAC-SHA-256 keyed with a secret: v3.
pub(crate) type MacState = State<HmacCore<Sha256>>;

/// What a hash has absorbed. Both parts are overwritten when it is dropped.
///
/// `Sha256` and `Hmac` consist of the same two parts, but can only be finished by value or made ready for another
/// message. By value, the state is moved while its last bytes are still being written, for which the processor waits,
/// and the place that it leaves stays unwiped; making it ready again is work for nothing. This one is finished where it
/// lies, by the traits of which hmac itself is made. `digest` advises against them where its wrappers will do, so they
/// are used in this file only.
#[derive(Clone)]
pub(crate) struct State<C: BufferKindUser> {
    core: C,
    buffer: Buffer<C>,
}

// Nothing compiles should `sha2` lose its feature `zeroize`. `HmacCore` is two cores of its hash.
const _: () = {
    const fn wiped<T: ZeroizeOnDrop>() {}
    wiped::<<Sha256 as EagerHash>::Core>();
    wiped::<Buffer<HmacCore<Sha256>>>();
};

impl HashState {
    pub(crate) fn prefixed(secret: &[u8]) -> Self {
        let mut state = Self::new(<Sha256 as EagerHash>::Core::default());
        state.update(secret);
        state
    }
}

impl MacState {
    pub(crate) fn keyed(secret: &[u8]) -> Result<Self, InvalidLength> {
        HmacCore::new_from_slice(secret).map(Self::new)
    }
}

impl<C: FixedOutputCore<OutputSize = U32>> State<C> {
    fn new(core: C) -> Self {
        Self { core, buffer: Buffer::<C>::default() }
    }

    #[inline]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let Self { core, buffer } = self;
        buffer.digest_blocks(bytes, |blocks| core.update_blocks(blocks));
    }

    /// What is left of the state is of no use.
    #[inline]
    pub(crate) fn finish(&mut self) -> Digest {
        let mut digest = Output::<C>::default();
        self.core.finalize_fixed_core(&mut self.buffer, &mut digest);
        Digest(digest.into())
    }
}

/// A computed digest, to be compared or to be encoded by whoever signs. It is overwritten when it is dropped.
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// Without a branch or an address that depends on either.
    ///
    /// `subtle` judges the difference of all bytes at once: byte by byte it would take as long as a block of SHA-256.
    #[inline]
    pub(crate) fn is(&self, presented: &[u8; 32]) -> Choice {
        let difference = self.0.iter().zip(presented).fold(0, |difference, (a, b)| difference | (a ^ b));
        // Else the compiler may see through the fold, and jump after each byte on a machine that has nothing better.
        core::hint::black_box(difference).ct_eq(&0)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize(); // a slice in one go, an array byte by byte
    }
}
