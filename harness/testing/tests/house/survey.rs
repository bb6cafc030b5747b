//! All that is asked of the sources, read once.

use crate::circles::{Graph, Knot};
use crate::functions::{self, Function};
use crate::modules::{Module, Tree};
use crate::names::Names;
use crate::objects;
use crate::packages::{self, Package};
use crate::sources::Sources;
use crate::uses::Uses;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the repository has.
pub struct Survey {
    /// Its packages.
    pub packages: Vec<Package>,
    /// What they build.
    pub crates: Vec<Crate>,
    /// All their files.
    pub files: Vec<File>,
}

/// A file.
pub struct File {
    /// Its path from the root of the repository.
    pub name: String,
    /// Its lines.
    pub lines: usize,
    /// Its functions.
    pub functions: Vec<Function>,
}

/// A library, a program or a test.
pub struct Crate {
    /// Name for people.
    pub name: String,
    /// Name of its package.
    pub package: String,
    /// Its modules, each with its path and its file.
    pub modules: Vec<(String, String)>,
    /// What the modules name.
    pub uses: Uses,
    /// Circles of modules.
    pub circles: Vec<Knot>,
    /// Circles of modules with what is under them.
    pub rooms: Vec<Knot>,
    /// The files of each type's own `impl` blocks.
    pub objects: BTreeMap<String, BTreeSet<String>>,
}

impl Survey {
    /// Reads the repository.
    pub fn of(root: &Path) -> Self {
        let mut survey = Self {
            packages: packages::find(root),
            crates: Vec::new(),
            files: Vec::new(),
        };
        for package in &survey.packages {
            let sources = Sources::of_package(root, &package.folder);
            survey.files.extend(sources.iter().map(|(name, source)| File {
                name: name.to_owned(),
                lines: source.lines,
                functions: functions::of_file(&source.syntax),
            }));
            for (name, file) in &package.crates {
                let found = Crate::of(name, &package.name, file, &sources);
                survey.crates.push(found);
            }
        }
        survey
    }

    /// What a package's library or program itself is, without its tests.
    pub fn shipped(&self) -> impl Iterator<Item = &Crate> {
        let shipped = |c: &&Crate| c.name == c.package || c.name.ends_with(" (program)");
        self.crates.iter().filter(shipped)
    }
}

impl Crate {
    /// Reads a crate from its root file.
    pub fn of(name: &str, package: &str, root: &str, sources: &Sources) -> Self {
        let tree = Tree::read(root, sources);
        let names = Names::of(&tree);
        let uses = Uses::of(&names);
        let rooms = Graph::of_rooms(&names, &uses);
        // Where nothing lies under any of them, it is a circle of modules, which is told as that.
        let has_more = |knot: &Knot| {
            let with_more = tree.modules.iter().filter(|module| !module.children.is_empty());
            with_more.map(Module::name).any(|name| knot.names.contains(&name))
        };
        Self {
            name: name.to_owned(),
            package: package.to_owned(),
            modules: tree.modules.iter().map(|m| (m.name(), m.file.clone())).collect(),
            circles: Graph::of_modules(&names, &uses).knots(),
            rooms: rooms.iter().flat_map(Graph::knots).filter(has_more).collect(),
            objects: objects::files(&names),
            uses,
        }
    }
}
