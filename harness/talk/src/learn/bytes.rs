//! What several texts of bytes have in common.

use std::collections::BTreeMap;

/// The bytes that all of them begin with.
pub fn common_prefix(all: &[&[u8]]) -> Vec<u8> {
    let Some((first, others)) = all.split_first() else {
        return Vec::new();
    };
    let shared = |at: &usize| others.iter().all(|other| other.get(*at) == first.get(*at));
    let len = (0..first.len()).take_while(shared).count();
    first.get(..len).unwrap_or_default().to_vec()
}

/// What is there most often; of those that are as often, the greatest.
pub fn most_common<T: Ord>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for one in all {
        let count = counts.entry(one).or_default();
        *count = count.saturating_add(1);
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(one, _)| one)
}

/// How many differ.
pub fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> usize {
    all.collect::<std::collections::BTreeSet<T>>().len()
}
