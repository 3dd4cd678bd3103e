//! Stories of finding one's way in the tree of divisions, branches and teams.

use boai_tests::{Person, Town, id, stories};
use serde_json::{Value, json};

use crate::acts::found_team;

/// Every item of a list, page by page of this size, forwards or backwards; in the list's own order.
async fn walk(person: &Person<'_>, list: &str, arguments: &str, size: usize, backwards: bool) -> Vec<String> {
    let (count, cursor) = if backwards { ("last", "before") } else { ("first", "after") };
    let document = format!(
        "query($cursor: String) {{ {list}({arguments} {count}: {size}, {cursor}: $cursor) {{
            edges {{ node {{ id }} cursor }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = person.ask(&document, json!({ "cursor": cursor })).await.payload();
        let info = &page["pageInfo"];
        let edges = page["edges"].as_array().expect("edges");
        assert!(edges.len() <= size);
        // There is more behind us from the second page on, and only then.
        let behind = if backwards { "hasNextPage" } else { "hasPreviousPage" };
        assert_eq!(info[behind], !found.is_empty(), "{info}");
        assert_eq!(info["startCursor"], edges.first().map_or(Value::Null, |edge| edge["cursor"].clone()));
        let ids = edges.iter().map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned());
        if backwards {
            found.splice(0..0, ids);
        } else {
            found.extend(ids);
        }
        let (ahead, next) = if backwards { ("hasPreviousPage", "startCursor") } else { ("hasNextPage", "endCursor") };
        if info[ahead] == false {
            return found;
        }
        cursor = info[next].clone();
        assert!(cursor.is_string() && found.len() < 1000, "a walk that does not end");
    }
}

/// Asserts that pages of every size, both ways, give the same items, each once; gives them.
async fn walk_all_ways(person: &Person<'_>, list: &str, arguments: &str) -> Vec<String> {
    let whole = walk(person, list, arguments, 100, false).await;
    for size in [1, 2, 3, 7] {
        for backwards in [false, true] {
            assert_eq!(walk(person, list, arguments, size, backwards).await, whole, "{list} by {size}, {backwards}");
        }
    }
    let mut once = whole.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), whole.len());
    whole
}

/// The names of the teams with this text in theirs.
async fn named(person: &Person<'_>, name: &str) -> Vec<String> {
    let answer =
        person.ask("query($name: String) { teams(name: $name) { nodes { name } } }", json!({ "name": name })).await;
    let teams = answer.data("/teams/nodes");
    teams.as_array().expect("a list").iter().map(|team| team["name"].as_str().expect("a name").into()).collect()
}

