//! Serial ports of this host: which there are, which one belongs to a probe, and why one does not open.

use super::error::LinkError;
use crate::probe::Selector;
use pump_hil_model::safe_text::{safe, safe_path};
use rustix::fs::Access;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Most ports that are told.
const TOLD_MAX: usize = 12;

/// The serial port on the same USB plug as a probe, its first where it has several. `sys` is where the kernel tells of its devices.
pub fn beside(sys: &Path, probe: &Selector) -> Result<String, LinkError> {
    let first = on_usb(sys, probe).into_iter().next();
    first.map(|(_, port)| port).ok_or_else(|| LinkError::Absent {
        port: format!("of the probe {probe}"),
        there: format!(
            "that plug has no serial port; name another one's path as `port`; {}",
            there(Path::new("/dev"))
        ),
    })
}

/// The serial port of an adapter on USB, its first where it has several.
///
/// # Errors
/// [`LinkError::Absent`]: there is none; [`LinkError::Open`]: there are several, and nothing says which is meant.
pub fn of_usb(sys: &Path, which: &str) -> Result<String, LinkError> {
    let name = || format!("usb:{which}");
    let wrong = |why: String| LinkError::Open { port: name(), why };
    let ports = on_usb(sys, &which.parse().map_err(wrong)?);
    let Some((first, port)) = ports.first() else {
        return Err(LinkError::Absent {
            port: name(),
            there: there(Path::new("/dev")),
        });
    };
    if ports.iter().any(|(plug, _)| plug != first) {
        let plugs: BTreeSet<&Path> = ports.iter().map(|(plug, _)| plug.as_path()).collect();
        let serials: Vec<String> = plugs
            .iter()
            .map(|plug| word(&plug.join("serial")).unwrap_or_else(|| "none".to_owned()))
            .collect();
        return Err(wrong(format!(
            "there are several of it; add its serial number ({}), or name its path",
            safe(&serials.join(", "))
        )));
    }
    Ok(port.clone())
}

/// The serial ports on the plugs that a selector means, each with its plug; in the order of plugs and their interfaces.
fn on_usb(sys: &Path, wanted: &Selector) -> Vec<(PathBuf, String)> {
    let mut ports: Vec<(PathBuf, String, String)> = listed(&sys.join("class/tty"))
        .into_iter()
        .filter_map(|name| {
            // A link to the USB interface, whose parent is the plug.
            let interface = std::fs::canonicalize(sys.join("class/tty").join(&name).join("device")).ok()?;
            let (interface, plug) = interface
                .ancestors()
                .zip(interface.ancestors().skip(1))
                // Of a ttyACM the link is the interface itself, of a ttyUSB it is a level below.
                .take(3)
                .find(|(_, plug)| plug.join("idVendor").exists())?;
            let of = |file: &str| word(&plug.join(file));
            let same = of("idVendor") == Some(format!("{:04x}", wanted.vid))
                && of("idProduct") == Some(format!("{:04x}", wanted.pid))
                && (wanted.serial.is_none() || of("serial") == wanted.serial);
            let number = word(&interface.join("bInterfaceNumber")).unwrap_or_default();
            same.then(|| (plug.to_owned(), number, format!("/dev/{name}")))
        })
        .collect();
    ports.sort();
    ports.into_iter().map(|(plug, _, port)| (plug, port)).collect()
}

/// What it is that a port does not open.
pub(super) fn wrong(port: &str, error: &std::io::Error) -> LinkError {
    // What `open` says of a port whose device is gone, or hung up, while its name is still there (open(2)): EIO, ENXIO, ENODEV.
    let gone = matches!(error.raw_os_error(), Some(5 | 6 | 19));
    let port = port.to_owned();
    if gone || error.kind() == ErrorKind::NotFound {
        let there = there(Path::new("/dev"));
        return LinkError::Absent { port, there };
    }
    let why = why(&port, error);
    LinkError::Open { port, why }
}

/// Why a port that is there does not open, and what to do.
fn why(port: &str, error: &std::io::Error) -> String {
    // What `open` says of a port on which somebody set TIOCEXCL (ioctl_tty(2)).
    const EBUSY: i32 = 16;
    match error.kind() {
        ErrorKind::PermissionDenied => format!(
            "this user may not open it; join its group and log in again: `sudo usermod -aG {} $USER`",
            group(Path::new(port))
        ),
        _ if error.raw_os_error() == Some(EBUSY) => busy(),
        // The system's word for it is `Not a typewriter`.
        _ => match no_port(port, error) {
            Some(what) => format!("{what}; {}", there(Path::new("/dev"))),
            None => error.to_string(),
        },
    }
}

