//! A small pseudo-random generator (xorshift64*), so that a seed gives the same run on every machine.

/// Generator state; never zero.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator of that seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // One round of splitmix64: neighbouring seeds give unrelated sequences.
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((z ^ (z >> 31)) | 1)
    }

    /// The next 32 bits.
    pub fn draw(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// True once in `n` on average; always for `n` below 2.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.draw().checked_rem(n).unwrap_or(0) == 0
    }
}
