//! Settings: what each means, its unit and its default. They come, later ones winning, from the defaults here, an
//! optional TOML file, the environment, and flags. A wrong one is refused at start.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

use crate::platform::{
    origins::Origins,
    proxies::{Proxies, ProxyHeader},
    rates::Rate,
    vault::Vault,
    wire::{Limits, accept::Bounds},
};

/// A setting with a password in it: it never shows in a debug print.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Everything that can be set. `boai.example.toml` shows it with comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port to serve at.
    pub listen: String,
    /// Folder of the embedded database.
    pub data_dir: PathBuf,
    /// `postgres://…` for PostgreSQL; nothing for the SQLite file in `data_dir`. Also `DATABASE_URL`.
    pub database_url: Option<Secret>,
    /// `redis://…` for live events across instances; nothing for one instance by itself. Also `REDIS_URL`.
    pub redis_url: Option<Secret>,
    /// What this service's keys and channels in Redis begin with.
    pub redis_prefix: String,
    /// Most connections to the database at once.
    pub database_connections: u32,
    /// Whether GraphiQL is served at `/` and the schema can be asked for.
    pub explorer: bool,
    /// Largest request body, in bytes.
    pub body_limit_bytes: usize,
    /// Longest time a request may take, in seconds.
    pub request_timeout_seconds: u64,
    /// Folder with the operations of the published apps (`.graphql`, or manifests in `.json`): then no other operation is
    /// taken. Nothing takes every operation.
    pub registered_operations: Option<PathBuf>,
    pub limits: Limits,
    /// Networks of the proxies in front, which are believed when they say who calls: `["10.0.0.0/8"]`.
    pub trusted_proxies: Proxies,
    /// The header in which they say it: `x-forwarded-for` or `forwarded`.
    pub proxy_header: ProxyHeader,
    /// Origins of web pages that may call, exactly as browsers send them: `["https://app.example"]`.
    pub cors_origins: Origins,
    pub connections: Bounds,
    pub rates: RatesConfig,
    pub sms: SmsConfig,
    pub identity: IdentityConfig,
    pub wechat: WeChatConfig,
    pub sessions: SessionConfig,
    pub vault: VaultConfig,
    pub officers: OfficersConfig,
    pub privacy: PrivacyConfig,
    pub sites: SitesConfig,
    pub certificates: CertificatesConfig,
    pub log: LogConfig,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmsConfig {
    /// Where texts are posted to; without it none is sent, and nobody signs in by code.
    pub webhook_url: Option<String>,
    /// Sent to the webhook as `authorization: Bearer …`.
    pub webhook_secret: Option<Secret>,
    /// Prints texts, codes included, to standard output instead: for trying out.
    pub print: bool,
    /// Texts that the whole service sends, whoever asks: what a flood may cost. It stops new sign-ins, and nothing else.
    pub texts: Rate,
}

/// How often something may be asked for. A root field counts once each time an operation has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RatesConfig {
    /// How long a request waits for Redis at most, in milliseconds, before its instance counts by itself.
    pub redis_patience_ms: u64,
    /// Codes by text message, sign-in, and whatever else can be guessed at.
    pub sign_in: ClassRates,
    /// New tokens for old.
    pub refresh: ClassRates,
    /// Searches: near me, by name.
    pub search: ClassRates,
    /// Other queries.
    pub read: ClassRates,
    /// Mutations.
    pub write: ClassRates,
    /// Check-in and check-out of one person; whichever device or address they come from.
    pub check: Rate,
    /// Check-ins and check-outs that one operator of a desk enters.
    pub desk: Rate,
    /// Codes off the screens of sites, and off volunteers' phones.
    pub codes: CodeRates,
    /// Certificates that are checked with a wrong number or code.
    pub certificates: CertificateRates,
    /// Files fetched from one address by their links; whoever asks with a link that is none counts, too.
    pub download: Rate,
    /// Sockets that are opened, and live subscriptions that are begun.
    pub subscribe: ClassRates,
    /// Documents that are not known yet, and requests that are refused before anybody looks who sent them, of one address.
    /// Each instance counts them by itself.
    pub documents: Rate,
}

/// The limits of one class. Whoever is signed in counts by person and by device and never by address, which a whole site
/// shares; whoever is not counts by address (IPv6: by /64).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRates {
    pub person: Rate,
    pub device: Rate,
    pub address: Rate,
}

