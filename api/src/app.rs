//! Builds the App from its settings: the only place that knows every part.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    config::Config,
    platform::{bus::Bus, clock::Clock, db::Db, outbox, random::Random, sms::Sms, sms::Webhook, vault::Vault},
};

/// The parts that every request shares. Nothing in it may be needed by another instance.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub sms: Sms,
    pub bus: Bus,
    /// Seals what must not be read in the database.
    pub vault: Vault,
    /// Wakes the outbox relay after a commit.
    pub committed: Arc<Notify>,
}

impl App {
    /// Connects, migrates and starts the jobs. `clock`, `random` and `sms` come in from outside, for tests and the demo.
    pub async fn start(config: Config, clock: Clock, random: Random, sms: Option<Sms>) -> Result<Arc<Self>, String> {
        if config.database_url.is_none() {
            std::fs::create_dir_all(&config.data_dir)
                .map_err(|error| format!("data_dir = {}: cannot be made: {error}", config.data_dir.display()))?;
        }
        let vault = config.open_vault()?;
        let db = Db::connect(&config.database_url(), config.database_connections)
            .await
            .map_err(|error| format!("the database cannot be reached: {error}"))?;
        db.migrate().await.map_err(|error| error.to_string())?;
        let bus = match &config.redis_url {
            Some(url) => Bus::through_redis(&url.0).map_err(|error| format!("redis_url: {error}"))?,
            None => Bus::in_process(),
        };
        let sms = match (sms, &config.sms.webhook_url) {
            (Some(sms), _) => sms,
            (None, Some(url)) => Webhook::new(url.clone(), config.sms.webhook_secret.clone().map(|secret| secret.0))
                .map(Sms::Webhook)
                .map_err(|error| format!("sms.webhook_url: {error}"))?,
            (None, None) => Sms::Log,
        };
        let app = Arc::new(Self { config, db, clock, random, sms, bus, vault, committed: Arc::default() });
        let relay = outbox::relay(app.db.clone(), app.bus.clone(), app.clock.clone(), app.committed.clone());
        tokio::spawn(relay);
        tokio::spawn(crate::attendance::jobs::close_forgotten_every_minute(app.clone()));
        tokio::spawn(crate::roles::jobs::watch_every_minute(app.clone()));
        Ok(app)
    }
}
