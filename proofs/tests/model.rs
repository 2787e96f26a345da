//! Every state of every scope, and what the checker says of rules that are broken on purpose.

use proofs::{
    clinic,
    model::{
        Checked, Scope, check,
        replicas::{self, Rules},
    },
    phone,
};

fn assert_kept(checked: &Checked) {
    println!(
        "{}: {} states, {} steps, depth {}, from {} runs of the rules",
        checked.name, checked.states, checked.steps, checked.depth, checked.runs
    );
    for (rule, path) in &checked.broken {
        panic!("{}: {rule}\n{path}", checked.name);
    }
    assert!(checked.unseen.is_empty(), "{}: never seen: {:?}", checked.name, checked.unseen);
}

#[test]
fn two_servers_keep() {
    assert_kept(&replicas::check(Rules::Kept));
}
#[test]
fn two_servers_break() {
    for rules in [Rules::WithoutLocks, Rules::WithoutVersions, Rules::LocksOutOfOrder] {
        let c = replicas::check(rules);
        println!("{rules:?} {}", c.states);
        for (r, p) in &c.broken {
            println!("{r}\n{p}");
        }
    }
}
