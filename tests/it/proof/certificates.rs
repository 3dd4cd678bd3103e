//! 志愿服务记录证明: issued to who served, and checked by anybody.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use boai::{
    certificates::{check, pdf::qr_text, rules::code_of, service, store},
    ctx::Ctx,
    platform::rates::Rate,
};
use boai_entity::{
    certificate::{self, Line},
    ids::{CertificateId, ServiceRecordId},
};
use boai_tests::{Answer, Person, Town, at, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Scene, books, drop_the_triggers, edit, get, is_signed, ledger, root, scene, served, volunteer_key,
};

/// When all of it was served and confirmed; a Friday.
const DAY: &str = "2026-05-08";
/// When three working days of notice are over.
const FINAL: &str = "+5 00:00";

/// The same books, on the morning when all of it is final.
async fn final_books(town: &Town) -> Scene<'_> {
    let scene = books(town).await;
    town.clock.set(at(FINAL));
    keep_signed_in(town).await;
    scene
}

async fn ask(person: &Person<'_>, from: &str, to: &str) -> Answer {
    let wish = "mutation($from: Date!, $to: Date!) { requestCertificate(input: { from: $from, to: $to }) {
        certificate { number checkCode issuedOn from to issuer minutes state revokeReason payload file { path expiresAt } }
        errors { code path message numbers { name value } } } }";
    person.ask(wish, json!({ "from": from, "to": to })).await
}

async fn certificate(person: &Person<'_>) -> Value {
    ask(person, DAY, DAY).await.fine().data("/requestCertificate/certificate")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("a text")
}

fn address(town: &Town, page: &str, number: &str, code: &str) -> reqwest::Url {
    let address = format!("{}/{page}", town.url);
    reqwest::Url::parse_with_params(&address, [("number", number), ("code", code)]).expect("an address")
}

/// What the page for programs says: status and body.
async fn checked(town: &Town, number: &str, code: &str) -> (u16, Value) {
    let answer = town.http.get(address(town, "verify.json", number, code)).send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store, private");
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON"))
}

async fn state(town: &Town, certificate: &Value) -> String {
    let (status, said) = checked(town, text(certificate, "number"), text(certificate, "checkCode")).await;
    assert_eq!(status, 200, "{said}");
    text(&said, "state").to_owned()
}

async fn row(town: &Town, number: &str) -> certificate::Model {
    store::by_number(&town.app.db.conn, number).await.expect("read").expect("a certificate")
}

async fn held(town: &Town, number: &str) -> check::Report {
    let report = check::check(&town.app.db, Some(&town.app.vault), number).await.expect("it runs");
    report.expect("a certificate")
}

async fn fetch(town: &Town, path: &str) -> (u16, Vec<u8>) {
    let answer = town.http.get(format!("{}{path}", town.url)).send().await.expect("an answer");
    (answer.status().as_u16(), answer.bytes().await.expect("a body").to_vec())
}

