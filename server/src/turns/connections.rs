//! Connections: it counts them for each network and caller, and chooses one that gives way when
//! there is no room.
//!
//! A connection is a stranger's until a caller with a token has used it. If all places are taken,
//! **the oldest stranger gives way** to the one that comes, so that silent connections never shut
//! the others out. Known callers keep theirs, up to a number for each, and phones leave an eighth of
//! all places to staff.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::Payer;

/// How many connections a caller keeps who is known: several phones of one person, each with a few sockets.
const EACH_CALLER: usize = 64;

/// All connections of a server.
pub struct Connections {
    all: usize,
    each_network: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    came: u64,
    places: HashMap<u64, Place>,
    /// Connections of strangers, the oldest first.
    strangers: BTreeSet<u64>,
    networks: HashMap<IpAddr, Network>,
    /// How many connections each known caller has.
    callers: HashMap<Payer, usize>,
    phones: usize,
}

/// One connection, as the others see it.
struct Place {
    network: Option<IpAddr>,
    caller: Option<Payer>,
    end: CancellationToken,
}

#[derive(Default)]
struct Network {
    count: usize,
    strangers: BTreeSet<u64>,
}

/// One connection, until it is dropped.
pub struct Connection {
    connections: Arc<Connections>,
    number: u64,
    end: CancellationToken,
}

impl Connections {
    /// Room for so many connections, and for so many of each network.
    #[must_use]
    pub fn new(all: usize, each_network: usize) -> Arc<Self> {
        Arc::new(Self { all, each_network, open: Mutex::default() })
    }

    /// Takes a place; a stranger may have to give way for it. `network` is none for a proxy, whose connections carry many
    /// callers and are never given up. None if there is no room.
    pub fn arrive(self: &Arc<Self>, network: Option<IpAddr>) -> Option<Connection> {
        let mut open = self.lock();
        let of_network = network.and_then(|network| open.networks.get(&network));
        if let Some(of_network) = of_network
            && of_network.count >= self.each_network
        {
            let oldest = *of_network.strangers.first()?;
            open.give_up(oldest);
        }
        if open.places.len() >= self.all {
            let oldest = *open.strangers.first()?;
            open.give_up(oldest);
        }
        let number = open.came;
        open.came += 1;
        let end = CancellationToken::new();
        open.places.insert(number, Place { network, caller: None, end: end.clone() });
        if let Some(network) = network {
            let of_network = open.networks.entry(network).or_default();
            of_network.count += 1;
            of_network.strangers.insert(number);
            open.strangers.insert(number);
        }
        Some(Connection { connections: Arc::clone(self), number, end })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn give_up(&mut self, number: u64) {
        if let Some(place) = self.leave(number) {
            place.end.cancel();
        }
    }

    fn leave(&mut self, number: u64) -> Option<Place> {
        let place = self.places.remove(&number)?;
        self.strangers.remove(&number);
        if let Some(network) = place.network
            && let Some(of_network) = self.networks.get_mut(&network)
        {
            of_network.count -= 1;
            of_network.strangers.remove(&number);
            if of_network.count == 0 {
                self.networks.remove(&network);
            }
        }
        if let Some(caller) = place.caller {
            self.phones -= usize::from(is_phone(caller));
            if let Some(count) = self.callers.get_mut(&caller) {
                *count -= 1;
                if *count == 0 {
                    self.callers.remove(&caller);
                }
            }
        }
        Some(place)
    }
}

impl Connection {
    /// A caller with a token has used the connection: it gives way to no other any more, if the caller has no more of them
    /// than may be, and phones leave enough to staff.
    pub fn is_used_by(&self, caller: Payer) {
        let mut open = self.connections.lock();
        let most_phones = self.connections.all - self.connections.all / 8;
        let has_room = !is_phone(caller) || open.phones < most_phones;
        if !open.strangers.contains(&self.number)
            || !has_room
            || open.callers.get(&caller).is_some_and(|count| *count >= EACH_CALLER)
        {
            return;
        }
        let Some(place) = open.places.get_mut(&self.number) else { return };
        place.caller = Some(caller);
        let network = place.network;
        open.strangers.remove(&self.number);
        if let Some(of_network) = network.and_then(|network| open.networks.get_mut(&network)) {
            of_network.strangers.remove(&self.number);
        }
        *open.callers.entry(caller).or_default() += 1;
        open.phones += usize::from(is_phone(caller));
    }

