//! Builds the App from its settings: the only place that knows every part.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    auth::second_factor,
    config::Config,
    identity::{self, checker::Checker},
    platform::{
        bus::Bus, clock::Clock, db::Db, outbox, random::Random, rates::Rates, rotation::SealedColumn, sms::Sms,
        sms::Webhook, vault::Vault, wechat::WeChat,
    },
};

/// All that is sealed: what a rotation of keys goes over.
pub const SEALED: [SealedColumn; 3] =
    [identity::service::NUMBER, second_factor::service::SECRET, second_factor::service::NEW_SECRET];

/// The parts that every request shares. Nothing in it may be needed by another instance.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub sms: Sms,
    /// None where sign-in with WeChat is not set up.
    pub wechat: Option<WeChat>,
    pub bus: Bus,
    /// Seals what must not be read in the database.
    pub vault: Vault,
    /// How often things were asked for.
    pub rates: Arc<Rates>,
    /// Wakes the outbox relay after a commit.
    pub committed: Arc<Notify>,
    /// Wakes whoever makes copies of people's data and erases people.
    pub work: Arc<Notify>,
    /// Wakes whoever works out what policies would move.
    pub asked_ahead: Arc<Notify>,
    /// Wakes whoever works out whom badge rules would make eligible.
    pub asked_for_badges: Arc<Notify>,
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
            Some(url) => {
                Bus::through_redis(&url.0, &config.redis_prefix).map_err(|error| format!("redis_url: {error}"))?
            }
            None => Bus::in_process(),
        };
        let rates = Self::rates(&config)?;
        let sms = match (sms, &config.sms.webhook_url) {
            (Some(sms), _) => sms,
            (None, Some(url)) => Webhook::new(url.clone(), config.sms.webhook_secret.clone().map(|secret| secret.0))
                .map(Sms::Webhook)
                .map_err(|error| format!("sms.webhook_url: {error}"))?,
            (None, None) if config.sms.print => Sms::Print,
            (None, None) => Sms::Nowhere,
        };
        let wechat = wechat(&config).map_err(|error| format!("wechat.base_url: {error}"))?;
        let app = Arc::new(Self {
            config,
            db,
            clock,
            random,
            sms,
            wechat,
            bus,
            vault,
            rates,
            committed: Arc::default(),
            work: Arc::default(),
            asked_ahead: Arc::default(),
            asked_for_badges: Arc::default(),
        });
        let relay = outbox::relay(app.db.clone(), app.bus.clone(), app.clock.clone(), app.committed.clone());
        tokio::spawn(relay);
        tokio::spawn(crate::attendance::jobs::close_forgotten_every_minute(app.clone()));
        tokio::spawn(crate::attendance::flags::jobs::look_every_minute(app.clone()));
        tokio::spawn(crate::trail::jobs::seal_days_every_hour(app.clone()));
        tokio::spawn(crate::proof::jobs::make_roots_every_hour(app.clone()));
        tokio::spawn(crate::privacy::jobs::work(app.clone()));
        tokio::spawn(crate::policy_changes::preview::jobs::look_ahead(app.clone()));
        tokio::spawn(crate::badge_rules::preview::jobs::look_ahead(app.clone()));
        if let Some(checker) = Checker::of(&app.config)? {
            tokio::spawn(crate::identity::jobs::ask_every_minute(app.clone(), checker));
        }
        tokio::spawn(crate::leaderboards::jobs::count_every_five_seconds(app.clone()));
        tokio::spawn(crate::roles::jobs::watch_every_minute(app.clone()));
        tokio::spawn(crate::activities::jobs::extend_sites_every_minute(app.clone()));
        Ok(app)
    }

    /// The books on how often what was asked for: shared where there is Redis.
    pub fn rates(config: &Config) -> Result<Arc<Rates>, String> {
        let patience = Duration::from_millis(config.rates.redis_patience_ms);
        let rates = match &config.redis_url {
            Some(url) => Rates::through_redis(&url.0, &config.redis_prefix, patience)
                .map_err(|error| format!("redis_url: {error}"))?,
            None => Rates::in_process(),
        };
        Ok(Arc::new(rates))
    }
}

fn wechat(config: &Config) -> Result<Option<WeChat>, reqwest::Error> {
    let settings = &config.wechat;
    let (Some(app_id), Some(secret)) = (&settings.app_id, &settings.app_secret) else { return Ok(None) };
    WeChat::new(&settings.base_url, app_id.clone(), secret.0.clone()).map(Some)
}
