mod decisions;
mod duties;
mod rotations;
mod uploads;
