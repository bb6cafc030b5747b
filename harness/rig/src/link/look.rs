//! A look at a line that is not opened: is its port there, may this user open it, and who has it open.

use super::address::Address;
use super::strangers::nobody_else;
use super::tty::{may_open, of_usb};
use crate::files::on_path;
use crate::finding::Finding;
use pump_hil_model::safe_text::{safe, safe_path};
use std::path::Path;

/// What can be seen of a line from outside. Of a server or a socket that is nothing: whether it is there is known by connecting.
pub fn look(address: &Address) -> Vec<Finding> {
    match address {
        Address::Path(port) => of_port(port),
        Address::Usb(which) => match of_usb(Path::new("/sys"), which) {
            Ok(port) => {
                let mut found = vec![Finding::fine("adapter", format!("usb:{which} is {port}"))];
                found.extend(of_port(&port));
                found
            }
            Err(error) => vec![Finding::wrong("adapter", error)],
        },
        Address::Program(words) => {
            let program = words.first().map_or("", String::as_str);
            let is_file = program.contains('/') && Path::new(program).is_file();
            vec![match is_file || on_path(program) {
                true => Finding::fine("program", format!("`{}` is there", safe(program))),
                false => Finding::wrong(
                    "program",
                    format!(
                        "there is no program `{}`; a name is looked up in PATH, a path is relative to the rig file",
                        safe(program)
                    ),
                ),
            }]
        }
        Address::Tcp(_) | Address::Rfc2217(_) | Address::Unix(_) => Vec::new(),
    }
}

fn of_port(port: &str) -> Vec<Finding> {
    if let Err(error) = may_open(port) {
        return vec![Finding::wrong("port", error)];
    }
    let is = std::fs::canonicalize(port).unwrap_or_default();
    let leads = if is == Path::new(port) {
        String::new()
    } else {
        format!(" ({})", safe_path(&is))
    };
    let there = format!("{}{leads} is there, and this user may open it", safe(port));
    vec![
        Finding::fine("port", there),
        match nobody_else(port) {
            Ok(()) => Finding::fine("others", "no other program has it open, as far as this user can see"),
            Err(error) => Finding::wrong("others", error),
        },
    ]
}