stories! {
    async fn a_certificate_shows_confirmed_hours_by_recording_unit(town: Town) {
        let scene = final_books(&town).await;
        let issued = certificate(&scene.ling).await;
        assert_eq!((&issued["minutes"], &issued["state"], &issued["issuer"]), (&json!(120), &json!("VALID"), &json!("西湖区红十字会")));
        assert_eq!((&issued["issuedOn"], &issued["from"], &issued["to"]), (&json!("2026-05-13"), &json!(DAY), &json!(DAY)));
        let (status, said) = checked(&town, text(&issued, "number"), text(&issued, "checkCode")).await;
        assert_eq!((status, text(&said, "state"), text(&said, "name")), (200, "VALID", "欧阳玲"));
        let unit = &said["units"][0];
        assert_eq!((&said["units"].as_array().map(Vec::len), &unit["team"], &unit["minutes"]), (&Some(1), &json!("西湖救援队"), &json!(120)));
        assert_eq!(unit["records"].as_array().map(Vec::len), Some(2));
        assert_eq!(unit["records"][0], json!({ "date": DAY, "activity": unit["records"][0]["activity"], "content": "FIRST_AID",
            "book": "SYSTEM_PROVED", "minutes": 60 }));
        assert!(said["idNumber"].is_null(), "nothing was verified");
        let mine = scene.ling.ask("{ me { certificates { number state minutes } } }", json!({})).await.data("/me/certificates");
        assert_eq!(mine, json!([{ "number": issued["number"], "state": "VALID", "minutes": 120 }]));
        assert_eq!(scene.mei.ask("{ me { certificates { number } } }", json!({})).await.data("/me/certificates"), json!([]));
    }

    async fn asking_again_gives_the_same_one_to_the_byte_also_at_once(town: Town) {
        let scene = final_books(&town).await;
        let several = join_all((0..5).map(async |_| certificate(&scene.ling).await)).await;
        let issued = &several[0];
        town.clock.set(at("+8 12:00"));
        let later = certificate(&scene.ling).await;
        assert!(several.iter().chain([&later]).all(|one| one["number"] == issued["number"] && one["payload"] == issued["payload"]));
        assert_eq!(town.rows("certificate").await, 1);
        let (first, second) = (fetch(&town, text(&later["file"], "path")).await, fetch(&town, text(&certificate(&scene.ling).await["file"], "path")).await);
        assert!(first.0 == 200 && first.1.starts_with(b"%PDF-") && first == second);
        // More is final: it shows something else.
        town.clock.set(at("11:00"));
        served(&scene, &scene.ling, at("11:00"), at("11:30")).await;
        town.clock.set(at("+8 12:00"));
        assert_ne!(certificate(&scene.ling).await["number"], issued["number"]);
        assert_eq!(state(&town, issued).await, "VALID", "what it shows is true still");
    }

    async fn what_cannot_be_certified_is_refused(town: Town) {
        let scene = scene(&town).await;
        for (from, to, code) in [
            ("2026-05-08", "2026-05-07", "BACKWARDS"),
            ("2026-05-08", "2026-05-09", "NOT_OVER"),
            ("2026-05-01", "2026-05-08", "NOTHING_FINAL"),
        ] {
            assert_eq!(ask(&scene.ling, from, to).await.codes(), [code]);
        }
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.posted.shift(), 20.0).await.fine();
        town.clock.set(at("09:00"));
        scene.ling.check_out(20.0).await.fine();
        assert_eq!(ask(&scene.ling, DAY, DAY).await.codes(), ["NOTHING_FINAL"], "pending is not confirmed");
        assert_eq!(ask(&town.person("Wei").await, DAY, DAY).await.fault(), "FORBIDDEN");
        assert_eq!(ask(&town.stranger(), DAY, DAY).await.fault(), "UNAUTHENTICATED");
        assert_eq!(town.rows("certificate").await, 0);
    }

    async fn what_is_under_notice_is_not_certified_yet(town: Town) {
        let scene = books(&town).await;
        town.clock.set(at("+4 23:59"));
        keep_signed_in(&town).await;
        let answer = ask(&scene.ling, DAY, DAY).await;
        assert_eq!(answer.codes(), ["NOTHING_FINAL"]);
        assert_eq!(answer.refusal_number("others"), 2.0);
        assert_eq!(town.rows("certificate").await, 0);
        town.clock.set(at(FINAL));
        ask(&scene.ling, DAY, DAY).await.fine();
    }

    async fn twenty_a_day_are_enough(town: Town) {
        let scene = final_books(&town).await;
        let day = |number: i64| (at("07:00").date_naive() - TimeDelta::days(number)).to_string();
        for number in 0..20 {
            ask(&scene.ling, &day(number), DAY).await.fine();
        }
        assert_eq!(ask(&scene.ling, &day(20), DAY).await.codes(), ["TOO_MANY_TODAY"]);
        ask(&scene.ling, &day(3), DAY).await.fine();
        assert_eq!(town.rows("certificate").await, 20);
        town.clock.set(at("+6 00:00"));
        keep_signed_in(&town).await;
        ask(&scene.ling, &day(20), DAY).await.fine();
    }

    async fn a_correction_supersedes_it_and_a_new_one_is_good(town: Town) {
        let scene = final_books(&town).await;
        let (ling, mei) = (certificate(&scene.ling).await, certificate(&scene.mei).await);
        let stay = served(&scene, &scene.ling, at("11:00"), at("11:30")).await;
        town.clock.set(at("+5 00:01"));
        let later = certificate(&scene.ling).await;
        let shorter = json!([{ "attendanceId": stay, "decision": "CORRECT", "servedFrom": at("11:00"), "servedTo": at("11:20"), "reason": "提前离开" }]);
        let waits = scene.leader.confirm_hours(shorter).await.fine().text("/confirmHours/results/0/waits/id");
        assert_eq!(state(&town, &later).await, "VALID", "what is final takes a second person");
        let decide = "mutation($item: ID!) { decideReviews(input: { items: [{ itemId: $item, approve: true }] }) { errors { code } } }";
        town.leader("Ma").await.ask(decide, json!({ "item": waits })).await.fine();
        assert_eq!(state(&town, &later).await, "SUPERSEDED");
        assert_eq!((state(&town, &ling).await, state(&town, &mei).await), ("VALID".into(), "VALID".into()), "that record is not on them");
        let mine = scene.ling.ask("{ me { certificates { state } } }", json!({})).await.data("/me/certificates");
        assert_eq!(mine, json!([{ "state": "SUPERSEDED" }, { "state": "VALID" }]));
        let page = town.http.get(address(&town, "verify", text(&later, "number"), text(&later, "checkCode"))).send().await.expect("a page");
        assert!(page.text().await.expect("a body").contains("该证明已失效"));
        // What was corrected is under notice anew.
        assert_eq!(certificate(&scene.ling).await["number"], ling["number"]);
        town.clock.set(at("+11 00:00"));
        keep_signed_in(&town).await;
        let new = certificate(&scene.ling).await;
        assert_eq!((state(&town, &new).await, &new["minutes"]), ("VALID".into(), &json!(140)));
    }

    async fn whoever_runs_the_service_can_take_one_back(town: Town) {
        let scene = final_books(&town).await;
        let issued = certificate(&scene.ling).await;
        let operator = Ctx::operator(town.app.clone(), "revoke-certificate");
        let number = text(&issued, "number");
        assert!(service::revoke(&operator, number, "冒用 <他人>").await.expect("it runs"));
        assert!(!service::revoke(&operator, number, "再次").await.expect("it runs"));
        assert!(!service::revoke(&operator, "20260508-00000000", "没有").await.expect("it runs"));
        let (_, said) = checked(&town, number, text(&issued, "checkCode")).await;
        assert_eq!((text(&said, "state"), text(&said, "revokeReason")), ("REVOKED", "冒用 <他人>"));
        let page = town.http.get(address(&town, "verify", number, text(&issued, "checkCode"))).send().await.expect("a page");
        let page = page.text().await.expect("a body");
        assert!(page.contains("冒用 &lt;他人&gt;") && !page.contains("<他人>"), "{page}");
        // The hours are true: another one can be had.
        assert_ne!(certificate(&scene.ling).await["number"], issued["number"]);
    }

    async fn a_wrong_number_and_a_wrong_code_are_answered_alike_and_counted(town: Town) {
        let scene = final_books(&town).await;
        let issued = certificate(&scene.ling).await;
        let (number, code) = (text(&issued, "number"), text(&issued, "checkCode"));
        let nobody = "20260508-00000000";
        let wrong = code_of(&town.app.vault, nobody);
        assert_eq!(checked(&town, number, &wrong).await, checked(&town, nobody, code).await);
        assert_eq!(checked(&town, number, &wrong).await, checked(&town, nobody, &wrong).await);
        assert_eq!(checked(&town, number, &wrong).await.0, 404);
        assert_eq!(checked(&town, &format!(" {number} "), &code.to_lowercase().replace('-', " ")).await.0, 200);

        let limited = town.instance(|config| config.rates.certificates.wrong_number = Rate::per(3, 3_600)).await;
        let get = async |number: &str, code: &str| {
            let url = address(&town, "verify.json", number, code).to_string().replace(&town.url, &limited);
            town.http.get(url).send().await.expect("an answer").status().as_u16()
        };
        for _ in 0..3 {
            assert_eq!(get(number, &wrong).await, 404);
        }
        assert_eq!((get(number, &wrong).await, get(number, code).await), (429, 429));
        let mei = certificate(&scene.mei).await;
        assert_eq!(get(text(&mei, "number"), text(&mei, "checkCode")).await, 200, "another number counts by itself");
        town.clock.advance(TimeDelta::minutes(21));
        assert_eq!(get(number, code).await, 200);

        let limited = town.instance(|config| config.rates.certificates.wrong_address = Rate::per(2, 3_600)).await;
        let get = async |number: &str| {
            let url = address(&town, "verify.json", number, &wrong).to_string().replace(&town.url, &limited);
            town.http.get(url).send().await.expect("an answer").status().as_u16()
        };
        let tries = [get("20260508-00000001").await, get("20260508-00000002").await, get("20260508-00000003").await];
        assert_eq!(tries, [404, 404, 429]);
    }

    async fn it_can_be_checked_from_the_qr_code_alone(town: Town) {
        let scene = final_books(&town).await;
        let issued = certificate(&scene.ling).await;
        let parts: Vec<&str> = text(&issued, "payload").split('.').collect();
        let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64");
        let (statement, signature) = (bytes(parts[1]), bytes(parts[2]));
        assert!(is_signed(&town, parts[0], &statement, &signature).await);
        let said: Value = serde_json::from_slice(&statement).expect("JSON");
        assert_eq!(said.as_array().expect("a list")[..8], [json!("boai certificate 1"), issued["number"].clone(), json!("2026-05-13"),
            json!("欧阳玲"), json!(DAY), json!(DAY), json!(120), json!("西湖区红十字会")]);
        let forged = String::from_utf8(statement).expect("a text").replace("120", "999");
        assert!(!is_signed(&town, parts[0], forged.as_bytes(), &signature).await);
        let mut printed = row(&town, text(&issued, "number")).await;
        assert_eq!(qr_text(&printed, "2345"), text(&issued, "payload"));
        printed.address = Some("https://boai.example".into());
        let whole = qr_text(&printed, "2345-6789-ABCD");
        assert!(whole.starts_with("https://boai.example/verify?number=") && whole.ends_with(text(&issued, "payload")), "{whole}");
    }

    async fn a_link_to_the_file_is_good_for_a_quarter_of_an_hour(town: Town) {
        let scene = final_books(&town).await;
        let issued = certificate(&scene.ling).await;
        let path = text(&issued["file"], "path");
        let answer = town.http.get(format!("{}{path}", town.url)).send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"application/pdf".parse().expect("a value")));
        let name = format!("attachment; filename=\"certificate-{}.pdf\"", text(&issued, "number"));
        assert_eq!(answer.headers()["content-disposition"], name.as_str());
        town.clock.advance(TimeDelta::minutes(14));
        assert_eq!(fetch(&town, path).await.0, 200);
        town.clock.advance(TimeDelta::minutes(1));
        let gone = fetch(&town, path).await;
        let (forged, _) = service::link(&town.app.vault, CertificateId(uuid::Uuid::nil()), town.clock.now());
        let other = path.replacen(&path[20..22], if &path[20..22] == "AA" { "BB" } else { "AA" }, 1);
        for path in [forged.as_str(), &other, "/certificate-files/x"] {
            assert_eq!(fetch(&town, path).await, gone);
        }
        assert_eq!(gone.0, 404);
    }

    async fn the_page_speaks_both_languages_and_runs_nothing(town: Town) {
        let scene = final_books(&town).await;
        let issued = certificate(&scene.ling).await;
        let page = async |query: &str, language: &str| {
            let asked = town.http.get(format!("{}/verify{query}", town.url)).header("accept-language", language);
            let answer = asked.send().await.expect("an answer");
            let policy = answer.headers()["content-security-policy"].to_str().expect("a text").to_owned();
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
            answer.text().await.expect("a body")
        };
        assert!(page("", "zh-CN").await.contains("查验志愿服务记录证明"));
        assert!(page("", "en").await.contains("Check a proof of volunteer service"));
        assert!(page("?lang=en", "zh-CN").await.contains("Check code"));
        let attack = page("?number=%22%3E%3Cscript%3E&code=x", "zh-CN").await;
        assert!(attack.contains("&quot;&gt;&lt;script&gt;") && !attack.contains("<script"), "{attack}");
        let query = format!("?number={}&code={}", text(&issued, "number"), text(&issued, "checkCode"));
        let found = page(&query, "zh-CN").await;
        for words in ["该证明有效", "欧阳玲", "西湖救援队", "2小时", "西湖区红十字会", "应急救护"] {
            assert!(found.contains(words), "{words}: {found}");
        }
    }

    async fn the_audit_holds_it_against_ledger_and_root(town: Town) {
        let scene = final_books(&town).await;
        let number = text(&certificate(&scene.ling).await, "number").to_owned();
        let report = held(&town, &number).await;
        assert!(report.faults.is_empty() && report.to_string().contains("not under a signed root yet"), "{report}");
        town.clock.set(at("+6 01:00"));
        root(&town).await;
        let report = held(&town, &number).await;
        assert!(report.faults.is_empty() && report.to_string().contains("under the signed root of 2026-05-13"), "{report}");
        assert!(check::check(&town.app.db, None, "20260508-00000000").await.expect("it runs").is_none());

        // Somebody makes the certificate say more.
        let kept = row(&town, &number).await;
        let mut forged = kept.clone();
        forged.shown.units[0].records[0].minutes = 600;
        forged.into_active_model().reset_all().update(&town.app.db.conn).await.expect("the edit goes in");
        let report = held(&town, &number).await.to_string();
        for words in ["what it shows was changed", "what was signed is not what it shows", "600 minutes on it, 60 in the ledger"] {
            assert!(report.contains(words), "{words}: {report}");
        }
        kept.into_active_model().reset_all().update(&town.app.db.conn).await.expect("the edit goes in");
        // Or the ledger beneath it.
        let ling = volunteer_key(&scene.ling).await;
        drop_the_triggers(&town, "ledger_entry").await;
        edit(&town, "UPDATE ledger_entry SET confirmed_minutes = 6000 WHERE seq = 4 AND volunteer_id = $1", ling).await;
        let report = held(&town, &number).await.to_string();
        assert!(report.contains("ledger entry 4 was changed") && report.contains("60 minutes on it, 6000 in the ledger"), "{report}");
    }

    async fn a_certificate_whose_row_is_gone_answers_as_one_that_never_was(town: Town) {
        let scene = final_books(&town).await;
        let issued = certificate(&scene.ling).await;
        assert_eq!(ledger(&town, volunteer_key(&scene.ling).await).await.len(), 4);
        certificate::Entity::delete_by_id(row(&town, text(&issued, "number")).await.id).exec(&town.app.db.conn).await.expect("erased");
        assert_eq!(checked(&town, text(&issued, "number"), text(&issued, "checkCode")).await.0, 404);
        assert_eq!(get(&town, "/keys").await["keys"].as_array().map(Vec::len), Some(1));
    }

    async fn two_thousand_records_are_printed_in_time_and_space(town: Town) {
        let scene = final_books(&town).await;
        let number = text(&certificate(&scene.ling).await, "number").to_owned();
        let mut long = row(&town, &number).await;
        let line = long.shown.units[0].records[0].clone();
        let lines = |from: usize| (from..from + 1000).map(|place| Line { record: ServiceRecordId(uuid::Uuid::from_u128(place as u128)),
            activity: format!("第 {place} 次便民服务与应急救护知识宣传活动"), ..line.clone() }).collect();
        long.shown.name = "欧阳\u{2B8A1}玲".into();
        long.shown.units[0].records = lines(0);
        let mut other = long.shown.units[0].clone();
        (other.team, other.records) = ("海曙救护队".into(), lines(1000));
        long.shown.units.push(other);
        let started = std::time::Instant::now();
        let bytes = boai::certificates::pdf::render(&long, "2345-6789-ABCD").expect("it is printed");
        println!("2,000 records: {} bytes in {:?}", bytes.len(), started.elapsed());
        assert_eq!(bytes, boai::certificates::pdf::render(&long, "2345-6789-ABCD").expect("it is printed"));
        assert!(bytes.len() < 4 << 20, "{}", bytes.len());
        if let Ok(folder) = std::env::var("BOAI_TEST_PDF") {
            let short = boai::certificates::pdf::render(&row(&town, &number).await, "2345-6789-ABCD").expect("it is printed");
            std::fs::write(format!("{folder}/long.pdf"), bytes).expect("written");
            std::fs::write(format!("{folder}/short.pdf"), short).expect("written");
        }
    }
}
