//! What happens where one has no right to look changes nothing in what one sees: no count, no order, no page's end.

use boai_tests::{Person, Schema, Town, at, id, shift, stories};
use serde_json::{Value, json};

use crate::{
    acts::{decide, found_team, grant, revoke},
    askers::{Asker, settle},
    fields::deep,
    root_fields::answer,
    root_fields_asked::{Operation, Scene, operations},
};

const PAGES: [&str; 4] = [
    "{ activities(first: 1) { pageInfo { hasNextPage endCursor } edges { cursor node { placesLeft } } } }",
    "{ activities(last: 1) { pageInfo { hasPreviousPage startCursor } edges { cursor node { placesLeft } } } }",
    "{ activities(text: \"公开\", first: 5) { pageInfo { hasNextPage } edges { cursor node { id shifts { id } } } } }",
    "{ activitiesNear(point: { latitude: 30.2604, longitude: 120.1472, datum: WGS84 }, first: 1) {
        pageInfo { hasNextPage endCursor } edges { cursor distance placesLeft node { id } } } }",
];

/// Everything that somebody can ask, with what was answered. Of oneself there is nothing in it.
async fn everything(who: &Person<'_>, schema: &Schema, scene: &Scene) -> Vec<(String, Value)> {
    let mut seen = Vec::new();
    for operation in operations(scene, who).iter().filter(|one| one.root != "Mutation" && one.field != "me") {
        let document = deep(schema, operation);
        let body = answer(who, &Operation { document: document.clone(), ..*operation }).await;
        seen.push((document, body));
    }
    for page in PAGES {
        seen.push((page.to_owned(), who.ask(page, json!({})).await.body));
    }
    seen
}

/// What the leader, the team's desk and the branch above do among themselves.
async fn what_others_do(town: &Town, scene: &Scene, served: &Person<'_>) {
    let leader = Asker::Leader.comes(town, served).await;
    let above = Asker::Above.comes(town, served).await;
    for (title, time) in [("公开", "09:00"), ("会议", "11:00")] {
        let to = format!("{}:59", &time[..2]);
        let draft = leader.draft_activity(vec![shift(at(time), at(&to), 3)], json!({ "title": title })).await.fine();
        assert!(draft.text("/createActivity/activity/id") != scene.draft);
    }
    decide(&leader, &id(Town::TEAM), &scene.applicant, true).await.fine();
    leader.confirm(&scene.attendance).await.fine();
    served.check_in(scene.posted.shift(), 10.0).await.fine();
    served.check_out(10.0).await.fine();
    revoke(&above, &scene.grant).await.fine();
    grant(&above, &scene.number, "DESK_OPERATOR", json!({ "teamId": id(Town::TEAM) })).await.fine();
    town.volunteer("陈小红").await;
}

stories! {
    async fn what_others_do_changes_nothing_for_who_may_not_see_it(town: Town) {
        let (scene, served) = settle(&town).await;
        let schema = Schema::of(&town).await;
        let mut outsiders = Vec::new();
        for asker in [Asker::Stranger, Asker::Volunteer, Asker::AnotherLeader, Asker::Sibling] {
            outsiders.push((asker, asker.comes(&town, &served).await));
        }
        let mut all_before = Vec::new();
        for (_, who) in &outsiders {
            all_before.push(everything(who, &schema, &scene).await);
        }
        what_others_do(&town, &scene, &served).await;
        for ((asker, who), before) in outsiders.iter().zip(all_before) {
            for ((document, before), (_, after)) in before.iter().zip(everything(who, &schema, &scene).await) {
                assert_eq!(before, &after, "{} asks {document}", asker.name());
            }
        }
        // The test would see what everybody may see.
        let pages = town.stranger().ask("{ teams { nodes { name } } }", json!({})).await;
        let above = Asker::Above.comes(&town, &served).await;
        found_team(&above, &id(Town::branch("330106")), "新队").await.fine();
        assert_ne!(pages, town.stranger().ask("{ teams { nodes { name } } }", json!({})).await);
    }
}
