//! A program that is started, and talked to by its standard input and output.

use super::child::Child;
use super::error::LinkError;
use super::line::Line;
use super::port::Inherited;
use std::time::Duration;

/// Starts the program of these words, and opens the line to it.
///
/// # Errors
/// [`LinkError::Open`]: it does not start.
pub fn program(words: &[String], name: &str, write_limit: Duration) -> Result<Line, LinkError> {
    let open = |e: std::io::Error| LinkError::Open {
        port: name.to_owned(),
        why: format!("it does not start: {e}"),
    };
    let Some((program, args)) = words.split_first() else {
        return Err(open(std::io::ErrorKind::InvalidInput.into()));
    };
    let (child, ours) = Child::start(program, args).map_err(open)?;
    let watch = ours.try_clone().map_err(open)?;
    let wire = Inherited::new(ours).map_err(open)?;
    Ok(Line::new(Box::new(wire), watch, name, write_limit).to(child))
}
