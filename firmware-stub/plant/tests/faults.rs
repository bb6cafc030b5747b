//! What a healthy plant shows, and what each fault makes of it.

use stub_plant::{Drive, Fault, Plant, PlantSettings, Sensors, Truth};

struct Bench(Plant);

impl Bench {
    fn new() -> Self {
        Self(Plant::new(1, PlantSettings::default()))
    }

    fn with(fault: Fault, param: i32) -> Self {
        let mut bench = Self::new();
        bench.set(fault, param);
        bench
    }

    fn set(&mut self, fault: Fault, param: i32) {
        assert!(self.0.set_fault(fault as usize, param));
    }

    fn clear(&mut self, fault: Fault) {
        self.0.clear_fault(fault as usize);
    }

    fn wait(&mut self, ms: u64) -> Sensors {
        self.0.advance(self.0.now_ms() + ms);
        self.0.sense()
    }

    /// One stroke; returns the sensors at its end while the motor is still driven.
    fn stroke(&mut self) -> Sensors {
        self.0.drive(Drive { motor: true });
        let at_end = self.wait(200);
        self.0.drive(Drive { motor: false });
        at_end
    }

    /// Strokes at 0.5 ml/day.
    fn strokes(&mut self, count: u32) {
        for _ in 0..count {
            self.stroke();
            self.wait(86_200);
        }
    }

    fn truth(&self) -> Truth {
        self.0.truth()
    }

    fn count(&self, fault: Fault) -> u32 {
        self.0.count(fault as usize)
    }

    fn effect(&self, fault: Fault) -> u32 {
        self.0.effect(fault as usize)
    }
}

const DAY_MS: u64 = 86_400_000;

#[test]
fn a_healthy_stroke_gives_four_edges_and_500_nl() {
    let mut bench = Bench::new();
    let during = bench.stroke();
    assert_eq!(during.encoder_edges, 4);
    assert!((4_900..5_200).contains(&during.motor_ua), "{during:?}");
    assert!((1_300..1_600).contains(&during.catheter_pa), "{during:?}");
    let later = bench.wait(10_000);
    assert_eq!(later.catheter_pa, 1_000);
    assert_eq!(later.motor_ua, 0);
    bench.wait(60_000);
    let truth = bench.truth();
    assert_eq!((truth.delivered_nl, truth.displaced_nl, truth.lost_nl), (500, 500, 0));
    assert_eq!(truth.reservoir_nl, 20_000_000 - 500);
}

#[test]
fn a_stroke_cut_short_keeps_the_rotor_where_it_is() {
    let mut bench = Bench::new();
    bench.0.drive(Drive { motor: true });
    bench.wait(120);
    bench.0.drive(Drive { motor: false });
    assert_eq!(bench.wait(1_000).encoder_edges, 2);
    bench.0.drive(Drive { motor: true });
    assert_eq!(bench.wait(30).encoder_edges, 3);
}

#[test]
fn an_occlusion_adds_17_kpa_a_stroke_holds_it_and_lets_it_go_when_cleared() {
    let mut bench = Bench::with(Fault::CatheterOcclusion, 0);
    bench.strokes(2);
    assert_eq!(bench.effect(Fault::CatheterOcclusion), 1);
    assert_eq!(bench.count(Fault::CatheterOcclusion), 2);
    let held = bench.wait(DAY_MS);
    assert_eq!(held.catheter_pa, 1_000 + 35_000);
    assert_eq!(bench.truth().delivered_nl, 0);
    bench.clear(Fault::CatheterOcclusion);
    bench.wait(60_000);
    assert_eq!(bench.truth().delivered_nl, 1_000);
    assert_eq!(bench.effect(Fault::CatheterOcclusion), 0);
}

#[test]
fn against_a_full_occlusion_the_motor_stalls_before_much_is_stored() {
    let mut bench = Bench::with(Fault::CatheterOcclusion, 0);
    bench.strokes(50);
    let truth = bench.truth();
    assert!(truth.stored_nl < 5_000, "{truth:?}");
    assert!(truth.edges < 40);
    assert_eq!(bench.stroke().motor_ua, 20_000);
}

