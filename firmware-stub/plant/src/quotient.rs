//! Divisions without a divider, where a small processor would make one at every look.

/// A twentieth, whole: by a multiplication where that is exact.
#[inline]
pub(crate) fn twentieth(n: u32) -> u32 {
    if n <= 0xFFFF { (n * 52_429) >> 20 } else { long(n, 20) }
}

/// The longest time that [`seconds`] takes, in milliseconds.
pub(crate) const MINUTE_MAX_MS: u32 = 63_999;

/// Whole seconds of at most [`MINUTE_MAX_MS`], as a twentieth is found.
#[inline]
pub(crate) fn seconds(ms: u32) -> u32 {
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
