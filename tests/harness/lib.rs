//! Where stories take place: a town of its own for each test, with a server behind real HTTP, a clock that the story moves,
//! and text messages that it can read. Every story is told twice: on SQLite, and on PostgreSQL with Redis.

mod ledgers;
mod log;
mod persons;
pub mod process;
mod reviewed;
mod schema;
mod servers;
mod sites;
pub mod socket;
mod town;

pub use ledgers::long_ledgers;
pub use log::{Log, leaks, log, secrets_in};
pub use persons::{Answer, Person, id, id_number};
pub use reviewed::reviewed;
pub use schema::{Field, Of, Schema, Type};
pub use servers::{VAULT_KEYS, empty_postgres};
pub use sites::{activities_at, vaccination_site};
pub use town::{PLACE, Posted, Town, at, insert_all, keep_signed_in, shift};

/// Tells each story on both databases.
#[macro_export]
macro_rules! stories {
    ($($(#[$doc:meta])* async fn $name:ident($town:ident: Town) $body:block)*) => {
        $($(#[$doc])* async fn $name($town: $crate::Town) $body)*

        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::Town::on_sqlite().await).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::Town::on_postgres().await).await;
            })*
        }
    };
}
