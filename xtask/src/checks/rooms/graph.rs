//! Rooms and the arrows between them: circles, floors, and arrows that lead upward.

use std::collections::{BTreeMap, BTreeSet};

/// A room: the file of a module, by its path below the source folder, without its ending.
pub(crate) type Room = String;

/// The arrows of one tree: who uses whom.
#[derive(Default)]
pub(crate) struct Graph {
    arrows: BTreeMap<Room, BTreeSet<Room>>,
}

impl Graph {
    /// Adds a room that may use nothing.
    pub(crate) fn add_room(&mut self, room: &str) {
        self.arrows.entry(room.to_owned()).or_default();
    }

    /// Adds an arrow. A room's arrow to itself is none.
    pub(crate) fn add_arrow(&mut self, from: &str, to: &str) {
        self.add_room(to);
        if from != to {
            self.arrows.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
    }

    /// How many rooms there are.
    pub(crate) fn rooms(&self) -> usize {
        self.arrows.len()
    }

    /// Every arrow.
    pub(crate) fn arrows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())))
    }

    /// Circles: sets of rooms each of which leads to every other (Tarjan's strongly connected components).
    pub(crate) fn circles(&self) -> Vec<BTreeSet<Room>> {
        self.components().into_iter().filter(|component| component.len() > 1).collect()
    }

    /// Circles that are more than a parent with its own children.
    pub(crate) fn forbidden_circles(&self) -> Vec<BTreeSet<Room>> {
        self.circles().into_iter().filter(|circle| !self.is_family(circle)).collect()
    }

    /// How many floors the rooms stand on: the longest way down, each circle counted as one room.
    pub(crate) fn floors(&self) -> usize {
        let mut floor_of: BTreeMap<&str, usize> = BTreeMap::new();
        // Tarjan's order: a component comes after all that it leads to.
        let components = self.components();
        for component in &components {
            let below = component.iter().flat_map(|room| &self.arrows[room]);
            let floor = below.filter_map(|room| floor_of.get(room.as_str())).max().map_or(1, |max| max + 1);
            floor_of.extend(component.iter().map(|room| (room.as_str(), floor)));
        }
        floor_of.into_values().max().unwrap_or(0)
    }

    fn is_family(&self, circle: &BTreeSet<Room>) -> bool {
        let is_parent = |parent: &&Room| {
            circle.iter().all(|room| room == *parent || room.starts_with(&format!("{parent}/")))
        };
        let Some(parent) = circle.iter().find(is_parent) else { return false };
        let mut without = Self::default();
        for (from, to) in self.arrows().filter(|(from, to)| *from != parent && *to != parent) {
            if circle.contains(from) && circle.contains(to) {
                without.add_arrow(from, to);
            }
        }
        without.forbidden_circles().is_empty()
    }

    fn components(&self) -> Vec<BTreeSet<Room>> {
        let mut walk = Walk {
            graph: self,
            seen: BTreeMap::new(),
            lowest: BTreeMap::new(),
            stack: Vec::new(),
            found: Vec::new(),
        };
        for room in self.arrows.keys() {
            if !walk.seen.contains_key(room.as_str()) {
                walk.visit(room);
            }
        }
        walk.found
    }
}

struct Walk<'a> {
    graph: &'a Graph,
    seen: BTreeMap<&'a str, usize>,
    lowest: BTreeMap<&'a str, usize>,
    stack: Vec<&'a str>,
    found: Vec<BTreeSet<Room>>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, room: &'a str) {
        let number = self.seen.len();
        self.seen.insert(room, number);
        self.lowest.insert(room, number);
        self.stack.push(room);
        for next in &self.graph.arrows[room] {
            if !self.seen.contains_key(next.as_str()) {
                self.visit(next);
                self.lower(room, self.lowest[next.as_str()]);
            } else if self.stack.contains(&next.as_str()) {
                self.lower(room, self.seen[next.as_str()]);
            }
        }
        if self.lowest[room] == number {
            let begins = self.stack.iter().position(|other| *other == room).unwrap_or(0);
            self.found.push(self.stack.split_off(begins).into_iter().map(str::to_owned).collect());
        }
    }

    fn lower(&mut self, room: &'a str, to: usize) {
        let lowest = self.lowest[room].min(to);
        self.lowest.insert(room, lowest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(arrows: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        arrows.iter().for_each(|(from, to)| graph.add_arrow(from, to));
        graph
    }

    #[test]
    fn floors_are_counted_along_the_longest_way_down() {
        assert_eq!(graph(&[("a", "b"), ("b", "c"), ("a", "c")]).floors(), 3);
        assert_eq!(graph(&[("a", "b"), ("b", "a"), ("b", "c")]).floors(), 2);
    }

    #[test]
    fn a_parent_and_its_children_may_know_each_other_and_nobody_else() {
        let family =
            [("desk", "desk/notes"), ("desk/notes", "desk"), ("desk", "desk/words"), ("desk/words", "desk")];
        assert!(graph(&family).forbidden_circles().is_empty());
        assert_eq!(graph(&family).circles().len(), 1);
        let sisters = [("desk/notes", "desk/words"), ("desk/words", "desk/notes")];
        assert_eq!(graph(&sisters).forbidden_circles().len(), 1);
        assert_eq!(graph(&[family.as_slice(), &sisters].concat()).forbidden_circles().len(), 1);
        assert_eq!(graph(&[("desk", "clips"), ("clips", "desk")]).forbidden_circles().len(), 1);
    }
}
