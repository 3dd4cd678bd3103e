//! Stories of signing in.

use boai_tests::stories;
use serde_json::json;

stories! {
    async fn ling_signs_in_by_code_and_is_somebody(town: Town) {
        let ling = town.person("Ling").await;
        assert!(ling.ask("{ me { id } }", json!({})).await.text("/me/id").len() > 10);
        assert!(town.stranger().ask("{ me { id } }", json!({})).await.data("/me").is_null());
    }
}
