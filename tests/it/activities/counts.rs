//! Stories of cost: a fixed number of statements, whatever the size.

use boai_tests::{PLACE, Person, at, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::verbs::scatter;

const NEAR: &str = "query($point: Place!, $first: Int!) { activitiesNear(point: $point, first: $first) { edges {
    distance placesLeft mySignUp { state } node { title placesLeft division { name } team { name }
        personInCharge { name } shifts { placesLeft posts { name } mySignUp { state } } } } } }";
const ROSTER: &str = "query($id: ID!) { node(id: $id) { ... on Activity { title shifts { signUps(first: 100) { edges {
    node { state post { name } volunteer { name number } shift { startsAt activity { title } } } } } } } } }";

/// What an operation costs, and how many items it found at a pointer.
async fn cost(person: &Person<'_>, document: &str, variables: Value, list: &str) -> (u64, usize) {
    let (answer, statements) = person.town.statements(person.ask(document, variables)).await;
    (statements, answer.data(list).as_array().map_or(0, Vec::len))
}

stories! {
    async fn a_hundred_activities_near_me_cost_what_five_do(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = scatter(&ling, (0..100).map(|n| (PLACE.0 + f64::from(n) * 0.0001, PLACE.1))).await;
        let crowd = town.crowd(1).await;
        crowd[0].sign_up(posted[1].shift()).await.fine();
        for person in [&crowd[0], &ling] {
            let ask = async |first: usize| {
                let variables = json!({ "point": crate::verbs::place(PLACE), "first": first });
                cost(person, NEAR, variables, "/activitiesNear/edges").await
            };
            let (five, hundred) = (ask(5).await, ask(100).await);
            assert_eq!((five.1, hundred.1), (5, 100));
            assert_eq!(hundred.0, five.0);
            assert!(five.0 <= 10, "{} statements", five.0);
        }
    }

    async fn fifty_names_on_a_roster_cost_what_five_do(town: Town) {
        let ling = town.leader("Ling").await;
        let small = ling.post_activity(at("09:00"), at("12:00"), 60, json!({})).await;
        let large = ling.post_activity(at("13:00"), at("15:00"), 60, json!({})).await;
        let crowd = town.crowd(50).await;
        let sign_ups = crowd.iter().map(|wei| wei.sign_up(large.shift()));
        let sign_ups = sign_ups.chain(crowd[..5].iter().map(|wei| wei.sign_up(small.shift())));
        let sign_ups: Vec<_> = sign_ups.collect();
        for answer in join_all(sign_ups).await {
            answer.fine();
        }
        for person in [&crowd[0], &ling] {
            let ask = async |activity: &str| {
                cost(person, ROSTER, json!({ "id": activity }), "/node/shifts/0/signUps/edges").await
            };
            let (five, fifty) = (ask(&small.activity).await, ask(&large.activity).await);
            assert_eq!((five.1, fifty.1), (5, 50));
            assert_eq!(fifty.0, five.0);
            // Three of them write down whose names were looked at.
            assert!(five.0 <= 13, "{} statements", five.0);
        }
    }

    async fn an_activity_by_its_id_costs_two_statements(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        let document = "query($id: ID!) { node(id: $id) { ... on Activity { title radius place { latitude } } } }";
        let variables = json!({ "id": posted.activity });
        let (_, of_a_stranger) = town.statements(town.stranger().ask(document, variables.clone())).await;
        let (_, of_ling) = town.statements(ling.ask(document, variables)).await;
        // The activity; and before it, for whoever has a session, who is asking.
        assert_eq!((of_a_stranger, of_ling), (1, 2));
    }
}
