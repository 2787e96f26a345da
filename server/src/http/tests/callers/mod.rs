mod known_browsers;
mod pairing;
mod sign_in;
mod tickets;
