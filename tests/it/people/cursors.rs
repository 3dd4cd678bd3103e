//! A cursor says where a page begins, never whose list it is.

use boai_tests::{Person, Schema, Town, id, stories};
use serde_json::{Value, json};

use crate::askers::{Asker, settle};

/// A page of one of the caller's own lists: cursors, and what is there.
async fn page(who: &Person<'_>, list: &str, arguments: &str) -> Vec<(String, Value)> {
    let document = format!("{{ me {{ {list}({arguments}) {{ edges {{ cursor node {{ id }} }} }} }} }}");
    let answer = who.ask(&document, json!({})).await.data(&format!("/me/{list}/edges"));
    let edges = answer.as_array().cloned().unwrap_or_default().into_iter();
    edges.map(|edge| (edge["cursor"].as_str().expect("a cursor").to_owned(), edge["node"]["id"].clone())).collect()
}

/// The lists of `me` whose items have an id.
fn own_lists(schema: &Schema) -> Vec<String> {
    let lists = schema.get("Me").fields.iter().filter(|field| field.of.name.ends_with("Connection"));
    let item = |name: &str| schema.field(&schema.field(name, "edges").of.name, "node").of.name.clone();
    let lists = lists.filter(|field| schema.get(&item(&field.of.name)).fields.iter().any(|field| field.name == "id"));
    lists.map(|field| field.name.clone()).collect()
}

stories! {
    async fn the_cursors_of_somebody_else_lead_through_ones_own_list(town: Town) {
        let schema = Schema::of(&town).await;
        let ((_, hers), (_, his)) = (settle(&town).await, settle(&town).await);
        let mut tried = 0;
        for list in own_lists(&schema) {
            let own: Vec<Value> = page(&his, &list, "first: 50").await.into_iter().map(|(_, id)| id).collect();
            let others = page(&hers, &list, "first: 50").await;
            for (cursor, hidden) in others {
                assert!(!own.contains(&hidden), "{list}");
                for arguments in ["first: 50, after", "last: 50, before"] {
                    let seen = page(&his, &list, &format!("{arguments}: \"{cursor}\"")).await;
                    assert!(seen.iter().all(|(_, id)| own.contains(id)), "{list}: {seen:?}");
                    tried += 1;
                }
            }
        }
        assert!(tried >= 6, "there were {tried} to try");
    }

    async fn the_cursors_of_the_leader_open_the_team_to_nobody(town: Town) {
        let (scene, themself) = settle(&town).await;
        let leader = Asker::Leader.comes(&town, &themself).await;
        let lists = [
            (id(Town::TEAM), "... on Team { members", "{ volunteer { name } }"),
            (scene.posted.shift().to_owned(), "... on Shift { signUps", "{ volunteer { name number } }"),
        ];
        for (id, list, node) in lists {
            let ask = async |who: &Person<'_>, arguments: &str| {
                let document = format!(
                    "query($id: ID!) {{ node(id: $id) {{ {list}({arguments}) {{ edges {{ cursor node {node} }} }} }} }} }}"
                );
                who.ask(&document, json!({ "id": id })).await.data("/node")
            };
            let first = ask(&leader, "first: 1").await;
            let edge = first.as_object().and_then(|list| list.values().next()).map(|list| list["edges"][0].clone());
            let cursor = edge.expect("a list")["cursor"].as_str().expect("somebody is in it").to_owned();
            for asker in [Asker::Stranger, Asker::Volunteer, Asker::AnotherLeader, Asker::Desk, Asker::Sibling] {
                let who = asker.comes(&town, &themself).await;
                let all = ask(&who, "first: 50").await.to_string();
                for arguments in ["first: 50, after", "last: 50, before"] {
                    let seen = ask(&who, &format!("{arguments}: \"{cursor}\"")).await;
                    let seen = seen.as_object().and_then(|list| list.values().next()).cloned().unwrap_or_default();
                    let edges = seen["edges"].as_array().cloned().unwrap_or_default();
                    assert!(edges.iter().all(|edge| all.contains(&edge.to_string())), "{}: {seen}", asker.name());
                }
            }
        }
    }
}
