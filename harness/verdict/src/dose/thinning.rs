//! Of rows that are many, one of so many is kept.

#[derive(Debug, Clone, Copy)]
pub(super) struct Thinning {
    pub stride: u64,
    pub seen: u64,
    pub kept: usize,
    pub max: usize,
}

impl Thinning {
    pub fn new(max: usize) -> Self {
        Self {
            stride: 1,
            seen: 0,
            kept: 0,
            max,
        }
    }

    /// The place among all of the one that is seen now.
    pub fn see(&mut self) -> u64 {
        let place = self.seen;
        self.seen = place.saturating_add(1);
        place
    }

    /// Whether it has far more rows than are shown.
    pub fn is_crowded(&self) -> bool {
        self.kept > self.max.saturating_mul(4)
    }

    /// The next stride of the ladder; each is a multiple of the one before, so that rows already left out stay so.
    pub fn wider(self) -> u64 {
        match self.stride {
            1 => 2,
            2 => 6,
            6 => 12,
            12 => 24,
            24 => 168,
            n => n.saturating_mul(2),
        }
    }

    /// Every row that this stride keeps was kept by the one before as well.
    pub fn widen(&mut self) {
        let stride = self.wider();
        debug_assert!(stride.is_multiple_of(self.stride), "{stride} after {}", self.stride);
        self.stride = stride;
    }
}
