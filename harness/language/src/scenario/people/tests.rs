//! That the tables say what the language does not.

use super::*;
use crate::catalog;
use crate::scenario::schema::of_scenarios;
use std::collections::BTreeSet;

/// The keys of each map by its name, and the words of each list.
fn known(schema: &Value, found: &mut Vec<(String, BTreeSet<String>)>) {
    let Value::Object(map) = schema else {
        return schema
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|inner| known(inner, found));
    };
    let keys = map
        .get("properties")
        .and_then(Value::as_object)
        .map(|p| p.keys().cloned().collect());
    let words = map.get("enum").and_then(Value::as_array);
    let words = words.map(|words| words.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    for (name, all) in [("x-name", keys), ("x-word", words)] {
        if let (Some(name), Some(all)) = (map.get(name).and_then(Value::as_str), all) {
            found.push((name.to_owned(), all));
        }
    }
    map.values().for_each(|inner| known(inner, found));
}

#[test]
fn no_word_of_people_is_one_of_the_language_and_none_stands_twice() {
    let catalog = catalog::shipped().unwrap();
    let mut found = Vec::new();
    known(of_scenarios(&catalog, false), &mut found);
    for (name, meant) in KEYS.iter().chain(WORDS) {
        let all = found.iter().find(|(of, _)| of == name).map(|(_, all)| all);
        let all = all.unwrap_or_else(|| panic!("the language has no `{name}`"));
        let mut seen = BTreeSet::new();
        for word in meant.iter().flat_map(|(words, _)| words.split('|')) {
            assert!(!all.contains(word), "`{word}` is known in {name}");
            assert!(seen.insert(word), "`{word}` is given twice in {name}");
        }
    }
}