#[test]
fn a_partial_occlusion_raises_the_pulse_and_slows_its_decay() {
    let mut healthy = Bench::new();
    let mut narrow = Bench::with(Fault::CatheterPartialOcclusion, 80);
    assert!(narrow.stroke().catheter_pa > 4 * healthy.stroke().catheter_pa);
    assert!(narrow.wait(10_000).catheter_pa > 3_000);
    assert_eq!(healthy.wait(10_000).catheter_pa, 1_000);
    narrow.wait(DAY_MS);
    assert_eq!(narrow.truth().delivered_nl, 500);
}

#[test]
fn a_creeping_occlusion_raises_the_resting_pressure_over_hours() {
    let mut bench = Bench::with(Fault::CatheterCreepingOcclusion, 48);
    let mut last_pa = 1_000;
    for hour in 1..=40 {
        bench.wait(3_400_000);
        let resting_pa = bench.0.sense().catheter_pa;
        assert!(resting_pa >= last_pa, "hour {hour}: {resting_pa} after {last_pa}");
        last_pa = resting_pa;
        bench.wait(199_800);
        bench.stroke();
    }
    assert!((4_000..30_000).contains(&last_pa), "{last_pa}");
    bench.strokes(600);
    assert!(bench.truth().catheter_pa > 50_000);
    assert_eq!(bench.effect(Fault::CatheterCreepingOcclusion), 100);
}

#[test]
fn a_disconnection_drops_pressure_to_ambient_and_loses_everything() {
    let mut bench = Bench::with(Fault::CatheterDisconnection, 0);
    assert_eq!(bench.stroke().catheter_pa, 0);
    bench.wait(10_000);
    assert_eq!((bench.truth().delivered_nl, bench.truth().lost_nl), (0, 500));
}

#[test]
fn a_leak_splits_the_flow_and_lowers_the_pressure() {
    let mut bench = Bench::with(Fault::CatheterLeak, 40);
    bench.strokes(10);
    assert_eq!((bench.truth().delivered_nl, bench.truth().lost_nl), (3_000, 2_000));
    assert_eq!(bench.0.sense().catheter_pa, 600);
}

#[test]
fn a_dislocation_loses_everything_and_looks_healthy() {
    let mut healthy = Bench::new();
    let mut bench = Bench::with(Fault::CatheterDislocation, 0);
    for _ in 0..10 {
        assert_eq!(bench.stroke(), healthy.stroke());
        assert_eq!(bench.wait(20_000), healthy.wait(20_000));
    }
    assert_eq!((bench.truth().delivered_nl, bench.truth().lost_nl), (0, 5_000));
}

#[test]
fn a_held_rotor_stays_held_for_as_long_as_it_is_driven() {
    let mut bench = Bench::with(Fault::MotorStall, 1);
    bench.0.drive(Drive { motor: true });
    assert_eq!(bench.wait(600).encoder_edges, 0);
    bench.0.drive(Drive { motor: false });
    assert_eq!(
        (bench.effect(Fault::MotorStall), bench.count(Fault::MotorStall)),
        (0, 1)
    );
    assert_eq!(bench.stroke().encoder_edges, 4);
}

#[test]
fn a_stall_of_three_strokes_holds_three_and_no_more() {
    let mut bench = Bench::with(Fault::MotorStall, 3);
    for stroke in 0..3 {
        assert_eq!(bench.effect(Fault::MotorStall), 3 - stroke);
        let held = bench.stroke();
        assert_eq!((held.encoder_edges, held.motor_ua), (0, 20_000));
    }
    assert_eq!(
        (bench.effect(Fault::MotorStall), bench.count(Fault::MotorStall)),
        (0, 3)
    );
    assert_eq!(bench.stroke().encoder_edges, 4);
}

#[test]
fn a_stall_without_a_number_lasts_until_it_is_cleared() {
    let mut bench = Bench::with(Fault::MotorStall, 0);
    bench.strokes(20);
    assert_eq!(bench.truth().edges, 0);
    bench.clear(Fault::MotorStall);
    assert_eq!(bench.stroke().encoder_edges, 4);
}

