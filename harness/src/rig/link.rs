//! The serial line: bytes out, bytes in, each with a limit.

use super::RigError;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_serial::{SerialPortBuilderExt as _, SerialStream};

/// Bytes that one read takes at most.
const READ_MAX: usize = 8 * 1024;

/// An open line. The port is locked: nobody else may open it meanwhile.
#[derive(Debug)]
pub(super) struct Link {
    port: SerialStream,
    name: String,
    buffer: Box<[u8]>,
    write_limit: Duration,
    /// Bytes sent in all.
    pub sent: u64,
    /// Bytes received in all.
    pub received: u64,
}

impl Link {
    /// Opens the port `name`.
    pub fn open(name: &str, baud: u32, write_limit: Duration) -> Result<Self, RigError> {
        let port = tokio_serial::new(name, baud)
            .open_native_async()
            .map_err(|e| RigError::Open {
                port: name.to_owned(),
                why: e.to_string(),
            })?;
        Ok(Self {
            port,
            name: name.to_owned(),
            buffer: vec![0; READ_MAX].into_boxed_slice(),
            write_limit,
            sent: 0,
            received: 0,
        })
    }

    /// Sends all of `bytes`.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), RigError> {
        let written = tokio::time::timeout(self.write_limit, self.port.write_all(bytes)).await;
        match written {
            Ok(Ok(())) => {
                self.sent += bytes.len() as u64;
                Ok(())
            }
            Ok(Err(e)) => Err(self.lost(&e)),
            Err(_) => Err(RigError::Stuck {
                port: self.name.clone(),
                limit_ms: u64::try_from(self.write_limit.as_millis()).unwrap_or(u64::MAX),
            }),
        }
    }

    /// Waits until bytes come, and gives those that are there.
    pub async fn receive(&mut self) -> Result<&[u8], RigError> {
        match self.port.read(&mut self.buffer).await {
            Ok(0) => Err(RigError::Lost {
                port: self.name.clone(),
                why: "the far end closed it".to_owned(),
            }),
            Ok(count) => {
                self.received += count as u64;
                Ok(&self.buffer[..count])
            }
            Err(e) => Err(self.lost(&e)),
        }
    }

    /// Appends to `into` what comes until `total` bytes were received in all.
    pub async fn receive_up_to(&mut self, total: u64, into: &mut Vec<u8>) -> Result<(), RigError> {
        while self.received < total {
            let bytes = self.receive().await?;
            into.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn lost(&self, why: &std::io::Error) -> RigError {
        RigError::Lost {
            port: self.name.clone(),
            why: why.to_string(),
        }
    }
}
