//! What is known by name: requirements, drugs, and the words of each list.

use super::bench::Bench;
use pump_hil_firmware::Image;
use pump_hil_model::case::{Measure, Verb};
use pump_hil_model::device_words::{DeviceWords, Devices};
use pump_hil_model::quantity::{Concentration, Rate, Volume};
use pump_hil_model::words;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A requirement, or a hazard or recall of behaviours, numbers, faults and recalls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Id, such as `GIP-1.10.2`, `SF04`, `R18`.
    pub id: String,
    /// What it asks for, in our own words.
    pub text: String,
    /// Its number, where it has one.
    pub value: Option<String>,
    /// What harm it guards against.
    pub hazard: Option<String>,
    /// The document that it is from.
    pub source: String,
    /// Whether scenarios name it in `covers`, and not in `verifies`.
    pub row: bool,
    /// Why no firmware can show it.
    pub not_testable: Option<String>,
}

/// A drug at one concentration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drug {
    /// Id, as in the pump's library.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Concentration; 0 for a carrier without drug.
    pub concentration: Concentration,
    /// `intrathecal` or `epidural`.
    pub route: String,
    /// Rate beyond which the clinician must confirm.
    pub soft_rate: Rate,
    /// Rate that is never accepted.
    pub hard_rate: Rate,
    /// Bolus beyond which the clinician must confirm.
    pub soft_bolus: Volume,
    /// Bolus that is never accepted.
    pub hard_bolus: Volume,
    /// Where the numbers come from.
    pub source: String,
}

/// What scenarios may name. Made by [`super::load::Loader`].
#[derive(Debug, Clone)]
pub struct Catalog {
    requirements: Vec<Requirement>,
    drugs: BTreeMap<String, Drug>,
    /// The file that each id is from.
    from: BTreeMap<String, String>,
    symbols: Vec<String>,
    images: Vec<(String, Arc<Image>)>,
    benches: Vec<Arc<dyn Bench>>,
    devices: Option<Arc<dyn Devices>>,
    /// The device of the scenario that is read, where it names one.
    device: Option<DeviceWords>,
    /// The same with the words of a device, for each that was asked for.
    of_devices: Arc<Mutex<BTreeMap<String, Arc<Self>>>>,
    /// The schemas of scenarios and of set-ups, which depend on the words of this catalogue; each is made when the first one is checked.
    pub(crate) schemas: [OnceLock<serde_json::Value>; 2],
}

impl Catalog {
    pub(super) fn new(
        requirements: Vec<Requirement>,
        drugs: BTreeMap<String, Drug>,
        from: BTreeMap<String, String>,
    ) -> Self {
        Self {
            requirements,
            drugs,
            from,
            symbols: words::SYMBOLS.iter().map(|s| (*s).to_owned()).collect(),
            images: Vec::new(),
            benches: Vec::new(),
            devices: None,
            device: None,
            of_devices: Arc::default(),
            schemas: Default::default(),
        }
    }

    /// All requirements and rows, in the order of the files.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The file that a requirement or drug is from, or `built in`.
    #[must_use]
    pub fn from(&self, id: &str) -> Option<&str> {
        self.from.get(id).map(String::as_str)
    }

    /// A drug by its id.
    #[must_use]
    pub fn drug(&self, id: &str) -> Option<&Drug> {
        self.drugs.get(id)
    }

    /// All drugs, by id.
    pub fn drugs(&self) -> impl Iterator<Item = &Drug> {
        self.drugs.values()
    }

    /// Symbols that a probe step may name.
    #[must_use]
    pub fn symbols(&self) -> &[String] {
        &self.symbols
    }

    /// Adds symbols, such as those of a device profile.
    pub fn add_symbols(&mut self, symbols: impl IntoIterator<Item = String>) {
        self.symbols.extend(symbols);
        self.changed();
    }

    /// Images of the rigs that a scenario will run on, with the rigs' names: what it names in them is looked up before anything runs.
    #[must_use]
    pub fn images(&self) -> &[(String, Arc<Image>)] {
        &self.images
    }

    /// Adds an image.
    pub fn add_image(&mut self, rig: &str, image: Arc<Image>) {
        self.images.push((rig.to_owned(), image));
        self.changed();
    }

