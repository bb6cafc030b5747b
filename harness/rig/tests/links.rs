//! Lines that are no serial port of this host: what happens to one of them is told as of a serial port, in its own words.

use pump_hil_model::quantity::Span;
use pump_hil_rig::{End, Given, LinkError, OpenOptions, Rig, RigError, RigFile, Shelf, host_time};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A far end that somebody connected to.
trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// A server of one kind of line.
struct Server {
    /// Where it is, as a rig file has it.
    address: String,
    /// Those who connected, once their first words are over.
    came: Receiver<Box<dyn Stream>>,
    folder: tempfile::TempDir,
}

const KINDS: [&str; 3] = ["tcp", "unix", "rfc2217"];

/// What a server of RFC 2217 is asked last, where nothing is said of the port: to tell nothing of its modem.
const LAST: &[u8] = &[255, 250, 44, 11, 0, 255, 240];

impl Server {
    /// Serves `count` connections, one after the other. Each is greeted with `hello` before anything else.
    fn start(kind: &'static str, hello: &'static [u8], count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let (address, accept): (String, Box<dyn Fn() -> Box<dyn Stream> + Send>) = if kind == "unix" {
            let listener = UnixListener::bind(&socket).unwrap();
            let address = format!("unix:{}", socket.display());
            (address, Box::new(move || Box::new(listener.accept().unwrap().0)))
        } else {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("{kind}:{}", listener.local_addr().unwrap());
            (address, Box::new(move || Box::new(listener.accept().unwrap().0)))
        };
        let (send, came) = channel();
        std::thread::spawn(move || {
            for _ in 0..count {
                let mut stream = accept();
                stream.write_all(hello).unwrap();
                if kind == "rfc2217" {
                    greet(&mut *stream);
                }
                if send.send(stream).is_err() {
                    return;
                }
            }
        });
        Self { address, came, folder }
    }

    async fn open(&self) -> Result<Rig, RigError> {
        open(&self.folder, &format!("port: \"{}\"", self.address)).await
    }

    fn far_end(&self) -> Box<dyn Stream> {
        self.came.recv_timeout(Duration::from_secs(30)).unwrap()
    }
}

/// It has a serial port, and whatever is asked of that is granted.
fn greet(stream: &mut dyn Stream) {
    stream.write_all(&[255, 253, 44]).unwrap();
    let mut heard = Vec::new();
    let mut byte = [0];
    while !heard.ends_with(LAST) && stream.read(&mut byte).unwrap() == 1 {
        heard.push(byte[0]);
    }
}

fn rig_file(folder: &tempfile::TempDir, pump: &str, trusted: bool) -> RigFile {
    let device = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/devices/stub.yaml");
    let text = format!(
        "rig: bench\nsummary: A pump on a line.\ndevice: {}\npump: {{kind: serial, {pump}}}\nclock: {{kind: real}}\n\
         limits: {{open: 1 s, write: 1 s}}\n",
        device.canonicalize().unwrap().display()
    );
    let path = folder.path().join("bench.yaml");
    std::fs::write(&path, text).unwrap();
    let given = Given {
        trusted,
        ..Given::default()
    };
    RigFile::find(&Shelf::default(), &path, &given).unwrap()
}

async fn open(folder: &tempfile::TempDir, pump: &str) -> Result<Rig, RigError> {
    Rig::open(&rig_file(folder, pump, true), &OpenOptions::default()).await
}

/// A rig whose line is this program.
async fn to_program(program: &str) -> Result<Rig, RigError> {
    let folder = tempfile::tempdir().unwrap();
    open(&folder, &format!("program: {program}")).await
}

/// The next `count` bytes, or what came before the error.
async fn hear(rig: &mut Rig, count: usize) -> Result<Vec<u8>, RigError> {
    let mut heard = Vec::new();
    let until = rig.now().checked_add(Span(20_000)).unwrap();
    while heard.len() < count && rig.now() < until {
        heard.extend(rig.receive(until).await?.bytes);
    }
    Ok(heard)
}

/// The error of a line whose far end is closed.
async fn loss(rig: &mut Rig) -> RigError {
    hear(rig, usize::MAX).await.expect_err("the far end is closed")
}

fn every_byte() -> Vec<u8> {
    (0..=255).chain([255, 255, 0, 13, 10, 255]).collect()
}

/// As a server of this kind has it on its wire.
fn on_the_wire(kind: &str, bytes: &[u8]) -> Vec<u8> {
    let times = |byte: &u8| if kind == "rfc2217" && *byte == 255 { 2 } else { 1 };
    bytes.iter().flat_map(|byte| vec![*byte; times(byte)]).collect()
}

