//! Files that were made to hurt end quickly, with a clear error and bounded memory. Files of any text: `tests/readers`.

use pump_hil::files::ScenarioFolder;
use pump_hil_language::catalog;
use pump_hil_language::scenario::{Source, SourceError, load};
use pump_hil_model::diagnostic::render_all;
use std::collections::BTreeMap;

struct Files(BTreeMap<String, Vec<u8>>);

impl Source for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }
}

fn errors_of(files: Vec<(String, Vec<u8>)>) -> String {
    let catalog = catalog::shipped().unwrap_or_else(|d| panic!("{}", render_all(&d, false)));
    match load(&Files(files.into_iter().collect()), "a.yaml", &catalog) {
        Ok(cases) => panic!("a hostile file gave {} cases", cases.len()),
        Err(diagnostics) => {
            let text = render_all(&diagnostics, false);
            assert!(text.len() < 200_000, "{} bytes of diagnostics", text.len());
            text
        }
    }
}

fn error_of(bytes: impl Into<Vec<u8>>) -> String {
    errors_of(vec![("a.yaml".to_owned(), bytes.into())])
}

const HEAD: &str = "scenario: hostile\nsummary: Made to hurt.\nprescription: none\n";

#[test]
fn an_alias_bomb_is_refused_at_its_first_anchor() {
    let mut text = format!("{HEAD}a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..40 {
        let inner = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    assert!(error_of(text).contains("anchors (`&name`) are not allowed"));
}

#[test]
fn a_placeholder_in_many_places_does_not_fill_the_memory() {
    let rows = format!("cases:\n  a: {{p: {}}}\n", "y".repeat(255));
    let text = format!("{HEAD}{rows}timeline:\n  - mark: \"{}\"\n", "${p}".repeat(200_000));
    let error = error_of(text);
    assert!(error.contains("too large for this file"), "{error}");
}

#[test]
fn a_hundred_thousand_nested_lists_are_refused() {
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    let text = error_of(nested);
    assert!(text.contains("nested more than 64 levels deep"), "{text}");
    assert!(error_of("[".repeat(100_000)).contains("nested more than 64 levels deep"));
    assert!(error_of("{a: ".repeat(100_000)).contains("nested more than 64 levels deep"));
    let block: String = "- ".repeat(100_000);
    assert!(error_of(block).contains("nested more than 64 levels deep"));
    let lines: String = (0..1_000).map(|depth| format!("{}-\n", " ".repeat(depth))).collect();
    assert!(error_of(lines).contains("nested more than 64 levels deep"));
}

#[test]
fn nul_bytes_are_named() {
    assert!(error_of(format!("{HEAD}timeline:\n  - do: st\0art\n")).contains("the file holds a NUL byte"));
    assert!(error_of(vec![0; 100_000]).contains("the file holds a NUL byte"));
}

#[test]
fn fifty_megabytes_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.yaml");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(50 << 20).unwrap();
    let catalog = catalog::shipped().unwrap();
    let source = ScenarioFolder::open(folder.path()).unwrap();
    let error = load(&source, "large.yaml", &catalog).unwrap_err();
    assert!(
        error[0]
            .message
            .contains("the file has 52428800 bytes; a scenario has at most 1048576"),
        "{error:?}"
    );
    assert!(error_of(vec![b'x'; 2 << 20]).contains("2097152 bytes"));
}

#[test]
fn bytes_that_are_no_utf8_are_shown_where_they_stand() {
    let mut bytes = HEAD.as_bytes().to_vec();
    bytes.extend(b"seed: \xff\xfe\n");
    let text = error_of(bytes);
    assert!(
        text.contains("not valid UTF-8") && text.contains("a.yaml:4:7"),
        "{text}"
    );
}

#[test]
fn a_million_values_are_refused() {
    let text = format!("{HEAD}always: [{}]\n", "a,".repeat(300_000));
    assert!(error_of(text).contains("more than 100000 values in one file"));
}

#[test]
fn includes_are_bounded_in_depth_and_number() {
    let mut files = vec![(
        "a.yaml".to_owned(),
        format!("{HEAD}include: [s0.yaml]\ntimeline: [{{do: start}}]\n").into_bytes(),
    )];
    for n in 0..200 {
        files.push((
            format!("s{n}.yaml"),
            format!("include: [s{}.yaml]\n", n + 1).into_bytes(),
        ));
    }
    assert!(errors_of(files).contains("more than 64 files in one scenario"));
}

