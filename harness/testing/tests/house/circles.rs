//! Circles between the modules of a crate.

use crate::names::{Named, Names};
use crate::uses::Uses;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

/// As many are told of what one module names of another.
const ITEMS_TOLD_MAX: usize = 12;

/// Who names whom, and where it does so first.
pub struct Graph {
    nodes: Vec<String>,
    edges: BTreeMap<(usize, usize), Edge>,
}

/// Where one module names another first, and what it names of it in all.
struct Edge {
    place: String,
    items: BTreeSet<String>,
}

/// Modules of which each reaches each.
pub struct Knot {
    /// Their names in order.
    pub names: Vec<String>,
    /// The shortest way round for each of its edges, as text: shortest first.
    pub circles: Vec<String>,
}

impl Graph {
    /// Modules, each as a node of its own.
    pub fn of_modules(names: &Names, uses: &Uses) -> Self {
        let modules = &names.tree.modules;
        let nodes = modules.iter().map(|module| module.name()).collect();
        let mut graph = Self {
            nodes,
            edges: BTreeMap::new(),
        };
        for used in &uses.paths {
            if let Named::Item(home, item) = &used.named {
                let place = format!("{}:{}", modules[used.module].file, used.line);
                graph.edge((used.module, *home), place, item.clone());
            }
        }
        graph
    }

    /// The modules that one module declares, each with all that lies under it as one node.
    pub fn of_rooms(names: &Names, uses: &Uses) -> Vec<Self> {
        let modules = &names.tree.modules;
        let mut graphs = Vec::new();
        for house in modules {
            let room = |module: usize| house.children.iter().position(|&r| names.tree.is_within(module, r));
            let nodes = house.children.iter().map(|&room| modules[room].name()).collect();
            let mut graph = Self {
                nodes,
                edges: BTreeMap::new(),
            };
            for used in &uses.paths {
                if let Named::Item(home, item) = &used.named
                    && let (Some(from), Some(to)) = (room(used.module), room(*home))
                {
                    let place = format!("{}:{}", modules[used.module].file, used.line);
                    graph.edge((from, to), place, format!("{}::{item}", modules[*home].name()));
                }
            }
            graphs.push(graph);
        }
        graphs
    }

    fn edge(&mut self, ends: (usize, usize), place: String, item: String) {
        if ends.0 != ends.1 {
            let items = BTreeSet::new();
            let edge = self.edges.entry(ends).or_insert(Edge { place, items });
            edge.items.insert(item);
        }
    }

    /// All knots of more than one node.
    pub fn knots(&self) -> Vec<Knot> {
        let reach: Vec<BTreeSet<usize>> = (0..self.nodes.len()).map(|node| self.reached(node)).collect();
        let mut done = BTreeSet::new();
        let mut knots = Vec::new();
        for node in 0..self.nodes.len() {
            let inside: BTreeSet<usize> = reach[node]
                .iter()
                .copied()
                .filter(|&n| reach[n].contains(&node))
                .collect();
            if inside.contains(&node) && !done.contains(&node) {
                knots.push(self.knot(&inside));
                done.extend(inside);
            }
        }
        knots
    }

    fn reached(&self, from: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            open.extend(self.after(node).filter(|&next| found.insert(next)));
        }
        found
    }

    fn after(&self, node: usize) -> impl Iterator<Item = usize> {
        self.edges.range((node, 0)..(node + 1, 0)).map(|(&(_, to), _)| to)
    }

    fn knot(&self, inside: &BTreeSet<usize>) -> Knot {
        let mut ways: BTreeSet<(usize, Vec<usize>)> = BTreeSet::new();
        for &(from, to) in self.edges.keys() {
            if inside.contains(&from)
                && inside.contains(&to)
                && let Some(mut way) = self.way(to, from)
            {
                let first = way
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, node)| **node)
                    .map_or(0, |(at, _)| at);
                way.rotate_left(first);
                ways.insert((way.len(), way));
            }
        }
        let mut names: Vec<String> = inside.iter().map(|&node| self.nodes[node].clone()).collect();
        names.sort();
        Knot {
            names,
            circles: ways.iter().map(|(_, way)| self.told(way)).collect(),
        }
    }

    /// The shortest way, both ends with it.
    fn way(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut before = BTreeMap::from([(from, from)]);
        let mut open = VecDeque::from([from]);
        while let Some(node) = open.pop_front() {
            if node == to {
                let mut way = vec![to];
                while let Some(&last) = way.last().filter(|&&last| last != from) {
                    way.push(before[&last]);
                }
                way.reverse();
                return Some(way);
            }
            for next in self.after(node) {
                before.entry(next).or_insert_with(|| {
                    open.push_back(next);
                    node
                });
            }
        }
        None
    }

    fn told(&self, way: &[usize]) -> String {
        let mut text = String::new();
        for (at, &from) in way.iter().enumerate() {
            let to = way[(at + 1) % way.len()];
            let start = if at == 0 { "  *" } else { "   " };
            let Edge { place, items } = &self.edges[&(from, to)];
            let items = items
                .iter()
                .take(ITEMS_TOLD_MAX)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            let (from, to) = (&self.nodes[from], &self.nodes[to]);
            let _ = writeln!(text, "{start} {from} -> {to}: {place} names {items}");
        }
        text
    }
}