#[tokio::test(flavor = "current_thread")]
async fn every_byte_goes_both_ways() {
    for kind in KINDS {
        let server = Server::start(kind, b"", 1);
        let mut rig = server.open().await.unwrap();
        let mut far = server.far_end();
        rig.send(&every_byte()).await.unwrap();
        let wanted = on_the_wire(kind, &every_byte());
        let mut taken = vec![0; wanted.len()];
        far.read_exact(&mut taken).unwrap();
        assert_eq!(taken, wanted, "{kind}");
        far.write_all(&wanted).unwrap();
        assert_eq!(
            hear(&mut rig, every_byte().len()).await.unwrap(),
            every_byte(),
            "{kind}"
        );
    }
    let mut rig = to_program("[cat]").await.unwrap();
    rig.send(&every_byte()).await.unwrap();
    assert_eq!(hear(&mut rig, every_byte().len()).await.unwrap(), every_byte());
}

#[tokio::test(flavor = "current_thread")]
async fn what_came_before_the_first_read_is_kept() {
    for kind in KINDS {
        let server = Server::start(kind, b"boot\r\n", 1);
        let mut rig = server.open().await.unwrap();
        let mut far = server.far_end();
        far.write_all(b"up\r\n").unwrap();
        host_time::sleep(Duration::from_millis(50)).await;
        assert_eq!(hear(&mut rig, 10).await.unwrap(), b"boot\r\nup\r\n", "{kind}");
    }
    let mut rig = to_program("[sh, -c, 'printf boot; exec cat']").await.unwrap();
    assert_eq!(hear(&mut rig, 4).await.unwrap(), b"boot");
}

