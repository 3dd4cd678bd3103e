//! 星级徽章: numbered, from the branch's stock, with a digital twin that anybody checks.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use boai::{
    badges::{
        credential::{Said, controller, credential, status_list},
        rules::{number, place},
    },
    platform::vault::Vault,
};
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, reviewed, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{When, award_all, list, posted, serve_long_ago, veteran};

const ERRORS: &str = "errors { code message path }";

async fn receive(officer: &Person<'_>, code: &str, star: i64, count: i64) -> Answer {
    let document = format!(
        "mutation($branch: ID!, $star: Int!, $count: Int!) {{ receiveBadges(input: {{
            branchId: $branch, star: $star, count: $count, note: \"厂家到货\" }}) {{ stock {{ star onHand }} {ERRORS} }} }}"
    );
    officer.ask(&document, json!({ "branch": id(Town::branch(code)), "star": star, "count": count })).await
}

async fn issue_at(officer: &Person<'_>, url: &str, awards: &[String]) -> Answer {
    let document = format!(
        "mutation($awards: [ID!]!) {{ issueBadges(input: {{ awardIds: $awards }}) {{
            results {{ awardId badge {{ id number credentialPath }} errors {{ code }} }} {ERRORS} }} }}"
    );
    officer.ask_at(url, &document, json!({ "awards": awards })).await
}

/// `replaceBadge` or `handOutBadge`.
async fn turn_at(officer: &Person<'_>, url: &str, verb: &str, badge: &str) -> Answer {
    let reason = if verb == "replaceBadge" { ", reason: \"遗失\"" } else { "" };
    let document = format!(
        "mutation($id: ID!) {{ {verb}(input: {{ badgeId: $id{reason} }}) {{
            badge {{ id number handedOutAt voidedAt credentialPath }} {ERRORS} }} }}"
    );
    officer.ask_at(url, &document, json!({ "id": badge })).await
}

async fn on_hand(officer: &Person<'_>, code: &str) -> Value {
    let document = "query($branch: ID!) { badgeStock(branchId: $branch) { star onHand } }";
    officer.ask(document, json!({ "branch": id(Town::branch(code)) })).await.data("/badgeStock")
}

/// The stars that a round awarded, the highest first.
async fn awards(officer: &Person<'_>, round: &str) -> Vec<String> {
    let listed = list(officer, round).await;
    listed.iter().filter_map(|one| one["award"]["id"].as_str().map(str::to_owned)).collect()
}

