//! Stories of the contract with phones: HTTP, sockets, documents, limits. What other people's tools say of it is in
//! `tests/conformance`.

mod documents;
mod http;
mod limits;
mod prices;
mod sockets;

#[path = "../attacks/socket.rs"]
mod socket;
