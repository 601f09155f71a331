//! [`State`]: SHA-256 or HMAC-SHA-256 of what was signed so far. [`Digest`]: the result.

use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, BufferKindUser, EagerHash, FixedOutputCore};
use hmac::digest::consts::U32;
use hmac::digest::{InvalidLength, KeyInit, Output};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A hash that has absorbed a secret and perhaps more. Overwritten when it is dropped.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "boxing would allocate")]
pub(crate) enum State {
    /// SHA-256 of the secret and what follows it.
    Prefixed(Prefixed),
    /// HMAC-SHA-256 keyed with the secret.
    Keyed(Keyed),
}

pub(crate) type Prefixed = Hasher<<Sha256 as EagerHash>::Core>;
pub(crate) type Keyed = Hasher<HmacCore<Sha256>>;

// Fails to compile if `sha2` is built without its `zeroize` feature. `HmacCore` is two cores of its hash.
const _: () = {
    const fn wiped<T: ZeroizeOnDrop>() {}
    wiped::<<Sha256 as EagerHash>::Core>();
    wiped::<Buffer<HmacCore<Sha256>>>();
};

impl State {
    #[inline]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Prefixed(hasher) => hasher.update(bytes),
            Self::Keyed(hasher) => hasher.update(bytes),
        }
    }

    /// Do not use the state afterwards.
    #[inline]
    pub(crate) fn finish(&mut self) -> Digest {
        match self {
            Self::Prefixed(hasher) => hasher.finish(),
            Self::Keyed(hasher) => hasher.finish(),
        }
    }
}

/// The two parts of which `Sha256` and `Hmac` consist.
///
/// Those wrappers can only be finished by value or reset for another message. By value, the state is moved while its
/// last bytes are still being written, for which the processor waits, and the place it leaves is not wiped; resetting it
/// is wasted work. This one is finished in place, by the traits that hmac itself is made of. `digest` advises against
/// them where its wrappers will do, so only this file uses them.
#[derive(Clone)]
pub(crate) struct Hasher<C: BufferKindUser> {
    core: C,
    buffer: Buffer<C>,
}

impl Prefixed {
    pub(crate) fn prefixed(secret: &[u8]) -> Self {
        let mut hasher = Self::new(<Sha256 as EagerHash>::Core::default());
        hasher.update(secret);
        hasher
    }
}

impl Keyed {
    pub(crate) fn keyed(secret: &[u8]) -> Result<Self, InvalidLength> {
        HmacCore::new_from_slice(secret).map(Self::new)
    }
}

impl<C: FixedOutputCore<OutputSize = U32>> Hasher<C> {
    fn new(core: C) -> Self {
        Self { core, buffer: Buffer::<C>::default() }
    }

    #[inline]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let Self { core, buffer } = self;
        buffer.digest_blocks(bytes, |blocks| core.update_blocks(blocks));
    }

    /// Do not use the hasher afterwards.
    #[inline]
    pub(crate) fn finish(&mut self) -> Digest {
        let mut digest = Output::<C>::default();
        self.core.finalize_fixed_core(&mut self.buffer, &mut digest);
        Digest(digest.into())
    }
}

/// A computed digest, to be compared, or encoded by the one who signs. Overwritten when it is dropped.
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// Compares without a branch or an address that depends on either digest.
    ///
    /// `subtle` judges the difference of all bytes at once: byte by byte it would take as long as a block of SHA-256.
    #[inline]
    pub(crate) fn is(&self, presented: &[u8; 32]) -> Choice {
        let difference = self.0.iter().zip(presented).fold(0, |difference, (a, b)| difference | (a ^ b));
        // Without this, LLVM may compare byte by byte and exit early on targets without a conditional set.
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
