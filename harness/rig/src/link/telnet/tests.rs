use super::*;

/// What comes through of `bytes`, in pieces of these lengths.
fn through(telnet: &mut Telnet, pieces: &[&[u8]]) -> Vec<u8> {
    let mut data = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let kept = telnet.take(&mut piece);
        data.extend_from_slice(&piece[..kept]);
    }
    data
}

/// A server's talk: bytes of the pump, a 255 of its own, options, a command with a doubled 255, and one that stands alone.
const TALK: &[u8] = &[
    b'a', IAC, IAC, b'b', IAC, DO, COM_PORT, b'c', IAC, SB, COM_PORT, 101, 0, 0, IAC, IAC, 0, IAC, SE, b'd', IAC, 241,
    b'\r', b'\n', IAC, WILL, 1, IAC, DO, 24, 0,
];
const SAID: &[u8] = b"a\xffbcd\r\n\0";

#[test]
fn every_split_of_reads_gives_the_same_bytes_and_answers() {
    for first in 0..=TALK.len() {
        for second in first..=TALK.len() {
            let mut telnet = Telnet::amid();
            telnet.ask(SET_BAUD, 0xff00, 4);
            telnet.take_out();
            let said = through(&mut telnet, &[&TALK[..first], &TALK[first..second], &TALK[second..]]);
            assert_eq!(said, SAID, "{first}, {second}");
            assert_eq!(telnet.has_port(), Some(true));
            assert!(
                telnet.is_answered() && telnet.is_not_so().is_none(),
                "{first}, {second}"
            );
            // Echo and terminal type were not asked for.
            assert_eq!(telnet.take_out(), [IAC, DONT, 1, IAC, WONT, 24]);
        }
    }
}

#[test]
fn a_byte_255_of_the_pump_is_doubled_and_comes_back_as_one() {
    assert_eq!(Telnet::escaped(b"?status\n"), Cow::Borrowed(b"?status\n"));
    let all: Vec<u8> = (0..=255).chain([255, 255, 240, 0]).collect();
    let escaped = Telnet::escaped(&all).into_owned();
    assert_eq!(escaped.len(), all.len() + 3);
    assert_eq!(through(&mut Telnet::amid(), &[&escaped]), all);
}

#[test]
fn what_is_asked_of_the_port_is_said_as_the_rfc_has_it() {
    let mut telnet = Telnet::amid();
    telnet.set(&Settings {
        // A byte of it is 255.
        baud: Some(0x0001_ff00),
        data_bits: Some(7),
        parity: Some(Parity::Even),
        stop_bits: Some(2),
        flow: Some(Flow::Hardware),
        dtr: Some(Level::Off),
        rts: Some(Level::On),
        break_for: None,
    });
    let asked: [&[u8]; 9] = [
        &[10, 0],
        &[11, 0],
        &[1, 0, 1, 255, 255, 0],
        &[2, 7],
        &[3, 3],
        &[4, 2],
        &[5, 3],
        &[5, 9],
        &[5, 11],
    ];
    let wanted: Vec<u8> = asked
        .iter()
        .flat_map(|asked| [&[IAC, SB, COM_PORT], *asked, &[IAC, SE]].concat())
        .collect();
    assert_eq!(telnet.take_out(), wanted);
    let told = telnet.is_not_so().unwrap();
    assert_eq!(told, "the server does not answer what is asked of the port (baud)");
}

#[test]
fn a_server_that_sets_something_else_is_told() {
    let mut telnet = Telnet::amid();
    telnet.set(&Settings {
        baud: Some(115_200),
        ..Settings::default()
    });
    through(&mut telnet, &[&[IAC, SB, COM_PORT, 101, 0, 0, 0x25, 0x80, IAC, SE]]);
    assert!(telnet.is_answered());
    assert_eq!(
        telnet.is_not_so().unwrap(),
        "the server set baud to 9600, not to 115200"
    );
}

#[test]
fn a_server_may_hold_us_up() {
    let mut telnet = Telnet::amid();
    through(&mut telnet, &[&[IAC, SB, COM_PORT, 108, IAC, SE]]);
    assert!(telnet.is_suspended());
    through(&mut telnet, &[&[IAC, SB, COM_PORT, 109, IAC, SE]]);
    assert!(!telnet.is_suspended());
}

#[test]
fn a_server_without_a_port_says_so() {
    let mut telnet = Telnet::begin();
    assert_eq!(telnet.take_out().len(), 18);
    through(&mut telnet, &[&[IAC, DONT, COM_PORT]]);
    assert_eq!(telnet.has_port(), Some(false));
}

#[test]
fn whatever_comes_nothing_grows_without_end() {
    let mut telnet = Telnet::begin();
    through(&mut telnet, &[&[IAC, SB], &[7; 100_000]]);
    assert!(telnet.command.len() <= COMMAND_MAX);
    // Every byte behind every other.
    for first in 0..=255 {
        for second in 0..=255 {
            through(&mut telnet, &[&[IAC, first, second, IAC, SE]]);
        }
    }
    through(&mut telnet, &[&[IAC, WILL, 1].repeat(10_000)]);
    assert!(telnet.out.len() <= OUT_MAX + 3);
    let mut bytes = [b'x'; 3];
    telnet.at = At::Data;
    assert_eq!(telnet.take(&mut bytes), 3);
}

#[test]
fn any_bytes_in_any_pieces_are_what_they_are_in_one() {
    // splitmix64: the same on every host.
    let mut state = 14_u64;
    let mut below = |end: usize| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((z ^ (z >> 27)) as usize >> 7) % end
    };
    // Mostly what means something.
    let words = [IAC, IAC, SB, SE, DO, WILL, WONT, DONT, COM_PORT, 101, 108, 109, 0, b'a'];
    for _ in 0..2_000 {
        let bytes: Vec<u8> = (0..below(60)).map(|_| words[below(words.len())]).collect();
        let (mut whole, mut pieces) = (Telnet::begin(), Telnet::begin());
        let said = through(&mut whole, &[&bytes]);
        let (mut rest, mut came) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + below(rest.len()));
            came.extend(through(&mut pieces, &[piece]));
            rest = after;
        }
        assert_eq!(came, said, "{bytes:?}");
        assert_eq!(pieces.take_out(), whole.take_out(), "{bytes:?}");
        assert_eq!(pieces.has_port(), whole.has_port(), "{bytes:?}");
        assert_eq!(pieces.is_suspended(), whole.is_suspended(), "{bytes:?}");
    }
}
