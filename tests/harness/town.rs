//! The town: divisions, branches and two teams, a server, and a clock at 07:00 on World Red Cross Day.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use boai::{
    app::App,
    config::{Config, RatesConfig, Secret, VaultConfig},
    ctx::Ctx,
    platform::{
        clock::Clock,
        db::Db,
        random::Random,
        rates::Rate,
        sms::{Recorder, Sms},
        wechat::WeChat,
    },
    server,
};
use boai_entity::{
    Instant, branch, consent, division,
    ids::{BranchId, PersonId, SessionId, TeamId, VolunteerId},
    kinds::{BranchKind, Category, ConsentKind, DivisionLevel, Platform, SignInWay, Skill, TokenKind, VolunteerState},
    person, session, session_token, team,
    volunteer::{self, Availability, Skills},
};
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::{
    log::{log, secrets_in},
    persons::Person,
    servers,
};

/// 断桥 in Hangzhou: latitude, longitude in WGS-84 degrees. Every activity of the harness takes place here.
pub const PLACE: (f64, f64) = (30.2604, 120.1472);

/// A moment of the story's day, 2026-05-08 in China: `at("08:30")`. `at("+1 08:30")` is the day after.
pub fn at(time: &str) -> Instant {
    let (days, time) = match time.strip_prefix('+') {
        Some(rest) => rest.split_once(' ').expect("+days time"),
        None => ("0", time),
    };
    let first: Instant = format!("2026-05-08T{time}:00+08:00").parse().expect("a time of day");
    first + chrono::TimeDelta::days(days.parse().expect("a number of days"))
}

/// Code, level and name of the town's divisions; each has a branch.
const DIVISIONS: [(&str, DivisionLevel, &str); 7] = [
    ("33", DivisionLevel::Province, "浙江省"),
    ("3301", DivisionLevel::City, "杭州市"),
    ("330106", DivisionLevel::County, "西湖区"),
    ("330106109", DivisionLevel::Township, "北山街道"),
    ("330106109203", DivisionLevel::Village, "曙光社区"),
    ("3302", DivisionLevel::City, "宁波市"),
    ("330203", DivisionLevel::County, "海曙区"),
];

/// Ids of the template's rows are fixed, so that stories can name them.
const fn fixed(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// Migrates a new database and puts the town's divisions, branches and teams into it.
pub async fn settle(db: &Db) {
    db.migrate().await.expect("the migrations run");
    let parent =
        |code: &str| DIVISIONS.iter().rev().find(|(above, ..)| code.len() > above.len() && code.starts_with(above));
    let divisions = DIVISIONS.iter().map(|(code, level, name)| {
        division::ActiveModel::from(division::Model {
            code: (*code).into(),
            level: *level,
            parent_code: parent(code).map(|(above, ..)| (*above).into()),
            name: (*name).into(),
            valid_from: None,
            valid_to: None,
        })
    });
    division::Entity::insert_many(divisions).exec_without_returning(&db.conn).await.expect("divisions");
    let branches = DIVISIONS.iter().map(|(code, level, name)| {
        branch::ActiveModel::from(branch::Model {
            id: Town::branch(code),
            division_code: (*code).into(),
            level: *level,
            kind: BranchKind::Territorial,
            parent_id: parent(code).map(|(above, ..)| Town::branch(above)),
            path: (*code).into(),
            name: format!("{name}红十字会"),
            founded_on: None,
        })
    });
    branch::Entity::insert_many(branches).exec_without_returning(&db.conn).await.expect("branches");
    let teams =
        [(Town::TEAM, "330106", "西湖救援队"), (Town::OTHER_TEAM, "330203", "海曙救护队")].map(|(id, code, name)| {
            team::ActiveModel::from(team::Model {
                id,
                branch_id: Town::branch(code),
                name: name.into(),
                speciality: Category::FirstAid,
                description: String::new(),
                created_at: at("07:00"),
            })
        });
    team::Entity::insert_many(teams).exec_without_returning(&db.conn).await.expect("teams");
}

/// Where a story takes place.
pub struct Town {
    pub app: Arc<App>,
    /// The server's address, `http://127.0.0.1:…`.
    pub url: String,
    pub clock: Clock,
    pub sms: Recorder,
    pub http: reqwest::Client,
    people: std::sync::atomic::AtomicU64,
    /// What the town's people told nobody but the server, and how long the log was when the first of them came.
    secrets: Mutex<BTreeSet<String>>,
    log_began: u64,
    _folder: Option<TempDir>,
}

/// An activity that a leader posted.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Global ids.
    pub activity: String,
    pub shifts: Vec<String>,
}

impl Posted {
    pub fn shift(&self) -> &str {
        &self.shifts[0]
    }
}

