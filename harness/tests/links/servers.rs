//! Servers that others wrote, in front of the pump's port.

use super::bench::{Bench, wait_for};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// A port of TCP that is free now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn skipped(what: &str) {
    // Not by `println!`, which a test that passes keeps for itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

/// Whether it takes connections.
fn is_up(port: u16) -> Option<()> {
    TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(())
}

/// `ser2net` of Debian.
pub struct Ser2net {
    process: Child,
    pub port: u16,
}

impl Ser2net {
    /// With this in front of the pump's port; `None`: there is no ser2net here.
    pub fn start(bench: &Bench, accepter: &str) -> Option<Self> {
        let found = Command::new("ser2net").arg("-v").stdout(Stdio::null()).status();
        if found.is_err() {
            skipped("no ser2net");
            return None;
        }
        Some(Self::start_at(bench, accepter, free_port()))
    }

    /// The same on this port of TCP.
    pub fn start_at(bench: &Bench, accepter: &str, port: u16) -> Self {
        let file = bench.path("ser2net.yaml");
        let text = format!(
            "%YAML 1.1\n---\nconnection: &pump\n  accepter: {accepter},127.0.0.1,{port}\n  enable: on\n  options: {{kickolduser: true}}\n  \
             connector: serialdev,{},115200n81,local\n",
            bench.port().display()
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new("ser2net");
        // In the foreground, and with no port of its own for control.
        command.args(["-n", "-u", "-c"]).arg(&file);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { process, port };
        wait_for("ser2net", || is_up(port));
        server
    }
}

impl Drop for Ser2net {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server out of pyserial's own parts, as its example `rfc2217_server.py` is.
pub struct PySerial {
    process: Child,
    pub port: u16,
}

const SERVER: &str = r#"
import serial, serial.rfc2217, socket, sys, threading, time
port = serial.serial_for_url(sys.argv[1], do_not_open=True)
# A pseudo-terminal has no modem lines.
port.timeout, port.dsrdtr, port.rtscts = 0.05, True, True
try:
    port.open()
except OSError:
    sys.exit("the port does not open")
# As a serial port has them: of a pseudo-terminal they cannot be had.
for name in ("cts", "dsr", "ri", "cd"):
    setattr(type(port), name, property(lambda self: False))
for name in ("dtr", "rts", "break_condition"):
    setattr(type(port), name, property(lambda self: True, lambda self, value: None))
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[2])))
server.listen(1)
class Connection:
    def __init__(self, socket):
        self.socket, self.lock = socket, threading.Lock()
    def write(self, data):
        with self.lock:
            self.socket.sendall(data)
while True:
    client, _ = server.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        manager = serial.rfc2217.PortManager(port, Connection(client))
    except OSError:
        continue
    alive = [True]
    def reader():
        while alive[0]:
            data = port.read(port.in_waiting or 1)
            if data:
                try:
                    client.sendall(b"".join(manager.escape(data)))
                except OSError:
                    return
    thread = threading.Thread(target=reader)
    thread.start()
    try:
        while True:
            data = client.recv(1024)
            if not data:
                break
            port.write(b"".join(manager.filter(data)))
    except OSError:
        pass
    alive[0] = False
    thread.join()
    client.close()
"#;

impl PySerial {
    /// `None`: there is no pyserial here.
    pub fn start(bench: &Bench) -> Option<Self> {
        let has = |python: &&str| {
            let asked = Command::new(python)
                .args(["-c", "import serial.rfc2217"])
                .stderr(Stdio::null())
                .status();
            asked.is_ok_and(|status| status.success())
        };
        let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has) else {
            skipped("no python3 with pyserial");
            return None;
        };
        let port = free_port();
        let file = bench.path("server.py");
        std::fs::write(&file, SERVER).unwrap();
        let process = Command::new(python)
            .arg(&file)
            .arg(bench.port())
            .arg(port.to_string())
            .spawn()
            .unwrap();
        let server = Self { process, port };
        wait_for("pyserial's server", || is_up(port));
        Some(server)
    }
}

impl Drop for PySerial {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
