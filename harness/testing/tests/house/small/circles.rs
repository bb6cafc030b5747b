//! Which modules name one another.

use super::{ROOT, read};
use crate::names::Named;

/// The knots of modules in these files.
fn knots(files: &[(&str, &str)]) -> Vec<String> {
    let found = read(files);
    found.circles.iter().map(|knot| knot.names.join(" ")).collect()
}

/// The knots of two modules `a` and `b` beside one another.
fn between(a: &str, b: &str) -> Vec<String> {
    knots(&[(ROOT, "mod a; mod b;"), ("src/a.rs", a), ("src/b.rs", b)])
}

/// The knots of a module and one below it.
fn up(parent: &str, child: &str) -> Vec<String> {
    knots(&[(ROOT, "mod a;"), ("src/a.rs", parent), ("src/a/b.rs", child)])
}

const NONE: [&str; 0] = [];

#[test]
fn two_modules_that_name_one_another_are_a_circle_with_its_places() {
    let files = [
        (ROOT, "mod a;\nmod b;"),
        ("src/a.rs", "use crate::b::B;\npub struct A(B);"),
        ("src/b.rs", "pub struct B;\n\nfn f(a: crate::a::A) {}"),
    ];
    let found = read(&files);
    let told: Vec<&str> = found
        .circles
        .iter()
        .flat_map(|k| &k.circles)
        .map(String::as_str)
        .collect();
    assert_eq!(
        told,
        ["  * a -> b: src/a.rs:1 names B\n    b -> a: src/b.rs:3 names A\n"]
    );
}

#[test]
fn one_way_is_no_circle() {
    assert_eq!(between("use crate::b::B; pub struct A(B);", "pub struct B;"), NONE);
    assert_eq!(up("mod b; pub use b::B;", "pub struct B;"), NONE);
    assert_eq!(
        up(
            "mod b; use b::B; fn f() { b::g(); }",
            "use std::fmt; pub struct B; pub fn g() {}"
        ),
        NONE
    );
}

#[test]
fn a_circle_goes_through_a_re_export() {
    let files = [
        (ROOT, "mod a; mod b; mod face;"),
        ("src/face.rs", "pub use crate::a::A as Shown;"),
        ("src/a.rs", "pub struct A(crate::b::B);"),
        ("src/b.rs", "use crate::face::Shown; pub struct B(Box<Shown>);"),
    ];
    assert_eq!(knots(&files), ["a b"]);
}

#[test]
fn who_takes_a_sibling_through_the_parent_s_re_export_is_not_below_the_parent() {
    let files = [
        (ROOT, "mod a;"),
        ("src/a.rs", "mod b; mod c; pub use b::B; pub use c::C;"),
        ("src/a/b.rs", "pub struct B;"),
        ("src/a/c.rs", "use super::B; pub struct C(B);"),
    ];
    assert_eq!(knots(&files), NONE);
}

#[test]
fn a_child_that_names_its_parent_s_own_item_is_a_circle() {
    assert_eq!(
        up("mod b; pub use b::B; pub struct A;", "pub struct B(super::A);"),
        ["a a::b"]
    );
    // The parent declares it and names nothing of it.
    assert_eq!(up("mod b; pub struct A;", "struct B(super::A);"), NONE);
}

#[test]
fn methods_of_a_type_beside_it_name_it() {
    assert_eq!(
        up(
            "mod b; use b::B; pub struct A(B);",
            "pub struct B; impl super::A { fn f() {} }"
        ),
        ["a a::b"]
    );
}

#[test]
fn code_after_a_test_is_seen_and_a_test_is_not() {
    let tested = "pub struct A; #[cfg(test)] mod tests { use crate::b::B; } #[cfg(test)] use crate::b::C;";
    assert_eq!(between(tested, "pub struct B(crate::a::A); pub struct C;"), NONE);
    let after = format!("{tested} pub fn f(_: crate::b::B) {{}}");
    assert_eq!(between(&after, "pub struct B(crate::a::A); pub struct C;"), ["a b"]);
}

#[test]
fn a_condition_is_a_test_only_where_nothing_else_can_hold_it() {
    let a = |condition: &str| format!("pub struct A; #[cfg({condition})] fn f(_: crate::b::B) {{}}");
    let b = "pub struct B(crate::a::A);";
    for condition in ["test", "all(test, feature = \"x\")", "not(not(test))"] {
        assert_eq!(between(&a(condition), b), NONE, "{condition}");
    }
    for condition in ["not(test)", "any(test, feature = \"x\")", "feature = \"test\""] {
        assert_eq!(between(&a(condition), b), ["a b"], "{condition}");
    }
}

