//! Stories of how long a role lasts: its term, its renewal, and the word before it ends.

use boai::{ctx::Ctx, platform::db::Db, roles::service::remind};
use boai_entity::{Instant, role_grant};
use boai_migration::Migrator;
use boai_tests::{Person, Town, at, id, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{EntityTrait, QueryOrder};
use sea_orm_migration::MigratorTrait;
use serde_json::{Value, json};

use crate::acts::{appoint, approve, grant, renew, roles};

fn until(code: &str, end: Value) -> Value {
    json!({ "branchId": id(Town::branch(code)), "endsAt": end })
}

/// The job's round, as an instance of the server runs it.
async fn told(town: &Town) -> usize {
    remind(&Ctx::system(town.app.clone(), "story")).await.expect("the job runs")
}

/// After so long that the session is over.
async fn sign_in_again(person: &mut Person<'_>) {
    person.access_token = None;
    person.sign_in().await;
}

async fn endings(person: &Person<'_>) -> Vec<String> {
    let inbox = person.inbox().await;
    inbox.into_iter().filter(|(kind, _)| kind == "ROLE_ENDING").map(|(_, note)| note).collect()
}

stories! {
    async fn a_role_on_a_branch_is_granted_for_a_term(town: Town) {
        let (top, ling) = (town.officer("Top", "33").await, town.volunteer("Ling").await);
        let number = ling.number().await;
        // Twelve months from now, to the end of the day in China.
        let last = at("+366 00:00");
        for (end, code) in [
            (Value::Null, "END_NEEDED"),
            (json!(at("07:00")), "ENDS_IN_THE_PAST"),
            (json!(last + TimeDelta::milliseconds(1)), "TERM_TOO_LONG"),
        ] {
            for role in ["TEAM_LEADER", "DESK_OPERATOR", "BRANCH_OFFICER"] {
                let refused = grant(&top, &number, role, until("330106", end.clone())).await;
                assert_eq!(refused.codes(), [code], "{role} {end}");
            }
        }
        let refused = grant(&top, &number, "TEAM_LEADER", until("330106", json!(at("+900 00:00")))).await;
        assert_eq!(refused.refusal_number("monthsAtMost") as i64, 12);
        let message = refused.payload()["errors"][0]["message"].to_string();
        assert!(message.contains("2027-05-09 00:00"), "{message}");
        assert_eq!(town.rows("role_grant").await, 1);
        grant(&top, &number, "TEAM_LEADER", until("330106", json!(last))).await.fine();
        // One on a team may go without, or beyond.
        grant(&top, &number, "DESK_OPERATOR", json!({ "teamId": id(Town::TEAM) })).await.fine();
        let beyond = json!({ "teamId": id(Town::TEAM), "endsAt": at("+900 00:00") });
        grant(&top, &number, "TEAM_LEADER", beyond).await.fine();
    }

    async fn the_longest_term_is_a_setting(town: Town) {
        let (top, ling) = (town.officer("Top", "33").await, town.volunteer("Ling").await);
        let url = town.instance(|config| config.officers.role_months = 6).await;
        let document = "mutation($input: GrantRoleInput!) { grantRole(input: $input) { errors { code } } }";
        let mut input = until("330106", json!(at("+200 00:00")));
        input.as_object_mut().expect("an object").extend([
            ("volunteerNumber".to_owned(), json!(ling.number().await)),
            ("role".to_owned(), json!("TEAM_LEADER")),
        ]);
        let refused = top.ask_at(&url, document, json!({ "input": input })).await;
        assert_eq!(refused.codes(), ["TERM_TOO_LONG"]);
        top.ask(document, json!({ "input": input })).await.fine();
    }

    async fn one_officer_above_renews_what_is_less_than_an_officers_role(town: Town) {
        let (top, ling) = (town.officer("Top", "33").await, town.volunteer("Ling").await);
        let month = until("330106", json!(at("+30 07:00")));
        let granted = grant(&top, &ling.number().await, "TEAM_LEADER", month).await.fine();
        let role = granted.text("/grantRole/grant/id");
        for (end, code) in [
            (at("+30 07:00"), "ENDS_NO_LATER"),
            (at("+29 07:00"), "ENDS_NO_LATER"),
            (at("07:00"), "ENDS_IN_THE_PAST"),
            (at("+366 00:01"), "TERM_TOO_LONG"),
        ] {
            assert_eq!(renew(&top, &role, json!({ "endsAt": end })).await.codes(), [code], "{end}");
        }
        let renewed = renew(&top, &role, json!({ "endsAt": at("+60 07:00") })).await.fine();
        assert_eq!(renewed.data("/renewRole/grant/endsAt"), json!("2026-07-06T23:00:00+00:00"));
        assert_eq!(ling.inbox().await.len(), 2);
        let mut ling = ling;
        town.clock.set(at("+60 07:00") - TimeDelta::milliseconds(1));
        sign_in_again(&mut ling).await;
        assert_eq!(roles(&ling).await, ["TEAM_LEADER"]);
        town.clock.set(at("+60 07:00"));
        assert_eq!(roles(&ling).await, Vec::<String>::new());
        let mut top = top;
        sign_in_again(&mut top).await;
        top.proves_for(TimeDelta::minutes(15)).await;
        assert_eq!(renew(&top, &role, json!({ "endsAt": at("+90 07:00") })).await.codes(), ["NOT_FOUND"]);
    }

    async fn two_renew_an_officers_role(town: Town) {
        let (above, top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
        let ling = town.volunteer("Ling").await;
        let role = appoint(&above, &top, &ling, "330106").await;
        let later = json!({ "endsAt": at("+360 07:00") });
        let without = json!({ "endsAt": at("+360 07:00"), "reason": "" });
        assert_eq!(renew(&above, &role, without).await.codes(), ["REASON_NEEDED"]);
        let proposed = renew(&above, &role, later.clone()).await.fine();
        assert_eq!(proposed.data("/renewRole/grant"), Value::Null);
        assert_eq!(proposed.text("/renewRole/pendingAct/kind"), "RENEW_ROLE");
        let act = proposed.text("/renewRole/pendingAct/id");
        assert_eq!(approve(&above, &act).await.codes(), ["OWN_PROPOSAL"]);
        let ends_at = async || ling.ask("{ me { roles { endsAt } } }", json!({})).await.text("/me/roles/0/endsAt");
        assert_eq!(ends_at().await, "2027-03-03T23:00:00+00:00");
        approve(&top, &act).await.fine();
        assert_eq!(ends_at().await, "2027-05-02T23:00:00+00:00");
        assert_eq!(town.rows("role_grant WHERE renewed_by IS NOT NULL AND renewed_at IS NOT NULL").await, 1);
    }

    async fn nobody_renews_their_own_role_or_that_of_a_peer(town: Town) {
        let (officer, peer) = (town.officer("Officer", "330106").await, town.officer("Peer", "330106").await);
        town.officer("Top", "33").await;
        let role = officer.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id");
        let later = json!({ "endsAt": at("+360 07:00") });
        for person in [&officer, &peer] {
            assert_eq!(renew(person, &role, later.clone()).await.codes(), ["NOT_FOUND"], "{}", person.name);
        }
        // A team's role in one's own care, held by oneself.
        officer.hold("TEAM_LEADER", Some(Town::branch("330106109")), None).await;
        let mine = officer.ask("{ me { roles { id branch { name } } } }", json!({})).await.data("/me/roles");
        let mine = mine.as_array().expect("a list");
        let below = mine.iter().find(|role| role["branch"]["name"] == "北山街道红十字会").expect("the role below");
        let below = below["id"].as_str().expect("an id");
        assert_eq!(renew(&officer, below, later).await.codes(), ["YOURSELF"]);
        assert_eq!(town.rows("role_grant WHERE renewed_at IS NOT NULL").await, 0);
    }

    async fn an_ended_role_has_no_power_and_can_be_granted_anew(town: Town) {
        let (mut above, mut top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
        let mut ling = town.volunteer("Ling").await;
        appoint(&above, &top, &ling, "330106").await;
        town.clock.set(at("+300 07:00"));
        for person in [&mut above, &mut top, &mut ling] {
            sign_in_again(person).await;
            person.proves_for(TimeDelta::minutes(15)).await;
        }
        assert_eq!(roles(&ling).await, Vec::<String>::new());
        let here = json!({ "branchId": id(Town::branch("330106109")), "endsAt": at("+400 07:00") });
        assert_eq!(grant(&ling, "1", "TEAM_LEADER", here).await.codes(), ["NOT_FOUND"]);
        let again = json!({ "branchId": id(Town::branch("330106")), "endsAt": at("+400 07:00") });
        let proposed = grant(&above, &ling.number().await, "BRANCH_OFFICER", again).await.fine();
        approve(&top, &proposed.text("/grantRole/pendingAct/id")).await.fine();
        assert_eq!(roles(&ling).await, ["BRANCH_OFFICER"]);
    }

    async fn holder_and_granter_hear_two_weeks_before_and_once(town: Town) {
        let (mut top, mut ling) = (town.officer("Top", "33").await, town.volunteer("Ling").await);
        let month = until("330106", json!(at("+30 07:00")));
        let granted = grant(&top, &ling.number().await, "TEAM_LEADER", month).await.fine();
        let role = granted.text("/grantRole/grant/id");
        assert_eq!(told(&town).await, 0);
        town.clock.set(at("+16 07:00") - TimeDelta::milliseconds(1));
        assert_eq!(told(&town).await, 0);
        town.clock.set(at("+16 07:00"));
        top.refresh().await;
        ling.refresh().await;
        // Several instances at once.
        let ctx = Ctx::system(town.app.clone(), "story");
        let rounds = join_all((0..5).map(|_| remind(&ctx))).await;
        assert_eq!(rounds.into_iter().map(|round| round.expect("the job runs")).sum::<usize>(), 1);
        let note = "TEAM_LEADER · 西湖区红十字会 · 2026-06-07 07:00";
        assert_eq!((endings(&ling).await, endings(&top).await), (vec![note.to_owned()], vec![note.to_owned()]));
        assert_eq!(told(&town).await, 0);
        // Renewed, it is told of anew in its time.
        renew(&top, &role, json!({ "endsAt": at("+60 07:00") })).await.fine();
        assert_eq!(told(&town).await, 0);
        town.clock.set(at("+46 07:00"));
        assert_eq!(told(&town).await, 1);
        ling.refresh().await;
        assert_eq!(endings(&ling).await.len(), 2);
    }

    async fn nobody_hears_of_a_role_that_is_over_or_has_no_end(town: Town) {
        let (top, ling) = (town.officer("Top", "33").await, town.volunteer("Ling").await);
        let number = ling.number().await;
        grant(&top, &number, "DESK_OPERATOR", json!({ "teamId": id(Town::TEAM) })).await.fine();
        let granted = grant(&top, &number, "TEAM_LEADER", until("330106", json!(at("+10 07:00")))).await.fine();
        crate::acts::revoke(&top, &granted.text("/grantRole/grant/id")).await.fine();
        grant(&top, &number, "DESK_OPERATOR", until("3302", json!(at("+10 07:00")))).await.fine();
        town.clock.set(at("+10 07:00"));
        assert_eq!(told(&town).await, 0);
    }

    async fn many_roles_that_end_together_are_all_told_of(town: Town) {
        let top = town.officer("Top", "33").await;
        let crowd = town.crowd(230).await;
        join_all(crowd.iter().map(|person| person.hold("DESK_OPERATOR", Some(Town::branch("330106")), None))).await;
        let soon = "UPDATE role_grant SET ends_at = $1 WHERE role = 'DESK_OPERATOR'";
        boai::platform::db::run(&town.app.db.conn, soon, [at("+7 07:00").into()]).await.expect("the roles are there");
        assert_eq!(told(&town).await, 230);
        assert_eq!(town.rows("inbox_item WHERE kind = 'ROLE_ENDING'").await, 230);
        assert_eq!((told(&town).await, top.inbox().await.len()), (0, 0));
    }
}

/// A database of before there were terms is brought up to date: what had no end on a branch gets a year, and the rest stays.
async fn a_role_of_before(url: &str) {
    let db = Db::connect(url, 1).await.expect("the database opens");
    let before = Migrator::migrations().iter().position(|one| one.name() == "m0016_role_terms").expect("the migration");
    Migrator::up(&db.conn, Some(u32::try_from(before).expect("a few"))).await.expect("the migrations run");
    let uuid = uuid::Uuid::from_u128;
    let at = |text: &str| -> sea_orm::Value { text.parse::<Instant>().expect("a moment").into() };
    let (then, later) = ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
    let run = async |text: &str, values: Vec<sea_orm::Value>| {
        boai::platform::db::run(&db.conn, text, values).await.expect("the row goes in");
    };
    run("INSERT INTO division (code, level, name) VALUES ('33', 'PROVINCE', '浙江省')", vec![]).await;
    let branch = "INSERT INTO branch (id, division_code, level, kind, path, name)
                  VALUES ($1, '33', 'PROVINCE', 'TERRITORIAL', '33', '浙江省红十字会')";
    run(branch, vec![uuid(1).into()]).await;
    let team = "INSERT INTO team (id, branch_id, name, speciality, description, created_at)
                VALUES ($1, $2, '队', 'RESCUE', '', $3)";
    run(team, vec![uuid(2).into(), uuid(1).into(), at(then)]).await;
    run("INSERT INTO person (id, phone, created_at) VALUES ($1, '+8613900000000', $2)", vec![uuid(3).into(), at(then)])
        .await;
    let grant = "INSERT INTO role_grant (id, person_id, role, branch_id, team_id, granted_at, ends_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let none = || None::<uuid::Uuid>.into();
    for (id, role, branch, team, end) in [
        (10, "BRANCH_OFFICER", uuid(1).into(), none(), None),
        (11, "DESK_OPERATOR", uuid(1).into(), none(), Some(later)),
        (12, "TEAM_LEADER", none(), uuid(2).into(), None),
    ] {
        let end = end.map_or(None::<Instant>.into(), &at);
        run(grant, vec![uuid(id).into(), uuid(3).into(), role.into(), branch, team, at(then), end]).await;
    }
    assert!(db.migrate().await.expect("the migrations run") > 0);
    let grants =
        role_grant::Entity::find().order_by_asc(role_grant::Column::Id).all(&db.conn).await.expect("the roles");
    let now = boai::platform::clock::Clock::system().now();
    let days = |end: Option<Instant>| end.map(|end| (end - now).num_days());
    assert!(days(grants[0].ends_at).is_some_and(|days| (363..=366).contains(&days)), "{:?}", grants[0]);
    assert_eq!((grants[1].ends_at, grants[2].ends_at), (later.parse().ok(), None));
    assert!(grants.iter().all(|grant| grant.granted_at == then.parse::<Instant>().expect("a moment")));
    assert_eq!(
        grants.iter().map(|grant| grant.role.as_str()).collect::<Vec<_>>(),
        ["BRANCH_OFFICER", "DESK_OPERATOR", "TEAM_LEADER"]
    );
    // Nobody holds the same twice, as before.
    let again = [
        uuid(13).into(),
        uuid(3).into(),
        "TEAM_LEADER".into(),
        none(),
        uuid(2).into(),
        at(then),
        None::<Instant>.into(),
    ];
    assert!(boai::platform::db::run(&db.conn, grant, again).await.is_err());
}

#[tokio::test]
async fn a_role_of_before_there_were_terms_gets_a_year_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    a_role_of_before(&Db::file_url(&folder.path().join("boai.sqlite"))).await;
}

#[tokio::test]
async fn a_role_of_before_there_were_terms_gets_a_year_on_postgres() {
    a_role_of_before(&boai_tests::empty_postgres().await).await;
}
