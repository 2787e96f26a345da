mod body_limits;
mod connections;
mod errors;
mod idempotency;
mod logs;
mod tls;
mod web;
