//! A serial port that a server has, by RFC 2217: the server is asked to set it, and its answers are waited for.

use super::address::Server;
use super::error::LinkError;
use super::line::Line;
use super::settings::Settings;
use super::tcp::connect;
use super::telnet::Telnet;
use crate::host_time;
use pump_hil_model::safe_text::safe_bytes;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes that one read takes at most.
const READ_MAX: usize = 1024;
/// Bytes of the pump's that are kept while the port is set.
const SAID_MAX: usize = 1 << 20;

/// Opens a server's serial port, and sets it.
///
/// # Errors
/// As [`connect`]; [`LinkError::Open`]: it has no port for us, or does not set it as asked.
pub async fn rfc2217(
    server: &Server,
    settings: &Settings,
    name: &str,
    limit: Duration,
    write_limit: Duration,
) -> Result<Line, LinkError> {
    let (stream, watch) = connect(server, name, limit, write_limit).await?;
    let mut talk = Talk {
        stream,
        telnet: Telnet::begin(),
        said: Vec::new(),
    };
    // The break itself is wanted, and takes as long as it takes.
    let limit = limit + settings.break_for.unwrap_or_default();
    let set = match host_time::within(limit, talk.set(settings)).await {
        Some(set) => set,
        None => Err(talk.silent().into()),
    };
    set.map_err(|not_set| {
        let port = name.to_owned();
        match not_set {
            NotSet::Busy(there) => LinkError::Absent { port, there },
            NotSet::Wrong(why) => LinkError::Open { port, why },
        }
    })?;
    let Talk { stream, telnet, said } = talk;
    Ok(Line::new(Box::new(stream), watch, name, write_limit).through(telnet, said))
}

/// Why a port is not set.
enum NotSet {
    /// The server closed the connection: it may have its port for somebody else, who was perhaps we a moment ago.
    Busy(String),
    /// What waiting does not mend.
    Wrong(String),
}

impl From<String> for NotSet {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

/// The first words with a server.
struct Talk {
    stream: TcpStream,
    telnet: Telnet,
    /// What the pump said meanwhile: nobody throws it away.
    said: Vec<u8>,
}

impl Talk {
    async fn set(&mut self, settings: &Settings) -> Result<(), NotSet> {
        while self.telnet.has_port().is_none() {
            self.exchange().await?;
        }
        if self.telnet.has_port() == Some(false) {
            let what = "the server has no serial port to be set (RFC 2217); take `tcp:`";
            return Err(what.to_owned().into());
        }
        self.telnet.set(settings);
        self.until_answered().await?;
        if let Some(time) = settings.break_for {
            self.telnet.break_line(true);
            self.until_answered().await?;
            host_time::sleep(time).await;
            self.telnet.break_line(false);
            self.until_answered().await?;
        }
        self.telnet.is_not_so().map_or(Ok(()), |why| Err(why.into()))
    }

    async fn until_answered(&mut self) -> Result<(), NotSet> {
        self.send().await;
        while !self.telnet.is_answered() {
            self.exchange().await?;
        }
        Ok(())
    }

    /// Sends what is to be sent. What is wrong with the connection is told by the read that follows, behind the server's last words.
    async fn send(&mut self) {
        let out = self.telnet.take_out();
        let _ = self.stream.write_all(&out).await;
    }

    /// Sends what is to be sent, and takes what comes.
    async fn exchange(&mut self) -> Result<(), NotSet> {
        self.send().await;
        let mut bytes = [0; READ_MAX];
        match self.stream.read(&mut bytes).await {
            Ok(0) => Err(self.busy("the server closed the connection")),
            Ok(count) => {
                let kept = self.telnet.take(&mut bytes[..count]);
                self.said.extend_from_slice(&bytes[..kept]);
                if self.said.len() > SAID_MAX {
                    let what = "it sends without end, and does not answer; is it a server of RFC 2217?";
                    return Err(what.to_owned().into());
                }
                Ok(())
            }
            Err(e) => Err(self.busy(&e.to_string())),
        }
    }

    fn busy(&self, how: &str) -> NotSet {
        let said = match self.said.as_slice() {
            [] => String::new(),
            said => format!(" It said: {}", safe_bytes(said)),
        };
        NotSet::Busy(format!(
            "{how}; does another program use the port, or the line that was lost?{said}"
        ))
    }

    /// What it did not answer in time.
    fn silent(&self) -> String {
        match self.telnet.has_port() {
            None => "the server does not answer as RFC 2217 has it; if it hands on the bytes as they are, take `tcp:`"
                .to_owned(),
            Some(_) => (self.telnet.is_not_so()).unwrap_or_else(|| "the server does not answer in time".to_owned()),
        }
    }
}