    /// The rigs that a scenario will run on: what it asks for is put to each before anything runs.
    #[must_use]
    pub fn benches(&self) -> &[Arc<dyn Bench>] {
        &self.benches
    }

    /// Adds a rig.
    pub fn add_bench(&mut self, bench: Arc<dyn Bench>) {
        self.benches.push(bench);
        self.changed();
    }

    /// Says who knows devices.
    pub fn set_devices(&mut self, devices: Arc<dyn Devices>) {
        self.devices = Some(devices);
        self.changed();
    }

    /// What was made from it is not as it is now.
    fn changed(&mut self) {
        (self.of_devices, self.schemas) = Default::default();
    }

    /// The same with the words of a device.
    ///
    /// # Errors
    /// There is no such device.
    pub fn with_device(&self, device: &str) -> Result<Arc<Self>, String> {
        let mut known = self.of_devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(device) {
            return Ok(Arc::clone(known));
        }
        let none = || format!("there is no device `{device}` here");
        let words = self.devices.as_ref().ok_or_else(none)?.words(device)?;
        let with = Arc::new(Self {
            device: Some(words),
            schemas: Default::default(),
            of_devices: Arc::default(),
            ..self.clone()
        });
        known.insert(device.to_owned(), Arc::clone(&with));
        Ok(with)
    }

    /// The device of the scenario that is read, where it names one.
    #[must_use]
    pub fn device(&self) -> Option<&DeviceWords> {
        self.device.as_ref()
    }

    /// The words of a list, by the name that the schema gives it; `None` where any text is allowed.
    #[must_use]
    pub fn words(&self, list: &str) -> Option<Vec<String>> {
        let mut words = self.shared_words(list)?;
        if let Some(device) = &self.device {
            words.extend(device.of_list(list).map(str::to_owned));
        }
        Some(words)
    }

    /// The words of a list that all devices share.
    fn shared_words(&self, list: &str) -> Option<Vec<String>> {
        let own = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        let requirements = |row: bool| {
            let ids = self.requirements.iter().filter(|r| r.row == row);
            Some(ids.map(|r| r.id.clone()).collect())
        };
        match list {
            "requirement" => requirements(false),
            "hazard or recall" => requirements(true),
            "drug" => Some(self.drugs.keys().cloned().collect()),
            "alarm" => own(&alarms()),
            "alarm or `any`" => own(&[&["any"], alarms().as_slice()].concat()),
            other => fixed_words(other),
        }
    }
}

/// All alarms.
fn alarms() -> Vec<&'static str> {
    [words::CRITICAL_ALARMS, words::NON_CRITICAL_ALARMS].concat()
}

/// The lists that depend on no fixture.
#[must_use]
pub fn fixed_words(list: &str) -> Option<Vec<String>> {
    let faults = || pump_hil_model::fault::CATALOGUE.iter().map(|f| f.name);
    let words: Vec<String> = match list {
        "fault" => faults().map(str::to_owned).collect(),
        "priority" => owned(words::PRIORITIES),
        "state" => owned(words::STATES),
        "mode" => owned(words::MODES),
        "mode of a prescription" => owned(words::RX_MODES),
        "bolus" => owned(words::BOLUSES),
        "event" => owned(words::EVENTS),
        "verb" => Verb::DO.iter().map(|verb| verb.word().to_owned()).collect(),
        "reason of a refusal" => owned(words::REFUSALS),
        "day" => std::iter::once("daily")
            .chain(words::DAYS.iter().copied())
            .map(str::to_owned)
            .collect(),
        "capability" => {
            let faults = faults().map(|name| format!("fault:{name}"));
            let measures = Measure::of_the_test_block().map(|measure| measure.name().to_owned());
            owned(words::CAPABILITIES)
                .into_iter()
                .chain(measures)
                .chain(faults)
                .collect()
        }
        "word" => owned(&["none"]),
        "probe action" => owned(&["reset"]),
        "word for `firmware-faults`" => owned(&["allowed"]),
        "route" => owned(words::ROUTES),
        "kind of requirement" => owned(&["requirement", "row"]),
        _ => return None,
    };
    Some(words)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
