//! Asking again and again: who is told to wait, and who is not.

use boai::{
    config::{ClassRates, Config},
    platform::rates::Rate,
};
use boai_tests::{Person, at, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};

const OFF: Rate = Rate(None);
const CHECK_IN: &str = "mutation($shift: ID!, $fix: FixInput!, $request: UUID!) {
    checkIn(input: { shiftId: $shift, fix: $fix, requestId: $request }) { attendance { id } errors { code } } }";

fn reads(person: Rate, device: Rate, address: Rate) -> impl FnOnce(&mut Config) {
    move |config| config.rates.read = ClassRates { person, device, address }
}

pub async fn post(person: &Person<'_>, url: &str, headers: HeaderMap, document: &str) -> Response {
    let mut post = person.town.http.post(format!("{url}/graphql")).headers(headers).header("accept-language", "en");
    if let Some(token) = &person.access_token {
        post = post.bearer_auth(token);
    }
    post.json(&json!({ "query": document })).send().await.expect("the server answers")
}

/// As somebody at this address, behind a proxy of ours.
pub fn from(address: &str) -> HeaderMap {
    HeaderMap::from_iter([("x-forwarded-for".parse().expect("a name"), address.parse().expect("a value"))])
}

pub fn behind_a_proxy(config: &mut Config) {
    config.trusted_proxies = serde_json::from_str("[\"127.0.0.0/8\"]").expect("a network");
}

pub fn text<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("a text"))
}

async fn check_in(person: &Person<'_>, url: &str, shift: &str) -> boai_tests::Answer {
    let town = person.town;
    let place = json!({ "latitude": boai_tests::PLACE.0, "longitude": boai_tests::PLACE.1, "datum": "WGS84" });
    let fix = json!({ "place": place, "accuracy": 10, "fixedAt": town.clock.now() });
    let request = town.app.random.uuid(town.clock.now());
    person.ask_at(url, CHECK_IN, json!({ "shift": shift, "fix": fix, "request": request })).await
}