/// How often a code off a site's screen may be tried: by one person, right or wrong; and how many wrong ones a shift, and an
/// address, may bring. Of the codes off volunteers' phones the wrong ones count, on the operator, the site and the address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRates {
    pub person: Rate,
    pub wrong_shift: Rate,
    pub wrong_address: Rate,
}

/// How many wrong checks one number, and one address, may bring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRates {
    pub wrong_number: Rate,
    pub wrong_address: Rate,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CertificatesConfig {
    /// Where the service can be reached, as it is printed on certificates: `https://boai.example`. Nothing prints none.
    pub address: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityConfig {
    /// The service that is asked whether a name and an ID number belong together; without one, officers verify.
    pub webhook_url: Option<String>,
    /// Sent to it as `authorization: Bearer …`.
    pub webhook_secret: Option<Secret>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeChatConfig {
    /// Where `code2Session` is asked: `{base_url}/sns/jscode2session`.
    pub base_url: String,
    /// AppID of the mini program; without it and the secret, nobody signs in with WeChat.
    pub app_id: Option<String>,
    /// AppSecret of the mini program.
    pub app_secret: Option<Secret>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Life of an access token, in minutes.
    pub access_minutes: i64,
    /// Life of a refresh token, in days.
    pub refresh_days: i64,
    /// Devices that a person may be signed in on; one more ends the session unused for longest.
    pub per_person: u32,
}

/// Keys for what is sealed in the database. With neither, the embedded database has a file of its own in `data_dir`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaultConfig {
    /// `name:key` for each, with commas between them; a key is 32 bytes in base64. The first seals, the one named
    /// `fingerprint` makes fingerprints, `sign-…` sign, the others open what they sealed earlier.
    pub keys: Option<Secret>,
    /// A file with the keys, a line each, that nobody but its owner may read.
    pub file: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficersConfig {
    /// Whether who changes others' records by a role on a branch must have proved a second factor.
    pub second_factor: bool,
    /// How long a session may act after the second factor was proved, in minutes.
    pub second_factor_minutes: i64,
    /// Longest term of a role on a branch, in months; it can be renewed.
    pub role_months: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyConfig {
    /// Life of the copy of a person's data, and of the link to it, in hours.
    pub export_hours: i64,
    /// How long an erasure can be called off, in days. The law wants it done within 15 working days.
    pub erasure_cooling_days: i64,
    /// Life of the report of an erasure, in days.
    pub erasure_report_days: i64,
}

impl Default for PrivacyConfig {
    fn default() -> Self {
        Self { export_hours: 72, erasure_cooling_days: 7, erasure_report_days: 30 }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SitesConfig {
    /// How far ahead the day shifts of a long-lived site are made, in weeks.
    pub weeks_ahead: u32,
}

impl Default for SitesConfig {
    fn default() -> Self {
        Self { weeks_ahead: 6 }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// What is logged: `info`, `warn`, or a filter such as `boai=debug,sqlx=warn`.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8000".into(),
            data_dir: "data".into(),
            database_url: None,
            redis_url: None,
            redis_prefix: "boai".into(),
            database_connections: 16,
            explorer: true,
            body_limit_bytes: 327_680,
            request_timeout_seconds: 20,
            registered_operations: None,
            limits: Limits::default(),
            trusted_proxies: Proxies::default(),
            proxy_header: ProxyHeader::default(),
            cors_origins: Origins::default(),
            connections: Bounds::default(),
            rates: RatesConfig::default(),
            sms: SmsConfig::default(),
            identity: IdentityConfig::default(),
            wechat: WeChatConfig::default(),
            sessions: SessionConfig::default(),
            vault: VaultConfig::default(),
            officers: OfficersConfig::default(),
            privacy: PrivacyConfig::default(),
            sites: SitesConfig::default(),
            certificates: CertificatesConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for WeChatConfig {
    fn default() -> Self {
        Self { base_url: "https://api.weixin.qq.com".into(), app_id: None, app_secret: None }
    }
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self { webhook_url: None, webhook_secret: None, print: false, texts: Rate::per(600, 60) }
    }
}

impl Default for RatesConfig {
    fn default() -> Self {
        let a_minute = |person, device, address| ClassRates {
            person: Rate::per(person, 60),
            device: Rate::per(device, 60),
            address: Rate::per(address, 60),
        };
        Self {
            redis_patience_ms: 50,
            sign_in: ClassRates {
                person: Rate::per(30, 600),
                device: Rate::per(20, 600),
                address: Rate::per(300, 600),
            },
            refresh: a_minute(30, 20, 1_200),
            search: a_minute(120, 80, 1_200),
            read: a_minute(300, 200, 3_000),
            write: a_minute(120, 90, 600),
            check: Rate::per(60, 60),
            desk: Rate::per(240, 60),
            codes: CodeRates {
                person: Rate::per(20, 600),
                wrong_shift: Rate::per(1_000, 3_600),
                wrong_address: Rate::per(300, 3_600),
            },
            certificates: CertificateRates { wrong_number: Rate::per(60, 3_600), wrong_address: Rate::per(60, 3_600) },
            download: Rate::per(60, 60),
            subscribe: a_minute(60, 40, 600),
            documents: Rate::per(120, 60),
        }
    }
}

impl RatesConfig {
    /// No limit at all.
    pub fn off() -> Self {
        let off = || ClassRates { person: Rate(None), device: Rate(None), address: Rate(None) };
        Self {
            redis_patience_ms: Self::default().redis_patience_ms,
            sign_in: off(),
            refresh: off(),
            search: off(),
            read: off(),
            write: off(),
            check: Rate(None),
            desk: Rate(None),
            codes: CodeRates { person: Rate(None), wrong_shift: Rate(None), wrong_address: Rate(None) },
            certificates: CertificateRates { wrong_number: Rate(None), wrong_address: Rate(None) },
            download: Rate(None),
            subscribe: off(),
            documents: Rate(None),
        }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { access_minutes: 30, refresh_days: 60, per_person: 10 }
    }
}

impl Default for OfficersConfig {
    fn default() -> Self {
        Self { second_factor: true, second_factor_minutes: 15, role_months: 12 }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".into(), json: false }
    }
}

/// What the command line may set.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// Reads all sources. `file` is the TOML file that was named; without one, `boai.toml` is read if it is there.
    pub fn read(file: Option<&Path>, flags: &Flags) -> Result<Self, String> {
        let toml = match file {
            Some(file) if !file.is_file() => return Err(format!("--config: there is no file {}", file.display())),
            Some(file) => Toml::file_exact(file),
            None => Toml::file("boai.toml"),
        };
        let config: Self = Figment::from(Serialized::defaults(Self::default()))
            .merge(toml)
            .merge(Env::raw().only(&["DATABASE_URL", "REDIS_URL"]))
            .merge(Env::prefixed("BOAI_").filter(|key| !key.starts_with("test_")).split("__"))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| error.into_iter().map(|error| said(&error)).collect::<Vec<_>>().join("\n"))?;
        config.validate()?;
        Ok(config)
    }

    /// Every setting must make sense by itself; the first that does not is named with its value and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        let within = |key: &str, value: i64, low: i64, high: i64, unit: &str| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!("{key} = {value}: must be {low} to {high} {unit}"))
            }
        };
        let scheme = |key: &str, url: Option<String>, schemes: &[&str]| match url {
            Some(url) if !schemes.iter().any(|scheme| url.starts_with(scheme)) => {
                // The rest of the address may hold a password.
                let start: String = url.chars().take_while(|c| *c != ':').take(20).collect();
                Err(format!("{key} = {start}…: must begin with {}", schemes.join(" or ")))
            }
            _ => Ok(()),
        };
        if self.listen.parse::<SocketAddr>().is_err() {
            return Err(format!("listen = {}: must be an address and a port, such as 127.0.0.1:8000", self.listen));
        }
        let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.0.clone());
        scheme("database_url", text(&self.database_url), &["postgres://", "postgresql://"])?;
        scheme("redis_url", text(&self.redis_url), &["redis://", "rediss://"])?;
        scheme("sms.webhook_url", self.sms.webhook_url.clone(), &["http://", "https://"])?;
        if self.sms.print && self.sms.webhook_url.is_some() {
            return Err(
                "sms.print = true: must be false where sms.webhook_url is set, for codes belong on phones".into()
            );
        }
        scheme("certificates.address", self.certificates.address.clone(), &["https://", "http://"])?;
        if let Some(address) =
            self.certificates.address.as_ref().filter(|address| address.ends_with('/') || address.len() > 100)
        {
            return Err(format!(
                "certificates.address = {address}: must be 100 characters at most, without a slash at its end"
            ));
        }
        scheme("identity.webhook_url", self.identity.webhook_url.clone(), &["http://", "https://"])?;
        scheme("wechat.base_url", Some(self.wechat.base_url.clone()), &["http://", "https://"])?;
        match (&self.wechat.app_id, &self.wechat.app_secret) {
            (Some(app_id), Some(secret)) if app_id.is_empty() || secret.0.is_empty() => {
                return Err(
                    "wechat.app_id and wechat.app_secret = \"\": must not be empty; leave both out to do without"
                        .into(),
                );
            }
            (Some(_), None) => {
                return Err("wechat.app_secret = nothing: wechat.app_id is set, so it must be too".into());
            }
            (None, Some(_)) => {
                return Err("wechat.app_id = nothing: wechat.app_secret is set, so it must be too".into());
            }
            _ => {}
        }
        if self.redis_prefix.is_empty()
            || !self.redis_prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(format!("redis_prefix = {}: must be letters, digits and `-`, such as boai", self.redis_prefix));
        }
        within("database_connections", self.database_connections.into(), 1, 1000, "connections")?;
        within(
            "body_limit_bytes",
            i64::try_from(self.body_limit_bytes).unwrap_or(i64::MAX),
            1024,
            16_777_216,
            "bytes",
        )?;
        within(
            "request_timeout_seconds",
            i64::try_from(self.request_timeout_seconds).unwrap_or(i64::MAX),
            1,
            300,
            "seconds",
        )?;
        for (key, value, low, high, unit) in self.limits.ranges() {
            within(key, value, low, high, unit)?;
        }
        for (key, value, low, high, unit) in self.connections.ranges() {
            within(key, value, low, high, unit)?;
        }
        within(
            "rates.redis_patience_ms",
            i64::try_from(self.rates.redis_patience_ms).unwrap_or(i64::MAX),
            1,
            10_000,
            "milliseconds",
        )?;
        within("sessions.access_minutes", self.sessions.access_minutes, 1, 1440, "minutes")?;
        within("sessions.refresh_days", self.sessions.refresh_days, 1, 365, "days")?;
        within("sessions.per_person", self.sessions.per_person.into(), 1, 100, "devices")?;
        if self.vault.keys.is_some() && self.vault.file.is_some() {
            return Err(
                "vault.keys and vault.file: set one of the two, so that it is plain which keys are in use".into()
            );
        }
        within("officers.second_factor_minutes", self.officers.second_factor_minutes, 1, 480, "minutes")?;
        within("officers.role_months", self.officers.role_months.into(), 1, 36, "months")?;
        within("privacy.export_hours", self.privacy.export_hours, 1, 720, "hours")?;
        within("privacy.erasure_cooling_days", self.privacy.erasure_cooling_days, 0, 15, "days")?;
        within("privacy.erasure_report_days", self.privacy.erasure_report_days, 1, 365, "days")?;
        within("sites.weeks_ahead", self.sites.weeks_ahead.into(), 1, 26, "weeks")?;
        self.log.filter.parse::<tracing_subscriber::EnvFilter>().map_err(|error| {
            format!(
                "log.filter = {}: {error}; must be a level such as `info`, or `boai=debug,sqlx=warn`",
                self.log.filter
            )
        })?;
        Ok(())
    }

    /// The keys in use. The embedded database gets a file of keys at its first start; instances that share a database
    /// must be given the same keys, or one could not read what another sealed.
    pub fn open_vault(&self) -> Result<Vault, String> {
        match (&self.vault.keys, &self.vault.file) {
            (Some(keys), _) => Vault::given(&keys.0).map_err(|error| format!("vault.keys: {error}")),
            (None, Some(file)) => Vault::from_file(file).map_err(|error| format!("vault.file = {error}")),
            (None, None) if self.database_url.is_none() => Vault::from_file_or_new(&self.data_dir.join("vault.keys")),
            (None, None) => Err("vault.keys: with a database_url the keys must be set, the same for every instance. Make a \
                                 file of keys once with `boai new-key --file vault.keys`, and name it as vault.file \
                                 (BOAI_VAULT__FILE); or set its lines, joined by commas, as vault.keys (BOAI_VAULT__KEYS)"
                .into()),
        }
    }

    /// The same for who only reads: no keys are made, and there may be none.
    pub fn vault_if_there(&self) -> Result<Option<Vault>, String> {
        let given = self.vault.keys.is_some() || self.vault.file.is_some();
        let own = self.database_url.is_none() && self.data_dir.join("vault.keys").is_file();
        if given || own { self.open_vault().map(Some) } else { Ok(None) }
    }

    /// The database in use.
    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.0.clone(),
            None => crate::platform::db::Db::file_url(&self.data_dir.join("boai.sqlite")),
        }
    }
}

