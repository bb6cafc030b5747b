//! Transcripts of a line, and the profile that is proposed of each: it loads.

use super::attack::Target;
use pump_hil_talk::device::Profile;
use pump_hil_talk::learn::{Proposal, Transcript, profile};

/// Texts with escapes and words behind them; bytes with a length and a check; a stream of lines.
const SEEDS: [&[u8]; 3] = [
    b"> 00DIS\\r      < \\x0200SI0.000W0.000ML\\x03    stopped\n> 00STP\\r      < \\x0200S?NA\\x03\n\
      12:00:01 -> \"00VOL 0.5  mL\\r\"\n12:00:02 <- \"\\x0200S\\x03\"\n",
    b"> aa 01 00 07\n< aa 81 05 00 00 00 00 00 56\n> aa 11 00 70\n< aa 06 01 11 7e\n> aa 02 00 0e\n< aa 15 02 02 01 3c\n",
    b"{\"id\":1,\"ok\":true}\n{\"id\":2,\"ok\":false,\"why\":\"busy\"}\n{\"event\":\"flow\",\"ul\":1e-05}\n{\"id\":3,\"ok\":true}\n",
];

#[test]
fn of_a_transcript_of_any_bytes_a_profile_that_loads_is_proposed_or_why_not_is_told() {
    Target {
        name: "transcript",
        inputs: 150,
        seeds: SEEDS.iter().map(|seed| seed.to_vec()).collect(),
        read: &read,
    }
    .run();
}

fn read(bytes: &[u8]) {
    let proposal = Transcript::read(bytes, None).and_then(|transcript| Proposal::of(&transcript));
    match proposal {
        Ok(proposal) => {
            let text = profile(&proposal, "our-pump", "transcript.txt");
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
            let loaded = Profile::parse(&text, "our-pump.yaml");
            assert!(loaded.is_ok(), "{}\n{text}", loaded.unwrap_err());
        }
        Err(why) => assert!(why.to_string().len() < 1_000, "{why}"),
    }
}
