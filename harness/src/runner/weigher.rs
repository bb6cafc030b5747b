//! A balance beside the pump: it is read every so often by a task of its own, so that neither waits for the other.

use pump_hil_model::event::{Body, Weighed};
use pump_hil_model::quantity::{Mass, Span};
use pump_hil_rig::host_time;
use pump_hil_rig::{Instrument, InstrumentAt, Reading, RigError, RigLimits};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// What is read of a balance; nothing comes where there is none.
#[derive(Debug, Default)]
pub(super) struct Weigher {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    name: String,
    resolution: Mass,
    readings: UnboundedReceiver<Result<Reading, RigError>>,
    task: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Weigher {
    /// Opens a balance, and reads it from now on.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn open(at: &InstrumentAt, limits: RigLimits, every: Duration) -> Result<Self, RigError> {
        let balance = at.open(limits).await?;
        let (tell, readings) = unbounded_channel();
        let open = Open {
            name: at.name.clone(),
            resolution: at.resolution,
            readings,
            task: tokio::spawn(read_on(balance, every, tell)),
        };
        Ok(Self { open: Some(open) })
    }

    /// Whether there is one.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// By how much a mass may be off.
    pub fn resolution(&self) -> Option<Mass> {
        self.open.as_ref().map(|open| open.resolution)
    }

    /// The next reading; it never comes where there is no balance, or its line is gone.
    ///
    /// # Errors
    /// Its line is gone.
    pub async fn next(&mut self) -> Result<Reading, RigError> {
        let Some(open) = &mut self.open else {
            return std::future::pending().await;
        };
        match open.readings.recv().await {
            Some(reading) => reading,
            None => std::future::pending().await,
        }
    }

    /// What is noted of a reading; `now`: scenario time, `scale`: its seconds in one of the host.
    pub fn note(&self, reading: Reading, now: Span, scale: u32) -> Body {
        let asked = before(now, reading.asked, scale);
        let text = |key: &str| reading.fields.as_ref().ok().and_then(|fields| fields.get(key));
        let mass = text("mass")
            .and_then(|mass| mass.strip_suffix("ng")?.parse().ok())
            .map(Mass);
        Body::Weighed(Weighed {
            instrument: self.open.as_ref().map_or_else(String::new, |open| open.name.clone()),
            asked,
            stable: mass.is_some() && text("stable").is_none_or(|stable| stable == "yes"),
            fault: match &reading.fields {
                Ok(_) if mass.is_none() => Some("it told no mass".to_owned()),
                Ok(_) => None,
                Err(why) => Some(why.clone()),
            },
            mass,
            said: reading.said,
        })
    }
}

/// Scenario time of a moment of the host's clock that is past.
fn before(now: Span, then: Instant, scale: u32) -> Span {
    let ago = host_time::now().saturating_duration_since(then).as_millis();
    let ago = i64::try_from(ago).unwrap_or(i64::MAX).saturating_mul(scale.into());
    Span(now.0.saturating_sub(ago))
}

/// Reads a balance until nobody listens, or its line is gone.
async fn read_on(mut balance: Instrument, every: Duration, tell: UnboundedSender<Result<Reading, RigError>>) {
    loop {
        let begun = host_time::now();
        let reading = balance.read().await;
        let is_gone = reading.is_err();
        if tell.send(reading).is_err() || is_gone {
            return;
        }
        host_time::sleep(every.saturating_sub(begun.elapsed())).await;
    }
}
