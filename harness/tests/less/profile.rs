//! The stub's profile as a file of version 2, with parts left out.

use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;
use std::path::Path;

/// The stub's profile, whose parts can be left out.
#[derive(Debug, Clone)]
pub struct Less(String);

impl Less {
    /// All of it.
    pub fn nothing() -> Self {
        let stub = read("fixtures/devices/stub.yaml");
        let codec = read("fixtures/codecs/text-lines-1.yaml");
        let framing = "framing: {codec: text-lines-1, line-max: 240}\n";
        assert!(stub.contains(framing), "the stub's profile names its codec");
        Self(stub.replacen(framing, &format!("profile: 2\n{codec}"), 1))
    }

    /// Without the top-level section of this name.
    pub fn section(self, name: &str) -> Self {
        let mut inside = false;
        let mut left = String::new();
        let head = format!("{name}:");
        for line in self.0.lines() {
            if !line.starts_with([' ', '#']) && !line.is_empty() {
                inside = line.starts_with(&head);
            }
            if !inside {
                left.push_str(line);
                left.push('\n');
            }
        }
        assert_ne!(left, self.0, "there is no section `{name}`");
        Self(left)
    }

    /// Without the lines that begin so.
    pub fn line(self, begin: &str) -> Self {
        let keep = |line: &&str| !line.starts_with(begin);
        let left: String = self.0.lines().filter(keep).map(|line| format!("{line}\n")).collect();
        assert_ne!(left, self.0, "no line begins with `{begin}`");
        Self(left)
    }

    /// Without a verb.
    pub fn verb(self, verb: &str) -> Self {
        let less = self.line(&format!("  {verb}: {{send: "));
        match verb {
            "stop" => less.with("make-safe: [stop, minimum-rate]", "make-safe: [minimum-rate]"),
            "minimum-rate" => less.with("make-safe: [stop, minimum-rate]", "make-safe: [stop]"),
            _ => less,
        }
    }

    /// With one text in the place of another.
    pub fn with(self, from: &str, to: &str) -> Self {
        assert!(self.0.contains(from), "`{from}` is not in the profile");
        Self(self.0.replacen(from, to, 1))
    }

    /// With these reasons: names and why.
    pub fn because(mut self, reasons: &[(&str, &str)]) -> Self {
        self.0.push_str("\nlacks:\n");
        for (name, why) in reasons {
            self.0.push_str(&format!("  {name}: {why}\n"));
        }
        self
    }

    /// With no verbs but these, none of the sections that may be left out, and only `stop` to make it safe, if that is one of them.
    pub fn only(verbs: &[&str]) -> Self {
        let mut less = Self::nothing();
        for section in ["programming", "logs", "events", "dose-entry"] {
            less = less.section(section);
        }
        let safe = if verbs.contains(&"stop") { "[stop]" } else { "[]" };
        less = less.with("make-safe: [stop, minimum-rate]", &format!("make-safe: {safe}"));
        let line = |verb: &str| {
            less.0
                .lines()
                .find(|line| line.starts_with(&format!("  {verb}: {{send: ")))
        };
        let kept: Vec<String> = verbs.iter().map(|verb| line(verb).unwrap().to_owned()).collect();
        let requests = if kept.is_empty() {
            "requests: {}\n".to_owned()
        } else {
            format!("requests:\n{}\n", kept.join("\n"))
        };
        let mut less = less.section("requests");
        less.0.push_str(&requests);
        less
    }

    /// The simulated rig with this profile, in a folder.
    pub fn rig(&self, folder: &Path, name: &str) -> RigFile {
        let sim = read("fixtures/rigs/sim.yaml");
        let text = sim.replacen("rig: sim", &format!("rig: {name}"), 1);
        self.rig_of(folder, name, &text.replacen("device: stub", "device: DEVICE", 1))
    }

    /// The same without a test block.
    pub fn rig_without_block(&self, folder: &Path, name: &str) -> RigFile {
        let head = format!("rig: {name}\nsummary: Without a test block.\ndevice: DEVICE\n");
        self.rig_of(folder, name, &(head + "pump: {kind: sim}\nclock: {kind: virtual}\n"))
    }

    /// A rig of this text, in which `DEVICE` stands for this profile.
    pub fn rig_of(&self, folder: &Path, name: &str, text: &str) -> RigFile {
        let (rig, device) = (format!("{name}.yaml"), format!("{name}-device.yaml"));
        std::fs::write(folder.join(&device), &self.0).unwrap();
        assert!(text.contains("DEVICE"), "{text}");
        std::fs::write(folder.join(&rig), text.replacen("DEVICE", &format!("./{device}"), 1)).unwrap();
        RigFile::load(&folder.join(rig)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}
