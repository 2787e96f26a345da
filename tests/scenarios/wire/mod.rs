//! Bytes on the wire: stock clients, hostile ones, sockets and TLS.
mod bystanders;
mod hostile;
mod signatures;
mod sockets;
mod stock_client;
mod stock_tabs;
mod stock_wire;
mod tls;
mod uploads;
