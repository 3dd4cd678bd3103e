//! Stories of signing in with WeChat.

use boai::platform::wechat::{WeChat, WeChatFault};
use boai_tests::{Answer, Person, Town, at, stories};
use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::{
    recovery,
    sessions::{is_signed_in, open_rows, refused},
    sign_in::{code_of, newcomer, other_than},
    sign_in_races::count,
    wechat_server::{APP, FakeWeChat, OPENID, SECRET, SESSION_KEY},
};

async fn sign_in_with(person: &Person<'_>, url: &str, code: &str, given: Value) -> Answer {
    let document = "mutation($input: SignInWithWeChatInput!) { signInWithWeChat(input: $input) {
        tokens { accessToken refreshToken session { platform signedInBy } } linkTicket linkTicketExpiresAt
        errors { code message path numbers { name value } } } }";
    let mut input = json!({ "code": code, "device": "mini program" });
    input.as_object_mut().expect("an object").extend(given.as_object().expect("an object").clone());
    let stranger = Person { access_token: None, ..person.clone() };
    stranger.ask_at(url, document, json!({ "input": input })).await
}

async fn link(person: &Person<'_>, url: &str, code: &str) -> Answer {
    let document = "mutation($code: String!) { linkWeChat(input: { code: $code }) {
        linkedAt errors { code message path numbers { name value } } } }";
    person.ask_at(url, document, json!({ "code": code })).await
}

async fn unlink(person: &Person<'_>, url: &str, keep: bool) -> Answer {
    let document = "mutation($keep: Boolean!) { unlinkWeChat(input: { keepSessions: $keep }) {
        unlinked errors { code message path numbers { name value } } } }";
    person.ask_at(url, document, json!({ "keep": keep })).await
}

/// Signs in by a code to the phone, with a link ticket.
async fn sign_in_with_ticket(person: &Person<'_>, ticket: &str) -> Answer {
    let document = "mutation($phone: PhoneNumber!, $code: String!, $ticket: String!) {
        signIn(input: { phone: $phone, code: $code, device: \"mini program\", linkTicket: $ticket }) {
            tokens { accessToken refreshToken } errors { code message path numbers { name value } } } }";
    let variables = json!({ "phone": person.phone, "code": code_of(person), "ticket": ticket });
    Person { access_token: None, ..person.clone() }.ask(document, variables).await
}

/// The ticket that somebody gets whose WeChat account belongs to nobody.
async fn ticket(person: &Person<'_>, url: &str, code: &str) -> String {
    let answer = sign_in_with(person, url, code, json!({})).await;
    assert_eq!(answer.codes(), ["NEEDS_PHONE"]);
    assert!(answer.payload()["tokens"].is_null());
    answer.text("/signInWithWeChat/linkTicket")
}

/// The same person with the tokens of this answer.
fn holding<'t>(person: &Person<'t>, answer: &Answer) -> Person<'t> {
    let mut phone = person.clone();
    phone.keep_tokens(&answer.payload()["tokens"]);
    phone
}

async fn my_id(person: &Person<'_>) -> String {
    person.ask("{ me { id } }", json!({})).await.text("/me/id")
}

async fn links(town: &Town) -> i64 {
    town.rows("wechat_link").await
}

