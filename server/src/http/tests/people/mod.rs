mod circle;
mod clients;
mod consents;
mod devices;
pub(super) mod recordings;
