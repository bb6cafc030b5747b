//! The plant: its parts joined, and time passing in them.

use crate::battery::Battery;
use crate::catheter::Catheter;
use crate::fault::{Fault, Faults};
use crate::motor::{Motor, Stall};
use crate::quotient;
use crate::readings::{Drive, Sensors, Truth};
use crate::reservoir::Reservoir;
use crate::rng::Rng;
use crate::rtc::Rtc;
use crate::settings::PlantSettings;
use crate::stroke::{BROWN_OUT_MV, EDGES_PER_STROKE, FX_PER_NL, STROKE_MS, STROKE_NL};

/// The physics of one pump in one patient.
#[derive(Clone, Debug)]
pub struct Plant {
    pub(crate) settings: PlantSettings,
    pub(crate) now_ms: u64,
    pub(crate) rtc: Rtc,
    motor: Motor,
    pub(crate) reservoir: Reservoir,
    pub(crate) catheter: Catheter,
    pub(crate) battery: Battery,
    pub(crate) faults: Faults,
    rng: Rng,
    /// When the supply comes back after a dip.
    pub(crate) supply_back_ms: Option<u64>,
    pub(crate) temperature_mc: i32,
    load: Load,
}

/// What the motor takes while it is driven; kept, because it changes only with an edge or a fault and is asked for at every look.
#[derive(Clone, Debug, Default)]
struct Load {
    ua: u32,
    /// How far it pulls the supply down.
    sag_mv: u64,
}

impl Plant {
    /// A healthy plant at its first power.
    #[must_use]
    pub fn new(seed: u64, settings: PlantSettings) -> Self {
        Self {
            now_ms: 0,
            rtc: Rtc::new(0, settings.start_rtc_s),
            motor: Motor::default(),
            reservoir: Reservoir::new(&settings),
            catheter: Catheter::new(&settings),
            battery: Battery::new(&settings),
            faults: Faults::default(),
            rng: Rng::new(seed),
            supply_back_ms: None,
            temperature_mc: settings.temperature_mc,
            load: Load::default(),
            settings,
        }
    }

    /// Where the plant's time is, in milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Lets time pass up to `now_ms` under the present drive; a time that is already past changes nothing.
    #[inline]
    pub fn advance(&mut self, now_ms: u64) {
        while let Some(at_ms) = self.catheter.creep_due(now_ms) {
            self.run(at_ms.max(self.now_ms));
            self.catheter.creep(at_ms);
            let closed = self.catheter.creep_closed_percent();
            self.faults.set_effect(Fault::CatheterCreepingOcclusion, closed.max(1));
        }
        self.run(now_ms);
    }

    /// Drives the motor, or stops driving it, from this instant on.
    pub fn drive(&mut self, drive: Drive) {
        if drive.motor == self.motor.driven {
            return;
        }
        self.motor.driven = drive.motor;
        self.motor.driven_ms = 0;
        self.motor.begun = false;
        if drive.motor {
            self.begin_stroke();
            self.note_loaded();
        }
    }

    /// Sets the clock chip, to seconds since 2000-01-01.
    pub fn set_rtc(&mut self, rtc_s: u64) {
        self.rtc = Rtc::new(self.now_ms, rtc_s);
    }

    /// A clinician empties the reservoir and fills in `added_nl`: beside it, under the fault `pocket-fill`. What does not fit stays in the syringe.
    pub fn refill(&mut self, added_nl: u64) {
        if self.faults.is_on(Fault::PocketFill) {
            self.faults.acted(Fault::PocketFill);
            self.reservoir.refill(0);
        } else {
            self.reservoir.refill(added_nl);
        }
    }

    /// What the sensors show now.
    #[inline]
    #[must_use]
    pub fn sense(&self) -> Sensors {
        Sensors {
            rtc_s: self.rtc.now_s(),
            encoder_edges: (self.motor.edges & 0xFFFF_FFFF) as u32,
            battery_mv: self.supply_mv(),
            catheter_pa: self
                .catheter
                .pressure_pa(self.now_ms)
                .saturating_add(self.sensor_offset_pa()),
            reservoir_pa: self.reservoir_pa(),
            motor_ua: if self.motor.driven { self.load.ua } else { 0 },
            magnet: self.faults.is_on(Fault::MagneticField),
            telemetry_wake: self.faults.is_on(Fault::EmiWake),
            temperature_mc: self.temperature_mc,
        }
    }