impl Town {
    /// 西湖救援队, of 西湖区 (330106).
    pub const TEAM: TeamId = TeamId(fixed(0x7001));
    /// 海曙救护队, of 海曙区 (330203) in another city.
    pub const OTHER_TEAM: TeamId = TeamId(fixed(0x7002));

    /// The branch of a division of the town.
    pub fn branch(code: &str) -> BranchId {
        let place = DIVISIONS.iter().position(|(own, ..)| *own == code).expect("a division of the town");
        BranchId(fixed(0xB001 + place as u128))
    }

    pub async fn on_sqlite() -> Self {
        let folder = servers::sqlite().await;
        let data_dir = folder.path().to_owned();
        Self::start(Config { data_dir, ..Config::default() }, Some(folder)).await
    }

    pub async fn on_postgres() -> Self {
        Self::on_database(servers::postgres().await).await
    }

    /// On a new database of a PostgreSQL server that the story has to itself; `space` is where its tables lie.
    pub async fn on_own_postgres(server: &str, space: &str) -> Self {
        Self::on_database(servers::settled_postgres(server, space).await).await
    }

    async fn on_database(url: String) -> Self {
        let config = Config {
            database_url: Some(Secret(url)),
            redis_url: Some(Secret(servers::redis_url())),
            vault: VaultConfig { keys: Some(Secret(servers::VAULT_KEYS.into())), file: None },
            // The Redis is everybody's.
            redis_prefix: uuid::Uuid::from_bytes(Random::system().bytes()).simple().to_string(),
            ..Config::default()
        };
        Self::start(config, None).await
    }

    async fn start(config: Config, folder: Option<TempDir>) -> Self {
        let log_began = log().length();
        let clock = Clock::frozen_at(at("07:00"));
        let sms = Recorder::default();
        // Stories go on at a pace that nobody has, all from one address. Those of the limits set limits.
        let mut config = Config { database_connections: 8, rates: RatesConfig::off(), ..config };
        config.sms.texts = Rate(None);
        let jobs = App::start(config, clock.clone(), Random::system(), Some(Sms::Recorder(sms.clone()))).await;
        let jobs = jobs.expect("the app starts");
        // The outbox relay and the jobs keep that pool of connections to themselves, so that the statements counted on
        // this one are those that requests sent.
        let db = Db::connect(&jobs.config.database_url(), jobs.config.database_connections).await;
        let app = Arc::new(Self::parts(&jobs, db.expect("the database opens")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(server::serve(app.clone(), listener, std::future::pending()));
        let http = boai::platform::http::client().build().expect("an HTTP client");
        Self {
            app,
            url,
            clock,
            sms,
            http,
            people: Default::default(),
            secrets: Mutex::default(),
            log_began,
            _folder: folder,
        }
    }

    /// Remembers something that must not be in any log. What looks like a secret is remembered by itself when it is said
    /// to a server or by it.
    pub fn secret(&self, text: &str) {
        if log().secret(text) {
            self.secrets.lock().expect("nobody panicked with it").insert(text.to_owned());
        }
    }

    /// Remembers the secrets in what was said, with the codes that its phone numbers were sent.
    pub(crate) fn keep_secrets_of(&self, said: &str) {
        for secret in secrets_in(said) {
            let code = self.sms.last_code(&format!("+86{secret}"));
            code.iter().for_each(|code| self.secret(code));
            self.secret(&secret);
        }
    }

    /// The app's parts with another pool of connections; no job runs beside it.
    fn parts(app: &App, db: Db) -> App {
        App {
            config: app.config.clone(),
            db,
            clock: app.clock.clone(),
            random: app.random.clone(),
            sms: app.sms.clone(),
            wechat: app.wechat.clone(),
            bus: app.bus.clone(),
            vault: app.vault.clone(),
            rates: app.rates.clone(),
            committed: app.committed.clone(),
            // Nobody listens: a story says itself when the jobs have their turn.
            work: Default::default(),
            asked_ahead: Default::default(),
            asked_for_badges: Default::default(),
        }
    }

    /// The parts of another instance on the town's database, with connections of its own: to run jobs beside the town's.
    pub async fn another_app(&self) -> Arc<App> {
        let db = Db::connect(&self.app.config.database_url(), self.app.config.database_connections).await;
        Arc::new(Self::parts(&self.app, db.expect("the database opens")))
    }

    /// A second instance of the server on the town's database, which sends its texts this way; its address.
    pub async fn instance_with_sms(&self, sms: Sms) -> String {
        self.serve_too(|app| app.sms = sms).await
    }

    /// One that asks this WeChat who signs in.
    pub async fn instance_with_wechat(&self, wechat: WeChat) -> String {
        self.serve_too(|app| app.wechat = Some(wechat)).await
    }

    /// One with other settings, and with books of its own on how often what was asked for (on PostgreSQL: shared by Redis).
    pub async fn instance(&self, change: impl FnOnce(&mut Config)) -> String {
        self.serve_too(|app| {
            change(&mut app.config);
            app.rates = App::rates(&app.config).expect("the rates' books open");
        })
        .await
    }

    async fn serve_too(&self, change: impl FnOnce(&mut App)) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut app = Self::parts(&self.app, self.app.db.clone());
        change(&mut app);
        tokio::spawn(server::serve(Arc::new(app), listener, std::future::pending()));
        url
    }

    /// The context of a job of an instance that sends its texts this way.
    pub fn job_with_sms(&self, sms: Sms) -> Ctx {
        let mut app = Self::parts(&self.app, self.app.db.clone());
        app.sms = sms;
        Ctx::system(Arc::new(app), "story")
    }

    /// Somebody without a session.
    pub fn stranger(&self) -> Person<'_> {
        Person::new(self, "stranger", "")
    }

