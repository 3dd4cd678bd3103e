//! Stories of finding activities by division, text, team and time.

use boai_tests::{Town, at, id, stories};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;

use crate::verbs::{cancel, titles};

stories! {
    async fn a_division_holds_everything_below_it(town: Town) {
        let ling = town.leader("Ling").await;
        for code in ["330106109203", "330106", "3301", "330203"] {
            ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": code, "divisionCode": code })).await;
        }
        let within = async |code: &str| {
            let mut found = titles(&ling, json!({ "division": code })).await;
            found.sort_unstable();
            found
        };
        assert_eq!(within("33").await, ["3301", "330106", "330106109203", "330203"]);
        assert_eq!(within("3301").await, ["3301", "330106", "330106109203"]);
        assert_eq!(within("330106109").await, ["330106109203"]);
        assert_eq!(within("330106109203").await, ["330106109203"]);
        assert_eq!(within("3302").await, ["330203"]);
        assert!(within("3303").await.is_empty());
    }

    /// A cluster made by `initdb` in zh_CN or en_US sorts punctuation unlike C does.
    async fn a_division_holds_what_lies_below_in_every_collation(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        let db = &town.app.db.conn;
        if db.get_database_backend() == DbBackend::Postgres {
            let other = r#"ALTER TABLE activity ALTER COLUMN division_code TYPE text COLLATE "en-x-icu""#;
            db.execute_unprepared(other).await.expect("another collation");
        }
        assert_eq!(titles(&ling, json!({ "division": "3301" })).await, ["断桥应急救护"]);
        assert!(titles(&ling, json!({ "division": "3302" })).await.is_empty());
    }

    async fn a_text_is_found_in_title_place_and_description(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "苏堤义诊" })).await;
        ling.post_activity(at("10:00"), at("12:00"), 2, json!({ "title": "二", "placeName": "苏堤东" })).await;
        ling.post_activity(at("11:00"), at("12:00"), 2, json!({ "title": "三", "description": "在苏堤集合" })).await;
        ling.post_activity(at("11:30"), at("12:00"), 2, json!({ "title": "四" })).await;
        assert_eq!(titles(&ling, json!({ "text": "苏堤" })).await, ["苏堤义诊", "二", "三"]);
        assert_eq!(titles(&ling, json!({ "text": " 苏堤义 " })).await, ["苏堤义诊"]);
    }

    async fn percent_underscore_and_backslash_mean_themselves(town: Town) {
        let ling = town.leader("Ling").await;
        for title in ["100% 参与", "a_b", "axb", r"c\d"] {
            ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": title })).await;
        }
        assert_eq!(titles(&ling, json!({ "text": "%" })).await, ["100% 参与"]);
        assert_eq!(titles(&ling, json!({ "text": "a_b" })).await, ["a_b"]);
        assert_eq!(titles(&ling, json!({ "text": r"\" })).await, [r"c\d"]);
        assert!(titles(&ling, json!({ "text": "' OR 1=1 --" })).await.is_empty());
    }

    async fn small_and_capital_letters_are_alike(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "AED 与 CPR 演练" })).await;
        assert_eq!(titles(&ling, json!({ "text": "cpr" })).await, ["AED 与 CPR 演练"]);
        assert_eq!(titles(&ling, json!({ "text": "AED" })).await, ["AED 与 CPR 演练"]);
    }

    async fn a_team_shows_what_it_published_and_its_leader_sees_all(town: Town) {
        let (ling, hai) = (town.leader("Ling").await, town.other_leader("Hai").await);
        ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "公开" })).await;
        let gone = ling.post_activity(at("10:00"), at("12:00"), 2, json!({ "title": "取消" })).await;
        cancel(&ling, &gone.activity, "台风").await.fine();
        hai.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "海曙", "teamId": id(Town::OTHER_TEAM) }))
            .await;
        let of_the_team = json!({ "team": id(Town::TEAM) });
        assert_eq!(titles(&town.stranger(), of_the_team.clone()).await, ["公开"]);
        assert_eq!(titles(&hai, of_the_team.clone()).await, ["公开"]);
        assert_eq!(titles(&ling, of_the_team).await, ["公开", "取消"]);
        assert_eq!(titles(&ling, json!({ "team": id(Town::OTHER_TEAM) })).await, ["海曙"]);
    }

    async fn a_time_and_categories_choose(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "早", "category": "BLOOD" })).await;
        ling.post_activity(at("18:00"), at("20:00"), 2, json!({ "title": "晚", "category": "RESCUE" })).await;
        assert_eq!(titles(&ling, json!({ "from": at("12:00") })).await, ["晚"]);
        assert_eq!(titles(&ling, json!({ "to": at("18:00") })).await, ["早"]);
        assert_eq!(titles(&ling, json!({ "categories": ["RESCUE"] })).await, ["晚"]);
    }
}
