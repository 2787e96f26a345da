mod body_limits;
mod connections;
mod errors;
mod headers;
mod idempotency;
mod logs;
mod tls;
mod web;
