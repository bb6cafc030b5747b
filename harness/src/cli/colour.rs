//! Whether what is told is coloured.

/// Whether colours are wanted on a stream that is, or is not, a terminal: as `NO_COLOR` (no-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors) say,
/// else on a terminal.
pub(super) fn is_wanted(is_terminal: bool) -> bool {
    let says = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let no = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no && (is_terminal || says("CLICOLOR_FORCE"))
}
