mod circle;
mod clients;
mod consents;
mod devices;
mod recordings;
