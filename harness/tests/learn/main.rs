//! What `pump-hil learn` proposes of transcripts in which emulated devices talk: their frames are those of the profiles in `fixtures/devices`, which
//! people wrote, and each proposal is a profile that loads and reads what the device said.

mod devices;
mod program;
mod proposed;

use devices::{Talk, talk};
use proposed::{Frames, learned, shipped};

/// Each device, its shipped profile, and the name of the frame that is compared.
#[test]
fn frames_are_those_of_the_shipped_profiles() {
    for (talk, profile, theirs, ours) in [
        (talk("syringe", devices::SYRINGE), "syringe", "basic", "in"),
        (talk("syringe", devices::SYRINGE), "syringe", "out", "out"),
        (devices::safe(), "syringe", "safe", "f"),
        (devices::binary(), "aa-pump", "f", "f"),
        (devices::slip(), "slip-pump", "f", "f"),
        (devices::modbus(), "modbus-pump", "f", "f"),
        (talk("json-lines", devices::JSON), "json-pump", "line", "f"),
        (devices::console(), "console-pump", "line", "in"),
    ] {
        for text in [talk.texts(), talk.hex()] {
            let proposal = learned(text.as_bytes());
            let of = |profile: &_, name| Frames::of(profile, name);
            let (mine, due) = (of(&proposal.profile, ours), of(&shipped(profile), theirs));
            assert_eq!(mine, due, "{profile}, {theirs}:\n{}\nof\n{text}", proposal.text);
            // The proposal reads all that the device said.
            assert_eq!(
                proposal.unread(&talk),
                Vec::<String>::new(),
                "{profile}:\n{}",
                proposal.text
            );
        }
    }
}

#[test]
fn a_stream_without_directions_is_enough_for_lines_and_for_lengths() {
    for (talk, profile, theirs) in [
        (devices::safe(), "syringe", "safe"),
        (devices::binary(), "aa-pump", "f"),
        (talk("json-lines", devices::JSON), "json-pump", "line"),
        (devices::slip(), "slip-pump", "f"),
    ] {
        // It begins in the middle of a frame.
        let stream = talk.said().concat();
        let proposal = learned(&stream[3..]);
        let of = |profile: &_, name| Frames::of(profile, name);
        assert_eq!(
            of(&proposal.profile, "f"),
            of(&shipped(profile), theirs),
            "{}",
            proposal.text
        );
    }
}

#[test]
fn a_frame_that_was_spoilt_changes_nothing_and_is_counted() {
    let mut talk = devices::binary();
    let spoilt = talk.said_last();
    let last = spoilt.len() - 1;
    spoilt[last] ^= 0x10;
    let proposal = learned(talk.texts().as_bytes());
    assert_eq!(
        Frames::of(&proposal.profile, "f"),
        Frames::of(&shipped("aa-pump"), "f"),
        "{}",
        proposal.text
    );
    let all = talk.pieces.len();
    assert!(
        proposal
            .text
            .contains(&format!("check crc-8/smbus: {} of {all} frames", all - 1)),
        "{}",
        proposal.text
    );
}

#[test]
fn what_came_without_a_request_is_counted() {
    let proposal = learned(devices::binary().texts().as_bytes());
    let said = "came when nothing had just been sent";
    let beat = proposal.text.find("when: {h1: 0x7F}").unwrap();
    let counted: Vec<usize> = proposal.text.match_indices(said).map(|(at, _)| at).collect();
    // Of one message alone, and that is the heartbeat.
    assert_eq!(counted.len(), 1, "{}", proposal.text);
    assert!(
        counted[0] < beat && !proposal.text[counted[0]..beat].contains("when: "),
        "{}",
        proposal.text
    );
}

#[test]
fn three_frames_are_too_few_for_a_check() {
    let mut talk = devices::binary();
    let mut seen = Vec::new();
    talk.pieces.retain(|piece| {
        let new = !piece.0 && !seen.contains(piece);
        seen.push(piece.clone());
        new
    });
    talk.pieces.truncate(3);
    let proposal = learned(talk.texts().as_bytes());
    assert!(!proposal.text.contains("{check:"), "{}", proposal.text);
    assert!(
        proposal
            .text
            .contains("No check was looked for: 4 frames must differ, and 3 do."),
        "{}",
        proposal.text
    );
}

#[test]
fn nothing_that_was_sent_has_a_role_or_an_effect() {
    for talk in [talk("syringe", devices::SYRINGE), devices::binary(), devices::console()] {
        let proposal = learned(talk.texts().as_bytes());
        let Talk { pieces } = &talk;
        assert!(pieces.iter().any(|(sent, _)| *sent));
        let protocol = &proposal.profile.protocol;
        assert!(
            protocol.verbs.is_empty() && proposal.profile.requests.is_empty(),
            "{}",
            proposal.text
        );
        assert!(proposal.text.contains("effect: TODO"), "{}", proposal.text);
        for effect in ["effect: none", "effect: set", "effect: stop", "effect: dose"] {
            assert!(!proposal.text.contains(effect), "{}", proposal.text);
        }
    }
}