#[test]
fn an_intermittent_stall_holds_about_one_stroke_in_five_the_same_ones_each_time() {
    let run = || {
        let mut bench = Bench::with(Fault::MotorStallIntermittent, 5);
        let pattern: Vec<u32> = (0..1_000).map(|_| bench.stroke().encoder_edges).collect();
        (pattern, bench.count(Fault::MotorStallIntermittent))
    };
    let (pattern, count) = run();
    assert!((150..250).contains(&count), "{count}");
    assert_eq!(run().0, pattern);
}

#[test]
fn over_and_under_delivery_move_another_volume_than_the_encoder_counts() {
    for (fault, volume_nl) in [(Fault::OverDelivery, 60_000), (Fault::UnderDelivery, 40_000)] {
        let mut bench = Bench::with(fault, 20);
        bench.strokes(100);
        assert_eq!((bench.truth().edges, bench.truth().delivered_nl), (400, volume_nl));
        assert_eq!(bench.truth().reservoir_nl, 20_000_000 - volume_nl);
    }
}

#[test]
fn a_magnet_holds_the_rotor_for_as_long_as_it_is_there() {
    let mut bench = Bench::with(Fault::MagneticField, 0);
    let held = bench.stroke();
    assert!(held.magnet && held.encoder_edges == 0 && held.motor_ua == 20_000);
    bench.0.drive(Drive { motor: true });
    bench.wait(100);
    bench.clear(Fault::MagneticField);
    let freed = bench.wait(100);
    assert!(!freed.magnet && freed.encoder_edges == 2, "{freed:?}");
}

#[test]
fn interference_shows_a_wake_up_pattern_and_nothing_else() {
    let mut bench = Bench::with(Fault::EmiWake, 0);
    assert!(bench.0.sense().telemetry_wake);
    assert_eq!(bench.stroke().encoder_edges, 4);
    bench.clear(Fault::EmiWake);
    assert!(!bench.0.sense().telemetry_wake);
}

#[test]
fn a_film_on_the_electrode_sags_the_battery_below_brown_out_only_under_the_motor() {
    let mut bench = Bench::with(Fault::BatteryFilm, 250);
    assert!(!bench.0.browned_out());
    bench.0.drive(Drive { motor: true });
    assert!(bench.0.browned_out(), "{}", bench.0.supply_mv());
    bench.0.drive(Drive { motor: false });
    assert!(!bench.0.browned_out());
    let truth = bench.truth();
    assert!(truth.battery_loaded_mv < 1_900 && truth.battery_mv > 2_900, "{truth:?}");
}

#[test]
fn the_lowest_voltage_is_remembered_for_this_minute_and_the_one_before() {
    let mut bench = Bench::new();
    bench.stroke();
    assert_eq!(bench.truth().battery_loaded_mv, 3_000);
    bench.wait(60_000);
    assert_eq!(bench.truth().battery_loaded_mv, 3_000);
    bench.wait(60_000);
    assert_eq!(bench.truth().battery_loaded_mv, bench.truth().battery_mv);
}

#[test]
fn a_supply_dip_takes_its_time_and_tells_when_it_ends() {
    let mut bench = Bench::new();
    assert_eq!(bench.0.next_deadline_ms(), None);
    bench.wait(1_000);
    bench.set(Fault::BrownOut, 250);
    assert!(bench.0.browned_out());
    assert_eq!(bench.0.next_deadline_ms(), Some(1_250));
    bench.wait(250);
    assert!(!bench.0.browned_out());
    assert_eq!((bench.0.next_deadline_ms(), bench.count(Fault::BrownOut)), (None, 1));
}

#[test]
fn a_battery_fault_sets_the_voltage_and_leaves_the_charge_alone() {
    let mut bench = Bench::with(Fault::BatteryLow, 2_450);
    assert_eq!(bench.0.sense().battery_mv, 2_450);
    bench.set(Fault::BatteryDepleted, 0);
    assert!(bench.truth().battery_mv == 1_500 && bench.0.browned_out());
    bench.clear(Fault::BatteryDepleted);
    bench.clear(Fault::BatteryLow);
    assert_eq!(bench.truth().battery_mv, 3_050);
}