    /// What is really so now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let flow = self.catheter.flow(self.now_ms);
        let open_mv = self.battery.open_mv();
        Truth {
            edges: self.motor.edges,
            delivered_nl: flow.delivered_fx / FX_PER_NL,
            displaced_nl: self.reservoir.displaced_fx / FX_PER_NL,
            lost_nl: flow.lost_fx / FX_PER_NL,
            stored_nl: flow.stored_fx / FX_PER_NL,
            reservoir_nl: self.reservoir.volume_fx / FX_PER_NL,
            catheter_pa: self.catheter.pressure_pa(self.now_ms),
            reservoir_pa: self.reservoir_pa(),
            battery_mv: open_mv,
            battery_loaded_mv: self.battery.lowest_mv(self.now_ms, self.supply_mv()),
        }
    }

    /// Supply at this instant, under the present load, in millivolts.
    #[inline]
    #[must_use]
    pub fn supply_mv(&self) -> u16 {
        if self.supply_back_ms.is_some_and(|back_ms| self.now_ms < back_ms) {
            return 0;
        }
        let open_mv = self.battery.open_mv();
        if self.motor.driven {
            u64::from(open_mv).saturating_sub(self.load.sag_mv) as u16
        } else {
            open_mv
        }
    }

    /// The processor has too little supply to run.
    #[inline]
    #[must_use]
    pub fn browned_out(&self) -> bool {
        self.supply_mv() < BROWN_OUT_MV
    }

    /// The next instant at which the plant changes by itself so that somebody must look: the end of a supply dip. None in healthy times.
    #[inline]
    #[must_use]
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.supply_back_ms.filter(|&back_ms| back_ms > self.now_ms)
    }

    fn sensor_offset_pa(&self) -> i32 {
        self.faults.param_if_on(Fault::PressureSensorOffset).unwrap_or(0)
    }

    fn reservoir_pa(&self) -> i32 {
        if self.faults.is_on(Fault::PropellantMissing) {
            0
        } else {
            self.reservoir.pressure_pa()
        }
    }

    fn motor_ua(&self) -> u32 {
        let short_ua = self
            .faults
            .param_if_on(Fault::FeedthroughShort)
            .unwrap_or(0)
            .max(0)
            .cast_unsigned();
        let own_ua = if self.held() {
            self.settings.stall_ua
        } else {
            // Load: what the motor works against, one microampere for each 20 Pa above a healthy outlet.
            let above_pa = self
                .motor
                .load_pa
                .saturating_sub(self.settings.outlet_pa)
                .max(0)
                .cast_unsigned();
            (self.settings.motor_ua + quotient::twentieth(above_pa)).min(self.settings.stall_ua)
        };
        own_ua + short_ua
    }

    fn held(&self) -> bool {
        self.motor.stalled || self.faults.is_on(Fault::MagneticField)
    }

    /// Lets time pass up to `to_ms` in which nothing changes but by the motor.
    #[inline]
    fn run(&mut self, to_ms: u64) {
        if to_ms <= self.now_ms {
            return;
        }
        if self.motor.driven {
            self.run_driven(to_ms)
        } else {
            self.battery.pass(to_ms - self.now_ms, 0);
            self.now_ms = to_ms;
        }
        self.rtc.follow(to_ms);
    }

    fn run_driven(&mut self, to_ms: u64) {
        while self.now_ms < to_ms {
            if !self.motor.begun {
                self.begin_stroke();
            }
            let held = self.held();
            let edge_in_ms = if held { u64::MAX } else { self.motor.edge_in_ms() };
            let step_ms = (to_ms - self.now_ms)
                .min(STROKE_MS - self.motor.driven_ms)
                .min(edge_in_ms);
            self.battery.pass(step_ms, self.load.ua);
            self.now_ms += step_ms;
            self.motor.driven_ms += step_ms;
            if !held {
                self.motor.rotor_ms += step_ms;
                if step_ms == edge_in_ms {
                    self.edge();
                }
            }
            if self.motor.driven_ms == STROKE_MS {
                self.motor.driven_ms = 0;
                // A rotor that is held stays held until the coil lets go of it: to drive on is no new stroke.
                self.motor.begun = self.motor.stalled;
            }
        }
    }

    /// One encoder edge: a quarter of a stroke's volume goes from the reservoir into the catheter.
    fn edge(&mut self) {
        self.motor.rotor_ms = 0;
        self.motor.edges += 1;
        let mut volume_fx = STROKE_NL * FX_PER_NL / u64::from(EDGES_PER_STROKE);
        let percent = self.faults.stroke_percent();
        if percent != 100 {
            volume_fx = volume_fx * percent / 100;
        }
        let moved_fx = if self.faults.is_on(Fault::PropellantMissing) {
            0
        } else {
            self.reservoir.take(volume_fx)
        };
        self.catheter.take_in(self.now_ms, moved_fx);
        debug_assert!(self.is_conserved(), "volume came from nowhere or went nowhere");
        self.motor.load_pa = self.catheter.pressure_pa(self.now_ms);
        if self.motor.load_pa > self.settings.stall_pa {
            self.motor.stalled = true;
        }
        self.weigh();
        self.note_loaded();
    }

    /// Whether everything that left the reservoir is somewhere.
    fn is_conserved(&self) -> bool {
        let flow = self.catheter.flow(self.now_ms);
        flow.delivered_fx + flow.lost_fx + flow.stored_fx == self.reservoir.displaced_fx
    }

    /// Decides how the stroke that begins now will go.
    fn begin_stroke(&mut self) {
        self.motor.begun = true;
        self.motor.strokes += 1;
        self.motor.load_pa = self.catheter.pressure_pa(self.now_ms);
        let stall = self.faults.stall_stroke(self.motor.strokes, &mut self.rng);
        self.motor.stalled = stall == Stall::Held || self.motor.load_pa > self.settings.stall_pa;
        self.faults.stroke_met();
        self.weigh();
    }

    /// Works out anew what the driven motor takes.
    pub(crate) fn weigh(&mut self) {
        let ua = self.motor_ua();
        self.load = Load {
            ua,
            sag_mv: self.battery.sag_mv(ua, self.load.sag_mv),
        };
    }

    fn note_loaded(&mut self) {
        let mv = self.supply_mv();
        self.battery.note(self.now_ms, mv);
    }
}