stories! {
    async fn the_tree_of_divisions_is_browsed_both_ways(town: Town) {
        let document = "{ division(code: \"330106\") { name level
            parent { name parent { name parent { name } } }
            children(first: 5) { nodes { code name level parent { code }
                children(first: 5) { nodes { name children(first: 5) { nodes { id } } } } } } } }";
        let expected = json!({
            "name": "西湖区", "level": "COUNTY",
            "parent": { "name": "杭州市", "parent": { "name": "浙江省", "parent": null } },
            "children": { "nodes": [{
                "code": "330106109", "name": "北山街道", "level": "TOWNSHIP", "parent": { "code": "330106" },
                "children": { "nodes": [{ "name": "曙光社区", "children": { "nodes": [] } }] } }] },
        });
        assert_eq!(town.stranger().ask(document, json!({})).await.data("/division"), expected);
        for unknown in ["330107", "", "33\0"] {
            let document = "query($code: String!) { division(code: $code) { name } }";
            assert_eq!(town.stranger().ask(document, json!({ "code": unknown })).await.data("/division"), Value::Null);
        }
    }

    async fn the_tree_of_branches_is_browsed_both_ways(town: Town) {
        let document = "query($id: ID!) { node(id: $id) { ... on Branch { name level kind division { code }
            parent { name parent { name parent { name } } }
            children { nodes { name parent { id } } } teams { nodes { id name speciality branch { id } } } } } }";
        let here = id(Town::branch("330106"));
        let expected = json!({
            "name": "西湖区红十字会", "level": "COUNTY", "kind": "TERRITORIAL", "division": { "code": "330106" },
            "parent": { "name": "杭州市红十字会", "parent": { "name": "浙江省红十字会", "parent": null } },
            "children": { "nodes": [{ "name": "北山街道红十字会", "parent": { "id": here } }] },
            "teams": { "nodes": [{
                "id": id(Town::TEAM), "name": "西湖救援队", "speciality": "FIRST_AID", "branch": { "id": here },
            }] },
        });
        assert_eq!(town.stranger().ask(document, json!({ "id": here })).await.data("/node"), expected);
    }

    async fn divisions_are_filtered_by_parent_level_and_name_together(town: Town) {
        let stranger = town.stranger();
        let codes = async |arguments: &str| {
            let answer = stranger.ask(&format!("{{ divisions({arguments}) {{ nodes {{ code }} }} }}"), json!({})).await;
            let nodes = answer.data("/divisions/nodes");
            let code = |one: &Value| one["code"].as_str().expect("a code").to_owned();
            nodes.as_array().expect("a list").iter().map(code).collect::<Vec<_>>()
        };
        assert_eq!(codes("parentCode: \"33\"").await, ["3301", "3302"]);
        assert_eq!(codes("level: COUNTY").await, ["330106", "330203"]);
        assert_eq!(codes("level: COUNTY, name: \"海\"").await, ["330203"]);
        assert_eq!(codes("parentCode: \"3301\", name: \"海\"").await, Vec::<String>::new());
        assert_eq!(codes("parentCode: \"33\\u0000\"").await, Vec::<String>::new());
    }

    async fn pages_lose_nothing_and_double_nothing(town: Town) {
        let officer = town.officer("Officer", "33").await;
        // The same names in several branches: the order needs more than the name.
        for code in ["330106", "330203", "3301", "330106109"] {
            for name in ["救援", "救护", "Blood", "养老", "ödland", "blood"] {
                found_team(&officer, &id(Town::branch(code)), name).await.fine();
            }
        }
        let stranger = town.stranger();
        assert_eq!(walk_all_ways(&stranger, "teams", "").await.len(), 2 + 24);
        assert_eq!(walk_all_ways(&stranger, "teams", "name: \"救\",").await.len(), 2 + 8);
        assert_eq!(walk_all_ways(&stranger, "teams", "speciality: FIRST_AID,").await.len(), 2);
        assert_eq!(walk_all_ways(&stranger, "branches", "").await.len(), 7);
        let codes = walk_all_ways(&stranger, "divisions", "").await;
        assert_eq!(codes.len(), 7);
        assert_eq!(boai::platform::node::decode(&codes[0]), Some(("Division".into(), "33".into())));
    }

    async fn a_search_finds_what_was_typed_and_nothing_else(town: Town) {
        let officer = town.officer("Officer", "330106").await;
        for name in ["100%救护", "a_b", "axb", "c\\d", "Ärzte", "SOS杭州"] {
            found_team(&officer, &id(Town::branch("330106")), name).await.fine();
        }
        let ling = town.stranger();
        for (typed, found) in [
            ("%", vec!["100%救护"]),
            ("_", vec!["a_b"]),
            ("\\", vec!["c\\d"]),
            ("0%救", vec!["100%救护"]),
            ("a%b", vec![]),
            ("'", vec![]),
            ("西湖救援队", vec!["西湖救援队"]),
            (" sos ", vec!["SOS杭州"]),
            ("A_B", vec!["a_b"]),
        ] {
            assert_eq!(named(&ling, typed).await, found, "{typed}");
        }
        for bad in ["", "\0", &"长".repeat(51)] {
            let document = "query($name: String) { teams(name: $name) { nodes { id } } }";
            let answer = ling.ask(document, json!({ "name": bad })).await;
            assert_eq!(answer.fault(), "BAD_USER_INPUT", "{bad:?}");
        }
    }

    async fn a_page_is_bounded_and_a_cursor_belongs_to_its_list(town: Town) {
        let ling = town.stranger();
        let page = ling.ask("{ divisions(first: 1) { pageInfo { endCursor } } }", json!({})).await;
        let cursor = page.text("/divisions/pageInfo/endCursor");
        for bad in [
            "first: 1000000".to_owned(),
            "first: -1".into(),
            "first: 1, last: 1".into(),
            format!("first: 1, before: \"{cursor}\""),
            format!("after: \"{cursor}\""),
            "after: \"garbage\"".into(),
        ] {
            let answer = ling.ask(&format!("{{ branches({bad}) {{ nodes {{ id }} }} }}"), json!({})).await;
            assert_eq!(answer.fault(), "BAD_USER_INPUT", "{bad}");
        }
        let none = ling.ask("{ branches(first: 0) { nodes { id } } }", json!({})).await;
        assert_eq!(none.data("/branches/nodes"), json!([]));
    }

    /// A page costs what it may hold at most, so that a number out of range is told as what it is.
    async fn every_list_of_mine_and_of_the_tree_is_bounded(town: Town) {
        let ling = town.volunteer("Ling").await;
        let (branch, team) = (id(Town::branch("33")), id(Town::TEAM));
        for list in [
            "me { inbox(PAGE) { nodes { id } } }".to_owned(),
            "me { records(PAGE) { nodes { id } } }".into(),
            "me { signUps(PAGE) { nodes { id } } }".into(),
            "division(code: \"33\") { children(PAGE) { nodes { id } } }".into(),
            format!("node(id: \"{branch}\") {{ ... on Branch {{ children(PAGE) {{ nodes {{ id }} }} }} }}"),
            format!("node(id: \"{branch}\") {{ ... on Branch {{ teams(PAGE) {{ nodes {{ id }} }} }} }}"),
            "divisions(PAGE) { nodes { id } }".into(),
            "teams(PAGE) { nodes { id } }".into(),
        ] {
            for page in ["first: 1000000", "first: -1", "last: -2147483648", "first: 101"] {
                let answer = ling.ask(&format!("{{ {} }}", list.replace("PAGE", page)), json!({})).await;
                assert_eq!(answer.fault(), "BAD_USER_INPUT", "{list} {page}");
                assert!(answer.fault_message().contains("0 to 100 items"), "{}", answer.body);
            }
        }
        // Who may not see the members hears nothing of their pages either.
        let members = "... on Team { members(first: -1) { nodes { state } } }";
        let members = format!("{{ node(id: \"{team}\") {{ {members} }} }}");
        assert_eq!(ling.ask(&members, json!({})).await.data("/node/members"), Value::Null);
        assert_eq!(town.leader("Leader").await.ask(&members, json!({})).await.fault(), "BAD_USER_INPUT");
    }
}
