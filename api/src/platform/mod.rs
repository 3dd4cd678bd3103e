//! What every room stands on and none owns: time, chance, errors, pages, ids, the database, live events, HTTP.
//! Nothing here names a concept of the Red Cross.

pub mod bus;
pub mod civil;
pub mod clock;
pub mod db;
pub mod errors;
pub mod files;
pub mod http;
pub mod lang;
pub mod leases;
pub mod loaders;
pub mod node;
pub mod origins;
pub mod outbox;
pub mod pages;
pub mod proxies;
pub mod random;
pub mod rates;
pub mod refusal;
pub mod report;
pub mod rotation;
pub mod scalars;
pub mod seats;
pub mod signing;
pub mod sms;
pub mod text;
pub mod vault;
pub mod wechat;
pub mod wire;