#[test]
fn a_glob_brings_what_is_named_and_no_more() {
    let child = "use super::*; pub struct B(A);";
    assert_eq!(up("mod b; pub use b::B; pub struct A;", child), ["a a::b"]);
    // `A` comes from elsewhere.
    let files = [
        (ROOT, "mod a; mod c;"),
        ("src/c.rs", "pub struct A;"),
        ("src/a.rs", "mod b; pub use b::B; use crate::c::A; pub struct Other;"),
        ("src/a/b.rs", child),
    ];
    assert_eq!(knots(&files), NONE);
}

#[test]
fn a_variable_is_not_the_function_that_a_glob_brings() {
    let parent = "mod b; pub use b::f; pub fn line() {}";
    assert_eq!(up(parent, "use super::*; pub fn f(line: u8) { g(line); }"), NONE);
    assert_eq!(up(parent, "use super::*; pub fn f() { line(); }"), ["a a::b"]);
}

#[test]
fn a_glob_that_is_handed_on_names_the_module() {
    assert_eq!(
        up("mod b; pub use b::*; pub struct A;", "pub struct B(super::A);"),
        ["a a::b"]
    );
}

#[test]
fn expressions_patterns_and_macros_name_too() {
    let b = "pub struct B(crate::a::A); pub enum E { X } pub const N: u8 = 1;";
    let uses = [
        "fn f() { let _ = crate::b::N; }",
        "fn f(e: u8) { match e { crate::b::N => {} _ => {} } }",
        "fn f() { assert_eq!(1, crate::b::N); }",
        "fn f() { use crate::b; println!(\"{}\", b::N); }",
        "fn f() { use super::b::E::*; }",
        "macro_rules! m { () => { $crate::b::N } }",
        "#[serde(with = \"crate::b::form\")] struct S;",
        "type T = <crate::b::B as Clone>::X;",
    ];
    for text in uses {
        assert_eq!(between(&format!("pub struct A; {text}"), b), ["a b"], "{text}");
    }
    let nothing = [
        "/// [`crate::b::B`]\nstruct S;",
        "fn f() { let _ = \"crate::b::N\"; }",
        "pub(in crate::b) struct S;",
    ];
    for text in nothing {
        assert_eq!(between(&format!("pub struct A; {text}"), b), NONE, "{text}");
    }
}

#[test]
fn a_macro_is_where_its_rules_stand() {
    let rules = "macro_rules! m { () => {} } mod b; use b::B;";
    assert_eq!(up(rules, "pub struct B; m!();"), ["a a::b"]);
    let exported = "#[macro_export] macro_rules! m { () => {} } pub struct A(crate::b::B);";
    assert_eq!(between(exported, "use crate::m; pub struct B;"), ["a b"]);
    assert_eq!(between(exported, "pub struct B;"), NONE);
}

#[test]
fn what_a_macro_defines_is_where_it_is_called() {
    let a = "quantity!(Volume, \"nL\"); pub struct A(crate::b::B);";
    assert_eq!(between(a, "use crate::a::Volume; pub struct B(Volume);"), ["a b"]);
}

#[test]
fn a_module_in_place_is_a_module() {
    assert_eq!(
        knots(&[(ROOT, "pub struct A; mod m { pub struct B(super::A); } use m::B;")]),
        ["(root) m"]
    );
}

#[test]
fn a_folder_is_one_room() {
    let files = [
        (ROOT, "mod a; mod b;"),
        ("src/a.rs", "mod deep; pub use deep::D;"),
        ("src/a/deep.rs", "mod deeper; pub struct D;"),
        ("src/a/deep/deeper.rs", "use crate::b::B;"),
        ("src/b.rs", "pub struct B(crate::a::D);"),
    ];
    let found = read(&files);
    assert!(found.circles.is_empty());
    let rooms: Vec<String> = found.rooms.iter().map(|knot| knot.names.join(" ")).collect();
    assert_eq!(rooms, ["a b"]);
}

#[test]
fn what_is_not_of_the_crate_is_told_in_full() {
    let found = read(&[(ROOT, "use std::time as t; fn f() { t::Instant::now(); }")]);
    let now = ["std", "time", "Instant", "now"].map(str::to_owned).to_vec();
    assert!(
        found
            .uses
            .paths
            .iter()
            .any(|used| used.named == Named::Outside(now.clone()))
    );
}