/// What anybody fetches, without a session.
async fn fetch(town: &Town, url: &str, path: &str) -> (u16, Value) {
    let answer = town.http.get(format!("{url}{path}")).send().await.expect("the server answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// The places of a list that are revoked.
fn revoked(list: &Value) -> Vec<usize> {
    use std::io::Read;
    let text = list["credentialSubject"]["encodedList"].as_str().expect("a list");
    let packed = BASE64_URL_SAFE_NO_PAD.decode(text.strip_prefix('u').expect("base64url")).expect("base64url");
    let mut bits = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bits).expect("gzip");
    assert_eq!(bits.len(), 131_072);
    let place = |(byte, bits): (usize, &u8)| {
        (0..8).filter(move |bit| bits & (0x80 >> bit) != 0).map(move |bit| byte * 8 + bit).collect::<Vec<_>>()
    };
    bits.iter().enumerate().flat_map(place).collect()
}

stories! {
    async fn a_badge_is_issued_from_the_stock_and_handed_out(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let other = town.officer("海曙干部", "330203").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 310).await;
        keep_signed_in(&town).await;
        let round = award_all(&officer, "330106", (1, 4)).await;
        town.clock.advance(chrono::TimeDelta::minutes(1));
        let awards = awards(&officer, &round).await;
        let dry = issue_at(&officer, &town.url, &awards).await;
        assert_eq!(dry.codes(), ["OUT_OF_STOCK", "OUT_OF_STOCK"]);
        assert_eq!((town.rows("star_badge").await, town.rows("badge_list").await), (0, 0));
        assert_eq!(receive(&other, "330106", 1, 5).await.codes(), ["NOT_FOUND"]);
        receive(&officer, "330106", 1, 2).await.fine();
        receive(&officer, "330106", 1, 1).await.fine();
        // Item by item: there is one for the first star, and none for the second.
        let some = issue_at(&officer, &town.url, &awards).await;
        assert_eq!(some.codes(), ["OUT_OF_STOCK"]);
        let badge = some.text("/issueBadges/results/1/badge/id");
        let expected = number("330106", 2026, 1, place(0));
        assert_eq!(some.text("/issueBadges/results/1/badge/number"), expected);
        assert_eq!(on_hand(&officer, "330106").await, json!([{ "star": 1, "onHand": 2 }]));
        assert_eq!(on_hand(&other, "330106").await, json!([]));
        assert_eq!(ling.inbox().await[0], ("BADGE_ISSUED".into(), expected.clone()));
        let again = issue_at(&officer, &town.url, &awards[1..]).await;
        assert_eq!(again.codes(), ["ALREADY_ISSUED"]);
        for verb in ["handOutBadge", "replaceBadge"] {
            assert_eq!(turn_at(&other, &town.url, verb, &badge).await.codes(), ["NOT_FOUND"]);
            assert_eq!(turn_at(&ling, &town.url, verb, &badge).await.codes(), ["NOT_FOUND"]);
        }
        turn_at(&officer, &town.url, "handOutBadge", &badge).await.fine();
        assert_eq!(turn_at(&officer, &town.url, "handOutBadge", &badge).await.codes(), ["ALREADY_HANDED_OUT"]);
        let mine = ling.ask("{ me { starAwards { star badge { number handedOutAt credentialPath } } } }", json!({})).await;
        assert_eq!(mine.data("/me/starAwards/0/badge"), Value::Null);
        assert_eq!(mine.text("/me/starAwards/1/badge/number"), expected);
        // The service has no address here, so there is no twin.
        assert_eq!(mine.data("/me/starAwards/1/badge/credentialPath"), Value::Null);
        assert_eq!(on_hand(&officer, "330106").await, json!([{ "star": 1, "onHand": 2 }]));
        town.audit().await;
    }

    async fn a_lost_badge_is_replaced_and_its_twin_is_good_no_more(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 100).await;
        keep_signed_in(&town).await;
        let url = town.instance(|config| config.certificates.address = Some("https://boai.example".into())).await;
        let round = award_all(&officer, "330106", (1, 4)).await;
        let awards = awards(&officer, &round).await;
        receive(&officer, "330106", 1, 1).await.fine();
        let issued = issue_at(&officer, &url, &awards).await.fine();
        let (badge, path) = (issued.text("/issueBadges/results/0/badge/id"), issued.text("/issueBadges/results/0/badge/credentialPath"));
        let (status, twin) = fetch(&town, &url, &path).await;
        assert_eq!((status, twin["id"].as_str()), (200, Some(format!("https://boai.example{path}").as_str())));
        assert_eq!(twin["issuer"]["name"], "西湖区红十字会");
        let text = twin.to_string();
        assert!(!text.contains("Ling") && !text.contains(&ling.number().await), "it names nobody: {text}");
        let list_path = twin["credentialStatus"]["statusListCredential"].as_str().expect("a list").replace("https://boai.example", "");
        assert_eq!(revoked(&fetch(&town, &url, &list_path).await.1), Vec::<usize>::new());
        let issuer = twin["issuer"]["id"].as_str().expect("an issuer").replace("https://boai.example", "");
        let keys = fetch(&town, &url, &issuer).await.1;
        assert_eq!(keys["assertionMethod"][0], twin["proof"]["verificationMethod"]);
        assert_eq!(fetch(&town, &url, "/badges/stars/1").await.1, twin["credentialSubject"]["achievement"]);
        for nothing in ["/badges/stars/6", "/badges/x", &format!("/badges/{}", Uuid::from_u128(7)), &format!("/badges/status/{}/2026", Uuid::from_u128(7)),
            &format!("/badges/issuers/{}", Uuid::from_u128(7))] {
            assert_eq!(fetch(&town, &url, nothing).await.0, 404, "{nothing}");
        }

        // Nothing is left in the stock: the old one stays good.
        assert_eq!(turn_at(&officer, &url, "replaceBadge", &badge).await.codes(), ["OUT_OF_STOCK"]);
        assert_eq!(town.rows("star_badge WHERE voided_at IS NOT NULL").await, 0);
        receive(&officer, "330106", 1, 1).await.fine();
        let new = turn_at(&officer, &url, "replaceBadge", &badge).await.fine();
        assert_eq!(turn_at(&officer, &url, "replaceBadge", &badge).await.codes(), ["VOID"]);
        assert_eq!(turn_at(&officer, &url, "handOutBadge", &badge).await.codes(), ["VOID"]);
        assert_eq!(revoked(&fetch(&town, &url, &list_path).await.1), [place(0) as usize]);
        let mine = ling.ask_at(&url, "{ me { starAwards { badge { number } } } }", json!({})).await;
        assert_eq!(mine.text("/me/starAwards/0/badge/number"), new.text("/replaceBadge/badge/number"));
        // A revoked star takes the new one's twin along.
        let revoke = "mutation($id: ID!) { revokeStar(input: { awardId: $id, reason: \"有误\" }) { errors { code } } }";
        officer.ask(revoke, json!({ "id": awards[0] })).await.fine();
        let mut both = [place(0) as usize, place(1) as usize];
        both.sort_unstable();
        assert_eq!(revoked(&fetch(&town, &url, &list_path).await.1), both);
        assert_eq!(issue_at(&officer, &url, &awards).await.codes(), ["STAR_REVOKED"]);
        assert_eq!(on_hand(&officer, "330106").await, json!([{ "star": 1, "onHand": 0 }]));
        town.audit().await;
    }

    async fn nobody_issues_a_badge_to_themself(town: Town) {
        let (_, posted) = posted(&town).await;
        let (officer, colleague) = (town.officer("周干部", "330106").await, town.officer("吴干部", "330106").await);
        serve_long_ago(&town, &posted, &[(&officer, 6000)], When::long_ago()).await;
        keep_signed_in(&town).await;
        let round = award_all(&colleague, "330106", (1, 4)).await;
        let awards = awards(&officer, &round).await;
        receive(&officer, "330106", 1, 1).await.fine();
        assert_eq!(issue_at(&officer, &town.url, &awards).await.codes(), ["OWN_BADGE"]);
        assert_eq!((town.rows("star_badge").await, on_hand(&officer, "330106").await), (0, json!([{ "star": 1, "onHand": 1 }])));
        issue_at(&colleague, &town.url, &awards).await.fine();
    }

    async fn what_two_instances_issue_at_once_never_goes_below_nothing(town: Town) {
        let (_, posted) = posted(&town).await;
        let officers = [town.officer("周干部", "330106").await, town.officer("吴干部", "330106").await];
        let crowd = town.crowd(20).await;
        let served: Vec<_> = crowd.iter().map(|person| (person, 6000)).collect();
        serve_long_ago(&town, &posted, &served, When::long_ago()).await;
        keep_signed_in(&town).await;
        let round = award_all(&officers[0], "330106", (1, 4)).await;
        let awards = awards(&officers[0], &round).await;
        receive(&officers[0], "330106", 1, 15).await.fine();
        let other = town.instance(|_| ()).await;
        // Each star is asked for four times, in lists that overlap and run both ways.
        let wishes = (0..8).map(|turn| {
            let mut some: Vec<String> = awards.iter().skip(turn % 2 * 5).take(15).cloned().collect();
            if turn % 2 == 1 { some.reverse(); }
            let (officer, url) = (&officers[turn % 2], if turn < 4 { town.url.clone() } else { other.clone() });
            async move { issue_at(officer, &url, &some).await }
        });
        let answers = join_all(wishes).await;
        let results: Vec<Value> = answers.iter().flat_map(|answer| answer.data("/issueBadges/results").as_array().cloned().unwrap_or_default()).collect();
        assert_eq!(results.iter().filter(|result| result["badge"].is_object()).count(), 15);
        assert_eq!((town.rows("star_badge").await, on_hand(&officers[0], "330106").await), (15, json!([{ "star": 1, "onHand": 0 }])));
        // And one that is lost is replaced once, however many press the button.
        let badge = results.iter().find_map(|result| result["badge"]["id"].as_str()).expect("a badge").to_owned();
        receive(&officers[0], "330106", 1, 5).await.fine();
        let pressed = join_all((0..6).map(|turn| turn_at(&officers[turn % 2], if turn < 3 { &town.url } else { &other }, "replaceBadge", &badge))).await;
        assert_eq!(pressed.iter().filter(|answer| answer.codes().is_empty()).count(), 1);
        assert_eq!((town.rows("star_badge").await, on_hand(&officers[0], "330106").await), (16, json!([{ "star": 1, "onHand": 4 }])));
        town.audit().await;
    }

    async fn a_batch_of_badges_takes_the_same_statements_for_one_as_for_thirty(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let crowd = town.crowd(31).await;
        let served: Vec<_> = crowd.iter().map(|person| (person, 6000)).collect();
        serve_long_ago(&town, &posted, &served, When::long_ago()).await;
        keep_signed_in(&town).await;
        let round = award_all(&officer, "330106", (1, 4)).await;
        let awards = awards(&officer, &round).await;
        receive(&officer, "330106", 1, 100).await.fine();
        let mut taken = Vec::new();
        for some in [&awards[..1], &awards[1..]] {
            let (answer, statements) = town.statements(issue_at(&officer, &town.url, some)).await;
            answer.fine();
            taken.push(statements);
        }
        assert_eq!(taken[0], taken[1]);
    }
}

