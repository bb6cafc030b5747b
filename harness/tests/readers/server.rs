//! What a server of RFC 2217 sends: the pump's bytes, and its own commands between them.

use super::attack::Target;
use pump_hil_rig::telnet_told;

#[test]
fn a_server_that_sends_anything_adds_nothing_and_is_answered_shortly() {
    let seeds: [&[u8]; 3] = [
        // As ser2net begins.
        b"\xff\xfb\x03\xff\xfb\x01\xff\xfe\x01\xff\xfd\x00\xff\xfd\x2c\xff\xfb\x00\xff\xfa\x2c\x65\x00\x01\xc2\x00\xff\xf0=1 ok *0000\r\n",
        // As pyserial's server begins, and a 255 of the pump's.
        b"\xff\xfd\x2c\xff\xfb\x2c\xff\xfa\x2c\x6f\x00\xff\xf0\xff\xfa\x2c\x65\x00\xff\xff\x00\x00\xff\xf0a\xff\xffb\xff\xf1c",
        b"\xff\xfa\x2c\x6c\xff\xf0wait\xff\xfa\x2c\x6d\xff\xf0go on\xff\xfd\x18\xff\xfb\x05",
    ];
    Target {
        name: "server",
        inputs: 3_000,
        seeds: seeds.map(<[u8]>::to_vec).to_vec(),
        read: &read,
    }
    .run();
}

fn read(bytes: &[u8]) {
    let (said, answers) = telnet_told(&[bytes]);
    // What is the pump's stands among the server's bytes, in its order.
    let mut rest = bytes.iter();
    assert!(
        said.iter().all(|byte| rest.any(|of_server| of_server == byte)),
        "a byte was added"
    );
    assert!(answers.len() <= bytes.len() + 3, "it is answered more than it said");
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(telnet_told(&pieces).0, said, "cut anywhere it is the same");
}