    /// A phone number that nobody in the town has yet.
    pub fn new_phone(&self) -> String {
        let number = self.people.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!("+86139{number:08}")
    }

    /// Somebody who signed in by code, and no more.
    pub async fn person(&self, name: &str) -> Person<'_> {
        let mut person = Person::new(self, name, &self.new_phone());
        person.sign_in().await;
        person
    }

    /// An enrolled volunteer, born 1990-01-01, with first aid as a skill, who agreed to the use of the location.
    pub async fn volunteer(&self, name: &str) -> Person<'_> {
        let person = self.person(name).await;
        person.enrol(json!({})).await;
        person
    }

    /// So many volunteers like those of [`Town::volunteer`], 王一明 by name, put straight into the database with a session
    /// each: for stories in which the number of phones matters and the enrolment does not.
    pub async fn crowd(&self, size: usize) -> Vec<Person<'_>> {
        self.residents(&vec!["王一明"; size]).await
    }

    /// One of them, by this name.
    pub async fn resident(&self, name: &str) -> Person<'_> {
        self.residents(&[name]).await.remove(0)
    }

    async fn residents(&self, names: &[&str]) -> Vec<Person<'_>> {
        let db = &self.app.db.conn;
        let now = self.clock.now();
        let new_id = || self.app.random.uuid(now);
        let far = now + chrono::TimeDelta::days(60);
        let (mut people, mut persons, mut volunteers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut consents, mut sessions, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            let (person, session) = (PersonId(new_id()), SessionId(new_id()));
            let mut phone = Person::new(self, name, &self.new_phone());
            let new_token = || boai::auth::rules::token_text(self.app.random.bytes());
            let (access, refresh) = (new_token(), new_token());
            persons.push(person::Model { id: person, phone: phone.phone.clone(), created_at: now, erased_at: None });
            volunteers.push(volunteer::Model {
                id: VolunteerId(new_id()),
                person_id: person,
                // Of a year in which nobody else enrols.
                number: format!("1999{}", &phone.phone[6..]),
                name: phone.name.clone(),
                birth_date: "1990-01-01".parse().expect("a day"),
                guardian_name: None,
                guardian_phone: None,
                residence_code: "330106109203".into(),
                skills: Skills(vec![Skill::FirstAid]),
                availability: Availability::default(),
                state: VolunteerState::Enrolled,
                enrolled_at: now,
                registered_at: None,
            });
            for kind in [ConsentKind::Terms, ConsentKind::Location] {
                consents.push(boai::people::store::new_consent(new_id(), person, kind, "2026-01", now));
            }
            sessions.push(session::Model {
                id: session,
                person_id: person,
                device: "crowd".into(),
                created_at: now,
                last_used_at: now,
                ended_at: None,
                end_reason: None,
                platform: Platform::Other,
                way: SignInWay::Code,
                installation_id: None,
                second_factor_until: None,
            });
            for (kind, token) in [(TokenKind::Access, &access), (TokenKind::Refresh, &refresh)] {
                tokens.push(session_token::Model {
                    hash: boai::auth::rules::token_hash(token),
                    session_id: session,
                    kind,
                    expires_at: far,
                    used_at: None,
                    parent: None,
                });
            }
            (phone.access_token, phone.refresh_token) = (Some(access), refresh);
            people.push(phone);
        }
        insert_all::<person::Entity, _>(db, persons).await;
        insert_all::<volunteer::Entity, _>(db, volunteers).await;
        insert_all::<consent::Entity, _>(db, consents).await;
        insert_all::<session::Entity, _>(db, sessions).await;
        insert_all::<session_token::Entity, _>(db, tokens).await;
        people
    }

    /// A volunteer who leads 西湖救援队.
    pub async fn leader(&self, name: &str) -> Person<'_> {
        let person = self.volunteer(name).await;
        person.hold("TEAM_LEADER", None, Some(Self::TEAM)).await;
        person
    }

    /// A volunteer who leads 海曙救护队, in another city.
    pub async fn other_leader(&self, name: &str) -> Person<'_> {
        let person = self.volunteer(name).await;
        person.hold("TEAM_LEADER", None, Some(Self::OTHER_TEAM)).await;
        person
    }

    /// A volunteer who sits at the desk of 西湖救援队.
    pub async fn desk(&self, name: &str) -> Person<'_> {
        let person = self.volunteer(name).await;
        person.hold("DESK_OPERATOR", None, Some(Self::TEAM)).await;
        person
    }

    /// An officer of the branch of a division.
    pub async fn officer(&self, name: &str, code: &str) -> Person<'_> {
        let person = self.volunteer(name).await;
        person.hold("BRANCH_OFFICER", Some(Self::branch(code)), None).await;
        person
    }

    /// Statements that requests sent to the database while this ran. The outbox relay and the jobs have connections of
    /// their own (see `start`), so nothing else is in the count.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.app.db.statements();
        let done = work.await;
        (done, self.app.db.statements() - before)
    }

    /// How many rows a table has, for tests that nothing changed.
    pub async fn rows(&self, table: &str) -> i64 {
        #[derive(sea_orm::FromQueryResult)]
        struct Count {
            count: i64,
        }
        let text = format!("SELECT COUNT(*) AS count FROM {table}");
        let count: Option<Count> = boai::platform::db::one(&self.app.db.conn, text, []).await.expect("a table");
        count.map_or(0, |count| count.count)
    }

    /// The ledger, records and totals agree, and every chain holds.
    pub async fn audit(&self) {
        let report = boai::hours::audit::audit(&self.app.db, |_| {}).await.expect("the audit runs");
        assert!(report.faults.is_empty(), "{report}");
        let trail = self.audit_trail().await;
        assert!(trail.faults.is_empty(), "{trail}");
        let roots = self.audit_roots().await;
        assert!(roots.faults.is_empty(), "{roots}");
        let months = self.audit_months().await;
        assert!(months.faults.is_empty(), "{months}");
        let boards = self.audit_boards().await;
        assert!(boards.is_fine(), "{boards}");
    }

    /// What `boai audit` says of the months that branches signed.
    pub async fn audit_months(&self) -> boai::statements::audit::Report {
        boai::statements::audit::audit(&self.app.db, |_| {}).await.expect("the audit runs")
    }

    /// What `boai leaderboards check` says.
    pub async fn audit_boards(&self) -> boai::leaderboards::check::Report {
        boai::leaderboards::check::check(&self.app.db, |_| {}).await.expect("the boards are compared")
    }

    /// What `boai audit` says of the ledger's roots.
    pub async fn audit_roots(&self) -> boai::proof::verify::Report {
        let report = boai::proof::verify::verify(&self.app.db, Some(&self.app.vault), |_| {});
        report.await.expect("the audit runs")
    }

    /// What `boai audit` says of the audit trail.
    pub async fn audit_trail(&self) -> boai::trail::verify::Report {
        let report = boai::trail::verify::verify(&self.app.db, Some(&self.app.vault), self.clock.now(), |_| {});
        report.await.expect("the audit runs")
    }
}