/// What other people's verifiers check in tests/conformance, of keys and chances that never change.
#[test]
fn the_digital_twin_of_a_badge_is_the_reviewed_one() {
    let keys = "t1:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=,fingerprint:EjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8=,\
                sign-s1:NFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI=";
    let vault = Vault::given(keys).expect("keys");
    let (address, branch) = ("https://boai.example", Town::branch("33").0);
    let status = (2026, place(0));
    let said = Said {
        address,
        public_id: Uuid::from_u128(0x0f8f_ad5b_d9cb_469f_a165_7086_7728_950e),
        branch_id: branch,
        branch_name: "浙江省红十字会",
        star: 5,
        awarded_at: at("08:00"),
        issued_at: at("09:00"),
        number: &number("33", status.0, 5, status.1),
        volunteer_number: "202612345678",
        salt: "00112233445566778899aabbccddeeff",
        status,
    };
    let twin = credential(&vault, &said).expect("a key");
    let list = |revoked: &[i32]| status_list(&vault, address, (branch, 2026), revoked, at("10:00")).expect("a key");
    let shown = json!({
        "credential": twin,
        "issuer": controller(address, branch, &vault.public_keys()),
        "lists": [list(&[7]), list(&[7, status.1])],
    });
    assert_eq!((revoked(&shown["lists"][0]), revoked(&shown["lists"][1]).len()), (vec![7], 2));
    let text = serde_json::to_string_pretty(&shown).expect("JSON") + "\n";
    reviewed("badge.json", &text);
}
