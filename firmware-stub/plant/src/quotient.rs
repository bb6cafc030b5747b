//! Divisions without a divider, and products without a long multiplication, where a small processor would make one at every look.

/// A product, mostly of two short numbers; it must have room.
#[inline(always)] // A call takes longer than the product.
pub(crate) fn product(a: u64, b: u64) -> u64 {
    const SHORT_MAX: u64 = 0xFFFF;
    if a <= SHORT_MAX && b <= SHORT_MAX {
        u64::from(a as u32 * b as u32)
    } else {
        long_product(a, b)
    }
}

#[inline(never)] // Once in the image.
fn long_product(a: u64, b: u64) -> u64 {
    a * b
}

/// A whole quotient by a divisor that stays the same for long: its reciprocal is worked out once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divisor {
    by: u64,
    /// 2^32 / `by`, whole; 0 where it is not used.
    reciprocal: u32,
}

impl Divisor {
    /// To divide by `by`, at least 2.
    pub(crate) fn new(by: u64) -> Self {
        let short = u32::try_from(by).is_ok_and(|by| by > 1);
        Self {
            by,
            reciprocal: if short { ((1 << 32) / by) as u32 } else { 0 },
        }
    }

    /// How often it goes into `n`.
    pub(crate) fn into(self, n: u64) -> u64 {
        match u32::try_from(n) {
            Ok(n) if self.reciprocal > 0 => {
                // A reciprocal that was rounded down gives the quotient or one less.
                let by = self.by as u32;
                let about = ((u64::from(n) * u64::from(self.reciprocal)) >> 32) as u32;
                u64::from(about + u32::from(n - about * by >= by))
            }
            _ => n / self.by,
        }
    }
}

/// A twentieth, whole: by a multiplication where that is exact.
#[inline]
pub(crate) fn twentieth(n: u32) -> u32 {
    // 20 * 52,429 is 2^20 + 4: too much by so little that up to 16 bits the whole part is right, and the product has room in 32.
    if n <= 0xFFFF { (n * 52_429) >> 20 } else { long(n, 20) }
}

/// The longest time that [`seconds`] takes, in milliseconds.
pub(crate) const MINUTE_MAX_MS: u32 = 63_999;

/// Whole seconds of at most [`MINUTE_MAX_MS`], as a twentieth is found.
#[inline]
pub(crate) fn seconds(ms: u32) -> u32 {
    // 1000 * 67,109 is 2^26 + 136.
    (ms * 67_109) >> 26
}

/// A thousandth, whole, of which `near` is known to be near.
#[inline]
pub(crate) fn thousandth(n: u64, near: u64) -> u64 {
    const NEAR_MAX: u64 = 1_000_000;
    let (Ok(n), 1..=NEAR_MAX) = (u32::try_from(n), near) else {
        return n / 1000;
    };
    let near = near as u32;
    let quotient = match n.wrapping_sub(near * 1000) {
        0..1000 => near,
        1000..2000 => near + 1,
        rest if rest.wrapping_add(1000) < 1000 => near - 1,
        _ => long(n, 1000),
    };
    u64::from(quotient)
}

#[inline(never)] // Else it is made even where its result is not taken.
fn long(n: u32, by: u32) -> u32 {
    n / by
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_twentieth_is_one() {
        for n in (0..200_000).chain(u32::MAX - 100..=u32::MAX) {
            assert_eq!(twentieth(n), n / 20);
        }
    }

    proptest! {
        #[test]
        fn a_product_is_one(a: u64, b: u64, a_bits in 0..64_u32) {
            let (a, b) = (a >> a_bits, b >> (64 - a_bits).min(63));
            prop_assert_eq!(u128::from(product(a, b)), u128::from(a) * u128::from(b));
        }

        #[test]
        fn a_divisor_goes_into_a_number_as_often_as_it_does(n: u64, by in 2..u64::MAX, n_bits in 0..64_u32, by_bits in 0..62_u32) {
            let (n, by) = (n >> n_bits, (by >> by_bits).max(2));
            prop_assert_eq!(Divisor::new(by).into(n), n / by);
            prop_assert_eq!(Divisor::new(by).into(u64::from(u32::MAX)), u64::from(u32::MAX) / by);
        }
    }

    #[test]
    fn a_second_is_a_thousand_milliseconds() {
        assert!((0..=MINUTE_MAX_MS).all(|ms| seconds(ms) == ms / 1000));
    }

    proptest! {
        #[test]
        fn a_thousandth_is_one_whatever_was_near(n in prop_oneof![0..3_000_000_u64, any::<u64>(), any::<u32>().prop_map(u64::from)], off in prop_oneof![-3..4_i64, any::<i64>()]) {
            let near = (n / 1000).saturating_add_signed(off);
            prop_assert_eq!(thousandth(n, near), n / 1000);
        }
    }
}
