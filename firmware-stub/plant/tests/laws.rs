//! The plant's laws: conservation, and independence of who looks when.

use proptest::prelude::*;
use stub_plant::{Drive, Fault, Plant, PlantSettings, SLOTS, Truth};

/// Something that happens to a plant.
#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Stroke,
    Set(Fault, i32),
    Clear(Fault),
    Refill(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let fault = prop::sample::select(Fault::ALL.to_vec());
    prop_oneof![
        2 => (0u64..100_000).prop_map(Act::Wait),
        6 => Just(Act::Stroke),
        2 => (fault.clone(), prop_oneof![-10i32..120, 1000i32..3000, any::<i32>()]).prop_map(|(fault, param)| Act::Set(fault, param)),
        1 => fault.prop_map(Act::Clear),
        1 => (0u64..30_000_000).prop_map(Act::Refill),
    ]
}

/// Plays the acts; `look_ms` is how often somebody looks while time passes.
fn play(acts: &[Act], look_ms: u64) -> (Plant, Truth) {
    let mut plant = Plant::new(
        7,
        PlantSettings {
            reservoir_nl: 40_000,
            ..PlantSettings::default()
        },
    );
    let pass = |plant: &mut Plant, ms: u64| {
        let until_ms = plant.now_ms() + ms;
        while plant.now_ms() < until_ms {
            plant.advance((plant.now_ms() + look_ms).min(until_ms));
            let _ = (plant.sense(), plant.truth());
        }
    };
    for act in acts {
        match act {
            Act::Wait(ms) => pass(&mut plant, *ms),
            Act::Stroke => {
                plant.drive(Drive { motor: true });
                pass(&mut plant, 200);
                plant.drive(Drive { motor: false });
            }
            Act::Set(fault, param) => assert!(plant.set_fault(*fault as usize, *param)),
            Act::Clear(fault) => plant.clear_fault(*fault as usize),
            Act::Refill(nl) => plant.refill(*nl),
        }
    }
    let truth = plant.truth();
    (plant, truth)
}

proptest! {
    #[test]
    fn what_leaves_the_reservoir_is_delivered_lost_or_in_the_catheter(acts in prop::collection::vec(act(), 0..60)) {
        let (_, truth) = play(&acts, 5_000);
        let sum = truth.delivered_nl + truth.lost_nl + truth.stored_nl;
        // Each of the three is rounded down to a whole nanolitre.
        prop_assert!(sum <= truth.displaced_nl && truth.displaced_nl - sum <= 2, "{truth:?}");
    }

    #[test]
    fn looking_changes_nothing(acts in prop::collection::vec(act(), 0..60), look_ms in 7u64..3_000) {
        let (rarely, rare_truth) = play(&acts, u64::MAX / 2);
        let (often, often_truth) = play(&acts, look_ms);
        prop_assert_eq!(rare_truth, often_truth);
        prop_assert_eq!(rarely.sense(), often.sense());
        for slot in 0..SLOTS {
            prop_assert_eq!(rarely.effect(slot), often.effect(slot));
            prop_assert_eq!(rarely.count(slot), often.count(slot));
        }
    }

    #[test]
    fn nothing_ever_flows_backwards(acts in prop::collection::vec(act(), 1..60)) {
        let mut before = Truth::default();
        for end in 1..=acts.len() {
            let (_, truth) = play(&acts[..end], u64::MAX / 2);
            prop_assert!(truth.delivered_nl >= before.delivered_nl && truth.lost_nl >= before.lost_nl && truth.displaced_nl >= before.displaced_nl);
            before = truth;
        }
    }
}
