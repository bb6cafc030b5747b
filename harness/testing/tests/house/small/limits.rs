//! How long, in how many files, and what is listed.

use super::{ROOT, read};
use crate::functions::{self, Function};
use crate::ratchet::{self, Entry, complaints};

const NONE: [&str; 0] = [];

#[test]
fn the_files_of_a_type_are_counted_without_traits() {
    let files = [
        (ROOT, "mod a; mod b; pub struct R; impl R {} impl R {}"),
        ("src/a.rs", "use crate::R; impl R { fn a() {} }"),
        ("src/b.rs", "impl Default for crate::R {}"),
    ];
    let objects = read(&files).objects;
    assert_eq!(
        objects["R"].iter().map(String::as_str).collect::<Vec<_>>(),
        ["src/a.rs", ROOT]
    );
}

#[test]
fn a_function_is_as_long_as_from_fn_to_its_brace() {
    let text = "/// Doc.\n#[test]\nfn a(\n) {\n}\nimpl X {\n fn b() { || {\n }; }\n}\ntrait T { fn c(); fn d() {} }";
    let found = functions::of_file(&syn::parse_file(text).expect("it is Rust"));
    let told: Vec<(&str, usize)> = found
        .iter()
        .map(|Function { name, lines }| (name.as_str(), *lines))
        .collect();
    assert_eq!(told, [("a", 3), ("X::b", 2), ("T::d", 1)]);
}

fn list(text: &str) -> Vec<Entry> {
    ratchet::read(text)
}

#[test]
fn the_ratchet_lets_pass_what_is_listed_and_nothing_worse() {
    let listed = list("# Comment.\n\nfunction 80 a.rs f\nfile 460 a.rs\n");
    assert_eq!(complaints(&listed, &listed), NONE);
    let worse = complaints(&list("function 81 a.rs f\nfile 460 a.rs"), &listed);
    assert!(
        worse.len() == 1 && worse[0].starts_with("function 81 a.rs f\n    it was 80: "),
        "{worse:?}"
    );
    let new = complaints(&list("function 80 a.rs f\nfile 460 a.rs\nfunction 71 b.rs g"), &listed);
    assert!(
        new.len() == 1 && new[0].starts_with("function 71 b.rs g\n    new: "),
        "{new:?}"
    );
}

#[test]
fn the_ratchet_takes_back_what_is_mended() {
    let listed = list("function 80 a.rs f\ncircle 3 x: a b c");
    let gone = complaints(&list("circle 3 x: a b c"), &listed);
    assert_eq!(
        gone,
        ["function 80 a.rs f\n    not so any more: delete this line of ratchet.txt"]
    );
    let better = complaints(&list("function 75 a.rs f\ncircle 2 x: a c"), &listed);
    let why = better
        .iter()
        .map(|text| text.split("\n    ").nth(1).expect("there is a reason"));
    let expected = [
        "it was 80: write this in its line of ratchet.txt",
        "a part of what is listed: write this in its place in ratchet.txt",
        "not so any more: delete this line of ratchet.txt",
    ];
    assert_eq!(why.collect::<Vec<_>>(), expected);
}
