//! 红人榜: who is asked, who agrees to what, what everybody reads, and what is left of it once somebody withdraws.

use boai_entity::ids::{HonourRollEntryId, HonourRollIssueId};
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

async fn open(officer: &Person<'_>, code: &str, day: &str) -> Answer {
    let document = "mutation($branch: ID!, $day: Date!) { openHonourRollIssue(input: {
        branchId: $branch, title: \"五月红人榜\", issuedOn: $day }) { issue { id title issuedOn publishedAt } errors { code } } }";
    officer.ask(document, json!({ "branch": id(Town::branch(code)), "day": day })).await
}

/// A draft of 西湖区's for World Red Cross Day.
async fn draft(officer: &Person<'_>) -> String {
    open(officer, "330106", "2026-05-08").await.fine().text("/openHonourRollIssue/issue/id")
}

async fn put(officer: &Person<'_>, issue: &str, number: &str, story: &str) -> Answer {
    let document = "mutation($issue: ID!, $number: String!, $story: String!) { putOnHonourRoll(input: {
        issueId: $issue, volunteerNumber: $number, story: $story }) { entry { id revision state } errors { code } } }";
    officer.ask(document, json!({ "issue": issue, "number": number, "story": story })).await
}

/// Puts somebody into a draft, with a story about them.
async fn asked(officer: &Person<'_>, issue: &str, person: &Person<'_>) -> String {
    let story = format!("{}的故事", person.name);
    put(officer, issue, &person.number().await, &story).await.fine().text("/putOnHonourRoll/entry/id")
}

async fn agree_to(person: &Person<'_>, entry: &str, revision: i32, name: &str) -> Answer {
    let document = "mutation($entry: ID!, $revision: Int!, $name: ShownName!) { agreeToHonourRoll(input: {
        entryId: $entry, revision: $revision, name: $name }) { entry { state shownName } errors { code message path } } }";
    person.ask(document, json!({ "entry": entry, "revision": revision, "name": name })).await
}

async fn withdraw_at(person: &Person<'_>, url: &str, entry: &str) -> Answer {
    let document = "mutation($entry: ID!) { withdrawFromHonourRoll(input: { entryId: $entry }) {
        entry { state story } errors { code } } }";
    person.ask_at(url, document, json!({ "entry": entry })).await
}

async fn withdraw(person: &Person<'_>, entry: &str) -> Answer {
    withdraw_at(person, &person.town.url, entry).await
}

async fn publish(officer: &Person<'_>, issue: &str) -> Answer {
    let document = "mutation($issue: ID!) { publishHonourRollIssue(input: { issueId: $issue }) {
        issue { publishedAt } errors { code message } } }";
    officer.ask(document, json!({ "issue": issue })).await
}

async fn take_off(officer: &Person<'_>, entry: &str) -> Answer {
    let document = "mutation($entry: ID!) { takeOffHonourRoll(input: { entryId: $entry, reason: \"内容有误\" }) {
        entry { state story reason } errors { code } } }";
    officer.ask(document, json!({ "entry": entry })).await
}

const READ: &str = "query($branch: ID!) { honourRoll(branchId: $branch) { nodes { id title issuedOn branch { name }
    honoured(first: 100) { nodes { name story takenDown } } entries { nodes { id } } } } }";

/// What anybody reads of 西湖区's issues.
async fn read(who: &Person<'_>) -> Value {
    who.ask(READ, json!({ "branch": id(Town::branch("330106")) })).await.data("/honourRoll/nodes")
}

fn shown(name: &str, story: &str) -> Value {
    json!({ "name": name, "story": story, "takenDown": false })
}

fn taken_down() -> Value {
    json!({ "name": null, "story": null, "takenDown": true })
}

async fn mine(person: &Person<'_>) -> Value {
    let document = "{ me { honourRollEntries { id state story revision shownName guardianAgreedAt reason } } }";
    person.ask(document, json!({})).await.data("/me/honourRollEntries")
}

async fn publication(person: &Person<'_>, verb: &str) {
    let version = if verb == "giveConsent" { ", version: \"2026-01\"" } else { "" };
    let document = format!("mutation {{ {verb}(input: {{ kind: PUBLICATION{version} }}) {{ errors {{ code }} }} }}");
    person.ask(&document, json!({})).await.fine();
}

