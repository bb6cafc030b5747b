//! As much of TOML as a `Cargo.toml` needs to be asked for its keys.

/// Keys of a `Cargo.toml` with their sections and values, in order.
pub struct Manifest {
    lines: Vec<Line>,
}

struct Line {
    section: String,
    key: String,
    value: String,
}

impl Manifest {
    /// Reads the text; a value that goes on over several lines counts by its first.
    pub fn read(text: &str) -> Self {
        let mut section = String::new();
        let mut lines = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']).to_owned();
                // `[dependencies.name]` is a key too.
                if let Some((before, key)) = section.rsplit_once('.') {
                    lines.push(Line {
                        section: before.to_owned(),
                        key: key.to_owned(),
                        value: String::new(),
                    });
                }
            } else if let Some((key, value)) = line.split_once('=') {
                // `name.workspace = true` is `name`.
                let key = key.trim().split('.').next().unwrap_or_default();
                lines.push(Line {
                    section: section.clone(),
                    key: key.trim_matches('"').to_owned(),
                    value: value.trim().to_owned(),
                });
            }
        }
        Self { lines }
    }

    /// The string of a key.
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        self.all(section, key).next()
    }

    /// The strings of a key in all sections of that name, such as `[[test]]`.
    pub fn all(&self, section: &str, key: &str) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter().filter(move |l| l.section == section && l.key == key);
        lines.filter_map(|line| line.value.split('"').nth(1))
    }

    /// The keys of sections whose name ends so: `dependencies` is there for each target too.
    pub fn keys(&self, section: &str) -> impl Iterator<Item = &str> {
        let for_target = format!(".{section}");
        let lines = self
            .lines
            .iter()
            .filter(move |l| l.section == section || l.section.ends_with(&for_target));
        lines.map(|line| line.key.as_str())
    }
}