fn said(error: &figment::Error) -> String {
    use figment::error::Kind;
    let source = error.metadata.as_ref().map_or_else(String::new, |metadata| format!(" (from {})", metadata.name));
    let key = if error.path.is_empty() { "settings".into() } else { error.path.join(".") };
    match &error.kind {
        Kind::UnknownField(field, expected) => {
            format!("{field}: there is no such setting{source}; there are: {}", expected.join(", "))
        }
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
            let expected = match expected.as_str() {
                "i64" | "u32" | "u64" | "usize" => "a whole number",
                other => other,
            };
            format!("{key} = {actual}: must be {expected}{source}")
        }
        other => format!("{key}: {other}{source}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Config, String> {
        let dir = std::env::temp_dir().join(format!("boai-config-{}-{:p}", std::process::id(), &toml));
        std::fs::write(&dir, toml).unwrap();
        let config = Config::read(Some(&dir), &Flags::default());
        std::fs::remove_file(&dir).unwrap();
        config
    }

    #[test]
    fn the_example_file_shows_the_defaults() {
        let example: Config = toml_of(include_str!("../../boai.example.toml"));
        assert_eq!(example, Config::default());
    }

    #[test]
    fn instances_that_share_a_database_must_be_given_keys() {
        let error = read("database_url = 'postgres://u:secret@h/d'").unwrap().open_vault().unwrap_err();
        assert!(error.contains("vault.keys") && error.contains("BOAI_VAULT__FILE"), "{error}");
        let error = read("[vault]\nkeys = 'k1:secret'").unwrap().open_vault().unwrap_err();
        assert!(error.contains("vault.keys: key `k1`") && !error.contains("secret"), "{error}");
        let error = read("[vault]\nfile = '/nowhere/vault.keys'").unwrap().open_vault().unwrap_err();
        assert!(error.contains("vault.file = /nowhere/vault.keys"), "{error}");
    }

    fn toml_of(text: &str) -> Config {
        Figment::from(Toml::string(text)).extract().unwrap()
    }

    #[test]
    fn a_wrong_setting_is_refused_with_key_value_and_what_would_be_right() {
        for (toml, key, value, right) in [
            ("listen = 'here'", "listen", "here", "address and a port"),
            ("database_connections = 0", "database_connections", "0", "1 to 1000"),
            ("[sessions]\naccess_minutes = 'x'", "sessions.access_minutes", "x", "a whole number"),
            ("database_url = 'mysql://u:hush@h/d'", "database_url", "mysql", "postgres://"),
            ("[sessions]\nper_person = 0", "sessions.per_person", "0", "1 to 100"),
            ("[wechat]\nbase_url = 'api.weixin.qq.com'", "wechat.base_url", "api.weixin", "https://"),
            ("[wechat]\napp_id = 'wx1'", "wechat.app_secret", "nothing", "must be too"),
            ("[wechat]\napp_secret = 'hush'", "wechat.app_id", "nothing", "must be too"),
            ("[wechat]\napp_id = ''\napp_secret = 'x'", "wechat.app_id", "\"\"", "leave both out"),
            ("[log]\nfilter = 'a=b=c'", "log.filter", "a=b=c", "level"),
            ("lissten = 'x'", "lissten", "", "listen"),
            ("[vault]\nkeys = 'k1:secret'\nfile = 'f'", "vault.keys", "vault.file", "one of the two"),
            ("trusted_proxies = ['10.0.0.0/40']", "trusted_proxies", "10.0.0.0/40", "10.0.0.0/8"),
            (
                "[certificates]\naddress = 'https://boai.example/'",
                "certificates.address",
                "example/",
                "without a slash",
            ),
            ("redis_prefix = 'a{b'", "redis_prefix", "a{b", "letters"),
            ("proxy_header = 'via'", "proxy_header", "via", "x-forwarded-for"),
            ("cors_origins = ['*']", "cors_origins", "*", "https://app.example"),
            ("[connections]\nhead_seconds = 0", "connections.head_seconds", "0", "1 to 300"),
            (
                "[rates.read]\nperson = '5 a day'\ndevice = 'off'\naddress = 'off'",
                "rates.read.person",
                "5 a day",
                "per minute",
            ),
            ("[rates]\nredis_patience_ms = 0", "rates.redis_patience_ms", "0", "1 to 10000"),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(key) && error.contains(value) && error.contains(right), "{toml}: {error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
