//! A therapist's device: its entries, and their fold.

use automerge::ActorId;

use crate::{
    device::Console,
    documents::{Document, Kind, append, create, entries},
    fixtures::*,
    orders::{Act, Entry, Orders, RevokeOn},
    policy::{Standing, standing},
    terms::TermsChange,
};

fn fold(document: &Document) -> Orders {
    let found = entries(document);
    Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
}

fn sync(console: &Console, document: &mut Document) {
    append(document, &console.to_append(document)).unwrap();
}

fn orders() -> Document {
    create(Kind::Orders, ActorId::from([1; 16])).unwrap()
}

fn release_one(console: &mut Console, orders: &Orders, n: u8) {
    let form = console.release_form(orders, clip(n), recording(n));
    console.release((entry(n), release(n)), (clip(n), recording(n)), terms(), &form, NOON);
}

#[test]
fn entries_are_appended_in_the_order_in_which_they_were_written() {
    let (mut console, mut document) = (Console::new(device(1)), orders());
    let form = console.release_form(&fold(&document), clip(1), recording(1));
    console.release((entry(250), release(1)), (clip(1), recording(1)), terms(), &form, NOON);
    console.hold(entry(3), release(1), None, NOON);
    let ids: Vec<_> = console.to_append(&document).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [entry(250), entry(3)], "what is named comes first");
    sync(&console, &mut document);
    assert!(console.to_append(&document).is_empty(), "what is there is not written again");
    assert_eq!(console.unsent(), 2, "nor forgotten before the server has it");
    console.acknowledged([entry(250), entry(3)]);
    assert_eq!(console.unsent(), 0);
}

#[test]
fn i1_two_therapists_apart_and_the_stricter_counts() {
    let (mut one, mut other) = (Console::new(device(1)), Console::new(device(2)));
    let mut here = orders();
    release_one(&mut one, &fold(&here), 1);
    sync(&one, &mut here);
    let mut there = here.fork().with_actor(ActorId::from([2; 16]));
    let longer = TermsChange {
        expires_at: Some(terms().expires_at + crate::instant::Span::from_days(30)),
        ..Default::default()
    };
    let form = one.change_form(&fold(&here), release(1)).unwrap();
    one.amend(entry(10), release(1), longer, &form, NOON);
    other.revoke(entry(11), RevokeOn::Release(release(1)), vec![release(1)], NOON);
    sync(&one, &mut here);
    sync(&other, &mut there);
    here.merge(&mut there).unwrap();
    let orders = fold(&here);
    assert_eq!(standing(&orders, &orders.releases[&release(1)], NOON), Standing::Revoked);
}

#[test]
fn i1_what_a_form_showed_is_what_is_named_not_what_was_merged_since() {
    let mut console = Console::new(device(1));
    let mut document = orders();
    let shown = console.release_form(&fold(&document), clip(1), recording(1));
    append(&mut document, &[(entry(50), revoked(RevokeOn::Clip(clip(1)), &[]).encode())]).unwrap();
    console.release((entry(1), release(1)), (clip(1), recording(1)), terms(), &shown, NOON);
    sync(&console, &mut document);
    let before = fold(&document);
    assert_eq!(standing(&before, &before.releases[&release(1)], NOON), Standing::Unconfirmed);
    let form = console.change_form(&before, release(1)).unwrap();
    assert_eq!(form.seen, [entry(50)]);
    console.confirm(entry(2), release(1), &form, NOON);
    sync(&console, &mut document);
    let after = fold(&document);
    assert!(matches!(standing(&after, &after.releases[&release(1)], NOON), Standing::Live { .. }));
}