#[test]
fn repeats_and_times_cannot_overflow() {
    let repeat =
        |times: &str| format!("{HEAD}timeline:\n  - repeat: {times}\n    every: 9000 d\n    steps: [{{do: status}}]\n");
    assert!(error_of(repeat("4294967295")).contains("expands to more than 1000000 steps"));
    assert!(error_of(repeat("4294967296")).contains("does not fit 32 bits"));
    assert!(error_of(repeat("99999999999999999999")).contains("too large"));
    assert!(error_of(repeat("999999")).contains("the rounds take longer than"));
    let mut deep = "      - do: status\n".to_owned();
    for level in 0..10 {
        let indent = "  ".repeat(10 - level);
        let inner: String = deep.lines().map(|line| format!("  {line}\n")).collect();
        deep = format!("{indent}- repeat: 4000000000\n{indent}  steps:\n{inner}");
    }
    let text = error_of(format!("{HEAD}timeline:\n{deep}"));
    assert!(
        text.contains("expands to more than") || text.contains("not valid YAML"),
        "{text}"
    );
    let waits: String = (0..2_000).map(|_| "  - wait: 36500 d\n".to_owned()).collect();
    let text = error_of(format!("{HEAD}timeline:\n{waits}"));
    assert!(text.contains("lasts longer than"), "{text}");
}

#[test]
fn tables_cannot_multiply_a_file_without_limit() {
    let rows: String = (0..5_000).map(|n| format!("  r{n}: {{x: {n}}}\n")).collect();
    let text = error_of(format!("{HEAD}cases:\n{rows}seed: ${{x}}\ntimeline: [{{do: start}}]\n"));
    assert!(text.contains("too large for this file"), "{text}");
    let long = "y".repeat(10_000);
    let text = error_of(format!(
        "{HEAD}cases: {{a: {{x: {long}}}}}\nalways: ['${{x}}']\ntimeline: [{{do: start}}]\n"
    ));
    assert!(text.contains("at most 256 bytes"), "{text}");
}

#[test]
fn control_characters_and_long_lines_never_reach_the_terminal() {
    let text = error_of(format!(
        "{HEAD}timeline:\n  - do: \"{}\"\n",
        "start\\e[2J".repeat(20_000)
    ));
    assert!(!text.contains('\u{1b}') && text.len() < 5_000, "{} bytes", text.len());
    let text = error_of(format!("{HEAD}\u{7f}\u{9b}2Jkey: 1\ntimeline: [{{do: start}}]\n"));
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}

#[test]
fn a_link_that_leads_out_of_the_folder_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("scenarios");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(folder.path().join("secret.yaml"), "allow-alarms: []\n").unwrap();
    std::os::unix::fs::symlink("../secret.yaml", inside.join("link.yaml")).unwrap();
    let main = format!("{HEAD}include: [link.yaml]\ntimeline: [{{do: start}}]\n");
    std::fs::write(inside.join("a.yaml"), main).unwrap();
    let catalog = catalog::shipped().unwrap();
    let error = load(&ScenarioFolder::open(&inside).unwrap(), "a.yaml", &catalog).unwrap_err();
    assert!(error[0].message.contains("is outside"), "{error:?}");
}

#[test]
fn of_a_hundred_thousand_mistakes_the_first_are_told() {
    let lines: String = (0..20_000).map(|n| format!("  - at: {n}\n")).collect();
    let text = error_of(format!("{HEAD}timeline:\n{lines}"));
    assert!(
        text.contains("more mistakes are not shown") && text.ends_with("101 errors\n"),
        "{}",
        text.len()
    );
    let text = error_of(format!("{HEAD}timeline: [{}]\n", "{mark: a},".repeat(30_000)));
    assert!(text.ends_with("101 errors\n"));
    let keys: String = (0..40_000).map(|n| format!("key{n}: 1\n")).collect();
    assert!(error_of(format!("{HEAD}{keys}")).ends_with("101 errors\n"));
    assert!(error_of(format!("{HEAD}{}", "seed: 1\n".repeat(40_000))).ends_with("101 errors\n"));
}