/// What a path leads to that no serial port can be; `None`: it may be one.
fn no_port(port: &str, error: &std::io::Error) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt as _;
    const ENOTTY: i32 = 25;
    let kind = std::fs::metadata(port).ok()?.file_type();
    if kind.is_file() {
        return Some("it is a file, not a serial port");
    }
    if kind.is_dir() {
        return Some("it is a folder, not a serial port");
    }
    let is_one = kind.is_char_device() && error.raw_os_error() != Some(ENOTTY);
    (!is_one).then_some("it is no serial port")
}

/// Another program has it.
pub(super) fn busy() -> String {
    "another program holds it (a terminal, another pump-hil, ModemManager); end that first: `fuser` names it".to_owned()
}

/// The serial ports on USB of this host, by their lasting names first.
#[must_use]
pub fn ports() -> Vec<PathBuf> {
    ports_in(Path::new("/dev"))
}

fn ports_in(dev: &Path) -> Vec<PathBuf> {
    let mut ports: Vec<PathBuf> = listed(&dev.join("serial/by-id"))
        .into_iter()
        .map(|name| dev.join("serial/by-id").join(name))
        .collect();
    let direct = listed(dev).into_iter();
    let direct = direct.filter(|name| name.starts_with("ttyACM") || name.starts_with("ttyUSB"));
    ports.extend(direct.map(|name| dev.join(name)));
    ports
}

/// A serial port is there, and this user may open it. It is not opened.
///
/// # Errors
/// [`LinkError::Absent`]: there is none; [`LinkError::Open`]: it is none, or this user may not.
pub fn may_open(port: &str) -> Result<(), LinkError> {
    use std::os::unix::fs::FileTypeExt as _;
    let data = std::fs::metadata(port).map_err(|e| wrong(port, &e))?;
    if !data.file_type().is_char_device() {
        return Err(wrong(port, &rustix::io::Errno::NOTTY.into()));
    }
    let may = rustix::fs::access(port, Access::READ_OK | Access::WRITE_OK);
    may.map_err(|e| wrong(port, &e.into()))
}

/// Those that there are, in words.
fn there(dev: &Path) -> String {
    let ports = ports_in(dev);
    let told: Vec<String> = ports.iter().take(TOLD_MAX).map(safe_path).collect();
    match told.as_slice() {
        [] => "there is no serial port on USB: is the board plugged in, with a cable that carries data?".to_owned(),
        told => format!("there is: {}", told.join(", ")),
    }
}

