mod pairing;
mod sign_in;
mod tickets;
