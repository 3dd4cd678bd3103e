//! A vaccination site at half past six: forty volunteers of six teams, two operators, and one queue.

use boai_tests::{Person, activities_at, at, id, keep_signed_in, stories, vaccination_site};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TOMORROW, check_in, check_out, clock, code, grant_desk, over};

const TEAMS: usize = 6;

stories! {
    async fn forty_volunteers_of_six_teams_come_at_half_past_six_and_go_at_half_past_twelve(town: Town) {
        let site = vaccination_site(&town).await;
        let posted: Vec<_> = activities_at(&town, site, TEAMS).await.into_iter().map(|(_, posted)| posted).collect();
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