#[test]
fn i5_a_full_shelf_can_be_taken_back_and_every_entry_can_be_read() {
    let mut console = Console::new(device(1));
    let mut document = orders();
    for n in 0..150 {
        release_one(&mut console, &fold(&document), n);
    }
    sync(&console, &mut document);
    let form = console.shelf_form(&fold(&document));
    assert_eq!(form.len(), 150);
    console.hold_shelf(entry(200), None, &form, NOON);
    console.revoke(entry(201), RevokeOn::Shelf, form, NOON);
    sync(&console, &mut document);
    let orders = fold(&document);
    assert!(!orders.unreadable);
    assert!(orders.releases.values().all(|release| release.revoked));
    let acts = entries(&document).into_iter().map(|(_, bytes)| Entry::decode(&bytes).unwrap().act);
    assert_eq!(acts.filter(|act| matches!(act, Act::Revoke { .. })).count(), 3);
}

#[test]
fn what_a_restored_server_has_forgotten_holds_up_nothing_else() {
    let (mut console, mut before) = (Console::new(device(1)), orders());
    release_one(&mut console, &fold(&before), 1);
    sync(&console, &mut before);
    console.acknowledged([entry(1)]);
    let form = console.change_form(&fold(&before), release(1)).unwrap();
    let taper = TermsChange { daily_limit: Some(Some(1)), ..Default::default() };
    console.amend(entry(10), release(1), taper, &form, NOON);
    console.revoke(entry(11), RevokeOn::Release(release(1)), vec![release(1)], NOON);
    release_one(&mut console, &fold(&before), 2);
    // The server comes from a backup that is older than the release, and its document is fetched afresh.
    let mut restored = orders();
    let sent = console.to_append(&restored);
    assert_eq!(sent[1..].iter().map(|(id, _)| *id).collect::<Vec<_>>(), [entry(11), entry(2)]);
    let Act::Amend { over, .. } = Entry::decode(&sent[0].1).unwrap().act else {
        panic!("the taper comes first")
    };
    assert!(
        over.is_empty() && sent[0].0 != entry(10),
        "what can never be taken waits; what it takes away is sent"
    );
    assert_eq!(console.unsent(), 3, "and nothing is forgotten");
    append(&mut restored, &sent).unwrap();
    assert!(console.to_append(&restored).is_empty(), "nor sent twice");
    // Somebody else brings the release back: the taper counts from the first moment.
    append(&mut restored, &entries(&before)).unwrap();
    assert_eq!(fold(&restored).releases[&release(1)].terms.as_ref().unwrap().daily_limit, Some(1));
}

#[test]
fn i5_of_an_amendment_only_what_tightens_counts_without_what_it_names() {
    let (mut console, mut document) = (Console::new(device(1)), orders());
    release_one(&mut console, &fold(&document), 1);
    sync(&console, &mut document);
    let terms = fold(&document).releases[&release(1)].terms.clone().unwrap();
    let form = console.change_form(&fold(&document), release(1)).unwrap();
    let mixed = TermsChange {
        expires_at: Some(terms.expires_at + crate::instant::Span::from_days(9)),
        daily_limit: Some(Some(1)),
        ..Default::default()
    };
    console.amend(entry(10), release(1), mixed, &form, NOON);
    let (_, amendment) = console.written().last().unwrap().clone();
    let restricting = |bytes: &[u8]| Entry::decode(bytes).unwrap().restricting(entry(10));
    let (id, tightening) = restricting(&amendment).unwrap();
    assert!(tightening.act.is_restriction() && id != entry(10));
    append(&mut document, &[(id, tightening.encode())]).unwrap();
    let after = fold(&document).releases[&release(1)].terms.clone().unwrap();
    assert_eq!((after.expires_at, after.daily_limit), (terms.expires_at, Some(1)));
    // A restriction is taken as it is, and what gives or ends a hold not at all.
    assert_eq!(tightening.clone().restricting(id), Some((id, tightening)));
    console.lift(entry(12), vec![entry(11)], NOON);
    assert_eq!(restricting(&console.written().last().unwrap().1), None);
    assert_eq!(restricting(&console.written()[0].1), None);
}
