//! Where a line leads to, as a rig file and the command line write it.

use crate::probe::Selector;
use pump_hil_model::safe_text::safe;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most bytes of a host's name (RFC 1035, 2.3.4).
const HOST_MAX: usize = 253;

/// Where a line leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// A serial port of this host, or a pseudo-terminal, by its path.
    Path(String),
    /// The serial port of an adapter on USB, as `VID:PID` or `VID:PID:SERIAL`.
    Usb(String),
    /// A server that hands on the bytes of a line as they are.
    Tcp(Server),
    /// A server that has a serial port, by RFC 2217.
    Rfc2217(Server),
    /// A socket in the file system.
    Unix(String),
    /// A program that is started: its standard input and output are the line.
    Program(Vec<String>),
}

/// A server on the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name, or its number.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            return write!(f, "[{host}]:{port}");
        }
        write!(f, "{host}:{port}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Usb(which) => write!(f, "usb:{which}"),
            Self::Tcp(server) => write!(f, "tcp:{server}"),
            Self::Rfc2217(server) => write!(f, "rfc2217:{server}"),
            Self::Unix(path) => write!(f, "unix:{path}"),
            Self::Program(words) => write!(f, "program:{}", safe(&words.join(" "))),
        }
    }
}

impl Address {
    /// Reads what stands in `port`: a path, or a kind of line, a colon, and where it is.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            let what = "the port is empty: name it, such as `/dev/ttyUSB0`; perhaps a template's variable was not set";
            return Err(what.to_owned());
        }
        let Some((kind, rest)) = text.split_once(':').filter(|(kind, _)| !kind.contains('/')) else {
            return Ok(Self::Path(text.to_owned()));
        };
        match kind {
            "usb" => match rest.parse::<Selector>() {
                Ok(which) => Ok(Self::Usb(which.to_string())),
                Err(_) => Err(format!(
                    "`{text}` is no adapter: write `usb:VID:PID` or `usb:VID:PID:SERIAL`, such as `usb:0403:6001`"
                )),
            },
            "tcp" => server(text, rest).map(Self::Tcp),
            "rfc2217" => server(text, rest).map(Self::Rfc2217),
            "unix" if rest.is_empty() => Err(format!("`{text}` names no socket: write `unix:PATH`")),
            "unix" => Ok(Self::Unix(rest.to_owned())),
            _ => Err(format!(
                "`{text}` is no port: write a path, or `usb:VID:PID`, `tcp:HOST:PORT`, `rfc2217:HOST:PORT`, `unix:PATH`; a \
                 path with a colon begins with `/` or `./`"
            )),
        }
    }

    /// What this kind of line is called, and which settings it takes.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Path(_) | Self::Usb(_) => Kind::Serial,
            Self::Tcp(_) => Kind::Tcp,
            Self::Rfc2217(_) => Kind::Rfc2217,
            Self::Unix(_) => Kind::Unix,
            Self::Program(_) => Kind::Program,
        }
    }
}

/// Reads `HOST:PORT`; a host's number of version 6 stands in brackets.
fn server(text: &str, rest: &str) -> Result<Server, String> {
    let parts = rest.rsplit_once(':').and_then(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        // Without brackets nobody knows which of its colons is before the port.
        let host = bare.or((!host.contains(':')).then_some(host))?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
        let right = (1..=HOST_MAX).contains(&host.len()) && host.chars().all(fits);
        let port = port.parse().ok().filter(|port| *port != 0)?;
        right.then(|| Server {
            host: host.to_owned(),
            port,
        })
    });
    parts.ok_or_else(|| {
        format!("`{text}` is no server: write its host and its port, such as `tcp:bench-3:4000` or `tcp:[::1]:4000`")
    })
}

/// Kinds of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A serial port of this host.
    Serial,
    /// Bytes over TCP.
    Tcp,
    /// A serial port over TCP.
    Rfc2217,
    /// A socket in the file system.
    Unix,
    /// A program's standard input and output.
    Program,
}

impl Kind {
    /// That of a line by its name in messages.
    fn of(name: &str) -> Self {
        match name.split_once(':') {
            Some(("tcp", _)) => Self::Tcp,
            Some(("rfc2217", _)) => Self::Rfc2217,
            Some(("unix", _)) => Self::Unix,
            Some(("program", _)) => Self::Program,
            _ => Self::Serial,
        }
    }

    /// What it is called in a sentence about what it cannot do.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Serial => "a serial port",
            Self::Tcp => "a line over `tcp`",
            Self::Rfc2217 => "a line over `rfc2217`",
            Self::Unix => "a line over `unix`",
            Self::Program => "a line to a `program`",
        }
    }

    /// Whether it has a speed, and whatever else belongs to a serial port.
    #[must_use]
    pub fn is_serial(self) -> bool {
        matches!(self, Self::Serial | Self::Rfc2217)
    }
}

/// What a line of this name is, at the begin of a sentence.
pub(super) fn noun(name: &str) -> String {
    match Kind::of(name) {
        Kind::Serial if !name.starts_with("usb:") => format!("serial port {name}"),
        _ => name.to_owned(),
    }
}

/// What to look at where a line of this name is gone.
pub(super) fn look_at(name: &str) -> &'static str {
    match Kind::of(name) {
        Kind::Serial => "check cable and supply",
        Kind::Tcp | Kind::Rfc2217 => "check the network, the server, and the pump's cable and supply",
        Kind::Unix => "check the program that has the socket",
        Kind::Program => "check why the program ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_told() {
        for text in [
            "/dev/ttyUSB0",
            "/dev/serial/by-id/usb-FTDI:1-if00",
            "./tcp:1",
            "pump",
            "usb:0403:6001",
            "usb:0403:6001:A50285BI",
            "tcp:bench-3.lab:4000",
            "tcp:[fe80::1%eth0]:4000",
            "rfc2217:127.0.0.1:2217",
            "unix:/run/pump.sock",
            "unix:pump.sock",
        ] {
            assert_eq!(
                Address::parse(text).map(|address| address.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn what_is_no_port_is_told() {
        for (text, why) in [
            ("", "the port is empty"),
            (" ", "the port is empty"),
            ("tcp:", "is no server"),
            ("tcp:bench", "is no server"),
            ("tcp:bench:0", "is no server"),
            ("tcp:bench:65536", "is no server"),
            ("tcp:::1:4000", "is no server"),
            ("tcp:a b:1", "is no server"),
            ("rfc2217::1", "is no server"),
            ("unix:", "names no socket"),
            ("usb:0403", "VID:PID"),
            ("udp:bench:1", "is no port"),
            ("COM3:", "is no port"),
        ] {
            let told = Address::parse(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