#[test]
fn the_reservoir_level_changes_behind_the_pumps_back_and_an_empty_one_gives_nothing() {
    let mut bench = Bench::with(Fault::ReservoirLevel, 700);
    assert_eq!(bench.truth().reservoir_nl, 700);
    assert!(bench.0.sense().reservoir_pa >= 20_000);
    bench.strokes(3);
    assert_eq!((bench.truth().delivered_nl, bench.truth().edges), (700, 12));
    assert_eq!(bench.0.sense().reservoir_pa, 0);
}

#[test]
fn a_pocket_fill_leaves_the_reservoir_empty() {
    let mut bench = Bench::with(Fault::PocketFill, 0);
    bench.0.refill(18_000_000);
    assert_eq!((bench.truth().reservoir_nl, bench.count(Fault::PocketFill)), (0, 1));
    bench.clear(Fault::PocketFill);
    bench.0.refill(18_000_000);
    assert_eq!(bench.truth().reservoir_nl, 18_000_000);
}

#[test]
fn without_propellant_strokes_turn_but_move_nothing() {
    let mut bench = Bench::with(Fault::PropellantMissing, 0);
    assert_eq!(bench.stroke().encoder_edges, 4);
    assert_eq!((bench.truth().displaced_nl, bench.0.sense().reservoir_pa), (0, 0));
}

#[test]
fn a_sensor_offset_changes_what_is_shown_and_not_what_is() {
    let bench = Bench::with(Fault::PressureSensorOffset, -1_500);
    assert_eq!(bench.0.sense().catheter_pa, -500);
    assert_eq!(bench.truth().catheter_pa, 1_000);
}

#[test]
fn the_clock_jumps_once_each_time_it_is_told_to() {
    let mut bench = Bench::new();
    let start_s = bench.0.sense().rtc_s;
    bench.set(Fault::ClockJump, -3_600_000);
    assert_eq!(bench.wait(10_000).rtc_s, start_s + 10 - 3_600);
    bench.0.set_rtc(start_s);
    assert_eq!(bench.wait(5_000).rtc_s, start_s + 5);
}

#[test]
fn heat_is_sensed_and_presses_on_the_reservoir() {
    let mut bench = Bench::new();
    let cool_pa = bench.0.sense().reservoir_pa;
    bench.set(Fault::Temperature, 42_000);
    assert_eq!(bench.0.sense().temperature_mc, 42_000);
    assert_eq!(bench.0.sense().reservoir_pa, cool_pa + 4_000);
    bench.clear(Fault::Temperature);
    assert_eq!(bench.0.sense().temperature_mc, 37_000);
}

#[test]
fn a_feedthrough_short_draws_more_and_stalls_every_third_stroke() {
    let mut bench = Bench::with(Fault::FeedthroughShort, 30_000);
    let edges: Vec<u32> = (0..6).map(|_| bench.stroke().encoder_edges).collect();
    assert_eq!(edges, [4, 8, 8, 12, 16, 16]);
    assert!(bench.stroke().motor_ua >= 35_000);
    assert!(bench.truth().battery_loaded_mv < 2_750);
    assert_eq!(bench.count(Fault::FeedthroughShort), 2);
}

#[test]
fn at_half_a_millilitre_a_day_the_battery_reaches_2600_mv_after_six_and_a_half_years() {
    let mut bench = Bench::new();
    let mut days = 0u64;
    while bench.truth().battery_mv > 2_600 {
        for _ in 0..1_000 {
            bench.stroke();
            bench.wait(86_200);
        }
        if bench.truth().reservoir_nl < 2_000_000 {
            bench.0.refill(20_000_000);
        }
        days += 1;
    }
    assert!((2_300..2_450).contains(&days), "{days}");
}

#[test]
fn a_slot_that_is_not_the_plants_is_left_alone() {
    let mut bench = Bench::new();
    for slot in [20, 21, 23, 24, 25, 26, 29, 30, 31, 32, usize::MAX] {
        assert!(!bench.0.set_fault(slot, 1));
        bench.0.clear_fault(slot);
        assert_eq!((bench.0.effect(slot), bench.0.count(slot)), (0, 0));
    }
}
