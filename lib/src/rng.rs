//! The one seeded generator behind shuffling, initialisation, dropout, augmentation,
//! mixup and the choice of pictures to look at, so that the same notebook gives the same
//! numbers everywhere. (candle's CPU generator cannot be seeded.)

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What randomness is for. Each purpose draws from a stream of its own, so that
/// one more dropout mask does not change the next shuffle.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Shuffle,
    Initialise,
    Dropout,
    Augment,
    Pick,
    Mixup,
}

/// The generator for `purpose` under `seed`; `step` tells epochs (or pictures) apart.
pub(crate) fn stream(seed: u64, purpose: Purpose, step: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(((purpose as u64) << 48) ^ step);
    rng
}

/// `SEVENLINES_SEED`, or 0: what a model is seeded with unless it is told otherwise.
pub(crate) fn default_seed() -> u64 {
    std::env::var("SEVENLINES_SEED").ok().and_then(|seed| seed.trim().parse().ok()).unwrap_or(0)
}