/// Names in a folder, sorted; none where it cannot be read.
fn listed(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn word(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    Some(text.trim().to_owned()).filter(|word| !word.is_empty())
}

/// The group that a port belongs to; `dialout` where nothing better is known.
fn group(port: &Path) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let gid = std::fs::metadata(port)
        .ok()
        .map(|data| data.gid())
        // A port of root's own group: that is none to join.
        .filter(|gid| *gid != 0);
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let named = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse().ok() == gid).then(|| name.to_owned())
    });
    named.filter(|_| gid.is_some()).unwrap_or_else(|| "dialout".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel's tree with one plug that has two ports.
    fn sys() -> tempfile::TempDir {
        let sys = tempfile::tempdir().expect("a folder");
        let plug = sys.path().join("devices/usb1/1-2");
        for (interface, number, port) in [("1-2:1.3", "03", "ttyACM1"), ("1-2:1.1", "01", "ttyACM4")] {
            let tty = sys.path().join("class/tty").join(port);
            std::fs::create_dir_all(plug.join(interface)).expect("made");
            std::fs::create_dir_all(&tty).expect("made");
            std::fs::write(plug.join(interface).join("bInterfaceNumber"), format!("{number}\n")).expect("written");
            std::os::unix::fs::symlink(plug.join(interface), tty.join("device")).expect("linked");
        }
        std::fs::create_dir_all(sys.path().join("class/tty/tty0")).expect("made");
        for (file, text) in [("idVendor", "0d28\n"), ("idProduct", "0204\n"), ("serial", "9900\n")] {
            std::fs::write(plug.join(file), text).expect("written");
        }
        sys
    }

    fn probe(serial: Option<&str>) -> Selector {
        let serial = serial.map(str::to_owned);
        Selector {
            vid: 0x0d28,
            pid: 0x0204,
            serial,
        }
    }

    #[test]
    fn the_first_port_on_the_probe_s_plug_is_its_port() {
        let sys = sys();
        for serial in [Some("9900"), None] {
            assert_eq!(beside(sys.path(), &probe(serial)).expect("there"), "/dev/ttyACM4");
        }
    }

    #[test]
    fn an_adapter_is_found_by_its_numbers_wherever_it_is_plugged_in() {
        let sys = sys();
        for which in ["0d28:0204", "0d28:0204:9900"] {
            assert_eq!(of_usb(sys.path(), which).expect("there"), "/dev/ttyACM4");
        }
        let absent = of_usb(sys.path(), "0403:6001").expect_err("none");
        assert!(matches!(absent, LinkError::Absent { .. }), "{absent}");
        assert!(
            absent.to_string().starts_with("usb:0403:6001: it is not there; "),
            "{absent}"
        );
        // A second one of the same make.
        let plug = sys.path().join("devices/usb1/1-3");
        let tty = sys.path().join("class/tty/ttyACM7");
        std::fs::create_dir_all(plug.join("1-3:1.0")).expect("made");
        std::fs::create_dir_all(&tty).expect("made");
        std::os::unix::fs::symlink(plug.join("1-3:1.0"), tty.join("device")).expect("linked");
        for (file, text) in [
            ("idVendor", "0d28\n"),
            ("idProduct", "0204\n"),
            ("serial", "77\u{1b}\n"),
        ] {
            std::fs::write(plug.join(file), text).expect("written");
        }
        let several = of_usb(sys.path(), "0d28:0204").expect_err("two").to_string();
        assert!(several.contains("add its serial number (9900, 77\\u{1b})"), "{several}");
        assert_eq!(of_usb(sys.path(), "0d28:0204:9900").expect("there"), "/dev/ttyACM4");
    }

    #[test]
    fn a_plug_without_a_port_is_told() {
        let sys = sys();
        let error = beside(sys.path(), &probe(Some("1234")))
            .expect_err("another plug")
            .to_string();
        assert!(
            error.contains("serial port of the probe 0d28:0204:1234: it is not there; that plug has no serial port"),
            "{error}"
        );
    }

    #[test]
    fn a_port_that_is_absent_is_told_with_those_that_there_are() {
        let dev = tempfile::tempdir().expect("a folder");
        assert!(there(dev.path()).contains("there is no serial port on USB"));
        std::fs::create_dir_all(dev.path().join("serial/by-id")).expect("made");
        for file in ["serial/by-id/usb-Arm_micro:bit", "ttyACM0", "tty1", "ttyUSB3"] {
            std::fs::write(dev.path().join(file), "").expect("written");
        }
        let told = there(dev.path()).replace(&dev.path().display().to_string(), "/dev");
        assert_eq!(
            told,
            "there is: /dev/serial/by-id/usb-Arm_micro:bit, /dev/ttyACM0, /dev/ttyUSB3"
        );
    }

    #[test]
    fn what_is_no_serial_port_is_told_by_what_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("written");
        let not_a_typewriter = std::io::Error::from_raw_os_error(25);
        let of = |path: &Path| why(&path.to_string_lossy(), &not_a_typewriter);
        assert!(of(&file).starts_with("it is a file, not a serial port; there is"));
        assert!(of(folder.path()).starts_with("it is a folder, not a serial port; "));
        assert!(of(Path::new("/dev/null")).starts_with("it is no serial port; "));
        assert_eq!(super::super::strangers::nobody_else("/dev/null"), Ok(()));
    }

    #[test]
    fn a_port_that_this_user_may_not_open_is_told_with_its_group() {
        let told = why("/dev/no-such-port", &ErrorKind::PermissionDenied.into());
        assert_eq!(
            told,
            "this user may not open it; join its group and log in again: `sudo usermod -aG dialout $USER`"
        );
        assert!(why("x", &std::io::Error::from_raw_os_error(16)).contains("another program holds it"));
    }
}