stories! {
    async fn who_agrees_is_shown_to_anybody_as_they_agreed(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (ling, wei, silent) = (town.volunteer("王小玲").await, town.volunteer("赵伟").await, town.volunteer("钱未答").await);
        let issue = draft(&officer).await;
        let entries = [asked(&officer, &issue, &ling).await, asked(&officer, &issue, &wei).await];
        asked(&officer, &issue, &silent).await;
        assert_eq!(ling.inbox().await[0], ("HONOUR_ROLL_ASKED".into(), "五月红人榜 · 西湖区红十字会".into()));
        let first = mine(&ling).await;
        assert_eq!((&first[0]["state"], &first[0]["story"]), (&json!("ASKED"), &json!("王小玲的故事")));

        let refused = agree_to(&ling, &entries[0], 1, "WHOLE").await;
        assert_eq!(refused.codes(), ["NAME_NEEDS_CONSENT"]);
        assert_eq!(mine(&ling).await, first);
        publication(&ling, "giveConsent").await;
        agree_to(&ling, &entries[0], 1, "WHOLE").await.fine();
        agree_to(&wei, &entries[1], 1, "MASKED").await.fine();
        assert_eq!(read(&town.stranger()).await, json!([]), "a draft is nobody's to read");

        town.clock.advance(TimeDelta::minutes(1));
        publish(&officer, &issue).await.fine();
        let roll = read(&town.stranger()).await;
        assert_eq!(roll[0]["honoured"]["nodes"], json!([shown("王小玲", "王小玲的故事"), shown("赵*", "赵伟的故事")]));
        assert_eq!((&roll[0]["title"], &roll[0]["issuedOn"]), (&json!("五月红人榜"), &json!("2026-05-08")));
        assert_eq!(roll[0]["entries"]["nodes"], json!([]), "who else was asked is the branch's alone to know");
        assert_eq!(ling.inbox().await[0].0, "HONOUR_ROLL_PUBLISHED");
        let left_out = mine(&silent).await;
        assert_eq!((&left_out[0]["state"], &left_out[0]["story"]), (&json!("LEFT_OUT"), &Value::Null));
        assert_eq!(silent.inbox().await.len(), 1);

        assert_eq!(publish(&officer, &issue).await.codes(), ["ALREADY_PUBLISHED"]);
        assert_eq!(put(&officer, &issue, &silent.number().await, "x").await.codes(), ["ALREADY_PUBLISHED"]);
        assert_eq!(agree_to(&silent, left_out[0]["id"].as_str().expect("an id"), 1, "MASKED").await.codes(), ["OVER"]);
        assert_eq!(read(&town.stranger()).await, roll);
        // The whole name was the consent's: without it the mask is back, and the story stays.
        publication(&ling, "withdrawConsent").await;
        assert_eq!(read(&town.stranger()).await[0]["honoured"]["nodes"][0], shown("王*玲", "王小玲的故事"));
        town.audit().await;
    }

    async fn who_withdraws_is_shown_no_more_and_not_named(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (ling, wei) = (town.volunteer("王小玲").await, town.volunteer("赵伟").await);
        let issue = draft(&officer).await;
        let entries = [asked(&officer, &issue, &ling).await, asked(&officer, &issue, &wei).await];
        for (person, entry) in [(&ling, &entries[0]), (&wei, &entries[1])] {
            agree_to(person, entry, 1, "MASKED").await.fine();
        }
        publish(&officer, &issue).await.fine();
        town.clock.advance(TimeDelta::minutes(1));
        let down = withdraw(&ling, &entries[0]).await.fine();
        assert_eq!(down.data("/withdrawFromHonourRoll/entry"), json!({ "state": "TAKEN_DOWN", "story": null }));
        let roll = read(&town.stranger()).await;
        assert_eq!(roll[0]["honoured"]["nodes"], json!([taken_down(), shown("赵*", "赵伟的故事")]));
        assert_eq!(town.rows("honour_roll_entry WHERE story = '王小玲的故事'").await, 0, "the story is gone");
        assert_eq!(officer.inbox().await[0], ("HONOUR_ROLL_WITHDRAWN".into(), "五月红人榜".into()));
        // Once more is the same.
        assert_eq!(withdraw(&ling, &entries[0]).await.fine(), down);
        assert_eq!(officer.inbox().await.len(), 1);
        assert_eq!(town.rows("audit_entry WHERE action = 'WITHDRAW_FROM_HONOUR_ROLL'").await, 1);

        town.clock.advance(TimeDelta::minutes(1));
        let off = take_off(&officer, &entries[1]).await.fine();
        let left = json!({ "state": "TAKEN_DOWN", "story": null, "reason": "内容有误" });
        assert_eq!(off.data("/takeOffHonourRoll/entry"), left);
        assert_eq!(wei.inbox().await[0], ("HONOUR_ROLL_TAKEN_OFF".into(), "内容有误".into()));
        assert_eq!(read(&town.stranger()).await[0]["honoured"]["nodes"], json!([taken_down(), taken_down()]));
        town.audit().await;
    }

    async fn another_story_asks_anew_and_who_said_no_is_not_asked_again(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (ling, wei) = (town.volunteer("王小玲").await, town.volunteer("赵伟").await);
        let issue = draft(&officer).await;
        let (hers, his) = (asked(&officer, &issue, &ling).await, asked(&officer, &issue, &wei).await);
        agree_to(&ling, &hers, 1, "MASKED").await.fine();
        let changed = put(&officer, &issue, &ling.number().await, "另一个故事").await.fine();
        assert_eq!(changed.data("/putOnHonourRoll/entry"), json!({ "id": hers, "revision": 2, "state": "ASKED" }));
        assert_eq!(agree_to(&ling, &hers, 1, "MASKED").await.codes(), ["STORY_CHANGED"]);
        withdraw(&wei, &his).await.fine();
        assert_eq!(mine(&wei).await[0]["state"], "DECLINED");
        assert_eq!(put(&officer, &issue, &wei.number().await, "再问一次").await.codes(), ["THEY_SAID_NO"]);
        assert_eq!(agree_to(&wei, &his, 1, "MASKED").await.codes(), ["OVER"]);
        // What she agreed to was the other story.
        assert_eq!(publish(&officer, &issue).await.codes(), ["NOBODY_AGREED"]);
        assert_eq!(town.rows("honour_roll_entry WHERE published_at IS NOT NULL OR state = 'LEFT_OUT'").await, 0);
        assert_eq!(town.rows("honour_roll_issue WHERE published_at IS NOT NULL").await, 0);
        agree_to(&ling, &hers, 2, "MASKED").await.fine();
        publish(&officer, &issue).await.fine();
        assert_eq!(read(&town.stranger()).await[0]["honoured"]["nodes"], json!([shown("王*玲", "另一个故事")]));
    }

    async fn of_who_is_under_eighteen_the_guardian_agrees_too(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let child = town.person("马小宝").await;
        let phone = town.new_phone();
        child.enrol(json!({ "birthDate": "2010-01-01", "guardian": { "name": "Ma", "phone": phone } })).await;
        publication(&child, "giveConsent").await;
        let issue = draft(&officer).await;
        let entry = asked(&officer, &issue, &child).await;
        agree_to(&child, &entry, 1, "WHOLE").await.fine();
        assert_eq!(publish(&officer, &issue).await.codes(), ["NOBODY_AGREED"]);
        assert_eq!(mine(&child).await[0]["state"], "AGREED");

        let guardian = Person { phone, ..town.stranger() };
        let pass = guardian.open_guardian_pass(&child.number().await).await;
        let view = "query($pass: String!) { guardianView(pass: $pass) { honourRollEntries { id story revision branch { name } } } }";
        let view = guardian.ask(view, json!({ "pass": pass })).await.data("/guardianView/honourRollEntries/0");
        assert_eq!(view, json!({ "id": entry, "story": "马小宝的故事", "revision": 1, "branch": { "name": "西湖区红十字会" } }));
        let agree = "mutation($pass: String!, $entry: ID!, $revision: Int!) { agreeToChildHonourRoll(input: {
            pass: $pass, entryId: $entry, revision: $revision, name: MASKED }) { entry { state } errors { code } } }";
        let says = |revision: i32| json!({ "pass": pass, "entry": entry, "revision": revision });
        assert_eq!(guardian.ask(agree, says(2)).await.codes(), ["STORY_CHANGED"]);
        let wrong = json!({ "pass": "x", "entry": entry, "revision": 1 });
        assert_eq!(guardian.ask(agree, wrong).await.codes(), ["PASS_ENDED"]);
        town.clock.advance(TimeDelta::minutes(1));
        guardian.ask(agree, says(1)).await.fine();
        assert_eq!(child.inbox().await[0].0, "GUARDIAN_ACTED");
        publish(&officer, &issue).await.fine();
        // The child wanted the whole name, the guardian less.
        assert_eq!(read(&town.stranger()).await[0]["honoured"]["nodes"], json!([shown("马*宝", "马小宝的故事")]));

        let down = "mutation($pass: String!, $entry: ID!) { withdrawChildFromHonourRoll(input: { pass: $pass, entryId: $entry }) {
            entry { state } errors { code } } }";
        guardian.ask(down, json!({ "pass": pass, "entry": entry })).await.fine();
        assert_eq!(read(&town.stranger()).await[0]["honoured"]["nodes"], json!([taken_down()]));
        assert_eq!(officer.inbox().await[0].0, "HONOUR_ROLL_WITHDRAWN");
        town.audit().await;
    }

    async fn who_is_erased_is_taken_down(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (ling, wei) = (town.volunteer("王小玲").await, town.volunteer("赵伟").await);
        let issue = draft(&officer).await;
        let entries = [asked(&officer, &issue, &ling).await, asked(&officer, &issue, &wei).await];
        agree_to(&ling, &entries[0], 1, "MASKED").await.fine();
        agree_to(&wei, &entries[1], 1, "MASKED").await.fine();
        publish(&officer, &issue).await.fine();
        let second = draft(&officer).await;
        asked(&officer, &second, &ling).await;
        let number = ling.number().await;
        let erase = "mutation($phone: PhoneNumber!) { requestErasure(input: { phone: $phone }) { errors { code } } }";
        ling.ask(erase, json!({ "phone": ling.phone })).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("+8 10:33"));
        let job = boai::ctx::Ctx::system(town.app.clone(), "story");
        assert_eq!(boai::privacy::erasure::carry_out_all(&job).await.expect("it runs"), 1);
        let roll = read(&town.stranger()).await;
        assert_eq!(roll[0]["honoured"]["nodes"], json!([taken_down(), shown("赵*", "赵伟的故事")]));
        assert_eq!(town.rows("honour_roll_entry WHERE story = '王小玲的故事'").await, 0);
        assert_eq!(put(&officer, &second, &number, "x").await.codes(), ["NOT_FOUND"]);
        assert_eq!(publish(&officer, &second).await.codes(), ["NOBODY_AGREED"]);
    }

    async fn what_is_not_yours_is_as_what_is_not_there(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (leader, other) = (town.leader("李队长").await, town.officer("海曙干部", "330203").await);
        let (ling, far) = (town.volunteer("王小玲").await, town.volunteer("远方").await);
        crate::support::live_in(&town, &[&far], "330203").await;
        let issue = draft(&officer).await;
        let entry = asked(&officer, &issue, &ling).await;
        let no_issue = id(HonourRollIssueId(uuid::Uuid::from_u128(7)));
        let no_entry = id(HonourRollEntryId(uuid::Uuid::from_u128(7)));
        let number = ling.number().await;
        for who in [&leader, &other, &ling] {
            assert_eq!(open(who, "330106", "2026-05-08").await.codes(), ["NOT_FOUND"], "{}", who.name);
            let (yours, none) = (publish(who, &issue).await, publish(who, &no_issue).await);
            assert_eq!((yours.codes(), yours.body), (vec!["NOT_FOUND".to_owned()], none.body));
            assert_eq!(put(who, &issue, &number, "x").await.body, put(who, &no_issue, &number, "x").await.body);
            assert_eq!(take_off(who, &entry).await.body, take_off(who, &no_entry).await.body);
            let drafts = "query($branch: ID!) { honourRollDrafts(branchId: $branch) { nodes { id } } }";
            let drafts = who.ask(drafts, json!({ "branch": id(Town::branch("330106")) })).await;
            assert_eq!(drafts.data("/honourRollDrafts/nodes"), json!([]));
            let one = "query($id: ID!) { honourRollIssue(id: $id) { title } }";
            assert_eq!(who.ask(one, json!({ "id": issue })).await.data("/honourRollIssue"), Value::Null);
        }
        for who in [&leader, &officer] {
            assert_eq!(agree_to(who, &entry, 1, "MASKED").await.body, agree_to(who, &no_entry, 1, "MASKED").await.body);
            assert_eq!(withdraw(who, &entry).await.codes(), ["NOT_FOUND"]);
        }
        // Whom the branch does not know it cannot put anywhere.
        let (theirs, nobodys) = (put(&officer, &issue, &far.number().await, "x").await, put(&officer, &issue, "2026", "x").await);
        assert_eq!((theirs.codes(), theirs.body), (vec!["NOT_FOUND".to_owned()], nobodys.body));
        assert_eq!(open(&officer, "330106", "2027-05-10").await.codes(), ["DAY_TOO_FAR"]);
        assert_eq!(mine(&ling).await[0]["state"], "ASKED");
        assert_eq!((town.rows("honour_roll_entry").await, town.rows("honour_roll_issue").await), (1, 1));
    }

    async fn whoever_withdraws_while_it_is_published_is_not_shown(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let crowd = town.crowd(12).await;
        keep_signed_in(&town).await;
        let other = town.instance(|_| ()).await;
        let issue = draft(&officer).await;
        let mut entries = Vec::new();
        for person in &crowd {
            let entry = asked(&officer, &issue, person).await;
            agree_to(person, &entry, 1, "MASKED").await.fine();
            entries.push(entry);
        }
        // All but the last two withdraw in the moment of the publication, some at the one instance, some at the other.
        let leaving = crowd.iter().zip(&entries).take(10).enumerate().map(|(turn, (person, entry))| {
            withdraw_at(person, if turn % 2 == 0 { &town.url } else { &other }, entry)
        });
        let (published, withdrawn) = join(publish(&officer, &issue), join_all(leaving)).await;
        published.fine();
        withdrawn.into_iter().for_each(|answer| drop(answer.fine()));
        assert_eq!(town.rows("honour_roll_entry WHERE state = 'PUBLISHED'").await, 2);
        assert_eq!(town.rows("honour_roll_entry WHERE state = 'TAKEN_DOWN' AND story IS NULL").await, 10);
        let roll = read(&town.stranger()).await;
        let nodes = roll[0]["honoured"]["nodes"].as_array().cloned().unwrap_or_default();
        assert_eq!(nodes.iter().filter(|node| node["takenDown"] == false).count(), 2);
        assert!(nodes.iter().all(|node| node["takenDown"] == false || node["name"].is_null()));
        town.audit().await;
    }

    async fn an_issue_takes_the_same_statements_for_one_and_for_forty(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let crowd = town.crowd(41).await;
        keep_signed_in(&town).await;
        let mut taken = Vec::new();
        for some in [&crowd[..1], &crowd[1..]] {
            let issue = draft(&officer).await;
            for person in some {
                let entry = asked(&officer, &issue, person).await;
                agree_to(person, &entry, 1, "MASKED").await.fine();
            }
            let (published, publishing) = town.statements(publish(&officer, &issue)).await;
            published.fine();
            let document = "query($id: ID!) { honourRollIssue(id: $id) { honoured(first: 100) { nodes { name story } } } }";
            let (answer, reading) = town.statements(town.stranger().ask(document, json!({ "id": issue }))).await;
            assert_eq!(answer.data("/honourRollIssue/honoured/nodes").as_array().map(Vec::len), Some(some.len()));
            taken.push((publishing, reading));
        }
        assert_eq!(taken[0], taken[1]);
    }
}
