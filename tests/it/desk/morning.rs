//! A vaccination site at half past six: forty volunteers of six teams, two operators, and one queue.

use boai_entity::{
    facility,
    facility::{FacilityKind, OpeningHours},
    ids::{FacilityId, TeamId},
    kinds::Category,
    team,
};
use boai_tests::{Person, Posted, Town, at, id, insert_all, keep_signed_in, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TOMORROW, check_in, check_out, clock, code, grant_desk, over};

const TEAMS: usize = 6;

/// A vaccination site of 西湖区.
async fn vaccination_site(town: &Town) -> FacilityId {
    let now = town.clock.now();
    let site = facility::Model {
        id: FacilityId(town.app.random.uuid(now)),
        branch_id: Town::branch("330106"),
        kind: FacilityKind::VaccinationSite,
        name: "黄龙体育馆接种点".into(),
        address: "黄龙路 1 号".into(),
        division_code: "330106109".into(),
        latitude: boai_tests::PLACE.0,
        longitude: boai_tests::PLACE.1,
        opening_hours: OpeningHours::default(),
        created_at: now,
        closed_at: None,
    };
    insert_all::<facility::Entity, _>(&town.app.db.conn, vec![site.clone()]).await;
    site.id
}

/// Teams of 西湖区, each with a leader and an activity at the site.
async fn activities(town: &Town, site: FacilityId) -> Vec<Posted> {
    let mut posted = Vec::new();
    for number in 0..TEAMS {
        let now = town.clock.now();
        let own = team::Model {
            id: TeamId(town.app.random.uuid(now)),
            branch_id: Town::branch("330106"),
            name: format!("第{number}服务队"),
            speciality: Category::Vaccination,
            description: String::new(),
            created_at: now,
        };
        insert_all::<team::Entity, _>(&town.app.db.conn, vec![own.clone()]).await;
        let leader = town.resident("Leader").await;
        leader.hold("TEAM_LEADER", None, Some(own.id)).await;
        let given = json!({ "teamId": id(own.id), "category": "VACCINATION", "title": format!("第{number}队值守") });
        posted.push(leader.post_activity(at("+1 06:30"), at("+1 12:30"), 8, given).await);
    }
    let text = "UPDATE activity SET facility_id = $1";
    boai::platform::db::run(&town.app.db.conn, text, [site.into()]).await.expect("they take place there");
    posted
}

stories! {
    async fn forty_volunteers_of_six_teams_come_at_half_past_six_and_go_at_half_past_twelve(town: Town) {
        let site = vaccination_site(&town).await;
        let posted = activities(&town, site).await;
        let officer = town.officer("Chen", "330106").await;
        let operators = [town.person("One").await, town.person("Two").await];
        for operator in &operators {
            let input = json!({ "facilityId": id(site), "phone": operator.phone, "fromDay": TOMORROW, "toDay": TOMORROW });
            grant_desk(&officer, input).await.fine();
        }
        let crowd = town.crowd(40).await;
        for (place, person) in crowd.iter().enumerate() {
            // One in ten has not signed up.
            if place % 10 != 9 {
                person.sign_up(posted[place % TEAMS].shift()).await.fine();
            }
        }
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:30"));
        let ask = async |end: &str, place: usize, person: &Person<'_>| {
            let operator = &operators[place % 2];
            let walks_in = place % 10 == 9 && end == "in";
            let who = if walks_in || place.is_multiple_of(2) {
                json!({ "code": code(person).await })
            } else {
                json!({ "phoneDigits": &person.phone[7..] })
            };
            let shift = if walks_in { json!({ "shiftId": posted[place % TEAMS].shift() }) } else { json!({}) };
            let input = over(json!({ "facilityId": id(site), "requestId": operator.request_id() }), over(who, shift));
            match end {
                "in" => check_in(operator, input).await.fine(),
                _ => check_out(operator, input).await.fine(),
            }
        };
        let all = async |end: &str| {
            let queues = [0, 1].map(|queue| {
                let ask = &ask;
                let crowd = &crowd;
                async move {
                    for place in (queue..crowd.len()).step_by(2) {
                        ask(end, place, &crowd[place]).await;
                    }
                }
            });
            join_all(queues).await;
        };
        all("in").await;
        let page = "query($site: ID!) { desk(facilityId: $site) { name shifts { teamName placesLeft }
            roster(first: 100) { edges { node { name teamName attendanceState } } } } }";
        let desk = operators[0].ask(page, json!({ "site": id(site) })).await;
        assert_eq!(desk.data("/desk/name"), "黄龙体育馆接种点");
        assert_eq!(desk.data("/desk/shifts").as_array().map(Vec::len), Some(TEAMS));
        let lines = desk.data("/desk/roster/edges");
        let open = |line: &&Value| line["node"]["attendanceState"] == "OPEN" && line["node"]["name"] == "王*明";
        assert_eq!(lines.as_array().into_iter().flatten().filter(open).count(), 40);
        assert_eq!((town.rows("desk_entry WHERE walk_in").await, town.rows("refused_scan").await), (4, 0));
        clock(&town, at("+1 12:30"));
        all("out").await;
        assert_eq!(town.rows("service_record WHERE minutes = 360 AND state = 'PENDING'").await, 40);
        assert_eq!(town.rows("attendance WHERE state = 'CLOSED'").await, 40);
        town.audit().await;
    }
}