    /// Waits until the connection must give way.
    pub fn given_up(&self) -> WaitForCancellationFutureOwned {
        self.end.clone().cancelled_owned()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.lock().leave(self.number);
    }
}

const fn is_phone(caller: Payer) -> bool {
    matches!(caller, Payer::Client(_) | Payer::Removed(_))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use sync_core::id::{ClientId, StaffId};

    use super::*;

    fn network(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, n]))
    }

    fn client(n: u8) -> Payer {
        Payer::Client(ClientId::from_bytes([n; 16]))
    }

    fn has_given_way(connection: &Connection) -> bool {
        connection.given_up().now_or_never().is_some()
    }

    #[test]
    fn the_oldest_stranger_gives_way_when_all_places_are_taken() {
        let connections = Connections::new(3, 3);
        let known = connections.arrive(network(1)).unwrap();
        known.is_used_by(client(1));
        let strangers = [2, 3].map(|n| connections.arrive(network(n)).unwrap());
        let late = connections.arrive(network(4)).unwrap();
        assert!(has_given_way(&strangers[0]));
        assert!(!has_given_way(&strangers[1]) && !has_given_way(&known) && !has_given_way(&late));
    }

    #[test]
    fn a_network_has_so_many_and_gives_up_its_own() {
        let connections = Connections::new(100, 2);
        let other = connections.arrive(network(9)).unwrap();
        let own = [(); 3].map(|()| connections.arrive(network(1)).unwrap());
        assert!(has_given_way(&own[0]) && !has_given_way(&own[1]) && !has_given_way(&other));
        own[1].is_used_by(client(1));
        own[2].is_used_by(client(2));
        assert!(connections.arrive(network(1)).is_none(), "callers who are known keep theirs");
        drop(own);
        assert!(connections.arrive(network(1)).is_some(), "a place comes back");
    }

    #[test]
    fn a_caller_keeps_so_many_and_the_rest_are_a_strangers() {
        let connections = Connections::new(EACH_CALLER + 2, 1_000);
        let own: Vec<_> = (0..EACH_CALLER + 2).map(|_| connections.arrive(network(1)).unwrap()).collect();
        own.iter().for_each(|connection| connection.is_used_by(Payer::Staff(StaffId::from_bytes([1; 16]))));
        let _late = [(); 2].map(|()| connections.arrive(network(2)).unwrap());
        let gone = own.iter().map(has_given_way).collect::<Vec<_>>();
        assert_eq!(gone.iter().position(|gone| *gone), Some(EACH_CALLER));
    }

    #[test]
    fn phones_leave_an_eighth_to_staff() {
        let connections = Connections::new(8, 8);
        let phones: Vec<_> = (0..8).map(|n| (n, connections.arrive(network(n)).unwrap())).collect();
        phones.iter().for_each(|(n, phone)| phone.is_used_by(client(*n)));
        let desk = connections.arrive(network(99)).unwrap();
        assert!(has_given_way(&phones[7].1) && !has_given_way(&phones[6].1));
        desk.is_used_by(Payer::Staff(StaffId::from_bytes([1; 16])));
        assert!(connections.arrive(network(100)).is_none());
    }

    #[test]
    fn a_proxy_gives_nothing_up() {
        let connections = Connections::new(2, 1);
        let proxy = [(); 2].map(|()| connections.arrive(None).unwrap());
        assert!(connections.arrive(network(1)).is_none());
        assert!(proxy.iter().all(|connection| !has_given_way(connection)));
    }

    #[test]
    fn nothing_is_left_of_connections_that_have_ended() {
        let connections = Connections::new(4, 2);
        let mut open: Vec<_> = (0..9).filter_map(|n| connections.arrive(network(n % 3))).collect();
        open.iter().for_each(|connection| connection.is_used_by(client(1)));
        open.clear();
        let open = connections.lock();
        assert!(open.places.is_empty() && open.strangers.is_empty() && open.networks.is_empty());
        assert!(open.callers.is_empty() && open.phones == 0);
    }
}
