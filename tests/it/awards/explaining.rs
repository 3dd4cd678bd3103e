//! A star says why it was awarded, and why it is no more.

use boai_tests::{keep_signed_in, stories};
use serde_json::{Value, json};

use crate::support::{award_all, posted, veteran};

stories! {
    async fn an_award_names_its_hours_its_scheme_and_who_reviewed_awarded_and_revoked(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 310).await;
        keep_signed_in(&town).await;
        award_all(&officer, "330106", (1, 4)).await;
        let document = "{ me { starAwards { id star explanation { text facts { name value } rules { kind version }
            evidence { kind by reason } } } } }";
        let awards = ling.ask(document, json!({})).await.data("/me/starAwards");
        let awards = awards.as_array().expect("a list").clone();
        let second = awards.iter().find(|award| award["star"] == 2).expect("the second star");
        let why = &second["explanation"];
        assert!(why["text"].as_str().is_some_and(|text| text.contains("310 h of final service") && text.contains("300 h")), "{why}");
        assert_eq!(why["facts"], json!([
            { "name": "star", "value": 2 }, { "name": "finalMinutes", "value": 18600 }, { "name": "thresholdMinutes", "value": 18000 },
        ]));
        assert_eq!(why["rules"], json!([{ "kind": "STAR_SCHEME", "version": 1 }, { "kind": "POLICY", "version": 1 }]));
        let evidence: Vec<Value> = why["evidence"].as_array().into_iter().flatten().map(|one| json!([one["kind"], one["by"]])).collect();
        assert_eq!(evidence, [
            json!(["LIST_FROZEN", null]), json!(["REVIEWED", "周*部"]), json!(["NOTICE_ENDED", null]), json!(["AWARDED", "周*部"]),
        ]);

        let revoke = "mutation($id: ID!) { revokeStar(input: { awardId: $id, reason: \"时长有误\" }) { errors { code } } }";
        officer.ask(revoke, json!({ "id": second["id"] })).await.fine();
        let (after, statements) = town.statements(ling.ask(document, json!({}))).await;
        let awards = after.data("/me/starAwards");
        let second = awards.as_array().into_iter().flatten().find(|award| award["star"] == 2).cloned().expect("still told");
        assert!(second["explanation"]["text"].as_str().is_some_and(|text| text.ends_with("Reason: 时长有误")), "{second}");
        assert_eq!(second["explanation"]["evidence"][4]["kind"], "REVOKED");
        // Who asks, the awards, and of both: rounds, reviews, schemes, policies and names.
        assert_eq!(statements, 7);
    }
}
