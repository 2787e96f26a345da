mod decisions;
mod duties;
mod readings;
mod rotations;
mod uploads;