stories! {
    async fn every_answer_tells_how_the_limits_stand_and_the_one_too_many_how_long_to_wait(town: Town) {
        let url = town.instance(reads(Rate::per(3, 60), Rate::per(5, 60), OFF)).await;
        let ling = town.person("Ling").await;
        let first = post(&ling, &url, HeaderMap::new(), "{ me { id } again: me { id } }").await;
        assert_eq!(first.status(), 200);
        assert_eq!(text(&first, "ratelimit-policy"), "\"read.person\";q=3;w=60, \"read.device\";q=5;w=60");
        assert_eq!(text(&first, "ratelimit"), "\"read.person\";r=1;t=40, \"read.device\";r=3;t=24");
        let second = post(&ling, &url, HeaderMap::new(), "{ me { id } again: me { id } }").await;
        assert_eq!((second.status().as_u16(), text(&second, "retry-after")), (429, "20"));
        assert!(text(&second, "ratelimit").starts_with("\"read.person\";r=1;t=40"), "nothing was taken");
        let told: Value = second.json().await.expect("an answer in JSON");
        let error = &told["errors"][0];
        assert_eq!(error["extensions"], json!({
            "code": "RATE_LIMITED", "limit": "read.person", "allowed": 3, "inSeconds": 60, "had": 4,
            "retryAfterSeconds": 20,
        }));
        assert_eq!(error["message"], "Too many requests: the limit `read.person` is 3 in 60 s; 2 are used, and this \
            request counts 2. Try again in 20 s.");
        let third = post(&ling, &url, HeaderMap::new(), "{ me { id } }").await;
        assert_eq!((third.status().as_u16(), text(&third, "ratelimit")), (200, "\"read.person\";r=0;t=60, \"read.device\";r=2;t=36"));
        town.clock.advance(TimeDelta::seconds(20));
        assert_eq!(post(&ling, &url, HeaderMap::new(), "{ me { id } }").await.status(), 200);
    }

    async fn two_phones_of_one_person_share_the_limit_and_another_person_has_their_own(town: Town) {
        let url = town.instance(reads(Rate::per(3, 60), Rate::per(2, 60), OFF)).await;
        let (one, other) = (town.person("Ling").await, town.person("Ming").await);
        town.clock.advance(TimeDelta::minutes(2));
        let mut second_phone = one.clone();
        second_phone.sign_in().await;
        let status = async |person: &Person<'_>| {
            post(person, &url, HeaderMap::new(), "{ me { id } }").await.status().as_u16()
        };
        assert_eq!((status(&one).await, status(&one).await, status(&one).await), (200, 200, 429), "by device");
        assert_eq!((status(&second_phone).await, status(&second_phone).await), (200, 429), "by person");
        assert_eq!(status(&other).await, 200);
    }

    async fn whoever_is_not_signed_in_counts_by_the_address_that_a_proxy_vouches_for(town: Town) {
        let url = town.instance(|config| {
            behind_a_proxy(config);
            reads(OFF, OFF, Rate::per(2, 60))(config);
        }).await;
        let (stranger, ling) = (town.stranger(), town.person("Ling").await);
        let status = async |person: &Person<'_>, address: &str| {
            post(person, &url, from(address), "{ __typename }").await.status().as_u16()
        };
        assert_eq!(status(&stranger, "203.0.113.9").await, 200);
        assert_eq!(status(&stranger, "9.9.9.9, 203.0.113.9").await, 200);
        assert_eq!(status(&stranger, "8.8.8.8, 203.0.113.9").await, 429, "what a caller writes changes nothing");
        assert_eq!(status(&stranger, "203.0.113.10").await, 200);
        assert_eq!(status(&ling, "203.0.113.9").await, 200, "whoever is signed in is not their address");
        for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2"] {
            assert_eq!(status(&stranger, address).await, 200);
        }
        assert_eq!(status(&stranger, "2001:db8:1:2::3").await, 429, "one subscriber");
        assert_eq!(status(&stranger, "2001:db8:1:3::1").await, 200);
    }

    async fn a_site_behind_one_address_checks_in_whatever_else_that_address_asks(town: Town) {
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("09:00"), at("12:00"), 5, json!({})).await;
        town.clock.set(at("08:50"));
        let mut crew = Vec::new();
        for name in ["一", "二", "三", "四", "五"] {
            let person = town.volunteer(name).await;
            person.sign_up(posted.shift()).await.fine();
            crew.push(person);
        }
        let least = || ClassRates { person: OFF, device: OFF, address: Rate::per(1, 86_400) };
        let url = town.instance(|config| {
            let rates = &mut config.rates;
            for class in [&mut rates.sign_in, &mut rates.refresh, &mut rates.search, &mut rates.read, &mut rates.write] {
                *class = least();
            }
            rates.check = Rate::per(2, 60);
        }).await;
        let stranger = town.stranger();
        for document in ["{ __typename }", "mutation { __typename }"] {
            post(&stranger, &url, HeaderMap::new(), document).await;
            assert_eq!(post(&stranger, &url, HeaderMap::new(), document).await.status(), 429);
        }
        for _ in 0..5 {
            let refused = check_in(&stranger, &url, posted.shift()).await;
            assert_eq!(refused.fault(), "UNAUTHENTICATED");
        }
        for answer in join_all(crew.iter().map(|person| check_in(person, &url, posted.shift()))).await {
            answer.fine();
        }
        let again = check_in(&crew[0], &url, posted.shift()).await;
        assert_eq!(again.status, 200);
        assert_eq!(check_in(&crew[0], &url, posted.shift()).await.fault(), "RATE_LIMITED", "one phone gone wild");
    }

    async fn codes_are_bounded_by_address_and_by_what_the_service_may_spend(town: Town) {
        let url = town.instance(|config| {
            behind_a_proxy(config);
            config.rates.sign_in.address = Rate::per(3, 600);
            config.sms.texts = Rate::per(4, 60);
        }).await;
        let ask = async |address: &str| {
            let phone = town.new_phone();
            let document = format!("mutation {{ requestSignInCode(input: {{ phone: \"{phone}\" }}) {{
                expiresAt errors {{ code message numbers {{ name value }} }} }} }}");
            let told: Value = post(&town.stranger(), &url, from(address), &document).await.json().await.expect("JSON");
            (told, town.sms.last_code(&phone).is_some())
        };
        for _ in 0..3 {
            let (told, sent) = ask("203.0.113.1").await;
            assert!(sent, "{told}");
        }
        let (told, sent) = ask("203.0.113.1").await;
        assert_eq!((told["errors"][0]["extensions"]["limit"].as_str(), sent), (Some("sign_in.address"), false));
        assert!(ask("203.0.113.2").await.1);
        let codes = town.rows("sign_in_code").await;
        let (told, sent) = ask("203.0.113.3").await;
        let error = &told["data"]["requestSignInCode"]["errors"][0];
        assert_eq!((error["code"].as_str(), sent), (Some("TOO_MANY_FOR_ALL"), false), "{told}");
        assert_eq!(error["numbers"], json!([
            { "name": "texts", "value": 4.0 }, { "name": "inSeconds", "value": 60.0 },
            { "name": "secondsToWait", "value": 15.0 },
        ]));
        assert_eq!(town.rows("sign_in_code").await, codes, "nothing counts on the number");
        town.clock.advance(TimeDelta::seconds(15));
        assert!(ask("203.0.113.3").await.1);
    }

    async fn of_a_flood_at_one_instant_exactly_as_many_pass_as_the_limit_allows(town: Town) {
        let url = town.instance(reads(Rate::per(7, 60), OFF, OFF)).await;
        let ling = town.person("Ling").await;
        let flood = (0..40).map(|_| post(&ling, &url, HeaderMap::new(), "{ me { id } }"));
        let answers = join_all(flood).await;
        assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 7);
        assert_eq!(answers.iter().filter(|answer| answer.status() == 429).count(), 33);
    }

    async fn two_instances_count_together_where_there_is_redis_and_apart_where_there_is_none(town: Town) {
        let limit = || reads(Rate::per(2, 60), OFF, OFF);
        let (one, other) = (town.instance(limit()).await, town.instance(limit()).await);
        let ling = town.person("Ling").await;
        for url in [&one, &other] {
            assert_eq!(post(&ling, url, HeaderMap::new(), "{ me { id } }").await.status(), 200);
        }
        let third = post(&ling, &one, HeaderMap::new(), "{ me { id } }").await.status().as_u16();
        assert_eq!(third, if town.app.config.redis_url.is_some() { 429 } else { 200 });
    }

    async fn without_redis_each_instance_counts_by_itself_and_nobody_waits(town: Town) {
        let url = town.instance(|config| {
            // Nobody listens there.
            config.redis_url = Some(boai::config::Secret("redis://127.0.0.1:1/".into()));
            reads(Rate::per(2, 60), OFF, OFF)(config);
        }).await;
        let ling = town.person("Ling").await;
        let status = async || post(&ling, &url, HeaderMap::new(), "{ me { id } }").await.status().as_u16();
        assert_eq!((status().await, status().await, status().await), (200, 200, 429));
    }

    async fn a_redis_that_never_answers_holds_nobody_up(town: Town) {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let redis = format!("redis://{}/", silent.local_addr().expect("an address"));
        let url = town.instance(|config| {
            config.redis_url = Some(boai::config::Secret(redis));
            reads(Rate::per(20, 60), OFF, OFF)(config);
        }).await;
        let ling = town.person("Ling").await;
        let began = std::time::Instant::now();
        for _ in 0..20 {
            assert_eq!(post(&ling, &url, HeaderMap::new(), "{ me { id } }").await.status(), 200);
        }
        // Twenty times the patience that one of them had would be a second, and twenty connections far more.
        let slowest = std::time::Duration::from_secs(10);
        assert!(began.elapsed() < slowest, "{:?}", began.elapsed());
        assert_eq!(post(&ling, &url, HeaderMap::new(), "{ me { id } }").await.status(), 429);
    }
}
