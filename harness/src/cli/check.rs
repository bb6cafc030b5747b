//! `pump-hil check`: everything that is wrong with scenarios, without running them.

use super::args::Paths;
use super::{CliError, Exit, eprint, inputs, print};
use std::path::Path;

pub(super) fn check(args: &Paths, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let fixtures = inputs::fixtures(fixtures, &args.paths)?;
    match inputs::cases(&args.paths, &fixtures)? {
        Ok(cases) => {
            let files: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.file.as_str()).collect();
            print(&format!(
                "{} files with {} cases: nothing wrong\n",
                files.len(),
                cases.len()
            ));
            Ok(Exit::Passed)
        }
        Err(diagnostics) => {
            eprint(&diagnostics);
            Ok(Exit::Usage)
        }
    }
}