stories! {
    async fn a_new_account_proves_a_phone_and_is_the_same_person_either_way_from_then_on(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = newcomer(&town);
        let answer = sign_in_with(&ling, &url, &wechat.login(OPENID), json!({})).await;
        assert_eq!((answer.codes(), answer.refusal_number("minutesValid")), (vec!["NEEDS_PHONE".into()], 10.0));
        let until = answer.text("/signInWithWeChat/linkTicketExpiresAt").parse::<boai_entity::Instant>();
        assert_eq!(until, Ok(at("07:10")));
        assert_eq!((town.rows("person").await, links(&town).await), (0, 0));

        ling.request_code().await.fine();
        let ticket = answer.text("/signInWithWeChat/linkTicket");
        let by_code = holding(&ling, &sign_in_with_ticket(&ling, &ticket).await.fine());
        let by_wechat = sign_in_with(&ling, &url, &wechat.login(OPENID), json!({})).await.fine();
        let session = json!({ "platform": "WECHAT_MINI_PROGRAM", "signedInBy": "WECHAT" });
        assert_eq!(by_wechat.data("/signInWithWeChat/tokens/session"), session);
        assert!(by_wechat.payload()["linkTicket"].is_null());
        let by_wechat = holding(&ling, &by_wechat);
        assert_eq!(my_id(&by_code).await, my_id(&by_wechat).await);
        let mut again = ling.clone();
        town.clock.advance(TimeDelta::seconds(60));
        again.sign_in().await;
        assert_eq!(my_id(&again).await, my_id(&by_wechat).await);
        assert_eq!((town.rows("person").await, links(&town).await), (1, 1));
        assert_eq!(town.rows("audit_entry WHERE action = 'LINK_WECHAT'").await, 1);
        assert!(by_code.inbox().await.contains(&("WECHAT_LINKED".into(), String::new())));
    }

    async fn whoever_is_signed_in_links_and_comes_in_by_wechat(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.volunteer("Ling").await;
        let linked = async || {
            let answer = ling.ask_at(&url, "{ me { weChatLinkedAt } }", json!({})).await;
            answer.data("/me/weChatLinkedAt")
        };
        assert_eq!(linked().await, Value::Null);
        let first = link(&ling, &url, &wechat.login(OPENID)).await.fine().text("/linkWeChat/linkedAt");
        assert_eq!(linked().await, first);
        town.clock.advance(TimeDelta::minutes(1));
        assert_eq!(link(&ling, &url, &wechat.login(OPENID)).await.fine().text("/linkWeChat/linkedAt"), first);
        assert_eq!(town.rows("audit_entry WHERE action = 'LINK_WECHAT' AND actor IS NOT NULL").await, 1);
        let mut by_wechat = holding(&ling, &sign_in_with(&ling, &url, &wechat.login(OPENID), json!({})).await.fine());
        assert_eq!(my_id(&by_wechat).await, my_id(&ling).await);
        by_wechat.refresh().await;
        assert!(is_signed_in(&by_wechat).await);
    }

    async fn one_account_one_person_and_one_person_one_account(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let (ling, wang) = (town.person("Ling").await, town.person("Wang").await);
        link(&ling, &url, &wechat.login(OPENID)).await.fine();
        assert_eq!(link(&wang, &url, &wechat.login(OPENID)).await.codes(), ["WECHAT_TAKEN"]);
        assert_eq!(link(&ling, &url, &wechat.login("o-other")).await.codes(), ["OTHER_WECHAT"]);
        // By ticket it is no different, and then nobody is signed in, and the code stays good.
        let other = ticket(&ling, &url, &wechat.login("o-other")).await;
        town.clock.advance(TimeDelta::seconds(60));
        ling.request_code().await.fine();
        let sessions = town.rows("session").await;
        assert_eq!(sign_in_with_ticket(&ling, &other).await.codes(), ["OTHER_WECHAT"]);
        assert_eq!((links(&town).await, town.rows("session").await), (1, sessions));
        ling.try_sign_in(&code_of(&ling)).await.fine();
        assert_eq!(town.rows("audit_entry WHERE action = 'LINK_WECHAT'").await, 1);
    }

    async fn an_account_that_somebody_else_linked_meanwhile_is_not_given_away(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = newcomer(&town);
        let ticket = ticket(&ling, &url, &wechat.login(OPENID)).await;
        link(&town.person("Wang").await, &url, &wechat.login(OPENID)).await.fine();
        ling.request_code().await.fine();
        assert_eq!(sign_in_with_ticket(&ling, &ticket).await.codes(), ["WECHAT_TAKEN"]);
        assert_eq!((links(&town).await, town.rows("person").await), (1, 1));
    }

    async fn a_ticket_is_good_once_and_for_ten_minutes(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let (ling, wang) = (newcomer(&town), newcomer(&town));
        let once = ticket(&ling, &url, &wechat.login(OPENID)).await;
        let late = ticket(&wang, &url, &wechat.login("o-late")).await;
        ling.request_code().await.fine();
        sign_in_with_ticket(&ling, &once).await.fine();
        town.clock.set(at("07:10"));
        for (person, ticket) in [(&ling, once.as_str()), (&wang, &late), (&wang, ""), (&wang, "boai_garbage")] {
            town.clock.advance(TimeDelta::seconds(60));
            person.request_code().await.fine();
            let over = sign_in_with_ticket(person, ticket).await;
            assert_eq!((over.codes(), over.refusal_number("minutesValid")), (vec!["TICKET_OVER".into()], 10.0));
            assert!(!over.body.to_string().contains("garbage"));
        }
        assert_eq!((links(&town).await, town.rows("person").await), (1, 1));
        // A ticket alone, or with a wrong code, is worth nothing.
        let fresh = ticket(&wang, &url, &wechat.login("o-fresh")).await;
        let guess = wang.try_sign_in(&other_than(&code_of(&wang))).await;
        assert_eq!(guess.codes(), ["WRONG_CODE"]);
        sign_in_with_ticket(&wang, &fresh).await.fine();
    }

    async fn unlinking_ends_what_came_through_it_and_this_device_goes_on(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        link(&ling, &url, &wechat.login(OPENID)).await.fine();
        let login = async || {
            holding(&ling, &sign_in_with(&ling, &url, &wechat.login(OPENID), json!({})).await.fine())
        };
        let (one, two) = (login().await, login().await);
        assert_eq!(unlink(&one, &url, false).await.fine().data("/unlinkWeChat/unlinked"), json!(true));
        assert!(is_signed_in(&one).await && !is_signed_in(&two).await && is_signed_in(&ling).await);
        assert_eq!(refused(&two, &two.refresh_token).await, ["SIGN_IN_AGAIN"]);
        assert_eq!(unlink(&one, &url, false).await.codes(), ["NOT_LINKED"]);
        assert!(ling.inbox().await.contains(&("WECHAT_UNLINKED".into(), String::new())));
        assert_eq!(town.rows("audit_entry WHERE action = 'UNLINK_WECHAT'").await, 1);
        ticket(&ling, &url, &wechat.login(OPENID)).await;
        // Now it is free for anybody, and she for another one.
        link(&town.person("Wang").await, &url, &wechat.login(OPENID)).await.fine();
        link(&ling, &url, &wechat.login("o-new")).await.fine();
        let three = holding(&ling, &sign_in_with(&ling, &url, &wechat.login("o-new"), json!({})).await.fine());
        unlink(&ling, &url, true).await.fine();
        assert!(is_signed_in(&three).await);
    }

    async fn each_start_of_a_mini_program_is_no_new_device(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        link(&ling, &url, &wechat.login(OPENID)).await.fine();
        let here = json!({ "installationId": ling.request_id() });
        for _ in 0..15 {
            sign_in_with(&ling, &url, &wechat.login(OPENID), here.clone()).await.fine();
        }
        assert_eq!(open_rows(&town).await, 2);
        let told = ling.inbox().await.into_iter().filter(|(kind, _)| kind == "NEW_SIGN_IN").count();
        assert_eq!(told, 1);
    }

    async fn a_recovered_account_is_rid_of_the_lost_phones_wechat(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let scene = recovery::scene(&town).await;
        link(&scene.ling, &url, &wechat.login(OPENID)).await.fine();
        scene.approved().await;
        town.clock.set(at("+3 07:00"));
        let thief = holding(&scene.ling, &sign_in_with(&scene.ling, &url, &wechat.login(OPENID), json!({})).await.fine());
        recovery::prove(&scene.new).await.fine();
        assert!(!is_signed_in(&thief).await);
        ticket(&scene.ling, &url, &wechat.login(OPENID)).await;
        assert_eq!(links(&town).await, 0);
    }

    /// The thief holds the lost phone, and links a WeChat account of their own at the instant of the recovery.
    async fn nobody_links_an_account_that_is_recovered_from_them(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        for _ in 0..4 {
            let scene = recovery::scene(&town).await;
            scene.approved().await;
            town.clock.advance(TimeDelta::hours(72));
            let mut thief = scene.ling.clone();
            thief.refresh().await;
            recovery::request_code(&scene.new).await.fine();
            let (new_code, login) = (code_of(&scene.new), wechat.login("o-thief"));
            let (recovered, linked) =
                join(recovery::complete(&scene.new, &new_code), link(&thief, &url, &login)).await;
            recovered.fine();
            if !linked.body["errors"].is_null() {
                assert_eq!(linked.fault(), "UNAUTHENTICATED");
            }
            assert_eq!(links(&town).await, 0);
            ticket(&thief, &url, &wechat.login("o-thief")).await;
        }
    }

    async fn what_wechat_refuses_is_told_apart(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        let used = wechat.login(OPENID);
        ticket(&ling, &url, &used).await;
        for (code, expected) in [
            (used.as_str(), "USED_CODE"),
            ("0816unknown", "INVALID_CODE"),
            ("a&appid=b#c", "INVALID_CODE"),
            ("often", "TOO_OFTEN"),
            ("blocked", "BLOCKED"),
            ("busy", "UNAVAILABLE"),
            ("nobody", "UNAVAILABLE"),
            ("broken", "UNAVAILABLE"),
            ("garbage", "UNAVAILABLE"),
            ("empty", "UNAVAILABLE"),
            ("array", "UNAVAILABLE"),
            ("huge", "UNAVAILABLE"),
            ("long", "UNAVAILABLE"),
            ("moved", "UNAVAILABLE"),
            ("slow", "UNAVAILABLE"),
        ] {
            for answer in [sign_in_with(&ling, &url, code, json!({})).await, link(&ling, &url, code).await] {
                assert_eq!(answer.codes(), [expected], "{code}");
                let body = answer.body.to_string();
                for secret in [SECRET, SESSION_KEY, OPENID, "errcode", used.as_str()] {
                    assert!(!body.contains(secret), "{body}");
                }
            }
        }
        assert_eq!(wechat.followed(), 0, "the secret follows nobody");
        assert_eq!((links(&town).await, town.rows("session").await), (0, 1));
    }

    async fn a_wrong_secret_and_a_wechat_that_is_away_are_our_own_trouble(town: Town) {
        let (wechat, fake) = FakeWeChat::listen(&town).await;
        let ling = town.person("Ling").await;
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let away = format!("http://{}", free.local_addr().expect("an address"));
        drop(free);
        for (base, app, secret) in [(&fake, APP, "wrong"), (&fake, "wx-wrong", SECRET), (&away, APP, SECRET)] {
            let port = WeChat::new(base, app.into(), secret.into()).expect("a port");
            // What the log is told.
            match port.openid("0816code").await.err() {
                Some(WeChatFault::Away(why)) => assert!(!why.contains(secret) && !why.contains("0816code"), "{why}"),
                other => panic!("{other:?}"),
            }
            let url = town.instance_with_wechat(port).await;
            let answer = sign_in_with(&ling, &url, &wechat.login(OPENID), json!({})).await;
            assert_eq!(answer.codes(), ["UNAVAILABLE"]);
            assert!(!answer.body.to_string().contains(secret), "{}", answer.body);
        }
    }

    async fn where_it_is_not_set_up_it_is_not_offered(town: Town) {
        let ling = town.person("Ling").await;
        for answer in [sign_in_with(&ling, &town.url, "x", json!({})).await, link(&ling, &town.url, "x").await] {
            assert_eq!(answer.codes(), ["NOT_OFFERED"]);
        }
        assert_eq!(unlink(&ling, &town.url, false).await.codes(), ["NOT_LINKED"]);
        assert_eq!(ling.ask("{ me { weChatLinkedAt } }", json!({})).await.data("/me/weChatLinkedAt"), Value::Null);
    }

    async fn what_is_no_code_of_wechat_is_not_sent_on(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        for code in ["", " ", "a b", "微信", "a\u{0}", &"x".repeat(129)] {
            for answer in [sign_in_with(&ling, &url, code, json!({})).await, link(&ling, &url, code).await] {
                assert_eq!(answer.fault(), "BAD_USER_INPUT", "{code:?}");
            }
        }
        let stranger = town.stranger();
        assert_eq!(link(&stranger, &url, "x").await.fault(), "UNAUTHENTICATED");
        assert_eq!(unlink(&stranger, &url, false).await.fault(), "UNAUTHENTICATED");
        assert_eq!(wechat.asked(), 0);
    }

    async fn no_openid_and_no_session_key_is_kept(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        link(&ling, &url, &wechat.login(OPENID)).await.fine();
        ticket(&ling, &url, &wechat.login("o-ticket")).await;
        for (table, openid) in [("wechat_link", OPENID), ("wechat_ticket", "o-ticket")] {
            assert_eq!(town.rows(table).await, 1);
            assert_eq!(town.rows(&format!("{table} WHERE openid_hash LIKE '%{openid}%'")).await, 0);
            assert_eq!(town.rows(&format!("{table} WHERE length(openid_hash) = 64")).await, 1);
        }
    }

    async fn ten_persons_who_link_one_account_at_once_are_told_apart_by_the_database(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let people = join_all((0..10).map(|_| town.person("Ling"))).await;
        let answers = join_all(people.iter().map(|person| {
            let code = wechat.login(OPENID);
            let url = &url;
            async move { link(person, url, &code).await }
        }))
        .await;
        assert_eq!((count(&answers, ""), count(&answers, "WECHAT_TAKEN")), (1, 9));
        assert_eq!(links(&town).await, 1);
    }

    async fn one_person_who_links_ten_accounts_at_once_has_one(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        let answers = join_all((0..10).map(|number| {
            let code = wechat.login(&format!("o-{number}"));
            let (ling, url) = (&ling, &url);
            async move { link(ling, url, &code).await }
        }))
        .await;
        assert_eq!((count(&answers, ""), count(&answers, "OTHER_WECHAT")), (1, 9));
        assert_eq!((links(&town).await, town.rows("audit_entry WHERE action = 'LINK_WECHAT'").await), (1, 1));
    }

    async fn twenty_sign_ins_at_once_leave_ten_sessions(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        link(&ling, &url, &wechat.login(OPENID)).await.fine();
        let answers = join_all((0..20).map(|_| {
            let code = wechat.login(OPENID);
            let (ling, url) = (&ling, &url);
            async move { sign_in_with(ling, url, &code, json!({})).await }
        }))
        .await;
        assert_eq!(count(&answers, ""), 20);
        assert_eq!(open_rows(&town).await, 10);
    }

    async fn a_sign_in_and_an_unlinking_at_once_leave_no_session_behind(town: Town) {
        let (wechat, url) = FakeWeChat::open(&town).await;
        let ling = town.person("Ling").await;
        for _ in 0..5 {
            link(&ling, &url, &wechat.login(OPENID)).await.fine();
            let code = wechat.login(OPENID);
            let (answer, unlinked) =
                join(sign_in_with(&ling, &url, &code, json!({})), unlink(&ling, &url, false)).await;
            unlinked.fine();
            match answer.codes().as_slice() {
                [] => assert!(!is_signed_in(&holding(&ling, &answer)).await, "the unlinking came after it"),
                [code] => assert_eq!(code, "NEEDS_PHONE"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(open_rows(&town).await, 1);
    }
}