#[tokio::test(flavor = "current_thread")]
async fn a_silence_ends_at_its_deadline() {
    for kind in KINDS {
        let server = Server::start(kind, b"", 1);
        let mut rig = server.open().await.unwrap();
        let _far = server.far_end();
        let until = rig.now().checked_add(Span(20)).unwrap();
        let got = rig.receive(until).await.unwrap();
        assert_eq!((got.bytes.len(), got.end), (0, End::Deadline), "{kind}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_far_end_that_is_closed_is_told_and_may_come_back() {
    for kind in KINDS {
        let server = Server::start(kind, b"", 2);
        let mut rig = server.open().await.unwrap();
        drop(server.far_end());
        let error = loss(&mut rig).await;
        assert_eq!(error.code().as_str(), "rig-line-lost", "{kind}: {error}");
        let told = error.to_string();
        let look = if kind == "unix" {
            "check the program that has the socket"
        } else {
            "check the network, the server"
        };
        assert!(told.contains(&server.address) && told.contains(look), "{told}");
        rig.way_out().line_back().await.unwrap();
        let mut far = server.far_end();
        far.write_all(b"again").unwrap();
        assert_eq!(hear(&mut rig, 5).await.unwrap(), b"again", "{kind}");
        rig.send(b"!").await.unwrap();
        let mut taken = [0];
        far.read_exact(&mut taken).unwrap();
        assert_eq!(taken, *b"!");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_far_end_that_takes_nothing_is_told_within_the_limit() {
    let stuck = |error: &RigError| matches!(error, RigError::Link(LinkError::Stuck { limit_ms: 1_000, .. }));
    let much = Arc::new(vec![b'x'; 64 << 20]);
    for kind in KINDS {
        let server = Server::start(kind, b"", 1);
        let mut rig = server.open().await.unwrap();
        let _far = server.far_end();
        let begun = host_time::now();
        let error = rig.send(&much).await.unwrap_err();
        assert!(stuck(&error), "{kind}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{kind}");
    }
    let error = to_program("[sleep, \"60\"]")
        .await
        .unwrap()
        .send(&much)
        .await
        .unwrap_err();
    assert!(stuck(&error), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn nobody_there_is_waited_for_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("nobody").display().to_string();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for (address, why) in [
        (format!("tcp:127.0.0.1:{port}"), "refused"),
        (format!("tcp:localhost:{port}"), "refused"),
        (format!("rfc2217:127.0.0.1:{port}"), "refused"),
        (format!("unix:{socket}"), "No such file"),
        ("tcp:no-such-host.invalid:1".to_owned(), "its name is not known"),
    ] {
        let begun = host_time::now();
        let error = open(&folder, &format!("port: \"{address}\"")).await.unwrap_err();
        assert!(
            begun.elapsed() >= Duration::from_secs(1),
            "{address}: it was not waited for"
        );
        assert!(matches!(error, RigError::Link(LinkError::Absent { .. })), "{error}");
        assert_eq!(error.code().as_str(), "rig-line-closed");
        let told = error.to_string();
        assert!(
            told.starts_with(&format!("{address}: it is not there; ")) && told.contains(why),
            "{told}"
        );
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_that_says_nothing_of_rfc_2217_or_has_no_port_is_told() {
    for (answer, why) in [
        (&b""[..], "the server does not answer as RFC 2217 has it"),
        (&[255, 254, 44], "has no serial port to be set"),
        (b"all ports are taken\r\n", "It said: all ports are taken"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // One that closes is asked again, until the limit is over.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.write_all(answer).unwrap();
                let keeps = !answer.starts_with(b"all");
                let mut bytes = [0; 64];
                // What was asked is read, so that the end is no reset.
                while stream.read(&mut bytes).is_ok_and(|count| count > 0) && keeps {}
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let error = open(&folder, &format!("port: rfc2217:127.0.0.1:{port}"))
            .await
            .unwrap_err();
        assert_eq!(error.code().as_str(), "rig-line-closed");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_of_rfc_2217_is_answered_and_may_hold_us_up() {
    let server = Server::start("rfc2217", b"", 1);
    let mut rig = server.open().await.unwrap();
    let mut far = server.far_end();
    // Amid the pump's words it wants to know the terminal's type: we have none.
    far.write_all(b"a\xff\xfd\x18b").unwrap();
    assert_eq!(hear(&mut rig, 2).await.unwrap(), b"ab");
    let mut answer = [0; 3];
    far.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [255, 252, 24]);
    far.write_all(&[255, 250, 44, 108, 255, 240]).unwrap();
    far.write_all(b"c").unwrap();
    assert_eq!(hear(&mut rig, 1).await.unwrap(), b"c");
    let error = rig.send(b"?").await.unwrap_err();
    assert!(
        matches!(error, RigError::Link(LinkError::Stuck { limit_ms: 1_000, .. })),
        "{error}"
    );
    let goes_on = std::thread::spawn(move || {
        std::thread::park_timeout(Duration::from_millis(200));
        far.write_all(&[255, 250, 44, 109, 255, 240]).unwrap();
        let mut taken = [0];
        far.read_exact(&mut taken).unwrap();
        taken
    });
    rig.send(b"!").await.unwrap();
    assert_eq!(goes_on.join().unwrap(), *b"!");
}

#[tokio::test(flavor = "current_thread")]
async fn a_program_that_ends_is_told_with_its_last_words_and_may_be_started_again() {
    let mut rig = to_program("[sh, -c, 'echo no cable >&2; exit 3']").await.unwrap();
    let error = loss(&mut rig).await;
    assert_eq!(error.code().as_str(), "rig-line-lost", "{error}");
    let told = error.to_string();
    assert!(
        told.contains("its program ended, exit status: 3; it said: no cable")
            && told.contains("check why the program ended"),
        "{told}"
    );
    // Escape codes of it reach nobody.
    let mut rig = to_program("[sh, -c, 'printf \"\\033[2J\" >&2; exit 3']").await.unwrap();
    let told = loss(&mut rig).await.to_string();
    assert!(!told.contains('\u{1b}'), "{told:?}");
    rig.way_out().line_back().await.unwrap();
    let error = loss(&mut rig).await;
    assert_eq!(error.code().as_str(), "rig-line-lost", "{error}");
    let error = to_program("[no-such-program]").await.unwrap_err();
    assert!(
        error.to_string().contains("program:no-such-program: it does not start"),
        "{error}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_program_that_nobody_trusts_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("started");
    let file = rig_file(&folder, &format!("program: [touch, {}]", mark.display()), false);
    let error = Rig::open(&file, &OpenOptions::default()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "rig-not-trusted");
    assert!(!mark.exists());
}

/// Whether a process is there, and no corpse.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

#[tokio::test(flavor = "current_thread")]
async fn a_program_ends_with_its_rig_though_it_does_not_want_to() {
    let mut rig = to_program("[sh, -c, 'trap \"\" HUP INT TERM; sleep 60 & echo $$ $!; wait; sleep 60']")
        .await
        .unwrap();
    let mut said = String::new();
    while !said.ends_with('\n') {
        said.push_str(&String::from_utf8(hear(&mut rig, 1).await.unwrap()).unwrap());
    }
    let pids: Vec<&str> = said.split_whitespace().collect();
    assert!(pids.len() == 2 && pids.iter().all(|pid| lives(pid)), "{said}");
    drop(rig);
    let begun = host_time::now();
    while pids.iter().any(|pid| lives(pid)) && begun.elapsed() < Duration::from_secs(10) {
        host_time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!pids.iter().any(|pid| lives(pid)), "{said}");
}
