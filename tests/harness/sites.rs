//! A site that many teams share.

use boai_entity::{
    facility,
    facility::{FacilityKind, OpeningHours},
    ids::{FacilityId, TeamId},
    kinds::Category,
    team,
};
use serde_json::json;

use crate::{
    persons::{Person, id},
    town::{PLACE, Posted, Town, at, insert_all},
};

/// A vaccination site of 西湖区.
pub async fn vaccination_site(town: &Town) -> FacilityId {
    let now = town.clock.now();
    let site = facility::Model {
        id: FacilityId(town.app.random.uuid(now)),
        branch_id: Town::branch("330106"),
        kind: FacilityKind::VaccinationSite,
        name: "黄龙体育馆接种点".into(),
        address: "黄龙路 1 号".into(),
        division_code: "330106109".into(),
        latitude: PLACE.0,
        longitude: PLACE.1,
        opening_hours: OpeningHours::default(),
        created_at: now,
        closed_at: None,
    };
    insert_all::<facility::Entity, _>(&town.app.db.conn, vec![site.clone()]).await;
    site.id
}

/// So many teams of 西湖区, each with a leader and an activity at the site, tomorrow from 06:30 to 12:30.
pub async fn activities_at(town: &Town, site: FacilityId, teams: usize) -> Vec<(Person<'_>, Posted)> {
    let mut posted = Vec::new();
    for number in 0..teams {
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
        let activity = leader.post_activity(at("+1 06:30"), at("+1 12:30"), 8, given).await;
        posted.push((leader, activity));
    }
    let text = "UPDATE activity SET facility_id = $1";
    boai::platform::db::run(&town.app.db.conn, text, [site.into()]).await.expect("they take place there");
    posted
}