/// Nothing that must not be there was logged, by this town or by another at the same time.
impl Drop for Town {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let secrets = self.secrets.lock().expect("nobody panicked with it");
            let leaks = log().leaks_since(self.log_began, &secrets);
            assert!(leaks.is_empty(), "the log tells secrets or of panics:\n{}", leaks.join("\n"));
        }
    }
}

/// An access token lives half an hour; those of everybody who signed in so far now outlive the story, wherever it moves
/// the clock.
pub async fn keep_signed_in(town: &Town) {
    let text = "UPDATE session_token SET expires_at = $1 WHERE kind = 'ACCESS'";
    boai::platform::db::run(&town.app.db.conn, text, [at("+36500 00:00").into()]).await.expect("tokens live long");
}

/// What a shift looks like in `createActivity`.
pub fn shift(from: Instant, to: Instant, capacity: i32) -> Value {
    json!({ "startsAt": from, "endsAt": to, "capacity": capacity })
}

/// Puts rows straight into a table, some hundreds a statement: both databases bound the values of one.
pub async fn insert_all<E, A>(db: &impl ConnectionTrait, rows: Vec<E::Model>)
where
    E: EntityTrait,
    E::Model: IntoActiveModel<A> + Clone,
    A: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
{
    for some in rows.chunks(500) {
        let some = some.iter().cloned().map(IntoActiveModel::into_active_model);
        E::insert_many(some).exec_without_returning(db).await.expect("rows go in");
    }
}
