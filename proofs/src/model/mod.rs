//! The model: everything that two therapists, a client's two devices and a server may do, in every
//! order.
//!
//! A state is the state of each of them together; a step is one event at one of them. The network
//! needs no steps of its own: a message that is never delivered is lost, one that is delivered
//! twice is doubled, and everything may happen in between. The rules in each step are `sync-core`'s
//! own. The checker looks in each state that:
//!
//! - **I1** a release that was taken back stays so, and never plays on a phone that has been in
//!   contact since;
//! - **I2** nothing plays beyond its last lease by an honest clock, or beyond its budget by any;
//! - **I3** no lease is issued that the naive rules of [`crate::truth`] deny, and none ends later
//!   than they say;
//! - **I7** no receipt calls a clip gone that is there, and no destroyed clip comes back;
//! - **I10** no lapsed lease plays again without contact, however the clock is set;
//! - and from each state one contact is enough: a release that is over is gone from the phone.
//!
//! [`replicas`] is a second, smaller model: two servers over one database.

mod handset;
mod part;
pub mod replicas;
mod rules;
mod scope;
mod state;
mod steps;
mod world;

use std::{
    fmt::{self, Debug},
    hash::Hash,
};

use stateright::{Checker, CheckerBuilder, HasDiscoveries, Model};

pub use scope::{Left, Scope};
pub use world::World;

/// What came of checking one scope.
#[derive(Debug)]
pub struct Checked {
    /// Which.
    pub name: &'static str,
    /// How many different states there are.
    pub states: usize,
    /// How many steps were taken to find them.
    pub steps: usize,
    /// The longest shortest way to a state.
    pub depth: usize,
    /// How often the code under test ran; everything else was put together from that.
    pub runs: usize,
    /// Rules that were broken, with the shortest way there.
    pub broken: Vec<(&'static str, String)>,
    /// What should be possible and was not seen.
    pub unseen: Vec<&'static str>,
}

impl Checked {
    /// Whether every rule was kept, and everything seen that should be possible.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.broken.is_empty() && self.unseen.is_empty()
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, states, steps, depth, runs, broken, unseen } = self;
        write!(f, "{name}: {states} states, {steps} steps, depth {depth}, from {runs} runs of the rules")?;
        for (rule, path) in broken {
            write!(f, "\n  broken: {rule}\n{path}")?;
        }
        for rule in unseen {
            write!(f, "\n  never seen: {rule}")?;
        }
        Ok(())
    }
}

/// Visits every state of a scope.
#[must_use]
pub fn check(scope: Scope) -> Checked {
    summary(scope.name, World::new(scope).checker(), HasDiscoveries::AnyFailures, World::runs)
}

/// Visits states until each of these rules, by how their names begin, is found broken: whatever else is found on the way,
/// which with two threads is a matter of luck.
#[must_use]
pub fn check_until(scope: Scope, rules: &[&str]) -> Checked {
    let (name, world) = (scope.name, World::new(scope));
    let until = all_of(&world, rules);
    summary(name, world.checker(), until, World::runs)
}

fn all_of<M: Model>(model: &M, rules: &[&str]) -> HasDiscoveries {
    let names = model.properties().into_iter().map(|property| property.name);
    HasDiscoveries::AllOf(names.filter(|name| rules.iter().any(|rule| name.starts_with(rule))).collect())
}

fn summary<M>(
    name: &'static str,
    checker: CheckerBuilder<M>,
    until: HasDiscoveries,
    runs: impl Fn(&M) -> usize,
) -> Checked
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Send + Sync + Clone + PartialEq + 'static,
    M::Action: Clone + PartialEq + Debug,
{
    let checker = checker.threads(2).finish_when(until).spawn_bfs().join();
    let mut checked = Checked {
        name,
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        runs: runs(checker.model()),
        broken: Vec::new(),
        unseen: Vec::new(),
    };
    let found = checker.discoveries();
    for rule in checker.model().properties() {
        match (rule.expectation.discovery_is_failure(), found.get(rule.name)) {
            (true, Some(path)) => {
                let steps = path.clone().into_actions();
                let steps: Vec<_> = steps.iter().map(|step| format!("  {step:?}")).collect();
                checked.broken.push((rule.name, steps.join("\n")));
            }
            (false, None) => checked.unseen.push(rule.name),
            _ => {}
        }
    }
    checked
}
